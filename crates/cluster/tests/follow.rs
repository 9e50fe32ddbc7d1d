//! The live state against a real API server that goes away, loses definitions, and refuses.

#![expect(clippy::unwrap_used, reason = "the steps of a test")]

use std::{sync::Arc, time::Duration};

use cluster::{
    ClusterState, Obstacle, Reading,
    access::{Access, Cluster, KubeconfigFiles},
    follow::Follower,
    read::snapshot,
};
use serde_json::{Value, json};
use testkit::kube::{Answer, ApiServer, Kubelet, Objects};

const API: &str = "deckhouse.io/v1alpha1";
/// A change must show within this time, also on a machine that builds something besides.
const LIMIT: Duration = Duration::from_secs(30);

async fn connect(server: &ApiServer, user: &str) -> Cluster {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let path = server.kubeconfig(user).unwrap();
    let access = Access { kubeconfig: KubeconfigFiles::Named(path), in_cluster: None, interactive: false };
    access.cluster(None, &egress::Settings::default()).await.unwrap()
}

fn release(name: &str, phase: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "DeckhouseRelease", "metadata": { "name": name },
        "spec": { "version": name }, "status": { "phase": phase },
    })
}

/// Waits until the state is as wanted.
async fn until(follower: &Follower, what: &str, is_so: impl Fn(&ClusterState) -> bool) -> Arc<ClusterState> {
    let mut states = follower.states();
    let found = tokio::time::timeout(LIMIT, states.wait_for(|state| is_so(state))).await;
    assert!(found.is_ok(), "{what}: {:?}", follower.states().borrow());
    found.unwrap().unwrap().clone()
}

fn names(state: &ClusterState) -> Vec<&str> {
    state.releases.known().into_iter().flatten().map(|release| release.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_seen_and_the_api_may_be_interrupted() {
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    admin.put(&release("v1.70.1", "Deployed")).await.unwrap();
    let follower = Follower::start(&connect(&server, "admin").await);
    until(&follower, "the first list", |state| names(state) == ["v1.70.1"]).await;

    admin.put(&release("v1.71.0", "Pending")).await.unwrap();
    until(&follower, "a new object", |state| names(state) == ["v1.70.1", "v1.71.0"]).await;
    let releases = admin.api(API, "DeckhouseRelease", None);
    releases.delete("v1.70.1", &kube::api::DeleteParams::default()).await.unwrap();
    until(&follower, "an object gone", |state| names(state) == ["v1.71.0"]).await;

    server.stop_api().unwrap();
    let away =
        until(&follower, "the API away", |state| matches!(state.releases, Reading::NotNow { .. })).await;
    assert_eq!(away.releases.last().unwrap()[0].name, "v1.71.0", "what was known is still shown");
    assert_eq!(away.releases.known(), None, "and decides nothing");
    server.start_api().unwrap();
    let back = until(&follower, "the API back", |state| names(state) == ["v1.71.0"]).await;
    assert!(!matches!(back.alerts, Reading::Absent(_)), "{:?}", back.alerts);
    let admin = server.admin().unwrap();
    admin.put(&release("v1.71.1", "Pending")).await.unwrap();
    until(&follower, "a change after it", |state| names(state) == ["v1.71.0", "v1.71.1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_and_forbidden_are_distinguished() {
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    admin.remove_definition("clusteralerts").await.unwrap();
    let state = snapshot(&connect(&server, "admin").await).await;
    assert!(
        matches!(&state.alerts, Reading::Absent(why) if why.contains("clusteralerts")),
        "{:?}",
        state.alerts
    );
    assert_eq!(state.releases, Reading::Known(Vec::new()));
    assert!(matches!(state.cluster_configuration, Reading::Absent(_)), "{:?}", state.cluster_configuration);
    assert!(matches!(state.deployment, Reading::Unreadable(Obstacle::Other(_))), "{:?}", state.deployment);

    let follower = Follower::start(&connect(&server, "alice").await);
    let state = until(&follower, "forbidden", |state| {
        matches!(state.releases, Reading::Unreadable(Obstacle::Forbidden(_)))
    })
    .await;
    assert!(!matches!(state.nodes, Reading::Known(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_api_everything_is_unknown() {
    let server = ApiServer::borrow().unwrap();
    let cluster = connect(&server, "admin").await;
    server.stop_api().unwrap();
    let state = snapshot(&cluster).await;
    assert!(matches!(state.releases, Reading::NotNow { last: None, .. }), "{:?}", state.releases);
    assert!(matches!(state.queue, Reading::NotNow { .. }), "{:?}", state.queue);
}

/// One odd object does not spoil its list.
#[tokio::test(flavor = "multi_thread")]
async fn odd_objects() {
    let server = ApiServer::borrow().unwrap();
    let admin: Objects = server.admin().unwrap();
    for object in [
        json!({ "apiVersion": API, "kind": "DeckhouseRelease", "metadata": { "name": "odd" }, "spec": { "version": "main" } }),
        release("v1.70.1", "Deployed"),
        json!({
            "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": "deckhouse" },
            "spec": { "version": 1, "settings": { "releaseChannel": "EarlyAccess", "update": { "mode": "Auto" } } },
        }),
        json!({ "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": "bare" }, "spec": {} }),
        json!({
            "apiVersion": API, "kind": "ClusterAlert", "metadata": { "name": "a" },
            "alert": { "name": "X", "labels": {}, "severityLevel": "4" },
        }),
    ] {
        admin.put(&object).await.unwrap();
    }
    let state = snapshot(&connect(&server, "admin").await).await;
    assert_eq!(names(&state), ["odd", "v1.70.1"]);
    assert_eq!(state.releases.known().unwrap()[0].version, None);
    let config = state.deckhouse_config().unwrap();
    assert_eq!(config.version, Some(1));
    assert_eq!(config.update_settings().channel(), Some(deckhouse::Channel::EarlyAccess));
    assert_eq!(state.alerts.known().unwrap()[0].severity, Some(4));
}

fn pod(name: &str, ready: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": "d8-system", "labels": { "app": "deckhouse", "leader": "true" } },
        "spec": { "nodeName": "master-0", "containers": [{ "name": "deckhouse", "image": "r/d:v1.71.0" }] },
        "status": {
            "phase": "Running", "podIP": "127.0.0.1", "startTime": "2026-01-01T00:00:00Z",
            "conditions": [{ "type": "Ready", "status": ready }],
        },
    })
}

/// Each reading of the queues is a request to the leader, and a converge that was answered once is not absent later.
#[tokio::test(flavor = "multi_thread")]
async fn requests_to_the_leader() {
    const CONVERGE: &str = "/status/converge";
    let refused = || Answer::fails(7, "curl: (7) Failed to connect to 127.0.0.1 port 4222 after 0 ms");
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    let kubelet = Kubelet::start().unwrap();
    kubelet.on("queue", Answer::prints(r#"{"active":[],"summary":{"totalTasks":0}}"#));
    kubelet.on(CONVERGE, refused());
    admin.put(&kubelet.node("master-0")).await.unwrap();
    admin.put(&pod("deckhouse-a", "False")).await.unwrap();
    let follower = Follower::start(&connect(&server, "admin").await);
    let is_away = |state: &ClusterState| {
        assert!(!matches!(state.converge, Reading::Absent(_)), "{:?}", state.converge);
        state.converge.passing().is_some_and(|why| why.contains("no connection"))
    };
    until(&follower, "a controller that only starts", is_away).await;
    kubelet.on(CONVERGE, Answer::prints(r#"{"STARTUP_CONVERGE_DONE":true}"#));
    admin.put(&pod("deckhouse-a", "True")).await.unwrap();
    until(&follower, "the converge", |state| state.converge.known().is_some()).await;
    kubelet.on(CONVERGE, refused());
    let state = until(&follower, "one that was answered before", is_away).await;
    assert!(state.converge.last().is_some());

    let asked = || {
        let is_queue = |line: &&String| line.contains("queue/list.json");
        u64::try_from(kubelet.asked().iter().filter(is_queue).count()).unwrap()
    };
    let after =
        |number| move |state: &ClusterState| state.queue_read.as_ref().is_some_and(|it| it.number > number);
    let read = until(&follower, "a reading", after(0)).await.queue_read.clone().unwrap();
    let (number, before) = (read.number, asked());
    until(&follower, "three more", after(number + 2)).await;
    assert!(asked() >= before + 2, "the first of them may have been under way");
    assert_eq!(read.leader, "deckhouse-a#0");

    // Another pod is another controller: an old one, which does not have it.
    kubelet.on(CONVERGE, Answer::fails(22, "curl: (22) The requested URL returned error: 404"));
    let pods: kube::Api<kube::api::DynamicObject> = admin.api("v1", "Pod", Some("d8-system"));
    pods.delete("deckhouse-a", &kube::api::DeleteParams::default().grace_period(0)).await.unwrap();
    admin.put(&pod("deckhouse-b", "True")).await.unwrap();
    until(&follower, "an old one", |state| matches!(state.converge, Reading::Absent(_))).await;
    until(&follower, "its queues", |state| {
        state.queue_read.as_ref().is_some_and(|it| it.leader == "deckhouse-b#0")
    })
    .await;
}

/// An API server that has just started refuses what it allows as soon as it has read the roles.
#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_missing_for_a_moment() {
    let server = ApiServer::borrow().unwrap();
    let admin = server.admin().unwrap();
    let group = "rbac.authorization.k8s.io";
    let role = |verbs: &[&str]| {
        json!({
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": { "name": "looks" },
            "rules": [{ "apiGroups": ["deckhouse.io"], "resources": ["deckhousereleases"], "verbs": verbs }],
        })
    };
    let binding = json!({
        "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": { "name": "looks" },
        "roleRef": { "apiGroup": group, "kind": "ClusterRole", "name": "looks" },
        "subjects": [{ "apiGroup": group, "kind": "User", "name": "alice" }],
    });
    admin.put(&role(&["list", "watch"])).await.unwrap();
    admin.put(&binding).await.unwrap();
    admin.put(&release("v1.70.1", "Deployed")).await.unwrap();
    server.until_allowed("alice", "watch", "deckhouse.io", "deckhousereleases", None).await.unwrap();
    let follower = Follower::start(&connect(&server, "alice").await);
    let readable = |state: &ClusterState| {
        assert!(!matches!(state.releases, Reading::Unreadable(_)), "{:?}", state.releases);
    };
    until(&follower, "the list", |state| names(state) == ["v1.70.1"]).await;
    admin.put(&role(&["get"])).await.unwrap();
    // Only a new watch is asked for its right.
    server.stop_api().unwrap();
    server.start_api().unwrap();
    until(&follower, "the refusal", |state| {
        readable(state);
        state.releases.passing().is_some_and(|why| why.contains("a permission was revoked"))
    })
    .await;
    server.admin().unwrap().put(&role(&["list", "watch"])).await.unwrap();
    until(&follower, "the list again", |state| {
        readable(state);
        names(state) == ["v1.70.1"]
    })
    .await;
}
