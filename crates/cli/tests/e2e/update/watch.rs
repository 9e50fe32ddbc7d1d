//! `dhctl update watch`: what it says while a cluster is updated, and how it ends.

use serde_json::{Value, json};

use super::{
    platform::{Platform, release},
    terminal::on_terminal,
    watching::Watching,
};

/// v1.70.1 is deployed and v1.71.4 waits.
fn platform() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.70.1", &settings);
    let mut next = release("v1.71.4", "Pending");
    next["status"]["message"] =
        json!("Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation");
    platform.put(&[release("v1.70.1", "Deployed"), next]);
    platform.ready("v1.70.1");
    platform.converge(true);
    platform
}

fn alert(name: &str) -> Value {
    json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "ClusterAlert", "metadata": { "name": "f00d" },
        "alert": { "name": name, "severityLevel": "4", "labels": {}, "summary": "Deckhouse is being updated" },
        "status": { "alertStatus": "firing", "startsAt": "2026-01-01T00:00:00Z" },
    })
}

#[test]
fn an_update_from_approval_to_done() {
    let platform = platform();
    let mut watch = Watching::start(platform.command(&["watch", "--to", "v1.71.4", "--settle", "4s"]));
    let line = watch.until("the reason", |line| line["waitingFor"][0]["code"] == "release");
    assert_eq!((&line["verdict"], &line["version"]), (&json!("notStarted"), &json!(1)));
    let text = line["waitingFor"][0]["text"].as_str().unwrap();
    assert_eq!(text, "waits for approval; approve it: dhctl update approve v1.71.4");

    platform.switch("v1.70.1", "v1.71.4");
    watch.until("the switch", |line| line["release"] == "1.71.4");
    watch.until_verdict("converging");
    platform.queue(5);
    watch.until("the queue", |line| line["waitingFor"].to_string().contains("5 tasks"));
    platform.put(&[alert("DeckhouseUpdating")]);
    platform.queue(0);
    platform.ready("v1.71.4");
    watch.until("the alert", |line| {
        line["verdict"] == "propagating"
            && line["waitingFor"][0]["object"] == "ClusterAlert/DeckhouseUpdating"
    });
    platform.put(&[alert("KubePodNotReady")]);
    let quiet = watch.until("quiet", |line| line["quietSince"].is_string());
    assert_eq!(quiet["verdict"], "propagating");
    let verdicts = watch.verdicts().join(" ");
    assert!(verdicts.ends_with("converging propagating") && !verdicts.contains("done"), "{verdicts}");
    let (run, lines) = watch.end();
    let run = run.expect(0);
    assert_eq!(
        (&lines.last().unwrap()["event"], &lines.last().unwrap()["end"]),
        (&json!("end"), &json!("done"))
    );
    let result = run.json();
    assert_eq!(result["command"], "update watch");
    assert_eq!(
        (&result["result"]["verdict"], &result["result"]["release"]),
        (&json!("done"), &json!("1.71.4"))
    );
}

#[test]
fn a_missing_image_that_is_pushed_later() {
    let platform = platform();
    platform.switch("v1.70.1", "v1.71.4");
    platform.no_image("v1.71.4");
    let mut watch = Watching::start(platform.command(&["watch", "--settle", "1s"]));
    let line = watch.until_verdict("failed");
    assert_eq!((&line["stage"], &line["diagnosis"]["code"]), (&json!("switching"), &json!("imagePull")));
    platform.ready("v1.71.4");
    watch.until_verdict("propagating");
    watch.end().0.expect(0);

    platform.no_image("v1.71.4");
    let run = platform.update(&["watch", "--patience", "2s"]).expect(7);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    assert!(
        run.stderr.contains("v1.71.4 has failed while switching: Pod/deckhouse-0 cannot pull its image"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("inside: push the bundle: dhctl mirror"), "{}", run.stderr);
}

#[test]
fn an_api_that_becomes_unavailable_is_waited_for() {
    let platform = platform();
    let mut watch = Watching::start(platform.command(&["watch", "--settle", "3s"]));
    watch.until("quiet", |line| line["quietSince"].is_string());
    platform.server.stop_api().unwrap();
    let away = watch.until("away", |line| line["waitingFor"][0]["code"] == "notNow");
    assert_eq!((&away["verdict"], &away["diagnosis"]), (&json!("propagating"), &Value::Null));
    platform.server.start_api().unwrap();
    watch.until("quiet again", |line| line["quietSince"].is_string());
    let (run, lines) = watch.end();
    run.expect(0);
    assert!(lines.iter().all(|it| it["verdict"] != "failed"), "{lines:#?}");
}

#[test]
fn timeouts_and_interrupts() {
    let platform = platform();
    let run = platform.update(&["watch", "--to", "v1.71.4", "--timeout", "3s"]).expect(7);
    let message = "timeout of 3s reached: v1.71.4 (v1.70.1 is deployed) has not started because DeckhouseRelease/v1.71.4";
    assert!(run.stderr.contains(message), "{}", run.stderr);
    assert!(run.stderr.contains("run the same command again"), "{}", run.stderr);
    for signal in ["-INT", "-TERM"] {
        let mut watch = Watching::start(platform.command(&["watch", "--to", "v1.71.4"]));
        watch.until_verdict("notStarted");
        watch.signal(signal);
        watch.end().0.expect(130);
    }
    for words in [["watch", "--timeout", "5"], ["watch", "--settle", "soon"], ["watch", "--to", "latest"]] {
        platform.update(&words).expect(2);
    }
}

#[test]
fn the_live_screen_restores_the_terminal() {
    let platform = platform();
    for (words, code) in [("-s INT 60", "code 7"), ("-s INT 3", "code 130"), ("-s TERM 3", "code 130")] {
        let shown = on_terminal(&platform, words, "watch --to v1.71.4 --timeout 4s", None);
        let (before, rest) =
            shown.split_once("\u{1b}[?1049h").unwrap_or_else(|| panic!("no screen: {shown}"));
        let (screen, after) = rest.split_once("\u{1b}[?1049l").unwrap_or_else(|| panic!("it stays: {shown}"));
        // Only what differs from the picture before is drawn.
        assert!(screen.contains("v1.71.4 (v1.70.1 is deployed)") && screen.contains("Releases"), "{shown}");
        assert!(after.contains("\u{1b}[?25h"), "the cursor stays hidden: {shown}");
        assert!(after.contains(code), "{code}: {shown}");
        assert_eq!(before.trim(), after.trim().lines().last().unwrap().trim(), "settings of the terminal");
    }
}
