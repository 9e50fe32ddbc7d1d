//! What prevents the next step, and whether that passes.

use problems::{Advice, Code, Object, Problem, ReleaseFact, WaitReason};
use semver::Version;

use crate::{
    ClusterState, approve::ApproveError, image_check::ImageReport, modules::against_constraint,
    objects::Release, release_order::ReleaseOrder,
};

/// What prevents the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// What is wrong, and what to do about it.
    pub problem: Problem,
    /// The release that is not deployed because of it, if it concerns one.
    pub release: Option<Version>,
    /// Whether it passes automatically as far as is known. Then it is reported as something that is waited for.
    pub passes: bool,
}

impl Blocked {
    /// Something that needs a person.
    pub(super) fn by_problem(problem: Problem) -> Self {
        Self { problem, release: None, passes: false }
    }

    pub(super) fn of(self, release: &Version) -> Self {
        Self { release: Some(release.clone()), ..self }
    }

    pub(super) fn passing(self) -> Self {
        Self { passes: true, ..self }
    }

    /// Unmet requirements of a release. It passes where the controller only does not know the cluster's values yet.
    pub(super) fn unmet(
        state: &ClusterState,
        object: Object,
        release: Option<&Version>,
        reasons: Vec<WaitReason>,
    ) -> Self {
        if reasons.iter().all(WaitReason::is_value_not_known) {
            let fact = ReleaseFact::RequirementsNotKnown(reasons);
            return Self::by_problem(Problem::new(Code::Requirement, object, fact).advise(Advice::Doctor))
                .passing();
        }
        let mut advice: Vec<Advice> = Vec::new();
        for reason in &reasons {
            if let WaitReason::ModuleConstraint { module, .. } = reason {
                advice.extend(against_constraint(state, module, release));
            }
        }
        let object_of = |version| ReleaseOrder::of(state.releases.known()?).find(version);
        let is_approved = release.and_then(object_of).is_some_and(Release::is_approved);
        let fact =
            if is_approved { ReleaseFact::ApprovedButUnmet(reasons) } else { ReleaseFact::Unmet(reasons) };
        let problem = Problem::new(Code::Requirement, object, fact).advise_all(advice);
        Self::by_problem(problem.advise(Advice::MeetRequirements))
    }

    /// What prevents the approval of `release` according to a check of its images; `None` if nothing does.
    pub fn by_images(report: &ImageReport, release: &Version) -> Option<Self> {
        Some(Self::by_problem(report.problem.clone()?).of(release))
    }

    /// What an attempt to approve `release` met, if a later attempt may succeed.
    ///
    /// # Errors
    /// The same error, if it may not.
    pub fn by(error: ApproveError, state: &ClusterState, release: &Version) -> Result<Self, ApproveError> {
        let object = Object::release(release);
        let not_now = |why: String| {
            Problem::new(Code::NotNow, object.clone(), ReleaseFact::NotNow(why.into()))
                .advise(Advice::WaitForRetry)
        };
        let blocked = match error {
            ApproveError::Unmet { reasons, .. } => Self::unmet(state, object, Some(release), reasons),
            ApproveError::NotItsTurn { fact, .. } => {
                let problem = Problem::new(Code::NotItsTurn, object, *fact);
                Self::by_problem(problem.advise(Advice::Plan)).passing()
            }
            // What lasts is decided before an attempt, so this has appeared since and is judged with the next observation.
            ApproveError::Held { problem, .. } => Self::by_problem(*problem).passing(),
            ApproveError::Changed { .. } => {
                let problem = Problem::new(Code::NotNow, object, ReleaseFact::ChangedMeanwhile);
                Self::by_problem(problem.advise(Advice::WaitForRetry)).passing()
            }
            ApproveError::Cluster(error) if error.is_passing() => {
                Self::by_problem(not_now(error.to_string()).advise(Advice::Doctor)).passing()
            }
            ApproveError::Unknown(unknown) if !unknown.forbidden => {
                Self::by_problem(not_now(unknown.to_string())).passing()
            }
            error => return Err(error),
        };
        Ok(blocked.of(release))
    }
}
