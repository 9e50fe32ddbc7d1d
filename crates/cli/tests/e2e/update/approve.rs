//! `dhctl update approve`: exactly one thing, only when it is its turn, and only once.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::{
    platform::{Platform, node_info, pod, release},
    terminal::on_terminal_while,
};

/// v1.70.1 is deployed; v1.71.4 and v1.72.0 wait.
fn platform() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.70.1", &settings);
    platform.put(&[
        release("v1.70.1", "Deployed"),
        release("v1.71.4", "Pending"),
        release("v1.72.0", "Pending"),
        release("v1.71.2", "Suspended"),
    ]);
    platform
}

#[test]
fn the_next_release_is_approved_and_no_other() {
    let platform = platform();
    let early = platform.update(&["approve", "v1.72.0", "--yes"]).expect(7);
    let absent = platform.update(&["approve", "v1.73.0", "--yes"]).expect(7);
    let suspended = platform.update(&["approve", "v1.71.2", "--yes"]).expect(7);
    platform.update(&["approve", "v1.71.4"]).expect(2);
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], false);

    let run = platform.update(&["approve", "v1.71.4", "--yes"]).expect(0);
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], true);
    let approvals: Vec<bool> =
        platform.webhook.asked().iter().filter(|it| it.approves()).map(|it| it.dry_run).collect();
    assert_eq!(approvals, [true, false], "asked before it is written");
    let versions = platform.versions("DeckhouseRelease");
    let again = platform.update(&["approve", "v1.71.4", "--yes"]).expect(0);
    assert_eq!(platform.versions("DeckhouseRelease"), versions, "a second run writes nothing");
    let deployed = platform.update(&["approve", "v1.70.1", "--yes"]).expect(0);
    assert_eq!(deployed.stdout, "nothing to do: v1.70.1 is already deployed\nnext: dhctl update plan\n");
    let mut transcript = String::new();
    for (words, run) in [
        ("v1.72.0 --yes", early),
        ("v1.73.0 --yes", absent),
        ("v1.71.2 --yes", suspended),
        ("v1.71.4 --yes", run),
        ("v1.71.4 --yes", again),
    ] {
        transcript += &format!(
            "$ dhctl update approve {words}\n--- stderr\n{}--- stdout\n{}\n",
            run.stderr, run.stdout
        );
    }
    insta::assert_snapshot!(transcript);
}

#[test]
fn a_refusal_of_the_webhook_names_what_is_unmet() {
    let platform = platform();
    platform.webhook.refuse_approval("k8s: current kubernetes version is lower than required");
    let run = platform.update(&["approve", "v1.71.4", "--yes"]).expect(7);
    assert!(run.stderr.contains("requirements are not met:\n"), "{}", run.stderr);
    assert!(
        run.stderr.contains("\n  k8s: current kubernetes version is lower than required\n"),
        "{}",
        run.stderr
    );
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], false);
}

#[test]
fn a_release_of_a_module_by_its_annotation() {
    let platform = platform();
    let module = |version: &str, phase: &str| {
        json!({
            "apiVersion": "deckhouse.io/v1alpha1", "kind": "ModuleRelease",
            "metadata": { "name": format!("console-{version}") },
            "spec": { "moduleName": "console", "version": version },
            "status": { "phase": phase },
        })
    };
    platform.put(&[module("v1.0.0", "Deployed"), module("v1.1.0", "Pending"), module("v1.2.0", "Pending")]);
    let early = platform.update(&["approve", "v1.2.0", "--module", "console", "--yes"]).expect(7);
    assert!(early.stderr.contains("v1.1.0 comes first"), "{}", early.stderr);
    platform.update(&["approve", "v1.1.0", "--module", "console", "--yes"]).expect(0);
    let approved = platform.get("ModuleRelease", "console-v1.1.0");
    assert_eq!(approved["metadata"]["annotations"]["modules.deckhouse.io/approved"], "true");
}

#[test]
fn nodes_and_disruptions_are_approved() {
    let platform = platform();
    let group = json!({
        "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
        "spec": { "nodeType": "Static", "disruptions": { "approvalMode": "Manual" } },
        "status": { "nodes": 1, "ready": 1, "upToDate": 0 },
    });
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "shop-0", "namespace": "default" },
        "spec": { "nodeName": "master-0", "containers": [{ "name": "shop", "image": "shop" }] },
        "status": { "phase": "Running" },
    });
    platform.put(&[group, pod]);
    let quiet = platform.update(&["approve", "--node", "master-0", "--yes"]).expect(7);
    assert!(quiet.stderr.contains("is not waiting for approval of a disruption"), "{}", quiet.stderr);
    let mut node = platform.kubelet.node("master-0");
    node["metadata"]["labels"] =
        json!({ "node.deckhouse.io/group": "master", "node-role.kubernetes.io/control-plane": "" });
    node["metadata"]["annotations"] = json!({ "update.node.deckhouse.io/disruption-required": "" });
    node["status"]["nodeInfo"] = node_info("5.15.0-53-generic");
    platform.put(&[node]);
    let run = platform.update(&["approve", "--node", "master-0", "--yes"]).expect(0);
    for said in [
        "only control-plane node",
        "requires an approval of each disruption",
        "2 pods run on node master-0: d8-system/deckhouse-0, default/shop-0",
    ] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    let annotations = &platform.get("Node", "master-0")["metadata"]["annotations"];
    assert_eq!(annotations["update.node.deckhouse.io/disruption-approved"], "");
    platform.update(&["approve", "--node", "master-0", "--yes"]).expect(0);

    platform.update(&["approve", "v1.71.4", "--disruption", "--yes"]).expect(0);
    let annotations = &platform.get("DeckhouseRelease", "v1.71.4")["metadata"]["annotations"];
    assert_eq!(annotations["release.deckhouse.io/disruption-approved"], "true");
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], false);
}

/// Nodes that ask for the approval of a disruption.
fn put_asking_nodes(platform: &Platform, names: &[&str]) {
    let nodes = names.iter().map(|name| {
        let mut node = platform.kubelet.node(name);
        node["metadata"]["annotations"] = json!({ "update.node.deckhouse.io/disruption-required": "" });
        node
    });
    platform.put(&nodes.collect::<Vec<_>>());
}

fn is_approved(platform: &Platform, node: &str) -> bool {
    let annotations = &platform.get("Node", node)["metadata"]["annotations"];
    !annotations["update.node.deckhouse.io/disruption-approved"].is_null()
}

#[test]
fn a_refusal_names_the_nodes_that_were_already_approved() {
    let platform = platform();
    put_asking_nodes(&platform, &["worker-0", "worker-1", "worker-2", "worker-3", "worker-4"]);
    platform.grant_printed(&["--read-only"]);
    // Two nodes may be changed, and no other.
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": "one-node" },
        "rules": [
            { "apiGroups": [""], "resources": ["nodes"], "resourceNames": ["worker-0"], "verbs": ["get", "patch"] },
            // What is written here cannot be read back alone.
            { "apiGroups": [""], "resources": ["nodes"], "resourceNames": ["worker-3"], "verbs": ["patch"] },
            // Shows when the role holds.
            { "apiGroups": [""], "resources": ["limitranges"], "verbs": ["patch"] },
        ],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": { "name": "one-node" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice" }],
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "one-node" },
    });
    platform.put(&[role, binding]);
    platform.until_alice_may("patch", "", "limitranges", None);

    let three = ["approve", "--node", "worker-1", "--node", "worker-0", "--node", "worker-2", "--yes"];
    let run = platform.as_alice(&three).expect(4);
    assert_eq!(run.stdout, "approved      Node/worker-0\nnot approved  Node/worker-1, Node/worker-2\n");
    assert!(run.stderr.contains("\ndone       Node/worker-0\n"), "{}", run.stderr);
    assert!(run.stderr.contains("error: Node/worker-1: no permission: "), "{}", run.stderr);
    assert!(
        run.stderr.contains("run the same command again: approved objects are skipped"),
        "{}",
        run.stderr
    );
    assert_eq!(
        ["worker-0", "worker-1", "worker-2"].map(|node| is_approved(&platform, node)),
        [true, false, false]
    );

    // Of the two that are left, the first is refused.
    let run = platform.as_alice(&[&three[..], &["--output", "json"]].concat()).expect(4);
    let json = run.json();
    assert_eq!(json["result"]["approved"], json!([]));
    assert_eq!(json["result"]["notApproved"], json!(["Node/worker-1", "Node/worker-2"]));
    assert_eq!(
        (&json["result"]["written"], &json["result"]["error"]["kind"]),
        (&json!(false), &json!("denied"))
    );

    let run = platform.as_alice(&["approve", "--node", "worker-3", "--node", "worker-4", "--yes"]).expect(4);
    assert_eq!(
        run.stdout, "approved      Node/worker-3\nnot approved  Node/worker-4\n",
        "it was written: {run:?}"
    );
    assert!(is_approved(&platform, "worker-3") && !is_approved(&platform, "worker-4"));

    let all = platform.update(&[&three[..], &["--output", "json"]].concat()).expect(0).json();
    assert_eq!(all["result"]["approved"], json!(["Node/worker-1", "Node/worker-2"]));
    assert_eq!((&all["result"]["notApproved"], &all["result"]["written"]), (&json!(null), &json!(true)));
    assert!(is_approved(&platform, "worker-2"));
}

/// Approves v1.71.4, which waits for something first, until `passes` takes that away. What it says of the wait.
fn approved_after_a_wait(platform: &Platform, passes: impl FnOnce()) -> String {
    let mut child = platform
        .command(&["approve", "v1.71.4", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line.starts_with("waiting")).unwrap();
    passes();
    lines.for_each(drop);
    assert!(child.wait().unwrap().success());
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], true);
    said
}

#[test]
fn an_unavailable_webhook_is_waited_for_and_is_not_a_refusal() {
    let platform = platform();
    platform.webhook.down();
    let said = approved_after_a_wait(&platform, || platform.webhook.up().unwrap());
    assert!(said.contains("10 minutes at most") && said.contains("failed calling webhook"), "{said}");
}

#[test]
fn nothing_is_approved_while_the_previous_update_is_running() {
    let platform = platform();
    let ready = |is_ready: &str| {
        let mut pod = pod("registry.example.com/dkp/ee:v1.70.1");
        pod["status"]["conditions"][0]["status"] = json!(is_ready);
        platform.put(&[pod]);
    };
    ready("False");
    let run = platform.update(&["approve", "v1.71.4", "--yes"]).expect(7);
    assert!(
        run.stderr
            .contains("DeckhouseRelease/v1.71.4 cannot be approved yet: the update to v1.70.1 is not done"),
        "{}",
        run.stderr
    );
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], false);
    ready("True");
    // The mark of the controller proves nothing: it may stay for 15 s after the end.
    let mark = json!({ "release.deckhouse.io/isUpdating": "true" });
    platform.merge("DeckhouseRelease", "v1.70.1", json!({ "metadata": { "annotations": mark } }));
    platform.update(&["approve", "v1.71.4", "--yes"]).expect(0);
}

#[test]
fn values_that_are_not_collected_yet_are_waited_for() {
    let platform = platform();
    platform.webhook.refuse_approval("k8s: minUsedControlPlaneKubernetesVersion is not set");
    let said = approved_after_a_wait(&platform, || platform.webhook.allow());
    assert!(
        said.contains(
            "the controller cannot check the requirements yet: it has not collected the current values"
        ),
        "{said}"
    );
}

#[test]
fn a_change_during_the_confirmation_is_decided_again() {
    let platform = platform();
    let withdrawn = || platform.put(&[release("v1.71.4", "Suspended"), release("v1.71.9", "Pending")]);
    let shown = on_terminal_while(&platform, "60s", "approve v1.71.4", Some(("[y/N]", "y\n")), withdrawn);
    assert!(shown.contains("v1.71.4: it was suspended by the vendor") && shown.contains("code 7"), "{shown}");
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], false);

    let mut node = platform.kubelet.node("worker-0");
    node["metadata"]["annotations"] = json!({ "update.node.deckhouse.io/disruption-required": "" });
    platform.put(&[node]);
    let done = || {
        let quiet = json!({ "update.node.deckhouse.io/disruption-required": null });
        platform.merge("Node", "worker-0", json!({ "metadata": { "annotations": quiet } }));
    };
    let shown = on_terminal_while(&platform, "60s", "approve --node worker-0", Some(("[y/N]", "y\n")), done);
    assert!(
        shown.contains("is not waiting for approval of a disruption") && shown.contains("code 7"),
        "{shown}"
    );
    let annotations = &platform.get("Node", "worker-0")["metadata"]["annotations"];
    assert!(annotations["update.node.deckhouse.io/disruption-approved"].is_null(), "{annotations}");

    // What it interrupts was shown, and is more by now.
    let more = || {
        let disruptions = json!({ "disruptions": ["ingressNginx"] });
        platform.merge("DeckhouseRelease", "v1.71.9", json!({ "spec": disruptions }));
    };
    let shown = on_terminal_while(&platform, "60s", "approve v1.71.9", Some(("[y/N]", "y\n")), more);
    assert!(shown.contains("was modified by another client") && shown.contains("code 7"), "{shown}");
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.9")["approved"], false);
}

#[test]
fn a_change_between_dry_run_and_write_is_decided_again() {
    let platform = platform();
    let (admin, mut changed) = (platform.server.admin().unwrap(), false);
    platform.webhook.decide(move |request| {
        if request.approves() && !std::mem::replace(&mut changed, true) {
            let withdrawn = release("v1.71.4", "Suspended");
            let admin = admin.clone();
            // The webhook answers on the runtime that this waits for.
            let changed = std::thread::spawn(move || {
                testkit::kube::wait(async move {
                    let api = admin.api("deckhouse.io/v1alpha1", "DeckhouseRelease", None);
                    let patch = Patch::Merge(json!({ "status": withdrawn["status"] }));
                    api.patch_status("v1.71.4", &PatchParams::default(), &patch).await.unwrap();
                });
            });
            changed.join().unwrap();
        }
        Ok(())
    });
    let run = platform.update(&["approve", "v1.71.4", "--yes"]).expect(7);
    assert!(run.stderr.contains("v1.71.4: it was suspended by the vendor"), "{}", run.stderr);
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], false);
}

#[test]
fn requirements_unmet_by_the_controllers_report_are_not_approved() {
    let platform = platform();
    let mut next = release("v1.71.4", "Pending");
    next["status"]["message"] = json!("\"k8s\" requirement for DeckhouseRelease \"1.71.4\" not met: too old");
    platform.put(&[next]);
    let run = platform.update(&["approve", "v1.71.4", "--yes"]).expect(7);
    assert!(run.stderr.contains("requirements are not met:\n"), "{}", run.stderr);
    assert_eq!(platform.get("DeckhouseRelease", "v1.71.4")["approved"], false);
}

#[test]
fn applying_permissions_for_another_user_removes_none() {
    let platform = platform();
    platform.grant_printed(&[]);
    let manifest = platform.update(&["rbac", "--user", "bob", "--read-only"]).expect(0).stdout;
    let admin = platform.server.admin().unwrap();
    testkit::kube::wait(async move { admin.put_yaml(&manifest).await.unwrap() });
    let allowed = |user: &'static str, verb: &'static str| {
        let seen = platform.server.until_allowed(user, verb, "deckhouse.io", "deckhousereleases", None);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(seen).unwrap();
    };
    // The server has taken up what was applied.
    allowed("bob", "list");
    allowed("alice", "patch");
    platform.as_alice(&["approve", "v1.71.4", "--yes"]).expect(0);
    for none in [["--user", ""], ["--group", ""]] {
        platform.update(&[&["rbac"], &none[..]].concat()).expect(2);
    }
}
