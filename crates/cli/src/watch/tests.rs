//! What a watch shows, word by word, over states made by hand.

use std::collections::BTreeMap;

use cluster::{
    ClusterState, Obstacle, Reading,
    objects::{Alert, Condition, Node, NodeGroup, Phase, Queue, Release, Task},
    verdict::{Call, Diagnosis, Stage, Unknown, Verdict, Waiting},
};
use jiff::Timestamp;
use ratatui::{Terminal, backend::TestBackend};
use semver::Version;

use super::{
    End,
    lines::Lines,
    record,
    view::{self, Picture},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn release(text: &str, phase: Phase, message: &str) -> Release {
    Release {
        name: format!("v{text}"),
        version_text: format!("v{text}"),
        version: Some(version(text)),
        phase: Some(phase),
        message: message.into(),
        ..Release::default()
    }
}

fn alert(name: &str, severity: u8, summary: &str) -> Alert {
    Alert {
        id: name.to_owned(),
        name: name.to_owned(),
        severity: Some(severity),
        summary: summary.into(),
        ..Alert::default()
    }
}

/// The update to v1.71.4 goes on, and v1.72.1 is to follow.
fn state() -> ClusterState {
    let head = Task {
        queue: "main".to_owned(),
        description: "ModuleRun:main:prometheus:doStartup".into(),
        failures: 2,
        failure: Some("helm upgrade failed:\n\u{1b}[31mtimed out".into()),
        ..Task::default()
    };
    let updating = Condition { is_true: true, message: "".into() };
    let group = |name: &str, nodes, up_to_date| NodeGroup {
        name: name.to_owned(),
        nodes,
        ready: nodes,
        up_to_date,
        ..NodeGroup::default()
    };
    let mut worker = group("worker", 12, 7);
    worker.conditions.insert("Updating".to_owned(), updating);
    let node = Node {
        name: "worker-3".to_owned(),
        update_annotations: BTreeMap::from([("draining".to_owned(), "bashible".to_owned())]),
        ..Node::default()
    };
    ClusterState {
        releases: Reading::Known(vec![
            release("1.72.1", Phase::Pending, "awaiting for v1.71.4 release to be deployed"),
            release("1.70.1", Phase::Superseded, ""),
            release("1.71.4", Phase::Deployed, ""),
        ]),
        queue: Reading::Known(Queue { tasks: 38, heads: vec![head] }),
        alerts: Reading::Known(vec![
            alert("KubePodNotReady", 6, "A pod is not ready."),
            alert("DeckhouseUpdating", 4, "Deckhouse is being updated to v1.71.4"),
        ]),
        node_groups: Reading::Known(vec![group("master", 3, 3), worker]),
        nodes: Reading::Known(vec![node]),
        modules: Reading::Unreadable(Obstacle::Forbidden("list modules.deckhouse.io".to_owned())),
        ..ClusterState::default()
    }
}

fn waiting(code: &'static str, object: &str, text: &str) -> Waiting {
    Waiting { code, object: object.to_owned(), text: text.into() }
}

fn verdict() -> Verdict {
    Verdict {
        call: Call::Converging,
        stage: Stage::Converging,
        release: Some(version("1.71.4")),
        target: Some(version("1.72.1")),
        since: at(-252),
        quiet_since: None,
        done_at: None,
        waiting_for: vec![
            waiting(
                "queue",
                "Queue/main",
                "38 tasks, first ModuleRun:main:prometheus:doStartup, failed 2 times",
            ),
            waiting(
                "alert",
                "ClusterAlert/DeckhouseUpdating",
                "is firing: Deckhouse is being updated to v1.71.4",
            ),
            waiting("nodeGroup", "NodeGroup/worker", "7 of 12 nodes are up to date"),
        ],
        unknown: vec![Unknown {
            source: "modules",
            reading: "unreadable",
            why: "no permission: list modules.deckhouse.io".to_owned(),
        }],
        diagnosis: None,
        hopeless: false,
    }
}

fn failed() -> Verdict {
    Verdict {
        call: Call::Failed,
        stage: Stage::Switching,
        diagnosis: Some(Diagnosis {
            code: "imagePull",
            object: "Pod/deckhouse-6d4f".to_owned(),
            text: "cannot get the image registry.example/deckhouse/ee:v1.71.4 (ImagePullBackOff): not found"
                .into(),
            remedy: "push the whole bundle of this release: dhctl mirror --registry …".into(),
        }),
        ..verdict()
    }
}

fn settling() -> Verdict {
    Verdict {
        call: Call::Propagating,
        stage: Stage::Propagating,
        quiet_since: Some(at(-30)),
        done_at: Some(at(90)),
        waiting_for: vec![waiting(
            "settle",
            "the cluster",
            "everything is quiet, and must stay so for a while",
        )],
        unknown: Vec::new(),
        ..verdict()
    }
}

fn screen(verdict: &Verdict, width: u16, height: u16) -> String {
    screen_after(&[], verdict, width, height)
}

fn screen_after(told: &[&str], verdict: &Verdict, width: u16, height: u16) -> String {
    let told: Vec<String> = told.iter().map(|it| (*it).to_owned()).collect();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let state = state();
    terminal
        .draw(|frame| view::draw(frame, &Picture { state: &state, verdict, told: &told, now: at(0) }))
        .unwrap();
    terminal.backend().to_string()
}

#[test]
fn the_screen_of_an_ordinary_terminal() {
    insta::assert_snapshot!("screen_80x24", screen(&verdict(), 80, 24));
    insta::assert_snapshot!("screen_failed", screen(&failed(), 80, 24));
    insta::assert_snapshot!("screen_settling", screen(&settling(), 80, 24));
}

#[test]
fn what_was_done_is_on_the_screen() {
    let told = [
        "# 1. DeckhouseRelease/v1.70.1: approve release v1.70.1",
        "kubectl patch deckhousereleases.deckhouse.io v1.70.1 --type=merge -p '{\"approved\":true}'",
        "# 1. DeckhouseRelease/v1.71.4: approve release v1.71.4",
        "kubectl patch deckhousereleases.deckhouse.io v1.71.4 --type=merge -p '{\"approved\":true}'",
        "note: the release interrupts: ingressNginx",
    ];
    insta::assert_snapshot!("screen_told", screen_after(&told, &verdict(), 80, 24));
    insta::assert_snapshot!("screen_told_failed", screen_after(&told[..4], &failed(), 80, 24));
}

#[test]
fn the_screen_of_other_sizes() {
    insta::assert_snapshot!("screen_40x14", screen(&failed(), 40, 14));
    insta::assert_snapshot!("screen_120x12", screen(&verdict(), 120, 12));
    // Whatever the size, nothing panics.
    for (width, height) in [(1, 1), (2, 3), (9, 40), (300, 2), (20, 5)] {
        screen(&failed(), width, height);
    }
}

#[test]
fn lines_come_when_something_changes_and_once_a_minute() {
    let mut lines = Lines::default();
    assert_eq!(
        lines.next(&verdict(), at(0)),
        [
            "14:13:20Z v1.71.4, on the way to v1.72.1: converging: Queue/main: 38 tasks, first \
             ModuleRun:main:prometheus:doStartup, failed 2 times (and 2 more)",
            "  unknown: modules: no permission: list modules.deckhouse.io",
        ]
    );
    assert!(lines.next(&verdict(), at(59)).is_empty());
    let again = lines.next(&verdict(), at(60));
    assert!(again[0].starts_with("14:14:20Z v1.71.4") && again[0].ends_with("(for 5m12s)"), "{again:?}");
    // Only a count has changed: not at once.
    let mut fewer = verdict();
    fewer.waiting_for[0].text = "37 tasks".into();
    assert!(lines.next(&fewer, at(61)).is_empty());
    assert_eq!(lines.next(&fewer, at(70)).len(), 1);
    let failed = lines.next(&failed(), at(71));
    assert!(
        failed[0].contains("failed while switching: Pod/deckhouse-6d4f: cannot get the image"),
        "{failed:?}"
    );
    assert!(failed[1].starts_with("  remedy: push the whole bundle"), "{failed:?}");
    let healed = lines.next(&settling(), at(72));
    assert!(
        healed[0].ends_with("propagating: everything is quiet; done at 14:14:50Z if it stays so"),
        "{healed:?}"
    );
}

#[test]
fn what_is_unknown_is_said_once_while_it_is_so() {
    let unknown = |source| Unknown { source, reading: "absent", why: "none".to_owned() };
    let with = |sources: &[&'static str]| Verdict {
        unknown: sources.iter().map(|it| unknown(it)).collect(),
        ..settling()
    };
    let mut lines = Lines::default();
    lines.next(&settling(), at(0));
    assert_eq!(lines.next(&with(&["alerts"]), at(1)), ["  unknown: alerts: none"]);
    assert_eq!(lines.next(&with(&["queue", "alerts"]), at(2)), ["  unknown: queue: none"]);
    assert!(lines.next(&with(&["queue"]), at(3)).is_empty());
    assert_eq!(lines.next(&with(&["queue", "alerts"]), at(4)), ["  unknown: alerts: none"], "anew");
}

#[test]
fn json_lines_keep_their_names() {
    insta::assert_snapshot!("json_verdict", record::verdict("verdict", &failed(), None, at(0)));
    insta::assert_snapshot!("json_end", record::verdict("end", &settling(), Some(End::TimeOver), at(0)));
    insta::assert_snapshot!("json_told", record::told("approve", "approving release v1.72.1", at(0)));
}
