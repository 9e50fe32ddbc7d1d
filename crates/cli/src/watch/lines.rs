//! Plain lines of the watch: one when something changes, and a sign of life a minute.

use std::time::Duration;

use cluster::verdict::{Call, Stage, Verdict};
use jiff::Timestamp;

use super::text;

/// A sign of life comes after this time without a line.
pub(super) const HEARTBEAT: Duration = Duration::from_mins(1);

/// Where only a count or a task has changed, lines come no faster than this.
const SAME_KIND: Duration = Duration::from_secs(10);

/// What has been said.
#[derive(Debug, Default)]
pub(super) struct Lines {
    said: Option<(Timestamp, Key, String)>,
    diagnosed: Option<String>,
    unknown: Vec<String>,
}

/// What is said at once when it changes.
type Key = (Call, Stage, Option<String>, Option<String>);

impl Lines {
    /// The lines that tell of this verdict; none if all of it has been said.
    pub(super) fn next(&mut self, verdict: &Verdict, now: Timestamp) -> Vec<String> {
        let first = verdict.waiting_for.first().map(|it| format!("{} {}", it.code, it.object));
        let release = verdict.release.as_ref().map(ToString::to_string);
        let key = (verdict.call, verdict.stage, release, first);
        let line = text::verdict(verdict);
        let passed = |since: Timestamp| Duration::try_from(now.duration_since(since)).unwrap_or_default();
        let due = match &self.said {
            None => true,
            Some((_, said, _)) if *said != key => true,
            Some((at, _, said)) => passed(*at) >= if *said == line { HEARTBEAT } else { SAME_KIND },
        };
        let mut lines = Vec::new();
        if due {
            let again = self.said.as_ref().is_some_and(|(_, _, said)| *said == line);
            let still =
                if again { format!(" (for {})", text::for_time(verdict.since, now)) } else { String::new() };
            lines.push(format!("{} {line}{still}", text::clock(now)));
            self.said = Some((now, key, line));
        }
        let remedy = verdict.diagnosis.as_ref().map(|it| text::one_line(&it.remedy.to_string()));
        if remedy != self.diagnosed {
            lines.extend(remedy.iter().map(|it| format!("  remedy: {it}")));
            self.diagnosed = remedy;
        }
        let unknown: Vec<_> = verdict.unknown.iter().filter(|it| it.reading != "notNow").collect();
        let unknown: Vec<_> = unknown
            .iter()
            .map(|it| format!("  unknown: {}: {}", it.source, text::one_line(&it.why)))
            .collect();
        lines.extend(unknown.iter().filter(|it| !self.unknown.contains(it)).cloned());
        self.unknown = unknown;
        lines
    }
}
