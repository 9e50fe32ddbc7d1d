use problems::{NodeFact, ReleaseFact};
use serde_json::json;

use super::*;
use crate::{
    Obstacle, Reading,
    objects::{Alert, Condition, DeckhouseDeployment, ModuleConfig, Node, NodeGroup, Phase, Release},
    wait_reason::WaitReason,
};

fn release(name: &str, phase: &str, message: &str) -> Release {
    Release {
        name: name.to_owned(),
        version_text: name.replace('-', "."),
        version: semver::Version::parse(name.replace('-', ".").trim_start_matches('v')).ok(),
        phase: Phase::parse(phase),
        message: message.into(),
        ..Release::default()
    }
}

/// The report at a moment that does not matter.
fn at(state: &ClusterState) -> Status {
    Status::of(state, Timestamp::UNIX_EPOCH)
}

#[test]
fn every_source_that_is_not_read_is_unknown() {
    let nothing = at(&ClusterState::default());
    let Status {
        kubernetes,
        kubernetes_version,
        platform,
        updates,
        releases,
        queue,
        alerts,
        node_groups,
        masters,
        modules,
        module_releases,
        module_pull_overrides,
        module_sources,
        package_repositories,
        applications,
        registry,
        license,
        etcd_backups,
        risks,
    } = nothing;
    assert!(package_repositories.is_some_and(|part| part.known().is_none()));
    assert!(applications.is_some_and(|part| part.known().is_none()));
    assert_eq!(risks, []);
    assert!(license.is_some_and(|part| part.known().is_none()));
    let absent = ClusterState { license: Reading::Absent("old".to_owned()), ..ClusterState::default() };
    assert_eq!(at(&absent).license, None);
    for known in [
        kubernetes.known().is_some(),
        kubernetes_version.known().is_some(),
        platform.known().is_some(),
        updates.known().is_some(),
        releases.known().is_some(),
        queue.known().is_some(),
        alerts.known().is_some(),
        node_groups.known().is_some(),
        masters.known().is_some(),
        modules.known().is_some(),
        module_releases.known().is_some(),
        module_pull_overrides.known().is_some(),
        module_sources.known().is_some(),
        registry.known().is_some(),
        etcd_backups.known().is_some(),
    ] {
        assert!(!known);
    }
    assert_eq!(releases, Part::Unknown { unknown: "not read yet".to_owned() });
    let forbidden = ClusterState {
        alerts: Reading::Unreadable(Obstacle::Forbidden("cannot list clusteralerts".to_owned())),
        ..ClusterState::default()
    };
    let alerts = serde_json::to_value(at(&forbidden).alerts).unwrap();
    assert_eq!(alerts, json!({"unknown": "no permission: cannot list clusteralerts"}));
}

#[test]
fn releases_with_the_reason_why_each_waits() {
    let config = |settings| {
        Reading::Known(vec![ModuleConfig {
            name: "deckhouse".to_owned(),
            settings,
            ..ModuleConfig::default()
        }])
    };
    let mut state = ClusterState {
        releases: Reading::Known(vec![
            release("v1.57.5", "Deployed", ""),
            release("v1-56-9", "Superseded", ""),
            release("v1.58.3", "Pending", "Waiting for manual approval"),
            release("v1.59.0", "Pending", "awaiting for v1.58.3 release to be deployed"),
        ]),
        module_configs: config(json!({"releaseChannel": "Stable", "update": {"mode": "Manual"}})),
        ..ClusterState::default()
    };
    let status = at(&state);
    let releases = status.releases.known().unwrap();
    assert_eq!(releases.deployed.as_deref(), Some("v1.57.5"));
    assert_eq!(releases.waiting[0].reasons, [ReleaseWait::Controller(WaitReason::Approval)]);
    assert!(releases.waiting[0].next && !releases.waiting[1].next);
    assert!(
        matches!(&releases.waiting[1].reasons[..], [ReleaseWait::NotNext(_)]),
        "{:?}",
        releases.waiting[1]
    );
    assert_eq!(releases.twins[0].name, "v1-56-9");
    assert_eq!(status.updates.known().unwrap().channel.as_deref(), Some("Stable"));

    if let Reading::Known(releases) = &mut state.releases {
        releases[2].approved_field = true;
        releases.push(release("v1-58-3", "Pending", "Waiting for manual approval"));
        releases[3].message = "awaiting for v1-58-3 release to be deployed".into();
    }
    let status = at(&state);
    let [next, later] = &*status.releases.known().unwrap().waiting else { panic!("{status:?}") };
    let taken_up = next.reasons.last().unwrap();
    assert_eq!(*taken_up, ReleaseWait::Controller(WaitReason::NotTakenUp { disruption: false }));
    assert!(
        matches!(&later.reasons[..], [ReleaseWait::NotNext(ReleaseFact::Duplicate { name, .. })] if name == "v1-58-3"),
        "{later:?}"
    );

    state.module_configs = config(json!({}));
    let unset = at(&state);
    assert_eq!(unset.releases.known().unwrap().waiting[0].reasons[0], ReleaseWait::ChannelUnset);
}

#[test]
fn masters_groups_and_alerts() {
    let master = |name: &str| Node { name: name.to_owned(), control_plane: true, ..Node::default() };
    let waiting = Condition { is_true: true, message: "".into() };
    let state = ClusterState {
        nodes: Reading::Known(vec![master("a")]),
        node_groups: Reading::Known(vec![NodeGroup {
            name: "worker".to_owned(),
            nodes: 3,
            ready: 3,
            up_to_date: 1,
            conditions: [("WaitingForDisruptiveApproval".to_owned(), waiting)].into(),
            ..NodeGroup::default()
        }]),
        deployment: Reading::Known(DeckhouseDeployment {
            image: "r/d:stable".to_owned(),
            ..DeckhouseDeployment::default()
        }),
        alerts: Reading::Known(vec![
            Alert { name: "Mild".to_owned(), severity: Some(9), ..Alert::default() },
            Alert { name: "Grave".to_owned(), severity: Some(3), ..Alert::default() },
            Alert { name: "Mild".to_owned(), severity: Some(9), ..Alert::default() },
        ]),
        ..ClusterState::default()
    };
    let status = at(&state);
    assert_eq!(status.masters.known().unwrap().names, ["a"]);
    let waits_for = status.node_groups.known().unwrap()[0].waits_for.as_ref();
    assert!(waits_for.is_some_and(NodeFact::is_approval));
    assert!(status.platform.known().unwrap().moving_tag);
    let alerts: Vec<(&str, usize)> =
        status.alerts.known().unwrap().iter().map(|line| (line.name.as_str(), line.count)).collect();
    assert_eq!(alerts, [("Grave", 1), ("Mild", 2)]);
}

#[test]
fn suspended_releases_are_shown() {
    let names = ["v1.60.0", "v1.59.0", "v1.55.0"];
    let withdrawn = names.map(|name| release(name, "Suspended", "Release is suspended"));
    let state = ClusterState {
        releases: Reading::Known([&[release("v1.57.5", "Deployed", "")], &withdrawn[..]].concat()),
        ..ClusterState::default()
    };
    assert_eq!(at(&state).releases.known().unwrap().suspended, ["v1.59.0", "v1.60.0"]);
}
