//! `dhctl update prepare` while something else happens in the cluster.

use std::{
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStderr, Stdio},
};

use serde_json::{Value, json};

use super::platform::{Platform, release};

/// A run that has made its first change, and waits until the queue is idle.
struct Waiting {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
}

fn started(platform: &Platform) -> Waiting {
    platform.queue(1);
    let mut command = platform.command(&["prepare", "--yes"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits =
        stderr.find(|line| line.as_ref().unwrap().starts_with("waiting    until the platform's queue"));
    assert!(waits.is_some());
    Waiting { child, stderr }
}

impl Waiting {
    /// The queue is idle from now on; exit code and what is said until the end.
    fn ends(mut self, platform: &Platform) -> (Option<i32>, String) {
        platform.queue(0);
        let said: Vec<String> = self.stderr.map_while(Result::ok).collect();
        (self.child.wait().unwrap().code(), said.join("\n"))
    }
}

/// An old platform: first its channel is unset, then the mode changes.
fn platform() -> Platform {
    let platform = Platform::running("v1.68.5", &json!({ "releaseChannel": "Stable" }));
    platform.put(&[release("v1.68.5", "Deployed")]);
    platform
}

fn mode(platform: &Platform) -> Value {
    platform.get("ModuleConfig", "deckhouse")["spec"]["settings"]["update"]["mode"].clone()
}

#[test]
fn a_change_by_another_client_stops_the_run() {
    let platform = platform();
    let change = |spec: Value, annotations: Value| {
        platform.merge(
            "ModuleConfig",
            "deckhouse",
            json!({ "metadata": { "annotations": annotations }, "spec": spec }),
        );
    };
    let run = started(&platform);
    change(json!({ "settings": { "releaseChannel": "Beta" } }), json!({}));
    let (code, said) = run.ends(&platform);
    assert_eq!(code, Some(7), "{said}");
    assert!(said.contains("ModuleConfig/deckhouse was modified by another client"), "{said}");
    assert_eq!(mode(&platform), Value::Null, "nothing more is written");

    let as_before = || {
        let note = json!({ "dhctl.deckhouse.io/release-channel": null });
        change(json!({ "settings": { "releaseChannel": "Stable" } }), note);
    };
    as_before();
    let run = started(&platform);
    as_before();
    let (code, said) = run.ends(&platform);
    assert_eq!(code, Some(7), "{said}");
    assert!(said.contains("something in the cluster has reverted the change"), "{said}");
    assert_eq!(mode(&platform), Value::Null, "nothing more is written");
}

#[test]
fn other_changes_of_the_same_object_do_not() {
    let platform = platform();
    let run = started(&platform);
    platform.merge("ModuleConfig", "deckhouse", json!({ "spec": { "settings": { "logLevel": "Debug" } } }));
    let (code, said) = run.ends(&platform);
    assert_eq!(code, Some(0), "{said}");
    let settings = &platform.get("ModuleConfig", "deckhouse")["spec"]["settings"];
    let expected = json!({ "releaseChannel": "Stable", "logLevel": "Debug", "update": { "mode": "Manual" } });
    assert_eq!(settings, &expected);
}

#[test]
fn an_unavailable_api_is_waited_for() {
    let platform = platform();
    let run = started(&platform);
    platform.server.stop_api().unwrap();
    // Long enough for a look at the queue to fail.
    std::thread::sleep(std::time::Duration::from_millis(1500));
    platform.server.start_api().unwrap();
    let (code, said) = run.ends(&platform);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(mode(&platform), "Manual");
}

#[test]
fn the_printed_permissions_suffice_and_missing_ones_are_reported() {
    let platform = platform();
    platform.put(&[
        release("v1.69.2", "Pending"),
        json!({
            "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
            "spec": { "nodeType": "Static" },
        }),
    ]);
    // Before the other approvals, it would keep the release from being approved.
    let ask = |value: Value| {
        let annotations = json!({ "update.node.deckhouse.io/disruption-required": value });
        platform.merge("Node", "master-0", json!({ "metadata": { "annotations": annotations } }));
    };
    let run = platform.as_alice(&["prepare", "--yes"]).expect(4);
    assert!(run.stderr.contains("cannot be read: no permission"), "{}", run.stderr);
    assert!(
        run.stderr.contains("hint: ask a cluster administrator to apply the permissions that this command prints: dhctl update rbac --user alice"),
        "{}",
        run.stderr
    );
    let kernel = ["kernel", "--node-group", "master", "--version", "6.1.0-18-amd64", "--yes"];
    let all = [
        &["prepare", "--yes"][..],
        &["approve", "v1.69.2", "--yes"],
        &["approve", "--node", "master-0", "--yes"],
        &kernel,
    ];
    platform.grant_printed(&["--read-only"]);
    for words in all {
        if words.contains(&"--node") {
            ask(json!(""));
        }
        let run = platform.as_alice(words).expect(4);
        assert!(run.stderr.contains("no permission"), "{words:?}: {}", run.stderr);
    }
    assert_eq!(mode(&platform), Value::Null);
    platform.grant_printed(&[]);
    ask(Value::Null);
    for words in all {
        if words.contains(&"--node") {
            ask(json!(""));
        }
        let run = platform.as_alice(words).expect(0);
        assert!(!run.stderr.contains("no permission"), "{words:?}: {}", run.stderr);
    }
    assert_eq!(mode(&platform), "Manual");
    assert_eq!(platform.get("DeckhouseRelease", "v1.69.2")["approved"], true);
}
