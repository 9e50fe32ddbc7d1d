//! What every command ends with where something is blocked, failed or left to do.

use std::fmt::{self, Display, Formatter};

use commands::{ClusterFlags, Sentence};

use super::{Place, Step};

/// The state in one line, and numbered steps.
///
/// ```text
/// v1.72.5 is stuck: Pod/deckhouse-7d4f-0 cannot pull its image …
///   1. outside: pull the release: dhctl mirror …
///   2. inside: push the bundle: dhctl mirror …
///   3. check again: dhctl update status
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// The state.
    pub headline: Sentence,
    /// What the state means, where that has to be explained.
    pub means: Option<Sentence>,
    /// What the headline is about, one a line.
    pub details: Vec<Sentence>,
    /// What to do, in order.
    pub steps: Vec<Step>,
}

impl Block {
    /// A state without steps.
    pub fn new(headline: impl Into<Sentence>) -> Self {
        Self { headline: headline.into(), ..Self::default() }
    }

    /// The same, explained.
    #[must_use]
    pub fn means(self, means: Option<Sentence>) -> Self {
        Self { means, ..self }
    }

    /// The same with what the headline is about.
    #[must_use]
    pub fn details(self, details: Vec<Sentence>) -> Self {
        Self { details, ..self }
    }

    /// The same with one more step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The same with more steps.
    #[must_use]
    pub fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }

    /// The same, with commands that name the cluster so.
    #[must_use]
    pub fn addressed(self, flags: &ClusterFlags) -> Self {
        Self {
            headline: self.headline.addressed(flags),
            means: self.means.map(|it| it.addressed(flags)),
            details: self.details.into_iter().map(|it| it.addressed(flags)).collect(),
            steps: self.steps.into_iter().map(|step| step.addressed(flags)).collect(),
        }
    }

    /// The lines below the headline: what it means and is about, and the numbered steps. The places are named only where a step is
    /// done outside.
    pub fn lines(&self) -> Vec<String> {
        let is_one_machine = self.steps.iter().all(|step| step.place != Place::Outside);
        let place = |step: &Step| match step.place {
            Place::Outside => "outside: ",
            Place::Inside if !is_one_machine => "inside: ",
            Place::Inside | Place::Here => "",
        };
        let means = self.means.iter().chain(&self.details).map(|it| format!("  {it}"));
        let numbered = self.steps.iter().enumerate();
        means
            .chain(numbered.map(|(number, step)| format!("  {}. {}{}", number + 1, place(step), step.text)))
            .map(|line| foreign_text::one_line(&line).into_owned())
            .collect()
    }
}

impl Display for Block {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", foreign_text::one_line(&self.headline.to_string()))?;
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
