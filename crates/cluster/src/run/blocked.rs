//! Why it does not go on, and whether that passes.

use commands::{Sentence, Update};
use semver::Version;

use crate::{approve::ApproveError, verdict::Diagnosis, wait_reason::is_not_known_yet};

/// Why it does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// What is wrong, and what to do about it.
    pub diagnosis: Diagnosis,
    /// The release that does not come because of it, if it concerns one.
    pub release: Option<Version>,
    /// Whether it passes by itself as far as one can tell. Then it is told as something that is waited for.
    pub passes: bool,
}

impl Blocked {
    /// Something that needs a person.
    pub(super) fn new(
        code: &'static str,
        object: impl Into<String>,
        text: impl Into<Sentence>,
        remedy: impl Into<Sentence>,
    ) -> Self {
        let diagnosis = Diagnosis { code, object: object.into(), text: text.into(), remedy: remedy.into() };
        Self { diagnosis, release: None, passes: false }
    }

    pub(super) fn of(self, release: &Version) -> Self {
        Self { release: Some(release.clone()), ..self }
    }

    pub(super) fn passing(self) -> Self {
        Self { passes: true, ..self }
    }

    /// Unmet requirements of a release. What the controller does not know yet passes.
    pub(super) fn unmet(object: impl Into<String>, reasons: &[String]) -> Self {
        let all = reasons.join("; ");
        if reasons.iter().all(|it| is_not_known_yet(it)) {
            let text = format!("the controller does not know the cluster's values yet: {all}");
            let remedy = Sentence::from("it collects them after each start; ")
                .command(Update::Doctor)
                .text(" says what holds it");
            return Self::new("requirement", object, text, remedy).passing();
        }
        let remedy =
            Sentence::default().quoted(Update::Plan).text(" says for each requirement how to meet it");
        Self::new("requirement", object, all, remedy)
    }

    /// What an attempt to approve `release` met, if a later attempt may succeed.
    ///
    /// # Errors
    /// The same error, if it may not.
    pub fn by(error: ApproveError, release: &Version) -> Result<Self, ApproveError> {
        let object = format!("DeckhouseRelease/v{release}");
        let again = "the approval is tried again as long as it is waited for";
        let blocked = match error {
            ApproveError::Unmet { object, reasons } => Self::unmet(object, &reasons),
            ApproveError::NotItsTurn { object, why } => {
                let remedy = Sentence::default().quoted(Update::Plan).text(" shows the chain");
                Self::new("notItsTurn", object, why, remedy).passing()
            }
            ApproveError::Changed { object } => {
                let text = "it was changed while it was to be approved";
                Self::new("notNow", object, text, again).passing()
            }
            ApproveError::Cluster(error) if error.is_passing() => {
                let remedy = format!(
                    "{again}; if it lasts, see what keeps the API or the platform's pod from answering"
                );
                Self::new("notNow", object, error.to_string(), remedy).passing()
            }
            ApproveError::Unknown(unknown) if !unknown.forbidden => {
                Self::new("notNow", object, unknown.to_string(), again).passing()
            }
            error => return Err(error),
        };
        Ok(blocked.of(release))
    }
}
