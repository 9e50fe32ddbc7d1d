//! Every problem of the platform's documentation and source that the doctor knows, one at a time.

use problems::{
    Advice, Fact, PlatformAdvice, PodFact, PrepareFor, PullCause, ReleaseAdvice, ReleaseFact, SettingsFact,
    WaitReason,
};
use semver::Version;
use serde_json::json;

use super::sample::{Cluster, ago, healthy, known, pod, release};
use crate::{
    Reading,
    doctor::{
        ChannelRelease, DeploymentCondition, FailedPull, LogError, PodEvent, RegistryAnswer, RegistryCheck,
        ReleaseList,
    },
    objects::{
        Alert, CloudCondition, Condition, DeprecatedApiUse, Module, ModuleConfig, ModulePullOverride,
        ModuleRelease, ModuleSource, Node, NodeGroup, OfferedModule, Phase, PlatformReplicaSet, Queue, Task,
    },
};

/// Changes a healthy cluster, and expects these findings in addition to the approval that it waits for.
#[track_caller]
fn found(change: impl FnOnce(&mut Cluster), expected: &[&str]) {
    let mut cluster = healthy();
    change(&mut cluster);
    let found: Vec<String> = cluster.found().into_iter().filter(|it| it != "notable approval").collect();
    assert_eq!(found, expected);
}

fn waiting(cluster: &mut Cluster, message: &str) {
    cluster.releases()[2].message = message.into();
}

fn alert(name: &str, severity: u8) -> Alert {
    Alert {
        id: "a1b2".to_owned(),
        name: name.to_owned(),
        severity: Some(severity),
        severity_is_text: true,
        status: "firing".to_owned(),
        starts_at: Some(ago(30)),
        ..Alert::default()
    }
}

fn away(cluster: &mut Cluster, minutes: i64) {
    *known(&mut cluster.details.conditions) = vec![DeploymentCondition {
        kind: "Available".to_owned(),
        since: Some(ago(minutes)),
        ..DeploymentCondition::default()
    }];
}

#[test]
fn the_platforms_pod_cannot_pull_its_image() {
    found(
        |cluster| {
            let mut pod = pod(false, 3);
            pod.phase = "Pending".to_owned();
            pod.containers[0].waiting_reason = Some("ImagePullBackOff".to_owned());
            pod.containers[0].waiting_message = Some("Back-off pulling image".into());
            *known(&mut cluster.state.pods) = vec![pod];
            away(cluster, 3);
        },
        &["blocks platform-image", "notable webhook-away"],
    );
}

#[test]
fn the_reason_of_the_last_attempt_is_in_an_event() {
    let mut cluster = healthy();
    let mut pod = pod(false, 3);
    pod.containers[0].waiting_reason = Some("ImagePullBackOff".to_owned());
    pod.containers[0].waiting_message = Some("Back-off pulling image".into());
    *known(&mut cluster.state.pods) = vec![pod];
    cluster.details.registry = RegistryCheck::default();
    let event = |message: &str, minutes| PodEvent {
        pod: "deckhouse-0".to_owned(),
        reason: "Failed".to_owned(),
        message: message.into(),
        last: Some(ago(minutes)),
    };
    *known(&mut cluster.details.events) =
        vec![event("Failed to pull image \"x\": 401 Unauthorized", 2), event("Error: ImagePullBackOff", 1)];
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let Fact::Pod(PodFact::ImagePull { message, cause, .. }) = &report.findings[0].problem.fact else {
        panic!("{report:?}");
    };
    assert!(message.ends_with("401 Unauthorized"), "{message}");
    assert_eq!(*cause, PullCause::Denied);
}

#[test]
fn the_platforms_pod_does_not_start() {
    let crash = |cluster: &mut Cluster| {
        let mut pod = pod(false, 10);
        pod.containers[0].waiting_reason = Some("CrashLoopBackOff".to_owned());
        *known(&mut cluster.state.pods) = vec![pod];
        away(cluster, 10);
    };
    found(crash, &["blocks platform-crash", "notable webhook-away"]);
    let hang = |cluster: &mut Cluster| {
        *known(&mut cluster.state.pods) = vec![pod(false, 31)];
        away(cluster, 31);
    };
    found(hang, &["blocks platform-not-ready", "slows webhook-away"]);
    let unscheduled = |cluster: &mut Cluster| {
        let pod = crate::objects::DeckhousePod {
            phase: "Pending".to_owned(),
            containers: Vec::new(),
            ..pod(false, 40)
        };
        *known(&mut cluster.details.events) = vec![PodEvent {
            pod: pod.name.clone(),
            reason: "FailedScheduling".to_owned(),
            ..PodEvent::default()
        }];
        *known(&mut cluster.state.pods) = vec![pod];
        away(cluster, 40);
    };
    found(unscheduled, &["blocks platform-unscheduled", "slows webhook-away"]);
    let none = |cluster: &mut Cluster| {
        *known(&mut cluster.state.pods) = Vec::new();
        away(cluster, 40);
    };
    found(none, &["blocks platform-no-pod", "slows webhook-away"]);
}

#[test]
fn module_pods_cannot_pull_their_images() {
    let pod = |name: &str, message: &str| FailedPull {
        namespace: "d8-monitoring".to_owned(),
        pod: name.to_owned(),
        container: "main".to_owned(),
        image: "r.example:5000/dkp/ee@sha256:aa".to_owned(),
        reason: "ImagePullBackOff".to_owned(),
        message: message.into(),
        started: Some(ago(5)),
        pull_secrets: vec!["deckhouse-registry".to_owned()],
    };
    let pods = vec![pod("a", "not found"), pod("b", "not found"), pod("c", "i/o timeout")];
    found(
        |cluster| *known(&mut cluster.details.pulls_of_pending_pods) = pods,
        &["blocks module-images", "slows module-images"],
    );
    let again = vec![pod("d", "not found")];
    found(|cluster| *known(&mut cluster.details.pulls_of_running_pods) = again, &["blocks module-images"]);
}

#[test]
fn the_registry() {
    found(
        |cluster| cluster.details.registry = RegistryCheck::Refused("401".into()),
        &["blocks registry-login"],
    );
    found(
        |cluster| cluster.details.registry = RegistryCheck::Untrusted("x509".into()),
        &["slows registry-trust"],
    );
    found(
        |cluster| cluster.answers().versions = RegistryAnswer::Denied("no".into()),
        &["blocks registry-listing"],
    );
    found(
        |cluster| cluster.answers().versions = RegistryAnswer::Found(ReleaseList::default()),
        &["blocks registry-listing"],
    );
    found(
        |cluster| *known(&mut cluster.state.alerts) = vec![alert("D8DeckhouseHasNoAccessToRegistry", 7)],
        &["blocks registry-access"],
    );
    let line = LogError { time: Some(ago(2)), message: "list tags: 401".into() };
    found(|cluster| known(&mut cluster.details.log).push(line.clone()), &["slows registry-access"]);
    let old = LogError { time: Some(ago(16)), ..line };
    found(|cluster| known(&mut cluster.details.log).push(old), &[]);
    let proxy = |cluster: &mut Cluster| {
        known(&mut cluster.state.cluster_configuration).no_proxy = Some(vec!["10.0.0.0/8".to_owned()]);
    };
    found(proxy, &["notable registry-proxy"]);
    let without_upstream = |cluster: &mut Cluster| {
        proxy(cluster);
        let configs = known(&mut cluster.state.module_configs);
        configs[0].settings["registry"] = json!({ "mode": "Local" });
    };
    found(without_upstream, &[]);
    let both = |cluster: &mut Cluster| {
        proxy(cluster);
        *known(&mut cluster.state.alerts) = vec![alert("D8DeckhouseHasNoAccessToRegistry", 7)];
    };
    found(both, &["blocks registry-access", "slows registry-proxy"]);
    found(
        |cluster| cluster.answers().images[1].answer = RegistryAnswer::Missing,
        &["blocks next-image-missing"],
    );
    found(
        |cluster| cluster.answers().images[0].answer = RegistryAnswer::Missing,
        &["slows deployed-image-missing"],
    );
}

#[test]
fn the_channel() {
    let unset = |cluster: &mut Cluster| {
        cluster.settings()["releaseChannel"] = json!(null);
        cluster.releases()[2].phase = None;
        waiting(cluster, "");
    };
    found(unset, &["blocks channel-unset"]);
    let noted = |cluster: &mut Cluster| {
        unset(cluster);
        let note = (crate::prepare::CHANNEL_NOTE.to_owned(), "Stable".to_owned());
        known(&mut cluster.state.module_configs)[0].annotations.extend([note]);
    };
    let mut cluster = healthy();
    noted(&mut cluster);
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let problem = &report.findings[0].problem;
    assert_eq!(problem.advice, [Advice::Prepare(PrepareFor::Resume)]);
    assert_eq!(problem.fact, SettingsFact::ChannelUnset { interrupted: Some("Stable".to_owned()) }.into());
    let moving = |cluster: &mut Cluster| {
        known(&mut cluster.state.deployment).image = "r.example:5000/dkp/ee:stable".to_owned();
    };
    found(moving, &["blocks moving-tag"]);
    found(
        |cluster| {
            moving(cluster);
            unset(cluster);
        },
        &["blocks channel-unset", "blocks moving-tag"],
    );
    let channel = |answer: RegistryAnswer<ChannelRelease>| {
        move |cluster: &mut Cluster| cluster.answers().channel = answer
    };
    let leads = |minor: u64, suspended| {
        RegistryAnswer::Found(ChannelRelease { version: Version::new(1, minor, 3), suspended })
    };
    found(channel(RegistryAnswer::Missing), &["blocks channel-tag"]);
    found(channel(RegistryAnswer::Denied("no".into())), &["blocks channel-tag"]);
    found(channel(leads(71, true)), &["blocks channel-tag"]);
    found(channel(leads(70, false)), &["blocks above-channel"]);
    found(channel(leads(69, false)), &["blocks above-channel", "notable channel-behind"]);
    found(channel(leads(73, false)), &["blocks registry-gap"]);
    // A proxy cache that lists only a part: what it returns by name is not missing, but the platform does not find it.
    let unlisted = |minors: &'static [u64]| {
        move |cluster: &mut Cluster| {
            channel(leads(73, false))(cluster);
            let RegistryAnswer::Found(list) = &mut cluster.answers().versions else { unreachable!() };
            list.unlisted = minors.iter().map(|minor| Version::new(1, *minor, 2)).collect();
        }
    };
    found(unlisted(&[72, 73]), &["blocks registry-listing"]);
    found(unlisted(&[73]), &["blocks registry-gap", "slows registry-listing"]);
    let mut cluster = healthy();
    unlisted(&[73])(&mut cluster);
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let gap = report.findings.iter().find(|it| it.rule == problems::Rule::RegistryGap).unwrap();
    assert_eq!(gap.problem.advice, [problems::RegistryAdvice::CheckUpstream.into()]);
    let none = |cluster: &mut Cluster| drop(cluster.releases().pop());
    found(none, &["notable release-not-created"]);
    let reached = |cluster: &mut Cluster| {
        none(cluster);
        channel(leads(70, false))(cluster);
    };
    found(reached, &["notable channel-reached"]);
    let lts = |cluster: &mut Cluster| {
        cluster.settings()["releaseChannel"] = json!("LTS");
        channel(leads(73, false))(cluster);
    };
    found(lts, &[]);
}

#[test]
fn the_release_objects() {
    let phase = |index: usize, phase: &'static str| {
        move |cluster: &mut Cluster| cluster.releases()[index].phase = Phase::parse(phase)
    };
    found(phase(0, "Deployed"), &["blocks two-deployed"]);
    found(phase(1, "Superseded"), &["blocks none-deployed"]);
    found(
        |cluster| known(&mut cluster.state.deployment).image = "r.example:5000/dkp/ee:v1.69.9".to_owned(),
        &["slows other-image"],
    );
    let twin = |version: &'static str, name: &'static str| {
        move |cluster: &mut Cluster| {
            cluster
                .releases()
                .push(crate::objects::Release { name: name.to_owned(), ..release(version, "Pending", "") });
        }
    };
    found(twin("1.71.2", "v1-71-2"), &["blocks twins"]);
    found(
        |cluster| {
            twin("1.71.2", "v1-71-2")(cluster);
            waiting(cluster, "awaiting for v1-71-2 release to be deployed");
        },
        &["blocks twins"],
    );
    found(
        |cluster| {
            twin("1.70.3", "v1-70-3")(cluster);
            waiting(cluster, "awaiting for v1.70.3 release to be deployed");
        },
        &["blocks twins"],
    );
    let gap = |message: &'static str| {
        move |cluster: &mut Cluster| {
            cluster.releases()[2] = release("1.72.0", "Pending", message);
            cluster.answers().channel = RegistryAnswer::Unknown("".into());
        }
    };
    found(gap(""), &["blocks gap"]);
    found(gap("minor version is greater than deployed v1.70.3 by one"), &["blocks gap"]);
    found(|cluster| waiting(cluster, "major version is greater than deployed v0.70.3"), &["blocks sequence"]);
    found(phase(2, ""), &["blocks no-phase"]);
    found(phase(2, "Suspended"), &["blocks suspended", "notable release-not-created"]);
    found(
        |cluster| cluster.releases().push(release("1.71.1", "Suspended", "Release is suspended")),
        &["notable suspended"],
    );
}

#[test]
fn what_the_next_release_waits_for() {
    for (message, expected) in [
        (
            "Release is blocked, failed to send release notification: Post \"https://h/x\": no such host",
            "blocks notification",
        ),
        (
            "\"k8s\" requirement for DeckhouseRelease \"1.71.2\" not met: current kubernetes version is lower than required",
            "blocks requirement",
        ),
        ("\"x\" requirement is not registered", "blocks requirement"),
        (
            "requirements of the 'console' module are not satisfied: 1.71.2 deckhouse version is not suitable: 1.71.2 is greater than 1.70",
            "blocks requirement",
        ),
        (
            "\"nodesMinimalLinuxKernelVersion\" requirement for DeckhouseRelease \"1.71.2\" not met: the current Linux kernel version on cluster nodes (4.9) is lower than required (5.8)",
            "blocks requirement",
        ),
        ("release blocked, disruption approval required: (cni)", "blocks disruption-approval"),
        ("Release requires disruption approval (`kubectl annotate ...`): x", "blocks disruption-approval"),
        ("Release is postponed, waiting for the update window until 24 Nov 2026 22:00 UTC", "notable delay"),
        ("Release is waiting for the update window: 24 Nov 26 22:00 UTC", "notable delay"),
        ("Release is in cooldown until: 24 Nov 26 22:00 UTC", "notable delay"),
        ("Release is postponed by notification until 24 Nov 2026 22:00 UTC", "notable delay"),
        ("Awaiting for v1.71.0 release to be deployed", "notable awaits-release"),
        ("something that nobody knows yet", "notable other-reason"),
    ] {
        found(|cluster| waiting(cluster, message), &[expected]);
    }
    for message in ["Waiting for manual approval", "Release is waiting for manual approval"] {
        let mut cluster = healthy();
        waiting(&mut cluster, message);
        assert_eq!(cluster.found(), ["notable approval"], "{message}");
        cluster.releases()[2].approved_field = true;
        assert_eq!(cluster.found(), [""; 0], "{message}");
    }
    found(
        |cluster| {
            cluster.settings()["update"]["blockOnAlerts"] = json!({"enabled": true});
            *known(&mut cluster.state.alerts) = vec![alert("A", 3), alert("B", 4), alert("C", 9)];
        },
        &["blocks block-on-alerts"],
    );
    found(
        |cluster| {
            cluster.settings()["update"]["blockOnAlerts"] = json!({"enabled": true, "severity": 5});
            *known(&mut cluster.state.alerts) = vec![alert("A", 3), alert("B", 4)];
        },
        &[],
    );
}

/// A release above the channel's would be a finding of its own.
fn no_channel_answer(cluster: &mut Cluster) {
    cluster.answers().channel = RegistryAnswer::Unknown("".into());
}

#[test]
fn what_may_not_be_approved_is_not_advised_to_be() {
    let mut cluster = healthy();
    let approval = cluster.releases()[2].message.clone();
    cluster.releases()[2] = release("1.71.2", "Suspended", "Release is suspended");
    cluster.releases().push(release("1.72.0", "Pending", &approval));
    no_channel_answer(&mut cluster);
    assert_eq!(cluster.found(), ["blocks suspended"]);
}

#[test]
fn objects_of_a_version_that_were_skipped_together() {
    let skipped = |cluster: &mut Cluster| {
        let twin = |name: &str| crate::objects::Release {
            name: name.to_owned(),
            ..release("1.71.2", "Skipped", "")
        };
        cluster.releases()[2] = twin("v1.71.2");
        cluster.releases().push(twin("v1-71-2"));
        no_channel_answer(cluster);
    };
    found(skipped, &["blocks twins"]);
    let mut cluster = healthy();
    skipped(&mut cluster);
    // The minor version is not missing: the objects are in the way.
    let message = "minor version is greater than deployed v1.70.3 by one";
    cluster.releases().push(release("1.72.0", "Pending", message));
    assert_eq!(cluster.found(), ["blocks twins"]);
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let names = vec!["v1-71-2".to_owned(), "v1.71.2".to_owned()];
    assert_eq!(
        report.findings[0].problem.advice,
        [ReleaseAdvice::DeleteAll { names }.into(), Advice::Prepare(PrepareFor::CreateReleases)]
    );
    // Another patch of the minor version waits.
    cluster.releases().push(release("1.71.9", "Pending", ""));
    assert_eq!(cluster.found(), [""; 0]);
    let one_of_them_runs = |cluster: &mut Cluster| {
        skipped(cluster);
        cluster.releases()[2].phase = Phase::parse("Superseded");
    };
    found(one_of_them_runs, &[]);
}

#[test]
fn objects_without_a_phase_are_touched() {
    let mut cluster = healthy();
    cluster.releases()[2].phase = None;
    cluster.releases()[2].message = "".into();
    let mut other = release("1.72.0", "", "");
    other.created = Some(ago(5));
    cluster.releases().push(other);
    no_channel_answer(&mut cluster);
    assert_eq!(cluster.found(), ["blocks no-phase"]);
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let advice = &report.findings[0].problem.advice;
    let names = vec!["v1.71.2".to_owned(), "v1.72.0".to_owned()];
    let touch = ReleaseAdvice::Touch { names, mark: "2026-11-24T10:00:00Z".to_owned() };
    assert_eq!(advice[0], touch.into());
    let restarts = advice.iter().any(|it| matches!(it, Advice::Platform(PlatformAdvice::Restart(_))));
    assert!(!restarts, "{advice:?}");
    // A touch that has just been made, one that had no effect, and none.
    let mark = |minutes| (commands::TOUCHED.to_owned(), crate::prepare::touch_mark(ago(minutes)));
    for release in &mut cluster.releases()[2..] {
        release.annotations.extend([mark(0)]);
    }
    assert_eq!(cluster.found(), [""; 0]);
    cluster.releases()[2].annotations.extend([mark(2)]);
    assert_eq!(cluster.found(), ["blocks no-phase"]);
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let problem = &report.findings[0].problem;
    let names = vec!["v1.71.2".to_owned()];
    assert_eq!(problem.fact, ReleaseFact::StillNoPhase { names }.into());
    assert!(!problem.advice.iter().any(|it| matches!(it, Advice::Release(ReleaseAdvice::Touch { .. }))));
    cluster.releases()[3].annotations.clear();
    assert_eq!(cluster.found(), ["blocks no-phase", "blocks no-phase"]);
}

#[test]
fn a_notification_that_may_fail() {
    let configured = |cluster: &mut Cluster| {
        cluster.settings()["update"]["notification"] = json!({ "webhook": "https://alerts.example.com" });
        waiting(cluster, "");
    };
    found(configured, &["slows notification"]);
    let with_alert = |cluster: &mut Cluster| {
        configured(cluster);
        *known(&mut cluster.state.alerts) = vec![alert("DeckhouseReleaseNotificationNotSent", 4)];
    };
    found(with_alert, &["blocks notification"]);
    let notified = |cluster: &mut Cluster| {
        configured(cluster);
        let mark = ("release.deckhouse.io/notified".to_owned(), "true".to_owned());
        cluster.releases()[2].annotations.extend([mark]);
    };
    found(notified, &[]);
    found(|cluster| waiting(cluster, ""), &[]);
}

#[test]
fn nodes_that_fail_a_requirement_are_named() {
    let node = |name: &str, kubelet: &str| Node {
        name: name.to_owned(),
        ready: true,
        kubelet_version: kubelet.to_owned(),
        ..Node::default()
    };
    let mut cluster = healthy();
    waiting(
        &mut cluster,
        "\"k8s\" requirement for DeckhouseRelease \"1.71.2\" not met: current kubernetes version is lower than required",
    );
    cluster.releases()[2].requirements = [("k8s".to_owned(), "1.31".to_owned())].into();
    let nodes = [node("worker-1", "v1.30.4"), node("worker-0", "v1.29.9"), node("master-0", "v1.31.2")];
    *known(&mut cluster.state.nodes) = nodes.to_vec();
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let Fact::Release(ReleaseFact::UnmetByNodes { nodes, .. }) = &report.findings[0].problem.fact else {
        panic!("{report:?}");
    };
    let named: Vec<String> = nodes.iter().map(|it| format!("{} {}", it.node, it.value)).collect();
    assert_eq!(named, ["worker-0 v1.29.9", "worker-1 v1.30.4"]);
}

#[test]
fn a_window_later_today_is_not_left_out() {
    let mut cluster = healthy();
    cluster.settings()["update"]["windows"] = json!([{ "from": "22:00", "to": "23:00" }]);
    waiting(&mut cluster, "Release is postponed, waiting for the update window until 25 Nov 2026 22:00 UTC");
    let report = crate::doctor::diagnose(&cluster.state, &cluster.details, super::sample::now());
    let Fact::Release(ReleaseFact::Delayed { reasons, .. }) = &report.findings[0].problem.fact else {
        panic!("{report:?}");
    };
    assert_eq!(reasons[0], WaitReason::Window { until: Some("24 Nov 2026 22:00 UTC".to_owned()) });
}

#[test]
fn only_severities_that_are_texts_hold_releases() {
    let number = |cluster: &mut Cluster| {
        cluster.settings()["update"]["blockOnAlerts"] = json!({"enabled": true});
        *known(&mut cluster.state.alerts) = vec![Alert { severity_is_text: false, ..alert("A", 9) }];
    };
    found(number, &[]);
}

#[test]
fn tasks_that_fail() {
    for (queue, failures, expected) in [
        ("main", 2, &[][..]),
        ("main", 3, &["slows queue-failures"]),
        ("main", 8, &["blocks queue-failures"]),
        ("/modules/x", 80, &["slows queue-failures"]),
    ] {
        let task = Task { queue: queue.to_owned(), failures, ..Task::default() };
        found(
            |cluster| cluster.state.queue = crate::Reading::Known(Queue { tasks: 1, heads: vec![task] }),
            expected,
        );
    }
}

#[test]
fn nodes_that_wait_or_have_problems() {
    let node = |keys: &[(&str, &str)]| Node {
        name: "worker-1".to_owned(),
        group: Some("worker".to_owned()),
        ready: true,
        update_annotations: keys
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        ..Node::default()
    };
    let group = |mode: &str| NodeGroup {
        name: "worker".to_owned(),
        approval_mode: Some(mode.to_owned()),
        ..NodeGroup::default()
    };
    for (mode, keys, expected) in [
        ("Manual", &[("disruption-required", "")][..], &["blocks node-disruption"][..]),
        ("Manual", &[("disruption-required", ""), ("disruption-approved", "")], &[]),
        ("Automatic", &[("disruption-required", "")], &[]),
        ("Automatic", &[("draining", "user")], &["notable node-drained"]),
        ("Automatic", &[("draining", "bashible")], &[]),
    ] {
        found(
            |cluster| {
                *known(&mut cluster.state.nodes) = vec![node(keys)];
                *known(&mut cluster.state.node_groups) = vec![group(mode)];
            },
            expected,
        );
    }
    let wrong = NodeGroup { error: Some("wrong classReference".into()), ..group("Automatic") };
    found(|cluster| *known(&mut cluster.state.node_groups) = vec![wrong], &["slows node-group-error"]);
    let mut waits = group("Manual");
    waits
        .conditions
        .insert("WaitingForDisruptiveApproval".to_owned(), Condition { is_true: true, message: "".into() });
    found(|cluster| *known(&mut cluster.state.node_groups) = vec![waits.clone()], &[]);
    found(
        |cluster| {
            cluster.state.nodes = crate::Reading::default();
            *known(&mut cluster.state.node_groups) = vec![waits];
        },
        &["blocks node-disruption"],
    );
    let not_ready = Node { ready: false, ..node(&[]) };
    found(|cluster| *known(&mut cluster.state.nodes) = vec![not_ready], &["slows node-not-ready"]);
}

#[test]
fn alerts_that_say_what_objects_do_not() {
    let fires = |name: &'static str, status: &'static str| {
        move |cluster: &mut Cluster| {
            *known(&mut cluster.state.alerts) = vec![Alert { status: status.to_owned(), ..alert(name, 4) }];
        }
    };
    for (name, expected) in [
        ("DeckhouseUpdatingFailed", "blocks alert"),
        ("D8DeckhouseConfigInvalid", "blocks alert"),
        ("D8DeckhouseQueueIsHungCritical", "slows alert"),
        ("ModuleConfigObsoleteVersion", "notable alert"),
        ("HelmReleasesHasResourcesWithUnsupportedVersions", "slows alert"),
    ] {
        found(fires(name, "firing"), &[expected]);
    }
    found(fires("DeckhouseUpdatingFailed", "firing (stale)"), &["notable alert", "notable stale-alerts"]);
    found(fires("SomethingOfTheUsers", "firing"), &[]);
}

#[test]
fn modules_and_settings() {
    let source = ModuleSource {
        name: "deckhouse".to_owned(),
        sync_time: Some(ago(3)),
        modules: vec![OfferedModule {
            name: "a".to_owned(),
            error: Some("404".into()),
            ..OfferedModule::default()
        }],
        ..ModuleSource::default()
    };
    found(|cluster| *known(&mut cluster.state.module_sources) = vec![source], &["slows module-source"]);
    let over = ModulePullOverride { name: "a".to_owned(), image_tag: "mr1".to_owned() };
    found(
        |cluster| *known(&mut cluster.state.module_pull_overrides) = vec![over],
        &["notable module-override"],
    );
    let module =
        Module { name: "a".to_owned(), phase: "Error".to_owned(), enabled: Some(true), ..Module::default() };
    found(|cluster| *known(&mut cluster.state.modules) = vec![module], &["slows module-error"]);
    for (message, expected) in [
        (
            "Release is waiting for the 'modules.deckhouse.io/approved: \"true\"' annotation",
            &["notable module-approval"][..],
        ),
        ("validations failed: 010_pools.sql: 2 rows", &["slows module-gate"][..]),
        ("migrations failed: 002_rename.up.sql: not found", &["slows module-gate"]),
        (
            "requirements are not satisfied: current deckhouse version is not suitable: x",
            &["slows module-requirement"],
        ),
        ("awaiting for v1.0.0 release to be deployed", &[]),
    ] {
        let release = ModuleRelease {
            name: "a-v1.0.0".to_owned(),
            module: "a".to_owned(),
            version: Some(Version::new(1, 0, 0)),
            phase: Some(Phase::Pending),
            message: message.into(),
            ..ModuleRelease::default()
        };
        found(|cluster| *known(&mut cluster.state.module_releases) = vec![release], expected);
    }
    for (message, expected) in [
        ("Error: settings.x is unknown", "slows module-config"),
        ("Update available", "notable module-config"),
    ] {
        let config =
            ModuleConfig { name: "a".to_owned(), message: message.into(), ..ModuleConfig::default() };
        found(|cluster| known(&mut cluster.state.module_configs).push(config), &[expected]);
    }
    let condition = CloudCondition { name: "c".to_owned(), message: "m".into(), ok: false };
    found(
        |cluster| *known(&mut cluster.state.cloud_conditions) = vec![condition],
        &["slows cloud-condition"],
    );
    let api = DeprecatedApiUse {
        resource: "cronjobs".to_owned(),
        removed_in: "1.25".to_owned(),
        ..DeprecatedApiUse::default()
    };
    found(|cluster| *known(&mut cluster.state.deprecated_apis) = vec![api], &["notable deprecated-apis"]);
}

#[test]
fn a_minor_version_that_never_ran() {
    found(
        |cluster| {
            cluster.releases().insert(0, release("1.68.4", "Superseded", ""));
            cluster.releases()[0].transition_time = Some(ago(24 * 60 + 1));
            let set = |version| PlatformReplicaSet { version: Some(version), created: Some(ago(24 * 60)) };
            cluster.state.replica_sets =
                Reading::Known(vec![set(Version::new(1, 68, 4)), set(Version::new(1, 70, 3))]);
        },
        &["slows skipped-minors"],
    );
}
