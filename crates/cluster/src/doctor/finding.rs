//! What the doctor finds, and what to do about it.

use commands::{ClusterFlags, Command, Sentence};
use jiff::Timestamp;
use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The update does not go on until somebody does something.
    Blocks,
    /// It goes on, later or worse than it could, or only in part.
    Slows,
    /// As it may be; worth knowing while looking for a reason.
    Notable,
}

/// One thing that keeps an update from going on, or may explain why it waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule that found it: a stable name for machines.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The object that it is about, as `KIND/NAME`.
    pub object: String,
    /// What is so, with the value.
    pub what: String,
    /// What it means.
    pub why: String,
    /// What to do, in words.
    pub remedy: Sentence,
    /// Commands that do it or show more, to be pasted into a shell.
    pub commands: Vec<Command>,
    /// Since when, where it is known and matters.
    pub since: Option<Timestamp>,
    /// The source that it was seen in.
    pub seen_in: &'static str,
}

impl Finding {
    pub(super) fn new(
        rule: &'static str,
        severity: Severity,
        object: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity,
            object: object.into(),
            what: what.into(),
            why: String::new(),
            remedy: Sentence::default(),
            commands: Vec::new(),
            since: None,
            seen_in: "",
        }
    }

    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<Sentence>) -> Self {
        self.remedy = remedy.into();
        self
    }

    pub(super) fn command(mut self, command: impl Into<Command>) -> Self {
        self.commands.push(command.into());
        self
    }

    pub(super) fn commands(mut self, commands: Vec<Command>) -> Self {
        self.commands.extend(commands);
        self
    }

    /// The same, with commands that name the cluster so.
    pub(super) fn addressed(mut self, flags: &ClusterFlags) -> Self {
        self.remedy = self.remedy.addressed(flags);
        self.commands = self.commands.into_iter().map(|command| command.addressed(flags)).collect();
        self
    }

    pub(super) fn since(mut self, since: Option<Timestamp>) -> Self {
        self.since = since;
        self
    }

    pub(super) fn seen_in(mut self, source: &'static str) -> Self {
        self.seen_in = source;
        self
    }
}
