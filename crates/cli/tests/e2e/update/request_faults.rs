//! Commands that write while the API server blinks: what passes is waited out and said, and nothing is done twice.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use http::Method;
use serde_json::json;
use testkit::kube::{Answer, FaultyProxy, RequestFault};

use super::platform::{Platform, release};
use crate::world::Run;

const KERNEL: [&str; 6] = ["kernel", "--node-group", "master", "--version", "6.1.0-18-amd64", "--yes"];

/// v1.70.1 is deployed and v1.71.4 waits.
fn platform() -> Platform {
    let platform = Platform::running("v1.70.1", &json!({ "releaseChannel": "Stable" }));
    platform.put(&[
        release("v1.70.1", "Deployed"),
        release("v1.71.4", "Pending"),
        json!({
            "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
            "spec": { "nodeType": "Static", "disruptions": { "approvalMode": "Manual" } },
            "status": { "nodes": 1, "ready": 1, "upToDate": 1 },
        }),
    ]);
    platform
}

/// Runs it through a proxy at which these requests fail, each of which must be waited out and said.
fn through(platform: &Platform, words: &[&str], faults: &[(Method, &str, RequestFault, &str)]) -> Run {
    let proxy = FaultyProxy::start(&platform.server, "admin").unwrap();
    for (method, part, fault, _) in faults {
        proxy.fail_next(method.clone(), part, *fault);
    }
    let path = platform.folder.path().join("proxy");
    proxy.kubeconfig().write(&path).unwrap();
    let run = Run::of(platform.command(words).env("KUBECONFIG", &path).output().unwrap()).expect(0);
    for (.., said) in faults {
        let told = run.stderr.lines().any(|line| line.starts_with("waiting") && line.contains(said));
        assert!(told, "{said}: {}", run.stderr);
    }
    assert!(proxy.all_used(), "{}", run.stderr);
    run
}

#[test]
fn a_release_is_approved_once_despite_request_faults() {
    let platform = platform();
    let of_release = "/deckhousereleases/v1.71.4";
    through(
        &platform,
        &["approve", "v1.71.4", "--yes"],
        &[
            (Method::PATCH, of_release, RequestFault::Unserved, "does not serve deckhousereleases yet"),
            (Method::PATCH, of_release, RequestFault::Initializing, "storage is (re)initializing"),
            (Method::GET, of_release, RequestFault::Unserved, "does not serve deckhousereleases yet"),
        ],
    );
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], true);
}

#[test]
fn a_node_is_approved_with_its_pods_in_view() {
    let platform = platform();
    let asks = json!({ "update.node.deckhouse.io/disruption-required": "" });
    platform.merge("Node", "master-0", json!({ "metadata": { "annotations": asks } }));
    let run = through(
        &platform,
        &["approve", "--node", "master-0", "--yes"],
        &[
            (Method::GET, "/api/v1/pods", RequestFault::ShuttingDown, "apiserver is shutting down"),
            (Method::PATCH, "/nodes/master-0", RequestFault::AnswerLost, "the answer is lost"),
        ],
    );
    assert!(run.stderr.contains("1 pod runs on node master-0"), "{}", run.stderr);
}

#[test]
fn another_webhook_without_dry_run_support_does_not_prevent_an_approval() {
    let platform = platform();
    let proxy = FaultyProxy::start(&platform.server, "admin").unwrap();
    proxy.fail_next(Method::PATCH, "/deckhousereleases/v1.71.4", RequestFault::NoDryRun);
    let path = platform.folder.path().join("proxy");
    proxy.kubeconfig().write(&path).unwrap();
    let mut command = platform.command(&["approve", "v1.71.4", "--yes"]);
    Run::of(command.env("KUBECONFIG", &path).output().unwrap()).expect(0);
    assert!(proxy.all_used());
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], true);
}

#[test]
fn the_kernel_of_a_group_is_written_once() {
    let platform = platform();
    let all = "/nodegroupconfigurations";
    through(
        &platform,
        &KERNEL,
        &[
            (
                Method::GET,
                "/nodegroupconfigurations/",
                RequestFault::Unserved,
                "does not serve nodegroupconfigurations yet",
            ),
            (Method::POST, all, RequestFault::Initializing, "storage is (re)initializing"),
            // It has arrived: the second attempt finds it there.
            (Method::POST, all, RequestFault::AnswerLost, "the answer is lost"),
        ],
    );
    let made = platform.get("NodeGroupConfiguration", "dhctl-kernel-master.sh");
    assert_eq!(made["metadata"]["generation"], 1, "{made}");
}

#[test]
fn an_api_server_that_ends_in_the_middle_and_comes_back() {
    let platform = platform();
    // Holds the reading of the state, so that the server ends in its middle.
    platform.kubelet.on("queue", Answer { delay: Duration::from_secs(20), ..Answer::default() });
    let mut command = platform.command(&KERNEL);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !platform.kubelet.asked().iter().any(|it| it.contains("queue")) {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not ask for the queue");
        std::thread::yield_now();
    }
    platform.server.stop_api().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line.starts_with("waiting")).unwrap();
    assert!(said.contains("2 minutes at most"), "{said}");
    platform.queue(0);
    platform.server.start_api().unwrap();
    let rest: Vec<String> = lines.collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
    let made = platform.get("NodeGroupConfiguration", "dhctl-kernel-master.sh");
    assert_eq!(made["spec"]["nodeGroups"], json!(["master"]));
}
