//! What a user is told when something fails: the exit code, one sentence, and the next step.

mod from_libraries;
mod incomplete;

pub(crate) use from_libraries::RIGHTS;

use std::iter;

use bundle::Damage;
use mirror::MissingItem;
use serde::Serialize;

use crate::{exit_code::Exit, harmless::one_line};

/// A failure on its way to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    #[serde(rename = "kind")]
    pub(crate) exit: Exit,
    /// What failed and why, as one lower-case fragment.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hints: Vec<String>,
    /// The whole list of what is missing or damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<MissingItem>,
    /// What is damaged in a bundle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) damaged: Vec<Damage>,
    /// Whether the result, which tells all, was printed before: then there is no second document.
    #[serde(skip)]
    pub(crate) after_result: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hints: Vec::new(),
            missing: Vec::new(),
            damaged: Vec::new(),
            after_result: false,
        }
    }

    /// For a command that has printed its result, which is nothing good.
    pub(crate) fn after_result(exit: Exit, message: impl Into<String>) -> Self {
        Self { after_result: true, ..Self::new(exit, message) }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::new(Exit::Internal, error.to_string())
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted")
    }

    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let hints = from_libraries::hints_on_space(error);
        Self { hints, ..Self::new(Exit::Files, format!("{}: {error}", path.display())) }
    }

    pub(crate) fn stdout(error: &std::io::Error) -> Self {
        Self::new(Exit::Files, format!("the result cannot be written to standard output: {error}"))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The last event of a progress in JSON lines: what the document of `--output json` has, and the exit code.
    pub(crate) fn event(&self) -> serde_json::Value {
        let mut event = serde_json::json!({"event": "error", "exit_code": self.exit as u8});
        // Strings and lists of them: it cannot fail, and without them the line would still tell the code.
        if let (Some(event), Ok(serde_json::Value::Object(fields))) =
            (event.as_object_mut(), serde_json::to_value(self))
        {
            event.extend(fields);
        }
        event
    }

    /// The text for standard error.
    pub(crate) fn render(&self) -> String {
        let message = iter::once(format!("error: {}", self.message));
        let missing = self.missing.iter().map(|item| format!("  {item}"));
        let damaged = self.damaged.iter().map(|damage| format!("  {damage}"));
        let hints = self.hints.iter().map(|hint| format!("hint: {hint}"));
        let lines = message.chain(missing).chain(damaged).chain(hints);
        lines.flat_map(|line| [one_line(&line).into_owned(), "\n".to_owned()]).collect()
    }
}
