//! `dhctl update rbac`: every command works with exactly the printed rights, and each of these is used by one of them.

use serde_json::{Value, json};
use testkit::kube::{Asked, wait};

use super::platform::{Platform, release};

const API: &str = "deckhouse.io/v1alpha1";

const DELIVERY: &str = "\
---
apiVersion: deckhouse.io/v1alpha1
kind: DeckhouseRelease
metadata: {name: v1.70.4}
spec: {version: v1.70.4}
";

/// Kubernetes 1.35 asks for it within the `get` of a WebSocket, and writes no line for it (cluster-source.md, "Admission and
/// rights").
const ASKED_WITHIN: (&str, &str) = ("create", "pods/exec");

const LOOKING: [&[&str]; 11] = [
    &["status"],
    &["support-bundle", "--dry-run"],
    &["plan", "-f", "deckhousereleases.yaml"],
    &["plan", "--output", "yaml"],
    &["plan", "--changelog"],
    &["plan", "--check-images"],
    &["want"],
    &["doctor", "--no-registry"],
    &["prepare", "--dry-run"],
    &["kernel", "--node-group", "master", "--version", "6.1.0-18-amd64", "--check"],
    &["watch", "--settle", "1s", "--timeout", "4s"],
];

const WRITING: [&[&str]; 8] = [
    &["prepare", "-f", "deckhousereleases.yaml", "--yes"],
    &["approve", "v1.69.2", "--yes"],
    &["approve", "v1.69.2", "--disruption", "--yes"],
    &["approve", "v1.1.0", "--module", "console", "--yes"],
    &["approve", "--node", "master-0", "--yes"],
    &["kernel", "--node-group", "master", "--version", "6.1.0-18-amd64", "--yes"],
    &["kernel", "--node-group", "master", "--version", "6.1.0-20-amd64", "--yes"],
    &["run", "--yes", "--settle", "1s", "--timeout", "4s"],
];

/// An old platform in which each command has something to do.
fn platform() -> Platform {
    let platform = Platform::running("v1.68.5", &json!({ "releaseChannel": "Stable" }));
    let module = |version: &str, phase: &str| {
        json!({
            "apiVersion": API, "kind": "ModuleRelease", "metadata": { "name": format!("console-{version}") },
            "spec": { "moduleName": "console", "version": version }, "status": { "phase": phase },
        })
    };
    let mut twin = release("v1-69-2", "Pending");
    twin["spec"]["version"] = json!("v1.69.2");
    platform.put(&[
        release("v1.68.5", "Deployed"),
        release("v1.69.2", "Pending"),
        twin,
        module("v1.0.0", "Deployed"),
        module("v1.1.0", "Pending"),
        json!({
            "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
            "spec": { "nodeType": "Static" }, "status": { "nodes": 1, "ready": 1, "upToDate": 1 },
        }),
    ]);
    std::fs::write(platform.folder.path().join("deckhousereleases.yaml"), DELIVERY).unwrap();
    platform
}

/// Runs the commands as `alice`; none of them may lack a right.
fn run(platform: &Platform, commands: &[&[&str]]) {
    for words in commands {
        let run = platform.as_alice(words);
        assert!(matches!(run.code, Some(0 | 7)), "{words:?}: {run:?}");
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains("no permission"), "{words:?}: {run:?}");
        }
    }
}

/// The rights of a manifest one by one that none of these requests needed.
fn unused(manifest: &str, asked: &[Asked]) -> Vec<String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifest).unwrap();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let mut unused = Vec::new();
    for document in documents.iter().filter(|it| it["rules"].is_array()) {
        let namespace = document["metadata"]["namespace"].as_str();
        for rule in document["rules"].as_array().unwrap() {
            let names = texts(&rule["resourceNames"]);
            let fits = |it: &Asked| {
                namespace.is_none_or(|namespace| it.namespace == namespace)
                    && (names.is_empty() || names.contains(&it.name))
            };
            let group = rule["apiGroups"][0].as_str().unwrap_or_default();
            for verb in texts(&rule["verbs"]) {
                for path in texts(&rule["nonResourceURLs"]) {
                    if !asked.iter().any(|it| it.verb == verb && it.path == path) {
                        unused.push(format!("{verb} {path}"));
                    }
                }
                for resource in texts(&rule["resources"]) {
                    let used = asked.iter().any(|it| {
                        it.allowed
                            && it.verb == verb
                            && it.group == group
                            && it.resource == resource
                            && fits(it)
                    });
                    if !used && (verb.as_str(), resource.as_str()) != ASKED_WITHIN {
                        unused.push(format!("{verb} {resource} in {namespace:?}"));
                    }
                }
            }
        }
    }
    unused
}

#[test]
fn all_printed_permissions_are_used_and_sufficient() {
    let platform = platform();
    let before = platform.server.asked_by("alice").unwrap().len();
    let asked = |from: usize| {
        let asked = platform.server.asked_by("alice").unwrap().split_off(from);
        let refused: Vec<&Asked> = asked.iter().filter(|it| !it.allowed).collect();
        assert!(refused.is_empty(), "{refused:#?}");
        asked
    };
    let printed = |flags: &[&str]| {
        platform.grant_printed(flags);
        platform.update(&[&["rbac", "--user", "alice"], flags].concat()).expect(0).stdout
    };

    let secret = |it: &Asked| it.resource == "secrets";
    let exec = |it: &Asked| it.resource == "pods/exec";
    let mut seen = before;
    for (flags, queues, secrets) in [
        (&["--read-only"][..], false, false),
        (&["--read-only", "--secrets"], false, true),
        (&["--read-only", "--queues"], true, true),
    ] {
        let manifest = printed(flags);
        for words in LOOKING {
            let run = platform.as_alice(words);
            assert!(matches!(run.code, Some(0 | 7)), "{words:?}: {run:?}");
        }
        if seen == before {
            // What a cluster does not have is asked for by its definition.
            let admin = platform.server.admin().unwrap();
            wait(async move { admin.remove_definition("ingressnginxcontrollers").await.unwrap() });
            platform.as_alice(&["status"]).expect(0);
        }
        assert_eq!(unused(&manifest, &asked(before)), Vec::<String>::new(), "with {flags:?}");
        let now = asked(seen);
        assert_eq!(now.iter().any(secret), secrets, "with {flags:?}");
        assert_eq!(now.iter().any(exec), queues, "with {flags:?}");
        seen += now.len();
    }
    run(&platform, &LOOKING);

    let manifest = printed(&["--helm"]);
    let (releases, nodes) = WRITING.split_at(4);
    run(&platform, releases);
    // Before, it would keep the release from being approved.
    let asks = json!({ "update.node.deckhouse.io/disruption-required": "" });
    platform.merge("Node", "master-0", json!({ "metadata": { "annotations": asks } }));
    run(&platform, nodes);
    run(&platform, &[&["plan", "--helm"]]);
    assert_eq!(unused(&manifest, &asked(before)), Vec::<String>::new());
}
