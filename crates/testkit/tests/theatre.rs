//! The stand-in for the platform, as the API shows it.

#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not what they call")]

use std::time::{Duration, Instant};

use kube::{ResourceExt as _, api::ListParams};
use serde_json::{Value, json};
use testkit::{
    kube::{ApiServer, Objects, wait},
    theatre::{Scenario, ScenarioRun},
};

const PLATFORM: &str = "deckhouse.io/v1alpha1";

const UPDATE: &str = "
title: one update
run: [watch]
initial_state: {deployed: v1.71.3, pending: [v1.72.5, v1.73.1]}
actions:
  - on: {approved: v1.72.5}
    do: [{update: {to: v1.72.5, pace: 50ms}}]
    name: first
  - on: {action: first}
    do: [{alert: {name: D8DeckhouseQueueIsHung}}, {queue: {tasks: 3}}]
expect: {exit: 0}
";

fn release(admin: &Objects, name: &str) -> Value {
    let (api, name) = (admin.api(PLATFORM, "DeckhouseRelease", None), name.to_owned());
    wait(async move { api.get(&name).await.unwrap().data })
}

/// Until the log has an entry with this in it.
fn until(scenario_run: &ScenarioRun, what: &str) {
    let begun = Instant::now();
    while !scenario_run.log().iter().any(|entry| entry.what.contains(what)) {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{:?} {:?}",
            scenario_run.log(),
            scenario_run.faults()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_update_follows_an_approval() {
    let scenario = Scenario::parse(UPDATE).unwrap();
    let scenario_run = ScenarioRun::open(ApiServer::borrow().unwrap(), &scenario, 2.0).unwrap();
    let admin = scenario_run.server().admin().unwrap();
    let waits = release(&admin, "v1.72.5");
    assert!(waits["status"]["message"].as_str().unwrap().contains("approved"), "{waits}");
    assert_eq!(
        release(&admin, "v1.73.1")["status"]["message"],
        "awaiting for v1.72.5 release to be deployed"
    );

    scenario_run.start();
    let api = admin.api(PLATFORM, "DeckhouseRelease", None);
    wait(async move {
        let patch = kube::api::Patch::Merge(json!({ "approved": true }));
        api.patch("v1.72.5", &kube::api::PatchParams::default(), &patch).await.unwrap();
    });
    until(&scenario_run, "Queue");

    assert_eq!(scenario_run.approvals("v1.72.5"), Some(1));
    assert_eq!(release(&admin, "v1.71.3")["status"]["phase"], "Superseded");
    assert_eq!(release(&admin, "v1.72.5")["status"]["phase"], "Deployed");
    let next = release(&admin, "v1.73.1");
    assert!(next["status"]["message"].as_str().unwrap().contains("approved"), "{next}");
    let pods = admin.api("v1", "Pod", Some("d8-system"));
    let alerts = admin.api(PLATFORM, "ClusterAlert", None);
    let (pods, alerts) = wait(async move {
        (pods.list(&ListParams::default()).await.unwrap(), alerts.list(&ListParams::default()).await.unwrap())
    });
    let [pod] = &pods.items[..] else { panic!("{pods:?}") };
    assert_eq!(pod.data["spec"]["containers"][0]["image"], "registry.example.com/dkp/ee:v1.72.5");
    assert_eq!(pod.labels()["leader"], "true");
    let [alert] = &alerts.items[..] else { panic!("{alerts:?}") };
    assert_eq!(alert.data["alert"]["name"], "D8DeckhouseQueueIsHung");
    assert!(scenario_run.faults().is_empty(), "{:?}", scenario_run.faults());
}

#[test]
fn a_step_that_the_api_refuses_is_a_fault() {
    let text = "
title: nothing
run: [watch]
actions: [{do: [{image: v1.2.3}, {merge: {kind: Module, name: unheard-of, patch: {}}}, {merge: {kind: Module, name: unheard-of, patch: {status: {}}}}]}]
expect: {exit: 0}
";
    let scenario = Scenario::parse(text).unwrap();
    let scenario_run = ScenarioRun::open(ApiServer::borrow().unwrap(), &scenario, 1.0).unwrap();
    scenario_run.start();
    let begun = Instant::now();
    while scenario_run.faults().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", scenario_run.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(scenario_run.faults()[0].contains("unheard-of"), "{:?}", scenario_run.faults());
}

/// Rights on two resources, and one in the platform's namespace.
const RIGHTS: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: looks}
rules:
- {apiGroups: [deckhouse.io], resources: [deckhousereleases], verbs: [get, list]}
- {apiGroups: [''], resources: [nodes, events], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: looks}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: looks}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice}]
";

#[test]
fn the_watcher_has_only_the_permissions_of_the_scenario() {
    for (rights, lists_nodes, lists_releases, asked_flags) in [
        ("printed", true, true, Some(&[][..])),
        ("read_only", true, true, Some(&["--read-only"])),
        ("read_only_queues", true, true, Some(&["--read-only", "--queues"])),
        ("{without: nodes}", false, true, Some(&[])),
        ("none", false, false, None),
    ] {
        let text =
            format!("title: t\nrun: [status]\ninitial_state: {{rights: {rights}}}\nexpect: {{exit: 0}}\n");
        let scenario = Scenario::parse(&text).unwrap();
        let scenario_run = ScenarioRun::open(ApiServer::borrow().unwrap(), &scenario, 1.0).unwrap();
        let mut asked = None;
        let print = |flags: &[&str]| {
            asked = Some(flags.iter().map(ToString::to_string).collect::<Vec<_>>());
            Ok(RIGHTS.to_owned())
        };
        let kubeconfig = scenario_run.grant(print).unwrap();
        let text = std::fs::read_to_string(kubeconfig).unwrap();
        assert!(text.contains(&ApiServer::token(ScenarioRun::USER)), "{rights}: {text}");
        assert!(!text.contains(&ApiServer::token("admin")), "{rights}: {text}");
        assert_eq!(
            asked.as_deref(),
            asked_flags.map(|it| it.iter().map(ToString::to_string).collect::<Vec<_>>()).as_deref(),
            "{rights}"
        );
        let user = scenario_run.server().objects(ScenarioRun::USER).unwrap();
        let (nodes, releases) = (user.api("v1", "Node", None), user.api(PLATFORM, "DeckhouseRelease", None));
        let (nodes, releases) = wait(async move {
            let all = ListParams::default();
            (nodes.list(&all).await.is_ok(), releases.list(&all).await.is_ok())
        });
        assert_eq!((nodes, releases), (lists_nodes, lists_releases), "{rights}");
    }
}
