//! Commands and logs of pods: the `kube` crate against the stand-in, through the real API server.

#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not what they call")]

use std::time::Duration;

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::{
    Api,
    api::{AttachParams, LogParams},
};
use serde_json::json;
use testkit::kube::{Answer, ApiServer, Kubelet, Objects};
use tokio::io::AsyncReadExt as _;

/// A node of this kubelet, and the platform's pod on it.
async fn furnish(admin: &Objects, kubelet: &Kubelet) {
    admin.put(&kubelet.node("master-0")).await.unwrap();
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "deckhouse-0", "namespace": "d8-system" },
        "spec": { "nodeName": "master-0", "containers": [{ "name": "deckhouse", "image": "test" }] },
        "status": { "phase": "Running" },
    });
    admin.put(&pod).await.unwrap();
}

async fn run(pods: &Api<Pod>, command: &[&str]) -> (String, String, Status) {
    let parameters = AttachParams::default().container("deckhouse").stderr(true);
    let mut process = pods.exec("deckhouse-0", command.iter().copied(), &parameters).await.unwrap();
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let status = process.take_status().unwrap();
    let mut output = process.stdout().unwrap();
    let mut error_output = process.stderr().unwrap();
    tokio::join!(async { output.read_to_string(&mut stdout).await.unwrap() }, async {
        error_output.read_to_string(&mut stderr).await.unwrap()
    },);
    let status = status.await.unwrap();
    process.join().await.unwrap();
    (stdout, stderr, status)
}

#[tokio::test]
async fn commands_are_answered_by_script() {
    let server = ApiServer::borrow().unwrap();
    let (admin, kubelet) = (server.admin().unwrap(), Kubelet::start().unwrap());
    furnish(&admin, &kubelet).await;
    let pods: Api<Pod> = Api::namespaced(admin.client(), "d8-system");
    let long = "x".repeat(100_000);
    kubelet.on("queue list", Answer::prints(&long));
    kubelet.on("queue main", Answer { stderr: "Defaulted container".to_owned(), ..Answer::prints("empty") });
    kubelet.on("false", Answer::fails(3, "no"));

    let (stdout, stderr, status) = run(&pods, &["deckhouse-controller", "queue", "list"]).await;
    assert!(stdout == long && stderr.is_empty());
    assert_eq!(status.status.as_deref(), Some("Success"));
    let (stdout, stderr, _) = run(&pods, &["deckhouse-controller", "queue", "main"]).await;
    assert_eq!((stdout.as_str(), stderr.as_str()), ("empty", "Defaulted container"));
    let (_, stderr, status) = run(&pods, &["false"]).await;
    assert_eq!((stderr.as_str(), status.reason.as_deref()), ("no", Some("NonZeroExitCode")));
    let (_, _, status) = run(&pods, &["curl", "unheard of"]).await;
    assert!(status.message.unwrap().contains("127"));
    assert_eq!(kubelet.asked()[3], "d8-system/deckhouse-0/deckhouse: curl unheard of");
}

#[tokio::test]
async fn a_hanging_command_and_an_unavailable_kubelet() {
    let server = ApiServer::borrow().unwrap();
    let (admin, kubelet) = (server.admin().unwrap(), Kubelet::start().unwrap());
    furnish(&admin, &kubelet).await;
    let pods: Api<Pod> = Api::namespaced(admin.client(), "d8-system");
    kubelet.on("hang", Answer { hangs: true, ..Answer::prints("so far") });
    let parameters = AttachParams::default().container("deckhouse");
    let mut process = pods.exec("deckhouse-0", ["hang"], &parameters).await.unwrap();
    let mut printed = [0; 6];
    process.stdout().unwrap().read_exact(&mut printed).await.unwrap();
    assert_eq!(&printed, b"so far");
    let end = tokio::time::timeout(Duration::from_millis(200), process.take_status().unwrap());
    assert!(end.await.is_err(), "it does not end");
    kubelet.down();
    assert!(pods.exec("deckhouse-0", ["hang"], &parameters).await.is_err());
    kubelet.up().unwrap();
    kubelet.set_log("deckhouse-0", "{\"msg\":\"a line\"}\n");
    let log = LogParams { container: Some("deckhouse".to_owned()), ..LogParams::default() };
    assert_eq!(pods.logs("deckhouse-0", &log).await.unwrap(), "{\"msg\":\"a line\"}\n");
}
