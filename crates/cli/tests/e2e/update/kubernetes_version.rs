//! Where the version of Kubernetes is set: the report and the command of a fix name the place that decides.

use serde_json::{Value, json};

use super::platform::{Platform, release};

/// `ClusterConfiguration` with this version, as its Secret has it.
fn configuration(version: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": { "name": "d8-cluster-configuration", "namespace": "kube-system" },
        "stringData": {
            "cluster-configuration.yaml": format!("kind: ClusterConfiguration\nkubernetesVersion: \"{version}\"\n"),
        },
    })
}

fn module_config(version: &str) -> Value {
    json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "ModuleConfig",
        "metadata": { "name": "control-plane-manager" },
        "spec": { "version": 3, "enabled": true, "settings": { "kubernetesVersion": version } },
    })
}

#[test]
fn the_place_that_decides_is_named() {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.77.3", &settings);
    let mut next = release("v1.78.1", "Pending");
    next["spec"]["requirements"] = json!({ "k8s": "1.37" });
    platform.put(&[release("v1.77.3", "Deployed"), next, configuration("1.34")]);
    platform.grant_printed(&["--read-only", "--secrets"]);
    let expect = |line: &str, fix: &str| {
        let status = platform.as_alice(&["status"]).expect(0).stdout;
        assert!(status.contains(&format!("                {line}\n")), "{status}");
        let plan = platform.as_alice(&["plan"]).expect(7).stdout;
        assert!(plan.contains(fix), "{plan}");
    };
    expect(
        "kubernetesVersion is 1.34 in ClusterConfiguration",
        "set kubernetesVersion in ClusterConfiguration to \"1.36\": kubectl -n d8-system exec",
    );
    // The API server of the tests is 1.35.
    platform.put(&[module_config("1.35")]);
    expect(
        "kubernetesVersion is 1.35 in ModuleConfig/control-plane-manager",
        "kubectl patch moduleconfigs.deckhouse.io control-plane-manager --type=merge -p \
         '{\"spec\":{\"settings\":{\"kubernetesVersion\":\"1.36\"}}}'",
    );
    platform.put(&[module_config("Default")]);
    let line = "the platform chooses the version: kubernetesVersion is Default in ModuleConfig/control-plane-manager";
    expect(line, "set kubernetesVersion in ModuleConfig/control-plane-manager to \"1.37\": kubectl patch");
    let json = platform.as_alice(&["status", "--output", "json"]).expect(0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let expected = json!({ "value": "Default", "setIn": "ModuleConfig/control-plane-manager" });
    assert_eq!(json["result"]["kubernetesVersion"], expected);
}
