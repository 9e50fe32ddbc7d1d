//! `dhctl update run`: release after release, stopped and started again, and never out of turn.

use serde_json::{Value, json};

use super::{
    platform::{Platform, release},
    terminal::{on_terminal, rows},
    watching::Watching,
};

/// v1.70.1 is deployed; v1.71.4 and v1.72.1 wait.
fn platform(mode: &str) -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": mode } });
    let platform = Platform::running("v1.70.1", &settings);
    platform.put(&[
        release("v1.70.1", "Deployed"),
        release("v1.71.4", "Pending"),
        release("v1.72.1", "Pending"),
    ]);
    platform.ready("v1.70.1");
    platform.converge(true);
    platform
}

fn is_approved(platform: &Platform, name: &str) -> bool {
    platform.get("DeckhouseRelease", name)["approved"] == true
}

fn run(platform: &Platform, words: &[&str]) -> Watching {
    Watching::start(platform.command(&[&["run", "--settle", "2s"], words].concat()))
}

fn has_text<'a>(event: &'a str, part: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |line| line["event"] == event && line["text"].as_str().is_some_and(|it| it.contains(part))
}

#[test]
fn a_chain_of_two_minors_with_a_stop_between() {
    let platform = platform("Manual");
    let mut first = run(&platform, &["--yes"]);
    let told = first.until("the approval", has_text("approve", "v1.71.4"));
    let kubectl = "patch deckhousereleases.deckhouse.io v1.71.4 --type=merge -p '{\"approved\":true}'";
    assert!(told["text"].as_str().unwrap().contains(kubectl), "{told}");
    first.until(
        "what it changes",
        has_text("note", "the impact of this release is unknown: the release has no changelog"),
    );
    first.until(
        "what it interrupts",
        has_text("note", "Kubernetes API: it is unknown whether the release changes"),
    );
    first.until("its wait", |line| line["verdict"] == "notStarted" && line["target"] == "1.71.4");
    assert!(is_approved(&platform, "v1.71.4") && !is_approved(&platform, "v1.72.1"));
    first.signal("-INT");
    first.end().0.expect(130);

    // While nobody watches, the controller deploys it; the next run finishes that first.
    platform.switch("v1.70.1", "v1.71.4");
    let mut second = run(&platform, &["--yes", "--to", "v1.72.1"]);
    second.until_verdict("converging");
    assert!(!is_approved(&platform, "v1.72.1"), "not before the one before is done");
    platform.ready("v1.71.4");
    second.until("the approval", has_text("approve", "v1.72.1"));
    second.until("its wait", |line| line["verdict"] == "notStarted" && line["target"] == "1.72.1");
    platform.switch("v1.71.4", "v1.72.1");
    second.until_verdict("converging");
    platform.ready("v1.72.1");
    let (run, _) = second.end();
    let result = run.expect(0).json();
    assert_eq!(result["result"]["approved"], json!(["1.72.1"]));
    assert_eq!(result["result"]["verdict"]["release"], "1.72.1");
    // And once more: there is nothing to do.
    let again = self::run(&platform, &["--yes"]).end().0.expect(0).json();
    assert_eq!(again["result"]["approved"], json!([]));
}

#[test]
fn an_automatic_mode_is_only_watched() {
    let platform = platform("Auto");
    // Two minor versions that wait would be reported.
    platform.put(&[release("v1.72.1", "Skipped")]);
    let mut watching = run(&platform, &["--to", "v1.71.4"]);
    watching.until("the next", |line| line["target"] == "1.71.4" && line["verdict"] == "notStarted");
    platform.switch("v1.70.1", "v1.71.4");
    watching.until_verdict("converging");
    platform.ready("v1.71.4");
    watching.end().0.expect(0);
    assert!(!is_approved(&platform, "v1.71.4"));
    assert!(platform.webhook.asked().iter().all(|it| !it.approves()));
}

#[test]
fn states_that_end_a_run_without_an_approval() {
    let platform = platform("Manual");
    let message = |words: &[&str], code| {
        let run = run(&platform, words).end().0.expect(code).json();
        run["error"]["message"].as_str().unwrap().to_owned()
    };
    let unasked = message(&[], 2);
    assert!(unasked.starts_with("cannot ask for confirmation without a terminal"), "{unasked}");
    platform.webhook.refuse_approval("k8s: current kubernetes version is lower than required");
    let refused = message(&["--yes", "--patience", "1s"], 7);
    let why = "v1.71.4 is stuck: DeckhouseRelease/v1.71.4 has unmet requirements: k8s: current";
    assert!(refused.contains(why), "{refused}");
    let absent = message(&["--yes", "--to", "v1.71.2", "--patience", "1s"], 7);
    assert!(absent.contains("DeckhouseRelease/v1.71.2 is not in the cluster"), "{absent}");
    assert!(!is_approved(&platform, "v1.71.4"));
}

fn waits_for(part: &str) -> impl Fn(&Value) -> bool + '_ {
    move |line| line["waitingFor"][0]["text"].as_str().is_some_and(|it| it.contains(part))
}

#[test]
fn an_unavailable_webhook_is_waited_for() {
    let platform = platform("Manual");
    platform.webhook.down();
    let mut watching = run(&platform, &["--yes", "--to", "v1.71.4"]);
    watching.until("the wait", waits_for("failed calling webhook"));
    platform.webhook.up().unwrap();
    watching.until("the end of the wait", |line| {
        line["target"] == "1.71.4" && !waits_for("failed calling webhook")(line)
    });
    assert!(is_approved(&platform, "v1.71.4"));
    watching.signal("-INT");
    watching.end().0.expect(130);
}

#[test]
fn the_time_is_over_while_an_approval_waits() {
    let platform = platform("Manual");
    platform.webhook.down();
    let (run, _) = run(&platform, &["--yes", "--to", "v1.71.4", "--timeout", "15s"]).end();
    let error = run.expect(7).json();
    let message = error["error"]["message"].as_str().unwrap();
    for part in ["timeout of 15s reached", "v1.71.4 (v1.70.1 is deployed)", "failed calling webhook"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!is_approved(&platform, "v1.71.4"));
}

/// The settings of the terminal after the command, which are those from before it.
fn gives_the_terminal_back(shown: &str) {
    let (before, after) = (shown.lines().next().unwrap(), shown.trim().lines().last().unwrap());
    assert_eq!(before.trim(), after.trim(), "settings of the terminal: {shown}");
}

#[test]
fn an_unanswered_question_ends_with_the_time_limit() {
    let platform = platform("Manual");
    let shown = on_terminal(&platform, "60", "run --to v1.71.4 --settle 1s --timeout 15s", None);
    let asked = shown.find("approve v1.71.4 in test? [y/N] ").unwrap_or_else(|| panic!("{shown}"));
    let (_, after) = shown.split_at(asked);
    assert!(
        after
            .contains("timeout of 15s reached: v1.70.1 is done; DeckhouseRelease/v1.71.4 waits for approval"),
        "{shown}"
    );
    assert!(after.contains("code 7"), "{shown}");
    assert!(!after.contains("\u{1b}[?1049h"), "the live screen does not come back: {shown}");
    gives_the_terminal_back(&shown);
    assert!(!is_approved(&platform, "v1.71.4"));
}

#[test]
fn the_confirmation_is_asked_once_while_the_webhook_is_unavailable() {
    let platform = platform("Manual");
    platform.webhook.down();
    let typed = Some(("[y/N] ", "y\n"));
    let shown = on_terminal(&platform, "60", "run --to v1.71.4 --settle 1s --timeout 18s", typed);
    assert_eq!(shown.matches("[y/N] ").count(), 1, "{shown}");
    assert!(shown.contains("timeout of 18s reached") && shown.contains("code 7"), "{shown}");
    gives_the_terminal_back(&shown);
}

#[test]
fn approvals_without_confirmation_are_shown_on_the_live_screen_and_after_it() {
    let platform = platform("Manual");
    let shown = on_terminal(&platform, "60", "run --yes --to v1.71.4 --settle 1s --timeout 15s", None);
    let (screen, after) = shown.split_once("\u{1b}[?1049l").unwrap_or_else(|| panic!("no screen: {shown}"));
    let screen = rows(screen).join("\n");
    assert!(
        screen.contains("Latest action\n  # 1. DeckhouseRelease/v1.71.4: approve release v1.71.4\n"),
        "{screen}"
    );
    assert!(screen.contains("kubectl patch deckhousereleases.deckhouse.io v1.71.4"), "{screen}");
    let kubectl = "patch deckhousereleases.deckhouse.io v1.71.4 --type=merge -p '{\"approved\":true}'";
    assert!(after.contains(kubectl), "{shown}");
    assert!(after.contains("code 7"), "{shown}");
    assert!(is_approved(&platform, "v1.71.4"));
}
