//! Words that all forms of the watch share.

use cluster::{
    ClusterState, duration,
    objects::{Queue, Release},
};
use foreign_text::one_line;
use jiff::Timestamp;

use crate::{format::count, words::times};

/// `4m12s`, from `since` to `now`.
pub(super) fn for_time(since: Timestamp, now: Timestamp) -> String {
    duration::text(std::time::Duration::try_from(now.duration_since(since)).unwrap_or_default())
}

/// What the queues do, in a line.
pub(super) fn queue(queue: &Queue) -> String {
    if queue.tasks == 0 {
        return "idle".to_owned();
    }
    let mut line = count(queue.tasks, "task");
    if let Some(head) = queue.heads.first() {
        line += &format!(", first in {}: {}", head.queue, one_line(&head.description));
        if head.failures > 0 {
            line += &format!(", failed {}", times(head.failures));
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
