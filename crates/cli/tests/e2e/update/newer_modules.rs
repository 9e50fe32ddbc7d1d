//! A platform whose modules are instances of packages: their objects have no `properties` (deckhouse#22732).

use serde_json::{Value, json};
use testkit::kube::{NewerModules, wait};

use super::platform::{Platform, release};

const SILENT: &str = "requirements of modules cannot be read: the object Module/sds of this platform version does not contain them";

/// A platform with an update ahead, and the definition of modules of newer versions.
fn platform(which: NewerModules) -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.77.3", &settings);
    let admin = platform.server.admin().unwrap();
    wait(async move { admin.use_newer_modules(which).await.unwrap() });
    platform.put(&[release("v1.77.3", "Deployed"), release("v1.78.1", "Pending")]);
    platform
}

fn module(name: &str, repository: &str, enabled: &str, ready: &str, message: &str) -> Value {
    let condition = |kind: &str, status: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": kind, "message": message,
            "lastTransitionTime": "2026-10-12T09:14:03Z",
        })
    };
    let state = if ready == "True" { "Ready" } else { "Updating" };
    json!({
        "apiVersion": "deckhouse.io/v1beta1", "kind": "Module", "metadata": { "name": name },
        "spec": { "packageRepositoryName": repository, "packageVersion": "v1.0.0" },
        "status": {
            "summary": { "state": state, "message": message }, "currentVersion": { "version": "v1.0.0" },
            "conditions": [condition("Enabled", enabled, ""), condition("Ready", ready, message)],
        },
    })
}

#[test]
fn what_an_object_does_not_contain_is_unknown() {
    let platform = platform(NewerModules::Both);
    platform.put(&[
        module("cert-manager", "embedded", "True", "True", ""),
        module("sds", "deckhouse-modules", "True", "False", "the new version is being applied"),
        module("console", "deckhouse-modules", "False", "False", ""),
    ]);
    platform.grant_printed(&["--read-only", "--queues", "--secrets"]);
    let status = platform.as_alice(&["status"]).expect(0).stdout;
    for line in [
        "modules         1 of 2 enabled modules are ready\n",
        "sds: Ready: the new version is being applied\n",
    ] {
        assert!(status.contains(line), "{line}: {status}");
    }
    let plan = platform.as_alice(&["plan"]).stdout;
    assert!(plan.contains(SILENT) && !plan.contains("modules: met"), "{plan}");

    // Its deployed release says what it requires.
    platform.put(&[json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "ModuleRelease", "metadata": { "name": "sds-v1.0.0" },
        "spec": { "moduleName": "sds", "version": "1.0.0", "requirements": { "deckhouse": "< 1.78" } },
        "status": { "phase": "Deployed" },
    })]);
    let plan = platform.as_alice(&["plan"]).expect(7).stdout;
    assert!(plan.contains("Module/sds") && plan.contains("supports only platform versions < 1.78"), "{plan}");
    assert!(!plan.contains(SILENT), "{plan}");
}

#[test]
fn a_version_that_is_not_supported_is_unknown() {
    let platform = platform(NewerModules::NewerAlone);
    platform.put(&[module("sds", "deckhouse-modules", "True", "True", "")]);
    let newer = "the API server serves modules.deckhouse.io only as v1beta1, which this dhctl does not support; use a newer dhctl";
    let status = platform.update(&["status"]).expect(0).stdout;
    assert!(status.contains(&format!("modules         unknown: {newer}\n")), "{status}");
    let plan = platform.update(&["plan"]).stdout;
    assert!(plan.contains(&format!("modules cannot be read: {newer}")), "{plan}");
}
