//! What the doctor finds, as data.

use jiff::Timestamp;
use problems::{Advice, Code, Fact, Object, Problem, Rule};

use super::source::Source;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The update does not proceed until somebody acts.
    Blocks,
    /// The update proceeds later than it could, or only in part.
    Slows,
    /// Normal, but worth knowing while searching for a cause.
    Notable,
}

/// One problem of an update, or one fact that may explain why it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What is found, and what to do about it.
    pub problem: Problem,
    /// Since when, where it is known and matters.
    pub since: Option<Timestamp>,
    /// Where it was seen.
    pub seen_in: Vec<Source>,
}

impl Finding {
    pub(super) fn new(rule: Rule, severity: Severity, object: Object, fact: impl Into<Fact>) -> Self {
        let problem = Problem::new(Code::Rule(rule), object, fact);
        Self { rule, severity, problem, since: None, seen_in: Vec::new() }
    }

    /// The same with one more step.
    pub(super) fn advise(mut self, advice: impl Into<Advice>) -> Self {
        self.problem.advice.push(advice.into());
        self
    }

    /// The same with more steps.
    pub(super) fn advise_all(mut self, advice: impl IntoIterator<Item = Advice>) -> Self {
        self.problem.advice.extend(advice);
        self
    }

    pub(super) fn since(mut self, since: Option<Timestamp>) -> Self {
        self.since = since;
        self
    }

    pub(super) fn seen_in(mut self, source: Source) -> Self {
        self.seen_in.push(source);
        self
    }
}
