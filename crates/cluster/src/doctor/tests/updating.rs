//! A cluster in the middle of an ordinary update is busy, not unhealthy.

use super::sample::{Cluster, ago, healthy, known, pod, release};
use crate::{
    doctor::{Conclusion, DeploymentCondition, Details, FailedPull, diagnose},
    objects::{Alert, ModuleSource, Node, NodeGroup, Queue, Task},
};

fn is_healthy(cluster: &Cluster, what: &str) {
    let unhealthy: Vec<String> =
        cluster.found().into_iter().filter(|it| !it.starts_with("notable")).collect();
    assert!(unhealthy.is_empty(), "{what}: {unhealthy:?}");
}

#[test]
fn a_healthy_cluster_has_nothing_but_its_approval() {
    assert_eq!(healthy().found(), ["notable approval"]);
}

#[test]
fn the_pod_is_replaced() {
    let mut cluster = healthy();
    // The image was switched a minute ago; the old pod is gone, the new one not made yet.
    cluster.releases()[1] = release("1.70.3", "Superseded", "");
    let mut deployed = release("1.71.2", "Deployed", "");
    deployed.transition_time = Some(ago(1));
    deployed.annotations.insert("release.deckhouse.io/isUpdating".to_owned(), "true".to_owned());
    cluster.releases()[2] = deployed;
    let mut waiting = release("1.72.0", "Pending", "awaiting for Deckhouse v1.71.2 pod to be ready");
    waiting.created = Some(ago(1));
    cluster.releases().push(waiting);
    cluster.answers().channel = crate::doctor::RegistryAnswer::Unknown("503".into());
    known(&mut cluster.state.deployment).image = "r.example:5000/dkp/ee:v1.71.2".to_owned();
    *known(&mut cluster.state.pods) = Vec::new();
    *known(&mut cluster.details.conditions) = vec![DeploymentCondition {
        kind: "Available".to_owned(),
        since: Some(ago(1)),
        ..DeploymentCondition::default()
    }];
    assert_eq!(cluster.found(), ["notable webhook-away", "notable under-way"]);
    // It starts, with a queue full of work of which some fails at first.
    *known(&mut cluster.state.pods) = vec![pod(false, 12)];
    let task = Task {
        queue: "main".to_owned(),
        description: "ModuleRun:main:a:b".into(),
        failures: 2,
        ..Task::default()
    };
    cluster.state.queue = crate::Reading::Known(Queue { tasks: 300, heads: vec![task] });
    is_healthy(&cluster, "first converge");
    // Its first try at the image failed; so did one of a module.
    known(&mut cluster.state.pods)[0].started = Some(ago(0));
    known(&mut cluster.state.pods)[0].containers[0].waiting_reason = Some("ErrImagePull".to_owned());
    *known(&mut cluster.details.pulls_of_pending_pods) =
        vec![FailedPull { started: Some(ago(0)), ..FailedPull::default() }];
    assert!(diagnose(&cluster.state, &cluster.details, super::sample::now()).conclusion == Conclusion::Clear);
}

#[test]
fn the_controller_writes_one_object_after_the_other() {
    for phases in [["Superseded", ""], ["Deployed", "Deployed"]] {
        let mut cluster = healthy();
        for (release, phase) in cluster.releases()[1..].iter_mut().zip(phases) {
            release.phase = crate::objects::Phase::parse(phase);
            release.transition_time = Some(ago(0));
            release.message = "".into();
        }
        cluster.releases()[2].created = Some(ago(0));
        cluster.releases().push(release("1.72.0", "Pending", "awaiting for v1.71.2 release to be deployed"));
        cluster.answers().channel = crate::doctor::RegistryAnswer::Unknown("".into());
        is_healthy(&cluster, &format!("{phases:?}"));
    }
}

#[test]
fn values_that_are_not_computed_yet() {
    let mut cluster = healthy();
    cluster.releases()[2].message =
        "\"k8s\" requirement for DeckhouseRelease \"1.71.2\" not met: minUsedControlPlaneKubernetesVersion is not set".into();
    known(&mut cluster.state.queue).tasks = 5;
    is_healthy(&cluster, "queue at work");
    known(&mut cluster.state.queue).tasks = 0;
    assert!(cluster.found().contains(&"blocks requirement".to_owned()));
}

#[test]
fn nodes_are_updated_one_by_one() {
    let mut cluster = healthy();
    let node = |name: &str, key: &str| Node {
        name: name.to_owned(),
        group: Some("worker".to_owned()),
        ready: key.is_empty(),
        update_annotations: [(key.to_owned(), String::new())]
            .into_iter()
            .filter(|(key, _)| !key.is_empty())
            .collect(),
        ..Node::default()
    };
    *known(&mut cluster.state.nodes) =
        vec![node("a", "approved"), node("b", "waiting-for-approval"), node("c", "")];
    *known(&mut cluster.state.node_groups) = vec![NodeGroup {
        name: "worker".to_owned(),
        approval_mode: Some("Automatic".to_owned()),
        nodes: 3,
        up_to_date: 1,
        ready: 1,
        ..NodeGroup::default()
    }];
    is_healthy(&cluster, "node group updating");
}

#[test]
fn neither_the_mark_nor_the_alert_shows_an_update() {
    let mut cluster = healthy();
    cluster.releases()[1].annotations.insert("release.deckhouse.io/isUpdating".to_owned(), "true".to_owned());
    let updating =
        Alert { name: "DeckhouseUpdating".to_owned(), status: "firing".to_owned(), ..Alert::default() };
    *known(&mut cluster.state.alerts) = vec![updating];
    assert_eq!(cluster.found(), ["notable approval"]);
    // The new version has not written itself into the Deployment yet.
    known(&mut cluster.state.deployment).version_annotation = Some("v1.69.9".to_owned());
    cluster.releases()[1].annotations.clear();
    assert!(cluster.found().contains(&"notable under-way".to_owned()), "{:?}", cluster.found());
}

#[test]
fn sources_are_stale_while_the_pod_is_replaced() {
    let mut cluster = healthy();
    *known(&mut cluster.state.module_sources) = vec![ModuleSource {
        name: "deckhouse".to_owned(),
        sync_time: Some(ago(62)),
        ..ModuleSource::default()
    }];
    assert!(cluster.found().contains(&"slows module-source".to_owned()));
    *known(&mut cluster.state.pods) = vec![pod(false, 20)];
    is_healthy(&cluster, "pod away");
}

#[test]
fn unknown_state_gives_no_findings() {
    let cluster = Cluster { state: crate::ClusterState::default(), details: Details::default() };
    assert_eq!(cluster.found(), [""; 0]);
    let report = diagnose(&cluster.state, &cluster.details, super::sample::now());
    assert_eq!(report.not_checked.len(), 30);
    assert_eq!(report.conclusion, Conclusion::Unclear);
    let mut cluster = healthy();
    cluster.state.pods = crate::Reading::NotNow { last: None, why: "the API restarts".to_owned() };
    is_healthy(&cluster, "pods unknown");
}
