//! `dhctl update prepare`, stopped while it waits for the platform to come to rest.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::json;

use super::platform::{Platform, release};

/// Runs it until it says that it waits.
fn until_it_waits(platform: &Platform) -> (Child, impl Iterator<Item = String>) {
    let command = &mut platform.command(&["prepare", "--yes"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.starts_with("waiting    until the platform's queue")).unwrap();
    (child, lines)
}

#[test]
fn the_next_run_waits_for_what_the_stopped_one_has_changed() {
    let platform = Platform::running("v1.70.3", &json!({ "releaseChannel": "Stable" }));
    platform.put(&[release("v1.70.3", "Deployed")]);
    platform.queue(5);
    let (mut first, lines) = until_it_waits(&platform);
    let stop = Command::new("kill").args(["-INT", &first.id().to_string()]).status().unwrap();
    assert!(stop.success());
    let said: Vec<String> = lines.collect();
    assert!(said.iter().any(|line| line.contains("run the same command again to resume")), "{said:?}");
    assert_eq!(first.wait().unwrap().code(), Some(130));

    // All is written, and the platform is still busy with it.
    let config = platform.get("ModuleConfig", "deckhouse");
    assert_eq!(config["spec"]["settings"]["update"]["mode"], "Manual");
    platform.update(&["prepare", "--dry-run"]).expect(0);
    let (mut second, lines) = until_it_waits(&platform);
    platform.queue(0);
    lines.for_each(drop);
    assert!(second.wait().unwrap().success());
}
