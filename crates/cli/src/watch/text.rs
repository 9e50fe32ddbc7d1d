//! Words that all forms of the watch share.

use cluster::{
    ClusterState, duration,
    objects::{Queue, Release},
    verdict::{Call, Verdict},
};
use jiff::Timestamp;

/// What comes from a cluster goes on one line, and moves no cursor.
pub(super) fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Time of day, UTC as the platform's update windows are.
pub(super) fn clock(time: Timestamp) -> String {
    time.strftime("%H:%M:%SZ").to_string()
}

/// `4m12s`, from `since` to `now`.
pub(super) fn for_time(since: Timestamp, now: Timestamp) -> String {
    duration::text(std::time::Duration::try_from(now.duration_since(since)).unwrap_or_default())
}

/// What the verdict is about: `v1.71.0`, or `v1.70.1, on the way to v1.72.0`.
pub(crate) fn subject(verdict: &Verdict) -> String {
    match (&verdict.release, &verdict.target) {
        (Some(release), Some(target)) if release < target => {
            format!("v{release}, on the way to v{target}")
        }
        (Some(release), _) => format!("v{release}"),
        (None, Some(target)) => format!("no release, on the way to v{target}"),
        (None, None) => "no release".to_owned(),
    }
}

/// The verdict in a line: `v1.71.0: converging: Queue/main: 3 tasks, …`.
pub(super) fn verdict(verdict: &Verdict) -> String {
    let mut line = format!("{}: {}", subject(verdict), verdict.call.name());
    if matches!(verdict.call, Call::Stalled | Call::Failed) {
        line += &format!(" while {}", verdict.stage.name());
    }
    if let Some(diagnosis) = &verdict.diagnosis {
        line += &format!(": {}: {}", diagnosis.object, one_line(&diagnosis.text.to_string()));
    } else if let Some(done_at) = verdict.done_at {
        line += &format!(": everything is quiet; done at {} if it stays so", clock(done_at));
    } else if let Some(first) = verdict.waiting_for.first() {
        line += &format!(": {}", waiting(first));
        if verdict.waiting_for.len() > 1 {
            line += &format!(" (and {} more)", verdict.waiting_for.len() - 1);
        }
    }
    line
}

/// `NodeGroup/worker: 1 of 2 nodes are up to date`.
pub(super) fn waiting(waiting: &cluster::verdict::Waiting) -> String {
    format!("{}: {}", waiting.object, one_line(&waiting.text.to_string()))
}

/// What the queues do, in a line.
pub(super) fn queue(queue: &Queue) -> String {
    if queue.tasks == 0 {
        return "idle".to_owned();
    }
    let mut line = format!("{} task{}", queue.tasks, if queue.tasks == 1 { "" } else { "s" });
    if let Some(head) = queue.heads.first() {
        line += &format!(", first in {}: {}", head.queue, one_line(&head.description));
        if head.failures > 0 {
            line += &format!(", failed {} times", head.failures);
        }
        if let Some(failure) = &head.failure {
            line += &format!(": {}", one_line(failure));
        }
    }
    line
}

/// The deployed release and those after it, in order.
pub(super) fn chain(state: &ClusterState) -> Vec<&Release> {
    let mut all: Vec<_> = state.releases.last().into_iter().flatten().collect();
    all.sort_by(|a, b| (&a.version, &a.name).cmp(&(&b.version, &b.name)));
    let is_deployed = |it: &&Release| it.phase == Some(cluster::objects::Phase::Deployed);
    let first = all.iter().position(is_deployed).unwrap_or_default();
    all.split_off(first)
}
