//! What must come of a scenario.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::duration::story_time;

/// The words for a verdict.
const CALLS: [&str; 7] =
    ["NotStarted", "Switching", "Converging", "Propagating", "Done", "Stalled", "Failed"];

/// What must come of a scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The exit code.
    pub exit: i32,
    /// The verdicts in their order, repetitions left out, as a pattern: `Switching Converging? (Stalled Failed)*`. Nothing
    /// else may appear. None: not looked at.
    #[serde(default)]
    pub verdicts: Option<String>,
    /// Words that occur somewhere in what the tool prints.
    #[serde(default)]
    pub says: Vec<String>,
    /// Words that occur nowhere in it.
    #[serde(default)]
    pub never_says: Vec<String>,
    /// How the cluster is afterwards.
    #[serde(default)]
    pub left_as: LeftAs,
    /// Stages in each of which the tool is interrupted once, at its first such verdict, and started again.
    #[serde(default)]
    pub interrupt: Vec<String>,
    /// After this time without an end the test fails.
    #[serde(default = "minute", deserialize_with = "story_time")]
    pub within: Duration,
}

/// How the cluster is afterwards.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeftAs {
    /// Releases that are approved.
    pub approved: Vec<String>,
    /// Releases that are there and not approved.
    pub not_approved: Vec<String>,
    /// The one release that is `Deployed`.
    pub deployed: Option<String>,
    /// Releases that are not there.
    pub gone: Vec<String>,
    /// Objects that hold at least this: `apiVersion`, `kind` and `metadata.name` say which.
    pub objects: Vec<Value>,
}

fn minute() -> Duration {
    Duration::from_mins(1)
}

impl Expect {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.pattern()?;
        for stage in &self.interrupt {
            ensure!(CALLS.contains(&stage.as_str()), "{stage} is no verdict");
        }
        Ok(())
    }

    /// Whether these verdicts, in the words of the tool's JSON lines, are those that are expected.
    ///
    /// # Errors
    /// If the pattern is not understood.
    pub fn fits(&self, verdicts: &[String]) -> anyhow::Result<bool> {
        let Some(pattern) = self.pattern()? else { return Ok(true) };
        let mut text = String::new();
        for verdict in verdicts {
            let mut letters = verdict.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            let word: String = first.chain(letters).collect();
            if text.split(' ').nth_back(1) != Some(&word) {
                text.push_str(&word);
                text.push(' ');
            }
        }
        Ok(pattern.is_match(&text))
    }

    fn pattern(&self) -> anyhow::Result<Option<Regex>> {
        let Some(text) = &self.verdicts else { return Ok(None) };
        for word in text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()) {
            ensure!(CALLS.contains(&word), "{word} is no verdict");
        }
        let words = Regex::new("[A-Za-z]+")?.replace_all(text, "(?:$0@)").replace(char::is_whitespace, "");
        let pattern = Regex::new(&format!("^(?:{})$", words.replace('@', " ")));
        pattern.map(Some).with_context(|| format!("the verdicts {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_a_pattern_of_words() {
        let expect = |verdicts: &str| Expect {
            exit: 0,
            verdicts: Some(verdicts.to_owned()),
            says: Vec::new(),
            never_says: Vec::new(),
            left_as: LeftAs::default(),
            interrupt: Vec::new(),
            within: minute(),
        };
        let said = ["notStarted", "notStarted", "switching", "converging", "done"].map(str::to_owned);
        for (pattern, fits) in [
            ("NotStarted Switching Converging Propagating? Done", true),
            ("NotStarted? (Switching | Converging)* Done", true),
            ("Switching Converging Done", false),
            ("NotStarted Switching Converging Propagating Done", false),
            ("NotStarted Switching Converging", false),
        ] {
            assert_eq!(expect(pattern).fits(&said).unwrap(), fits, "{pattern}");
        }
        assert!(expect("(Done").check().is_err());
        assert!(expect("Dnoe").check().is_err());
    }
}
