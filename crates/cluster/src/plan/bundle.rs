//! The bundle that brings the releases of a plan.

use deckhouse::Edition;
use foreign_text::ForeignText;
use problems::{Kind, Object, Problem, RegistryAdvice};
use serde::Serialize;

use super::{
    registry::other_edition,
    unknown::{PlanSource, PlanUnknown},
};
use crate::{ClusterState, EditionMatch, RegistryAnswer};

/// A bundle, and its edition of the platform or why it is unknown.
#[derive(Debug, Clone)]
pub struct BundleEdition {
    /// The file, as it was given.
    pub file: String,
    /// The edition.
    pub edition: Result<Edition, ForeignText>,
}

/// The bundle that a plan was made with, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanBundle {
    /// The file, as it was given.
    pub file: String,
    /// Its edition of the platform, if that is known.
    pub edition: Option<String>,
}

impl BundleEdition {
    /// What a plan reports of it.
    pub(super) fn summary(&self) -> PlanBundle {
        let edition = self.edition.as_ref().ok();
        PlanBundle { file: self.file.clone(), edition: edition.map(ToString::to_string) }
    }

    /// That its edition is another one than the cluster's.
    pub(super) fn other_edition(&self, state: &ClusterState) -> Option<Problem> {
        let object = Object::new(Kind::Bundle, &self.file);
        let (problem, pull) = other_edition(&self.compared(state), object)?;
        Some(problem.advise(pull).advise(RegistryAdvice::AllowEditionChange.into()))
    }

    /// That the editions were not compared.
    pub(super) fn unknown(&self, state: &ClusterState) -> Option<PlanUnknown> {
        match self.compared(state) {
            EditionMatch::NotChecked { why } => Some(PlanUnknown::new(PlanSource::EditionOfBundle, why)),
            EditionMatch::Same { .. } | EditionMatch::Different { .. } => None,
        }
    }

    fn compared(&self, state: &ClusterState) -> EditionMatch {
        let edition = match &self.edition {
            Ok(edition) => RegistryAnswer::Found(edition.clone()),
            Err(why) => RegistryAnswer::Unknown(why.clone()),
        };
        EditionMatch::of(state, &edition)
    }
}
