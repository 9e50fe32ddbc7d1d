//! JSON lines of the watch. Programs read them: fields are added, never changed.

use cluster::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;

use super::End;

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
    verdict: &'a Verdict,
    /// With `end`: `done`, `failed`, `stalled` or `timeOver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<End>,
}

/// A line that tells of a step of `update run`, or of something that the user should know.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    version: u32,
    time: Timestamp,
    event: &'a str,
    text: &'a str,
}

pub(super) fn verdict(event: &'static str, verdict: &Verdict, end: Option<End>, now: Timestamp) -> String {
    line(&Record { version: LINE_VERSION, time: now, event, verdict, end })
}

pub(super) fn told(event: &str, text: &str, now: Timestamp) -> String {
    line(&Told { version: LINE_VERSION, time: now, event, text })
}

fn line(value: &impl Serialize) -> String {
    // Plain structs of strings and times always serialise.
    serde_json::to_string(value).unwrap_or_default()
}
