//! What a watch shows, word by word, over states made by hand.

use std::{collections::BTreeMap, time::Duration};

use cluster::{
    ClusterState, Obstacle, Reading,
    objects::{Alert, Condition, Node, NodeGroup, Phase, Queue, Release, Task},
    verdict::{Call, Source, Stage, UnknownSource, Unread, Verdict},
};
use commands::ClusterFlags;
use jiff::Timestamp;
use problems::{
    Advice, AlertFact, ClusterFact, Code, Kind, NodeFact, Object, PodFact, PrepareFor, Problem, PullCause,
    QueueFact, ReleaseFact,
};
use ratatui::{Terminal, backend::TestBackend};
use semver::Version;

use super::{
    End,
    lines::Lines,
    record,
    view::{self, Picture},
};
use crate::words::verdict as words;

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

fn busy(tasks: u64) -> Problem {
    let first = Some("ModuleRun:main:prometheus:doStartup".into());
    Problem::new(Code::Queue, Object::new(Kind::Queue, "main"), QueueFact::Busy { tasks, first, failures: 2 })
}

fn verdict() -> Verdict {
    let firing =
        AlertFact::Firing { status: String::new(), summary: "Deckhouse is being updated to v1.71.4".into() };
    let nodes = NodeFact::GroupUpToDate { count: 7, all: 12 };
    Verdict {
        call: Call::Converging,
        stage: Stage::Converging,
        release: Some(version("1.71.4")),
        target: Some(version("1.72.1")),
        since: at(-252),
        healthy_since: None,
        done_at: None,
        waiting_for: vec![
            busy(38),
            Problem::new(Code::Alert, Object::new(Kind::ClusterAlert, "DeckhouseUpdating"), firing),
            Problem::new(Code::NodeGroup, Object::new(Kind::NodeGroup, "worker"), nodes),
        ],
        unknown: vec![UnknownSource {
            source: Source::Modules,
            reading: Unread::Unreadable,
            why: "no permission: list modules.deckhouse.io".to_owned(),
        }],
        problem: None,
        gives_up: false,
    }
}

fn failed() -> Verdict {
    let fact = PodFact::ImagePull {
        image: "registry.example/deckhouse/ee:v1.71.4".to_owned(),
        reason: "ImagePullBackOff".to_owned(),
        message: "not found".into(),
        cause: PullCause::Missing,
    };
    let problem = Problem::new(Code::ImagePull, Object::new(Kind::Pod, "deckhouse-6d4f"), fact)
        .advise(Advice::PullSince { major: 1, minor: 71 })
        .advise(Advice::Push { registry: "registry.example/deckhouse/ee".to_owned() })
        .advise(Advice::WaitForPull);
    Verdict { call: Call::Failed, stage: Stage::Switching, problem: Some(problem), ..verdict() }
}

fn settling() -> Verdict {
    Verdict {
        call: Call::Propagating,
        stage: Stage::Propagating,
        healthy_since: Some(at(-30)),
        done_at: Some(at(90)),
        waiting_for: vec![Problem::new(Code::Settle, Object::any(Kind::Cluster), ClusterFact::Settling)],
        unknown: Vec::new(),
        ..verdict()
    }
}

/// The next release is blocked while the deployed one is healthy.
fn stuck() -> Verdict {
    let fact = ReleaseFact::MissingMinors { deployed: version("1.71.4"), minors: (72, 72) };
    let problem = Problem::new(Code::NotItsTurn, Object::release(&version("1.73.0")), fact);
    Verdict {
        call: Call::Stalled,
        stage: Stage::NotStarted,
        target: Some(version("1.73.0")),
        waiting_for: vec![problem.clone()],
        problem: Some(problem.advise(Advice::Plan).advise(Advice::Prepare(PrepareFor::CreateReleases))),
        ..settling()
    }
}

fn flags() -> ClusterFlags {
    ClusterFlags { kubeconfig: None, context: Some("prod".to_owned()) }
}

fn screen(verdict: &Verdict, width: u16, height: u16) -> String {
    screen_after(&[], verdict, width, height)
}

fn screen_after(reported: &[&str], verdict: &Verdict, width: u16, height: u16) -> String {
    let reported: Vec<String> = reported.iter().map(|it| (*it).to_owned()).collect();
    let flags = flags();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let state = state();
    terminal
        .draw(|frame| {
            let picture = Picture { state: &state, verdict, flags: &flags, reported: &reported, now: at(0) };
            view::draw(frame, &picture);
        })
        .unwrap();
    terminal.backend().to_string()
}

#[test]
fn the_screen_of_an_ordinary_terminal() {
    insta::assert_snapshot!("screen_80x24", screen(&verdict(), 80, 24));
    insta::assert_snapshot!("screen_failed", screen(&failed(), 80, 24));
    insta::assert_snapshot!("screen_settling", screen(&settling(), 80, 24));
    insta::assert_snapshot!("screen_stuck", screen(&stuck(), 80, 24));
}

#[test]
fn done_steps_are_on_the_screen() {
    let reported = [
        "# 1. DeckhouseRelease/v1.70.1: approve release v1.70.1",
        "kubectl patch deckhousereleases.deckhouse.io v1.70.1 --type=merge -p '{\"approved\":true}'",
        "# 1. DeckhouseRelease/v1.71.4: approve release v1.71.4",
        "kubectl patch deckhousereleases.deckhouse.io v1.71.4 --type=merge -p '{\"approved\":true}'",
        "note: the release disrupts ingressNginx",
    ];
    insta::assert_snapshot!("screen_reported", screen_after(&reported, &verdict(), 80, 24));
    insta::assert_snapshot!("screen_reported_failed", screen_after(&reported[..4], &failed(), 80, 24));
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
    let mut next = |verdict: &Verdict, seconds| lines.next(verdict, None, &flags(), at(seconds));
    let mut all = next(&verdict(), 0);
    assert!(next(&verdict(), 59).is_empty());
    all.extend(next(&verdict(), 60));
    // Only a count has changed: not immediately.
    let mut fewer = verdict();
    fewer.waiting_for[0] = busy(37);
    assert!(next(&fewer, 61).is_empty());
    for (verdict, seconds) in [(fewer, 70), (failed(), 71), (settling(), 72), (stuck(), 73)] {
        all.extend(next(&verdict, seconds));
    }
    insta::assert_snapshot!("lines", all.join("\n"));
}

#[test]
fn the_steps_of_an_end_are_printed_once() {
    let mut lines = Lines::default();
    let steps = |lines: &[String]| lines.iter().filter(|line| line.starts_with("  1. ")).count();
    assert_eq!(steps(&lines.next(&stuck(), None, &flags(), at(0))), 1);
    assert_eq!(steps(&lines.next(&failed(), Some(End::Failed), &flags(), at(1))), 0, "the error has them");
}

#[test]
fn how_a_wait_ends() {
    let done = Verdict { call: Call::Done, stage: Stage::Done, target: None, ..settling() };
    let minutes = Duration::from_mins(2);
    let blocks = [
        words::trouble(&failed()),
        words::trouble(&stuck()),
        words::time_over(&verdict(), Some(minutes)),
        words::time_over(&stuck(), Some(minutes)),
        words::done(&done, minutes),
    ];
    let all: Vec<String> = blocks.map(|it| it.addressed(&flags()).to_string()).into();
    insta::assert_snapshot!("ends", all.join("\n"));
}

#[test]
fn an_unknown_source_is_reported_once() {
    let unknown = |source| UnknownSource { source, reading: Unread::Absent, why: "none".to_owned() };
    let with = |sources: &[Source]| Verdict {
        unknown: sources.iter().map(|it| unknown(*it)).collect(),
        ..settling()
    };
    let mut lines = Lines::default();
    lines.next(&settling(), None, &flags(), at(0));
    assert_eq!(lines.next(&with(&[Source::Alerts]), None, &flags(), at(1)), ["  unknown: alerts (none)"]);
    assert_eq!(
        lines.next(&with(&[Source::Queue, Source::Alerts]), None, &flags(), at(2)),
        ["  unknown: task queues (none)"]
    );
    assert!(lines.next(&with(&[Source::Queue]), None, &flags(), at(3)).is_empty());
    assert_eq!(
        lines.next(&with(&[Source::Queue, Source::Alerts]), None, &flags(), at(4)),
        ["  unknown: alerts (none)"],
        "anew"
    );
}

#[test]
fn json_lines_keep_their_names() {
    insta::assert_snapshot!("json_verdict", record::verdict("verdict", &failed(), None, &flags(), at(0)));
    insta::assert_snapshot!(
        "json_end",
        record::verdict("end", &settling(), Some(End::TimeOver), &flags(), at(0))
    );
    insta::assert_snapshot!("json_message", record::message("approve", "approving release v1.72.1", at(0)));
}
