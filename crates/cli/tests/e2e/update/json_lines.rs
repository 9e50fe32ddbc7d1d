//! `--progress json` of the commands that work in a cluster: notes, waits and what is written are events too.

use serde_json::{Value, json};

use super::{
    platform::{Platform, release},
    terminal::on_terminal,
};
use crate::json_lines::events;

/// An old platform in which each command has something to write.
fn platform() -> Platform {
    let platform = Platform::running("v1.70.1", &json!({ "releaseChannel": "Stable" }));
    platform.put(&[
        release("v1.70.1", "Deployed"),
        release("v1.71.4", "Pending"),
        json!({
            "apiVersion": "deckhouse.io/v1", "kind": "NodeGroup", "metadata": { "name": "master" },
            "spec": { "nodeType": "Static" }, "status": { "nodes": 1, "ready": 1, "upToDate": 1 },
        }),
    ]);
    platform
}

fn names(events: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    names.dedup();
    names
}

#[test]
fn of_commands_that_write() {
    let platform = platform();
    let with = |words: &[&str]| platform.update(&[words, &["--progress", "json"]].concat());
    let kernel = ["kernel", "--node-group", "master", "--version", "6.1.0-18-amd64"];
    let kernel_yes = [&kernel[..], &["--yes"]].concat();
    let kernel_check = [&kernel[..], &["--check"]].concat();
    for (words, code, expected) in [
        (&["status"][..], 0, &[][..]),
        (&["approve", "v1.71.4"], 2, &["changes", "note", "error"]),
        (&["approve", "v1.71.4", "--yes"], 0, &["changes", "note"]),
        (&["approve", "v1.99.0", "--yes"], 7, &["error"]),
        (&["approve", "--node", "master-0", "--yes"], 0, &["changes", "note"]),
        (&["prepare", "--yes"], 0, &["changes", "done", "waiting"]),
        (&kernel_yes, 0, &["note", "changes", "done"]),
        (&kernel_check, 7, &["error"]),
        (&["watch", "--settle", "1s", "--timeout", "1s"], 7, &["end", "error"]),
    ] {
        if words.contains(&"--node") {
            // Before, it would keep the release from being approved.
            let asks = json!({ "update.node.deckhouse.io/disruption-required": "" });
            platform.merge("Node", "master-0", json!({ "metadata": { "annotations": asks } }));
        }
        let run = with(words).expect(code);
        let events = events(&run);
        let names = names(&events);
        assert!(names.ends_with(expected), "{words:?}: {run:?}");
        // A watch may show a verdict before its end.
        assert!(names.len() == expected.len() || words[0] == "watch", "{words:?}: {run:?}");
    }
}

#[test]
fn of_a_question() {
    let platform = platform();
    let shown = on_terminal(&platform, "60s", "approve v1.71.4 --progress json", Some(("[y/N]", "n\n")));
    assert!(
        shown.contains(
            "{\"event\":\"question\",\"text\":\"approve DeckhouseRelease/v1.71.4 in test? [y/N] \"}"
        ),
        "{shown}"
    );
    assert!(
        shown.contains("\"message\":\"not confirmed; the changes shown above were not made\""),
        "{shown}"
    );
}
