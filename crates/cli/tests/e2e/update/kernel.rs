//! `dhctl update kernel`: a script for the nodes of a group, and whether they run it.

use serde_json::json;

use super::platform::{Platform, node_info};

const NEW: &str = "6.1.0-18-amd64";

fn platform() -> Platform {
    let platform = Platform::running("v1.70.1", &json!({}));
    platform.put(&[json!({
        "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
        "spec": { "nodeType": "Static" },
        "status": { "nodes": 1, "ready": 1, "upToDate": 1 },
    })]);
    platform
}

#[test]
fn a_group_is_configured_once_and_checked() {
    let platform = platform();
    let words = ["kernel", "--node-group", "master", "--version", NEW];
    let with = |more: &[&str]| platform.update(&[&words, more].concat());
    let shown = with(&["--dry-run"]).expect(0);
    assert!(platform.versions("NodeGroupConfiguration").is_empty());
    insta::assert_snapshot!(shown.stdout);

    with(&["--yes"]).expect(0);
    let made = platform.get("NodeGroupConfiguration", "dhctl-kernel-master.sh");
    assert_eq!(made["spec"]["nodeGroups"], json!(["master"]));
    assert!(made["spec"]["content"].as_str().unwrap().contains(NEW));
    let versions = platform.versions("NodeGroupConfiguration");
    with(&["--yes"]).expect(0);
    assert_eq!(platform.versions("NodeGroupConfiguration"), versions, "a second run writes nothing");

    let old = with(&["--check"]).expect(7);
    assert!(old.stderr.contains("Node/master-0 (NodeGroup/master) runs 5.15.0-53-generic"), "{}", old.stderr);
    let mut node = platform.kubelet.node("master-0");
    node["metadata"]["labels"] =
        json!({ "node.deckhouse.io/group": "master", "node-role.kubernetes.io/control-plane": "" });
    node["status"]["nodeInfo"] = node_info(NEW);
    platform.put(&[node]);
    assert_eq!(
        with(&["--check"]).expect(0).stdout,
        "the only node runs 6.1.0-18-amd64, and its node group is up to date\n"
    );
    let again = with(&["--yes"]).expect(0);
    assert!(again.stdout.starts_with("nothing to do: all nodes of master run 6.1.0-18-amd64\n"), "{again:?}");
    let of =
        |version: &str| platform.update(&["kernel", "--node-group", "master", "--version", version, "--yes"]);
    let lower = of("5.15.0-53-generic").expect(2);
    assert!(lower.stderr.contains("--yes does not confirm a downgrade"), "{}", lower.stderr);
    assert_eq!(platform.versions("NodeGroupConfiguration"), versions, "neither of them writes anything");
    // Another upgrade is pending: its object is needed.
    of("6.1.0-20-amd64").expect(0);
    let pending = with(&["--check"]).expect(0);
    assert!(pending.stderr.contains("installs another kernel, 6.1.0-20-amd64"), "{}", pending.stderr);
    assert!(!pending.stderr.contains("kubectl delete"), "{}", pending.stderr);
}

#[test]
fn nodes_with_alt_linux_are_upgraded_by_hand() {
    let platform = platform();
    let mut node = platform.kubelet.node("master-0");
    node["metadata"]["labels"] =
        json!({ "node.deckhouse.io/group": "master", "node-role.kubernetes.io/control-plane": "" });
    node["status"]["nodeInfo"] = node_info("5.10.0-un-def-alt1");
    node["status"]["nodeInfo"]["osImage"] = json!("ALT SP Server 11100-01");
    platform.put(&[node]);
    for flag in ["--yes", "--dry-run"] {
        let run = platform.update(&["kernel", "--node-group", "master", "--version", NEW, flag]).expect(7);
        assert!(run.stderr.contains("ALT Linux the script does nothing"), "{}", run.stderr);
        assert!(
            run.stderr.contains("Node/master-0") && run.stderr.contains("update-kernel"),
            "{}",
            run.stderr
        );
    }
    assert!(platform.versions("NodeGroupConfiguration").is_empty());
}

#[test]
fn an_object_of_somebody_else_is_left_alone() {
    let platform = platform();
    let foreign = json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "NodeGroupConfiguration",
        "metadata": { "name": "dhctl-kernel-master.sh" },
        "spec": { "content": "true", "nodeGroups": ["*"], "bundles": ["*"] },
    });
    platform.put(&[foreign]);
    let run = platform.update(&["kernel", "--node-group", "master", "--version", NEW, "--yes"]).expect(7);
    assert!(run.stderr.contains("was not created by dhctl"), "{}", run.stderr);
    assert_eq!(platform.get("NodeGroupConfiguration", "dhctl-kernel-master.sh")["spec"]["content"], "true");
    let none = platform.update(&["kernel", "--node-group", "x", "--version", NEW, "--yes"]).expect(7);
    assert!(none.stderr.contains("hint: node groups of this cluster: master"), "{}", none.stderr);
    for version in ["6.1.0;reboot", "latest", "6.1{{.x}}"] {
        platform.update(&["kernel", "--node-group", "master", "--version", version, "--yes"]).expect(2);
    }
}
