//! Plain lines of the watch: one when something changes, and one a minute while nothing does.

use std::time::Duration;

use cluster::verdict::{Call, Stage, Unread, Verdict};
use commands::ClusterFlags;
use foreign_text::one_line;
use jiff::Timestamp;
use problems::{Code, Object};

use super::{End, text};
use crate::{
    format::clock,
    words::{self, Block},
};

/// A line is repeated after this time without one.
pub(super) const HEARTBEAT: Duration = Duration::from_mins(1);

/// Where only a count or a task has changed, lines come no faster than this.
const SAME_KIND: Duration = Duration::from_secs(10);

/// What has been printed.
#[derive(Debug, Default)]
pub(super) struct Lines {
    printed: Option<(Timestamp, Key, String)>,
    steps: Vec<String>,
    unknown: Vec<String>,
}

/// What is printed immediately when it changes.
type Key = (Call, Stage, Option<String>, Option<(Code, Object)>);

impl Lines {
    /// The lines that report this verdict; none if all of it has been printed. `flags`: how commands name the cluster.
    /// `end`: how the wait ends with this verdict. The error that follows then has the steps.
    pub(super) fn next(
        &mut self,
        verdict: &Verdict,
        end: Option<End>,
        flags: &ClusterFlags,
        now: Timestamp,
    ) -> Vec<String> {
        let first = verdict.waiting_for.first().map(|it| (it.code, it.object.clone()));
        let release = verdict.release.as_ref().map(ToString::to_string);
        let key = (verdict.call, verdict.stage, release, first);
        let line = one_line(&words::verdict::line(verdict).addressed(flags).to_string()).into_owned();
        let passed = |since: Timestamp| Duration::try_from(now.duration_since(since)).unwrap_or_default();
        let due = match &self.printed {
            None => true,
            Some((_, printed, _)) if *printed != key => true,
            Some((at, _, printed)) => passed(*at) >= if *printed == line { HEARTBEAT } else { SAME_KIND },
        };
        let mut lines = Vec::new();
        if due {
            let again = self.printed.as_ref().is_some_and(|(_, _, printed)| *printed == line);
            let is_settling = verdict.done_at.is_some() && verdict.problem.is_none();
            let (state, since) = match verdict.healthy_since.filter(|_| is_settling) {
                Some(healthy_since) => ("healthy", healthy_since),
                None => (words::verdict::state(verdict.call), verdict.since),
            };
            let still =
                if again { format!("; {state} for {}", text::for_time(since, now)) } else { String::new() };
            lines.push(format!("{} {line}{still}", clock(now)));
            self.printed = Some((now, key, line));
        }
        let steps = verdict.problem.as_ref().filter(|_| end.is_none()).map(|it| {
            Block::default().means(words::means(&it.fact)).steps(words::steps(it)).addressed(flags).lines()
        });
        let steps = steps.unwrap_or_default();
        if steps != self.steps {
            lines.extend(steps.iter().cloned());
            self.steps = steps;
        }
        let unknown: Vec<_> = verdict.unknown.iter().filter(|it| it.reading != Unread::NotNow).collect();
        let unknown: Vec<_> = unknown
            .iter()
            .map(|it| {
                format!("  unknown: {} ({})", words::verdict::source_name(it.source), one_line(&it.why))
            })
            .collect();
        lines.extend(unknown.iter().filter(|it| !self.unknown.contains(it)).cloned());
        self.unknown = unknown;
        lines
    }
}
