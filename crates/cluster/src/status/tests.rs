use serde_json::json;

use super::*;
use crate::{
    Obstacle, Reading,
    objects::{Alert, Condition, DeckhouseDeployment, ModuleConfig, Node, NodeGroup, Phase, Release},
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
fn every_source_that_is_not_read_says_so() {
    let nothing = at(&ClusterState::default());
    let json = serde_json::to_value(&nothing).unwrap();
    for (part, value) in json.as_object().unwrap() {
        assert_eq!(value, &json!({"unknown": "not read yet"}), "{part}");
    }
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
    assert_eq!(releases.waiting[0].reasons, ["it waits for approval".into()]);
    assert!(releases.waiting[0].next && !releases.waiting[1].next);
    assert!(
        releases.waiting[1].reasons[0].to_string().contains("v1.58.3 comes first"),
        "{:?}",
        releases.waiting[1]
    );
    assert_eq!(releases.twins[0].name, "v1-56-9");
    assert_eq!(status.updates.known().unwrap().channel.as_deref(), Some("Stable"));
    assert_eq!(releases.waiting[1].reasons.len(), 1, "said once: {:?}", releases.waiting[1]);

    if let Reading::Known(releases) = &mut state.releases {
        releases[2].approved_field = true;
        releases.push(release("v1-58-3", "Pending", "Waiting for manual approval"));
        releases[3].message = "awaiting for v1-58-3 release to be deployed".into();
    }
    let status = at(&state);
    let [next, later] = &*status.releases.known().unwrap().waiting else { panic!("{status:?}") };
    let taken_up = next.reasons.last().unwrap();
    assert_eq!(*taken_up, "approved; the controller has not taken it up yet".into());
    assert!(
        later.reasons.len() == 1 && later.reasons[0].to_string().contains("v1-58-3 is a second object"),
        "{later:?}"
    );

    state.module_configs = config(json!({}));
    let unset = at(&state);
    assert!(unset.releases.known().unwrap().waiting[0].reasons[0].to_string().contains("channel is unset"));
}

#[test]
fn what_an_update_interrupts_and_what_waits() {
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
    assert!(status.masters.known().unwrap().interruption.contains("minutes"));
    assert!(
        status.node_groups.known().unwrap()[0].waits_for.as_ref().unwrap().to_string().contains("approves")
    );
    assert!(status.platform.known().unwrap().moving_tag);
    let alerts: Vec<(&str, usize)> =
        status.alerts.known().unwrap().iter().map(|line| (line.name.as_str(), line.count)).collect();
    assert_eq!(alerts, [("Grave", 1), ("Mild", 2)]);
}

#[test]
fn what_the_vendor_has_withdrawn_is_shown() {
    let names = ["v1.60.0", "v1.59.0", "v1.55.0"];
    let withdrawn = names.map(|name| release(name, "Suspended", "Release is suspended"));
    let state = ClusterState {
        releases: Reading::Known([&[release("v1.57.5", "Deployed", "")], &withdrawn[..]].concat()),
        ..ClusterState::default()
    };
    assert_eq!(at(&state).releases.known().unwrap().suspended, ["v1.59.0", "v1.60.0"]);
}
