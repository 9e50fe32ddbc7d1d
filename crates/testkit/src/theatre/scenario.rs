//! A scenario as its file has it. Whatever is misspelled is refused.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::{Expect, InitialState, duration::story_time, step::Step, trigger::Trigger};

/// A scenario that a cluster goes through, and what a watcher must make of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a sentence.
    pub title: String,
    /// The words after `dhctl update` that are run beside it.
    pub run: Vec<String>,
    /// How the cluster differs from the default cluster when the scenario begins.
    #[serde(default)]
    pub initial_state: InitialState,
    /// What happens, and when. Each action waits for its trigger by itself.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// What must come of it.
    pub expect: Expect,
}

/// A part of the scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What it waits for.
    #[serde(default)]
    pub(super) on: Trigger,
    /// Scenario time after the trigger.
    #[serde(default, rename = "in", deserialize_with = "story_time")]
    pub(super) after: Duration,
    /// Its name, for the triggers of others.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// What a watcher rightly takes for nothing: it may happen within the settle time.
    #[serde(default)]
    pub(super) harmless: bool,
    /// The steps, one after the other.
    #[serde(rename = "do")]
    pub(super) steps: Vec<Step>,
}

impl Scenario {
    /// Whether its command waits for something, and so takes `--settle` and shows progress. Others look once, at what has
    /// happened before.
    pub fn waits(&self) -> bool {
        self.run.first().is_some_and(|command| matches!(command.as_str(), "run" | "watch"))
    }

    /// The folder of the scenarios.
    pub fn folder() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/theatre"))
    }

    /// The names of all scenarios, sorted.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn names() -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(Self::folder())? {
            let name = entry?.file_name();
            names.extend(name.to_string_lossy().strip_suffix(".yaml").map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// The scenario of this name.
    ///
    /// # Errors
    /// If there is none, or its file is not understood.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        let path = Self::folder().join(format!("{name}.yaml"));
        let text = fs::read_to_string(&path).with_context(|| format!("no scenario {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("scenario {name}"))
    }

    /// A scenario from the text of its file.
    ///
    /// # Errors
    /// If it is not YAML, has an unknown word in it, or an action waits for one that does not exist.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let value: Value = serde_saphyr::from_str(text)?;
        let scenario: Self = serde_json::from_value(value)?;
        scenario.expect.check()?;
        for action in &scenario.actions {
            if let Trigger::Action(wanted) = &action.on {
                let named = scenario.actions.iter().any(|other| other.name.as_ref() == Some(wanted));
                anyhow::ensure!(named, "no action has the name {wanted}");
            }
        }
        Ok(scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "title: t\nrun: [watch]\nexpect: {exit: 0}\n";

    #[test]
    fn every_file_is_understood() {
        let names = Scenario::names().unwrap();
        for name in &names {
            if let Err(error) = Scenario::named(name) {
                panic!("{error:#}");
            }
        }
        assert!(!names.is_empty());
    }

    #[test]
    fn what_is_misspelled_is_refused() {
        assert!(Scenario::parse(SMALL).is_ok());
        for wrong in [
            "titel: t\nrun: []\nexpect: {exit: 0}\n",
            &format!("{SMALL}initial_state: {{deployd: v1.2.3}}\n"),
            &format!("{SMALL}actions: [{{do: [{{updaet: v1.2.3}}]}}]\n"),
            &format!("{SMALL}actions: [{{do: [{{update: {{to: v1.2.3, untli: ready}}}}]}}]\n"),
            &format!("{SMALL}actions: [{{on: {{action: none}}, do: []}}]\n"),
            &format!("{SMALL}actions: [{{in: 3, do: []}}]\n"),
            "title: t\nrun: []\nexpect: {exit: 0, verdicts: Dnoe}\n",
        ] {
            assert!(Scenario::parse(wrong).is_err(), "{wrong}");
        }
    }
}
