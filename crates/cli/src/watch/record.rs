//! JSON lines of the watch. Programs read them: fields are added, never changed.

use cluster::verdict::Verdict;
use commands::ClusterFlags;
use jiff::Timestamp;
use serde::Serialize;

use super::End;
use crate::words::verdict::WordedVerdict;

/// Version of the lines; grows when a field changes its meaning or goes away.
const LINE_VERSION: u32 = 1;

/// One line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record<'a> {
    version: u32,
    time: Timestamp,
    /// `verdict` when something has changed, `heartbeat` when nothing has for a minute, `end` once at the end of a
    /// wait.
    event: &'static str,
    #[serde(flatten)]
    verdict: WordedVerdict<'a>,
    /// With `end`: `done`, `failed`, `stalled` or `timeOver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<End>,
}

/// A line that reports a step of `update run`, or something that the user should know.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    version: u32,
    time: Timestamp,
    event: &'a str,
    text: &'a str,
}

/// A verdict. `flags`: how commands name the cluster.
pub(super) fn verdict(
    event: &'static str,
    verdict: &Verdict,
    end: Option<End>,
    flags: &ClusterFlags,
    now: Timestamp,
) -> String {
    let verdict = WordedVerdict::of(verdict, flags);
    line(&Record { version: LINE_VERSION, time: now, event, verdict, end })
}

/// Anything else.
pub(super) fn message(event: &str, text: &str, now: Timestamp) -> String {
    line(&Message { version: LINE_VERSION, time: now, event, text })
}

fn line(value: &impl Serialize) -> String {
    // Plain structs of strings and times always serialise.
    serde_json::to_string(value).unwrap_or_default()
}
