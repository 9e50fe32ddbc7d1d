//! A cluster whose registry the module `registry` manages: mode, switch, and the address that a person can push to.

use serde_json::{Value, json};

use super::platform::{Platform, release};

const API: &str = "deckhouse.io/v1alpha1";

fn config(name: &str, settings: &Value) -> Value {
    json!({
        "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": name },
        "spec": { "version": 1, "enabled": true, "settings": settings },
    })
}

/// `ModuleConfig/deckhouse` with these settings of the registry.
fn deckhouse(registry: &Value) -> Value {
    let updates = json!({ "mode": "Manual" });
    config("deckhouse", &json!({ "releaseChannel": "Stable", "update": updates, "registry": registry }))
}

/// Secret `registry-state` as the module writes it.
fn switch_state(mode: &str, target: &str, images: bool) -> Value {
    let (status, message) = if images {
        ("True", "master-0: all 166 items are checked")
    } else {
        ("False", "master-0: 0 of 166 items processed")
    };
    let conditions = format!(
        "- lastTransitionTime: \"2026-11-01T12:52:46Z\"\n  message: |-\n    Mode: Default\n    {message}\n  reason: Processing\n  \
         status: \"{status}\"\n  type: RegistryContainsRequiredImages\n- lastTransitionTime: \"2026-11-01T12:52:46Z\"\n  \
         message: \"\"\n  reason: \"\"\n  status: \"{status}\"\n  type: Ready\n"
    );
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "registry/state",
        "metadata": { "name": "registry-state", "namespace": "d8-system" },
        "stringData": { "mode": mode, "target_mode": target, "conditions": conditions, "state": "pki: {ca: {key: hunter2}}" },
    })
}

/// The address that nodes alone resolve.
fn in_cluster() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": { "name": "deckhouse-registry", "namespace": "d8-system" },
        "stringData": {
            ".dockerconfigjson": r#"{"auths":{"registry.d8-system.svc:5001":{"username":"ro","password":"hunter2"}}}"#,
            "address": "registry.d8-system.svc:5001", "path": "/system/deckhouse", "scheme": "https",
        },
    })
}

fn platform(registry: &Value) -> Platform {
    let platform = Platform::running("v1.70.1", &json!({}));
    platform.put(&[
        deckhouse(registry),
        config("global", &json!({ "modules": { "publicDomainTemplate": "%s.corp.example" } })),
        in_cluster(),
        release("v1.70.1", "Deployed"),
        release("v1.72.0", "Pending"),
    ]);
    platform
}

#[test]
fn a_switch_blocks_the_plan_until_it_is_done() {
    let platform = platform(&json!({ "mode": "Local" }));
    platform.put(&[switch_state("Direct", "Local", false)]);
    platform.grant_printed(&["--read-only", "--queues", "--secrets"]);
    let status = platform.as_alice(&["status"]).expect(0).stdout;
    for line in [
        "registry        https://registry.d8-system.svc:5001/system/deckhouse, login ro\n",
        "mode Local\n",
        "switching to mode Local, waits for RegistryContainsRequiredImages: Mode: Default master-0: 0 of 166 items processed\n",
        "bundles are pushed to registry.corp.example/system/deckhouse\n",
    ] {
        assert!(status.contains(line), "{line}: {status}");
    }
    let fault = "ModuleConfig/deckhouse sets the registry mode Local: the platform is switching to it, and waits for the condition RegistryContainsRequiredImages";
    let push =
        "push the bundle: dhctl mirror push -i d8.tar --registry registry.corp.example/system/deckhouse";
    for words in [&["plan"][..], &["doctor", "--no-registry"]] {
        let run = platform.as_alice(words);
        assert!(run.stdout.contains(fault) && run.stdout.contains(push), "{words:?}: {}", run.stdout);
        assert!(!run.stdout.contains("hunter2"), "{}", run.stdout);
    }

    platform.put(&[switch_state("Local", "Local", true)]);
    for words in [&["plan"][..], &["doctor", "--no-registry"], &["status"]] {
        let run = platform.as_alice(words);
        assert!(!run.stdout.contains("switch"), "{words:?}: {}", run.stdout);
    }
    // What the gap needs is pushed to an address that exists outside the cluster.
    assert!(platform.as_alice(&["plan"]).stdout.contains(push));
}

#[test]
fn what_is_missing_is_pushed_to_the_registry_outside() {
    let direct = json!({
        "mode": "Direct",
        "direct": { "imagesRepo": "r.corp:5000/dkp/ee", "scheme": "HTTPS", "username": "u", "password": "hunter2" },
    });
    let platform = platform(&direct);
    let plan = platform.update(&["plan"]).stdout;
    assert!(plan.contains("dhctl mirror push -i d8.tar --registry r.corp:5000/dkp/ee"), "{plan}");
    assert!(!plan.contains("registry.d8-system.svc") && !plan.contains("hunter2"), "{plan}");
    let json: Value =
        serde_json::from_str(&platform.update(&["status", "--output", "json"]).expect(0).stdout).unwrap();
    let registry = &json["result"]["registry"];
    assert_eq!(registry["mode"], "Direct", "{json:#}");
    assert_eq!(registry["pushTo"], "r.corp:5000/dkp/ee", "{json:#}");
    assert!(!json.to_string().contains("hunter2"));
}

/// The doctor asks the registry outside, by the names that images have there.
#[test]
fn images_are_looked_up_where_they_come_from() {
    use registry_server::{MemoryStore, Server, ServerOptions};
    use std::{net::SocketAddr, sync::Arc};
    use testkit::faults::Script;

    let script = Arc::new(Script::default());
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async {
        Server::start(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::new(MemoryStore::new()), options).unwrap()
    });
    let repo = format!("{}/dkp/ee", server.addr());
    let direct = json!({ "mode": "Direct", "direct": { "imagesRepo": repo, "scheme": "HTTP" } });
    let platform = platform(&direct);
    let run = platform.update(&["doctor"]);
    assert!(script.count("*", "/v2/dkp/ee/release-channel/*") > 0, "{}\n{:?}", run.stdout, script.seen());
    assert!(run.stdout.contains(&repo), "{}", run.stdout);
}
