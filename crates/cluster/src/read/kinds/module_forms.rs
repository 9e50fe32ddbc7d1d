//! Objects `Module` as platforms of both eras have them.

use serde_json::{Value, json};

use super::{super::places::Source as _, *};
use crate::objects::{EMBEDDED, Module};

fn read(object: Value) -> Module {
    Modules::item(serde_json::from_value(object).unwrap())
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-10-12T09:14:03Z",
    })
}

/// deckhouse#10336.
#[test]
fn an_object_with_properties() {
    let module = read(json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "Module",
        "metadata": { "name": "test", "generation": 4 },
        "properties": {
            "availableSources": ["test1"], "releaseChannel": "Alpha", "source": "test1", "version": "1.2.0",
            "requirements": { "kubernetes": ">= 1.27" }, "weight": 901,
        },
        "status": {
            "phase": "WaitSyncTasks",
            "conditions": [
                condition("EnabledByModuleConfig", "True", "", ""),
                condition("EnabledByModuleManager", "True", "", ""),
                condition("IsReady", "False", "WaitSyncTasks", "run sync tasks"),
            ],
        },
    }));
    let expected = Module {
        name: "test".to_owned(),
        version: Some("1.2.0".to_owned()),
        source: Some("test1".to_owned()),
        without_properties: false,
        requires_deckhouse: None,
        requires_kubernetes: Some(">= 1.27".to_owned()),
        phase: "WaitSyncTasks".to_owned(),
        enabled: Some(true),
        ready: Some(false),
        message: "run sync tasks".into(),
    };
    assert_eq!(module, expected);
}

/// What `v1alpha1` shows of an object that is stored as `v1beta1`, and the same object in that version.
#[test]
fn an_object_without_properties() {
    let spec = json!({ "packageRepositoryName": "deckhouse-modules", "packageVersion": "v1.5.0" });
    let conditions = json!([
        condition("Enabled", "True", "Enabled", ""),
        condition("Installed", "True", "Installed", ""),
        condition("Ready", "False", "ManifestsApplyFailed", "conflict in Deployment/console"),
    ]);
    let metadata = json!({ "name": "console" });
    let older = json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "Module", "metadata": metadata, "spec": spec,
        "status": { "conditions": conditions },
    });
    let expected = Module {
        name: "console".to_owned(),
        version: Some("v1.5.0".to_owned()),
        source: Some("deckhouse-modules".to_owned()),
        without_properties: true,
        phase: "ManifestsApplyFailed".to_owned(),
        enabled: Some(true),
        ready: Some(false),
        message: "conflict in Deployment/console".into(),
        ..Module::default()
    };
    assert_eq!(read(older), expected);
    assert!(expected.has_failed());
    let newer = json!({
        "apiVersion": "deckhouse.io/v1beta1", "kind": "Module", "metadata": metadata, "spec": spec,
        "status": {
            "conditions": conditions,
            "summary": { "state": "Degraded", "message": "Reconcile failed", "tip": "Check events." },
            "currentVersion": { "version": "v1.4.9" },
        },
    });
    let expected = Module { phase: "Degraded".to_owned(), version: Some("v1.4.9".to_owned()), ..expected };
    assert_eq!(read(newer), expected);
    assert!(expected.has_failed());
}

#[test]
fn where_a_module_of_the_image_comes_from() {
    let annotations = json!({ "modules.deckhouse.io/embedded": "true" });
    let spec = json!({ "packageRepositoryName": "embedded", "packageVersion": "v1.78.0" });
    for (object, source) in [
        (json!({ "metadata": { "name": "a", "annotations": annotations } }), Some(EMBEDDED)),
        (json!({ "metadata": { "name": "a" }, "spec": spec }), Some(EMBEDDED)),
        (json!({ "metadata": { "name": "a" }, "properties": { "source": "Embedded" } }), Some(EMBEDDED)),
        (json!({ "metadata": { "name": "a" } }), None),
    ] {
        assert_eq!(read(object.clone()).source.as_deref(), source, "{object}");
    }
}

/// Nothing is concluded from what the object does not say.
#[test]
fn an_object_that_says_nothing() {
    let module = read(json!({ "metadata": { "name": "a" } }));
    let expected = Module { name: "a".to_owned(), without_properties: true, ..Module::default() };
    assert_eq!(module, expected);
    assert!(module.may_be_installed());
    let offered = json!({ "metadata": { "name": "a" }, "spec": { "packageRepositoryName": "x" } });
    assert!(!read(offered).may_be_installed());
    let wanted = json!({ "metadata": { "name": "a" }, "spec": { "enabled": false } });
    assert_eq!(read(wanted).enabled, Some(false));
}
