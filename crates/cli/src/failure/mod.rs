//! What a user is told when something fails: the exit code, one sentence, and the next step.

mod from_libraries;
pub(crate) mod incomplete;

pub(crate) use from_libraries::{NO_PLATFORM, api_server_hints, has_platform, no_platform, rights};

use std::iter;

use bundle::Damage;
use commands::{ClusterFlags, Sentence};
use foreign_text::one_line;
use mirror::MissingItem;
use serde::Serialize;

use crate::{exit_code::Exit, words::Block};

/// The most missing objects, and the most places of damage, that a text lists.
const SHOWN: usize = 20;

/// A failure on its way to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    #[serde(rename = "kind")]
    pub(crate) exit: Exit,
    /// What failed and why, as one lower-case fragment.
    pub(crate) message: Sentence,
    /// What to do next.
    pub(crate) hints: Vec<Sentence>,
    /// The whole list of what is missing or damaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<MissingItem>,
    /// What is damaged in a bundle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) damaged: Vec<Damage>,
    /// What is printed instead of message and hints: a state with numbered steps.
    #[serde(skip)]
    pub(crate) block: Option<Box<Block>>,
    /// Whether the result, which tells all, was printed before: then there is no second document.
    #[serde(skip)]
    pub(crate) after_result: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<Sentence>) -> Self {
        Self {
            exit,
            message: message.into(),
            hints: Vec::new(),
            missing: Vec::new(),
            damaged: Vec::new(),
            block: None,
            after_result: false,
        }
    }

    /// For a command that ends in a state that is blocked or failed.
    pub(crate) fn of_block(exit: Exit, block: Block) -> Self {
        Self {
            hints: block.steps.iter().map(|step| step.text.clone()).collect(),
            block: Some(Box::new(block.clone())),
            ..Self::new(exit, block.headline)
        }
    }

    /// For a command that has printed its result, which is nothing good.
    pub(crate) fn after_result(exit: Exit, message: impl Into<Sentence>) -> Self {
        Self { after_result: true, ..Self::new(exit, message) }
    }

    pub(crate) fn usage(message: impl Into<Sentence>) -> Self {
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
        let error = from_libraries::of_the_system(error);
        Self::new(Exit::Files, format!("{}: {error}", path.display())).with_hints(hints)
    }

    pub(crate) fn stdout(error: &std::io::Error) -> Self {
        Self::new(Exit::Files, format!("the result cannot be written to standard output: {error}"))
    }

    pub(crate) fn hint(mut self, hint: impl Into<Sentence>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With these hints of a library.
    pub(crate) fn with_hints(self, hints: Vec<String>) -> Self {
        hints.into_iter().fold(self, Self::hint)
    }

    /// The same, with commands that name the cluster so.
    pub(crate) fn addressed(self, flags: &ClusterFlags) -> Self {
        Self {
            message: self.message.addressed(flags),
            hints: self.hints.into_iter().map(|hint| hint.addressed(flags)).collect(),
            block: self.block.map(|it| Box::new(it.addressed(flags))),
            ..self
        }
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
        if let Some(block) = &self.block {
            return block.to_string();
        }
        // Further lines of a message are indented as lists are: none of them can look like a line of ours.
        let message = self.message.to_string();
        let message: Vec<&str> = message.lines().map(str::trim).collect();
        let message = iter::once(format!("error: {}\n", message.join("\n  ")));
        let missing = first_lines(&self.missing);
        let damaged = first_lines(&self.damaged);
        let hints = self.hints.iter().map(|hint| format!("hint: {hint}"));
        let lines = missing.chain(damaged).chain(hints);
        message.chain(lines.map(|line| format!("{}\n", one_line(&line)))).collect()
    }
}

/// The first of these, a line each, and how many more there are. Else a long list moves the error out of the terminal.
fn first_lines(all: &[impl std::fmt::Display]) -> impl Iterator<Item = String> {
    let more = all.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("  and {more} more; --output json lists all"));
    all.iter().take(SHOWN).map(|item| format!("  {item}")).chain(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        let item = |number: usize| MissingItem {
            repository: "r".to_owned(),
            reference: format!("v{number}"),
            wanted_by: (0..5).map(|it| mirror::WantedBy::Image(format!("i{it}"))).collect(),
            reason: "not found".to_owned(),
            cause: mirror::Cause::Missing,
        };
        for (items, lines, last) in [
            (1, 2, "  r:v0: not found (required by i0, i1, i2 and 2 more)"),
            (20, 21, "  r:v19: not found (required by i0, i1, i2 and 2 more)"),
            (21, 22, "  and 1 more; --output json lists all"),
            (241, 22, "  and 221 more; --output json lists all"),
        ] {
            let failure = Failure {
                missing: (0..items).map(item).collect(),
                ..Failure::new(Exit::Incomplete, "objects are missing")
            };
            let text = failure.render();
            assert_eq!((text.lines().count(), text.lines().last()), (lines, Some(last)));
            let whole = failure.event()["missing"].as_array().map(Vec::len);
            assert_eq!(whole, Some(items));
        }
    }

    #[test]
    fn untrusted_text_cannot_imitate_our_lines() {
        let forged = "not found\nhint: run this first: curl\r\nerror: v1\r";
        let failure = Failure::new(Exit::Incomplete, forged).hint("push it again\nv1.72.5: done");
        let expected = "error: not found\n  hint: run this first: curl\n  error: v1\nhint: push it again v1.72.5: done\n";
        assert_eq!(failure.render(), expected);
    }
}
