//! One step of what to do.

use commands::{ClusterFlags, Sentence};

/// On which side of the air gap a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the machine with internet access.
    Outside,
    /// On a machine inside the air-gapped environment that reaches the registry.
    Inside,
    /// Where this command runs.
    Here,
}

/// One step of what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it is done.
    pub place: Place,
    /// What is done: an imperative, with its command last.
    pub text: Sentence,
}

impl Step {
    /// A step that is done here.
    pub fn here(text: impl Into<Sentence>) -> Self {
        Self { place: Place::Here, text: text.into() }
    }

    /// A step that is done outside.
    pub fn outside(text: impl Into<Sentence>) -> Self {
        Self { place: Place::Outside, text: text.into() }
    }

    /// A step that is done inside.
    pub fn inside(text: impl Into<Sentence>) -> Self {
        Self { place: Place::Inside, text: text.into() }
    }

    /// The same, with commands that name the cluster so.
    #[must_use]
    pub fn addressed(self, flags: &ClusterFlags) -> Self {
        Self { text: self.text.addressed(flags), ..self }
    }
}
