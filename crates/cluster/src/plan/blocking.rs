//! What prevents the update from going through, and the command for the next step.
//!
//! What only a person can change blocks. Update windows, gradual rollouts and delays are temporary, and an approval that
//! is still to be given is the next step.

use commands::{Approve, Command, Kubectl, Update};
use deckhouse::{release_list::RELEASES_FILE, version::minor_of};
use problems::{
    Advice, Code, DeploymentFact, Fact, Object, PrepareFor, Problem, ReleaseAdvice, ReleaseFact, Rule,
    SettingsFact,
};
use semver::Version;

use super::{Creation, PlanInput, Step, present};
use crate::{
    ClusterState, Gap, LeftOutReason, alert_block,
    chain::{Candidate, Chain, Range},
    holds, license,
    minors::needs_no_approval,
    objects::{Release, UpdateSettings, image_repository},
    prepare::unset_channel,
    registry_switch,
    release_order::{Position, ReleaseOrder, instead_of_suspended},
    safe_text::hosts_only,
    wait_reason::{WaitReason, wait_reasons},
};

/// Everything that blocks. `present` is what is wrong in the cluster as it is.
pub(super) fn blocking(
    state: &ClusterState,
    present: &[Problem],
    order: &ReleaseOrder<'_>,
    chain: &Chain<'_>,
    steps: &[Step],
    range: Range<'_>,
) -> Vec<Problem> {
    let config = state.deckhouse_config();
    let mut blocking = Vec::new();
    blocking.extend(moving_tag(state, range.deployed));
    blocking.extend(config.and_then(unset_channel));
    blocking.extend(registry_switch::problem(state));
    blocking.extend(license::blocking(state));
    if let (Some(one), Some(other)) = (order.deployed, order.also_deployed.first()) {
        let object = Object::new(problems::Kind::DeckhouseRelease, &one.name);
        let fact = ReleaseFact::TwoDeployed { lower: one.name.clone(), other: other.name.clone() };
        blocking.push(Problem::new(Code::DeployedReleases, object, fact).advise(Advice::Watch));
    } else if let Some((version, Candidate { object: Some(_), .. })) = chain.steps.first()
        && let Position::NotYet(fact) | Position::Never(fact) = order.position(version, range.lts)
    {
        blocking.push(not_next(state, version, fact));
    }
    blocking.extend(not_taken(state, chain, range));
    blocking.extend(skipped_together(order, range));
    blocking.extend(chain.steps.first().and_then(|(next, _)| held_by_alerts(state, next)));
    blocking.extend(chain.steps.first().and_then(|(_, next)| held(next.object?)));
    for step in steps {
        let unmet = step.requirements.iter().filter(|it| it.outcome.blocks());
        let keys: Vec<String> = unmet.map(|it| it.key.clone()).collect();
        if !keys.is_empty() {
            let object = Object::new(problems::Kind::DeckhouseRelease, &step.version);
            let problem = Problem::new(Code::Requirement, object, ReleaseFact::UnmetKeys(keys));
            blocking.push(problem.advise(Advice::MeetListed));
        }
    }
    blocking.extend(higher_patch(order, range));
    if let Some(next) = chain.steps.first().and_then(|(_, next)| next.object) {
        add_holds(&mut blocking, present, holds_of(state, next, range.deployed));
    }
    present.iter().cloned().chain(blocking).collect()
}

/// What comes before the next release. What is deployed without an approval is not held by what runs.
fn holds_of(state: &ClusterState, next: &Release, deployed: &Version) -> Vec<Problem> {
    let settings = state.deckhouse_config().map(crate::objects::ModuleConfig::update_settings);
    if next.is_approved() || is_automatic(next, deployed, settings.as_ref()) {
        return holds::conditions(state, next);
    }
    let of_a_person = holds::before(state, next).into_iter().filter(|hold| !hold.passes);
    // An application may need the release.
    of_a_person.map(|hold| hold.problem).filter(|it| it.code != Code::Application).collect()
}

/// Adds what is not reported already.
fn add_holds(blocking: &mut Vec<Problem>, present: &[Problem], held: Vec<Problem>) {
    for problem in held {
        let is_same = |it: &Problem| it.object == problem.object && it.code == problem.code;
        // One disruption is that of a node and of its group.
        let is_disruption = |it: &Problem| {
            (it.code, problem.code) == (Code::Rule(Rule::NodeDisruption), Code::DisruptionApproval)
        };
        let is_release = problem.object.kind == problems::Kind::DeckhouseRelease;
        let is_present = |it: &Problem| is_disruption(it) || it.object == problem.object && !is_release;
        if !present.iter().any(is_present) && !blocking.iter().any(is_same) {
            blocking.push(problem);
        }
    }
}

fn moving_tag(state: &ClusterState, running: &Version) -> Option<Problem> {
    let deployment = state.deployment.known().filter(|it| !it.has_fixed_tag())?;
    let (image, tag) = (deployment.image.clone(), deployment.tag().map(str::to_owned));
    let advice =
        Advice::SetImage { repository: image_repository(&image).to_owned(), version: running.clone() };
    let fact = DeploymentFact::MovingTag { image, tag };
    Some(Problem::new(Code::MovingTag, Object::deployment(), fact).advise(advice))
}

/// A release that comes first, and is not the next one for the cluster.
fn not_next(state: &ClusterState, version: &Version, fact: ReleaseFact) -> Problem {
    let advice = match &fact {
        ReleaseFact::Duplicate { .. } => vec![Advice::Prepare(PrepareFor::RemoveDuplicates)],
        ReleaseFact::HigherPatch(higher) => vec![Advice::ApproveRelease(higher.clone())],
        ReleaseFact::MissingMinors { deployed, .. } => missing_minors(state, deployed),
        ReleaseFact::Withdrawn => vec![Advice::AnotherPatch(version.clone())],
        _ => Vec::new(),
    };
    Problem::new(Code::NotItsTurn, Object::release(version), fact).advise_all(advice)
}

/// Versions all objects of which were skipped: they have to be created again.
fn skipped_together(order: &ReleaseOrder<'_>, range: Range<'_>) -> Vec<Problem> {
    let wanted = |version: &Version| range.to.is_none_or(|to| version <= to);
    let skipped = order.skipped_together().into_iter().filter(|(version, _)| wanted(version));
    skipped
        .map(|(version, names)| {
            let fact = ReleaseFact::SkippedTogether { names: names.clone() };
            Problem::new(Code::Skipped, Object::release(version), fact)
                .advise(ReleaseAdvice::DeleteAll { names }.into())
                .advise(Advice::Prepare(PrepareFor::CreateReleases))
        })
        .collect()
}

/// Alerts that hold the next release, which shows no message for them.
fn held_by_alerts(state: &ClusterState, next: &Version) -> Option<Problem> {
    let problem = Problem::new(Code::Alert, Object::release(next), alert_block::held_by_alerts(state)?);
    Some(problem.advise_all(alert_block::ADVICE))
}

/// Releases that are missing between two. What was skipped together with its duplicate, or is suspended, is not missing but
/// reported for what it is.
pub(super) fn gap(
    state: &ClusterState,
    order: &ReleaseOrder<'_>,
    gap: &Gap,
    deployed: &Version,
) -> Option<Problem> {
    let (before, major) = (gap.before.clone(), gap.before.major);
    let is_reported =
        |minors| order.are_skipped_together(major, minors) || order.suspended_within(major, minors).is_some();
    if gap.missing_minors().is_some_and(is_reported) {
        return None;
    }
    let (fact, advice) = match gap.missing_minors() {
        Some(minors) => {
            let advice = missing_minors(state, &before);
            let fact = if before == *deployed {
                ReleaseFact::MissingMinors { deployed: before, minors }
            } else {
                ReleaseFact::MissingBetween { before, minors }
            };
            (fact, advice)
        }
        None => (ReleaseFact::OtherMajor { deployed: deployed.clone() }, Vec::new()),
    };
    Some(Problem::new(Code::Release, Object::release(&gap.after), fact).advise_all(advice))
}

fn missing_minors(state: &ClusterState, deployed: &Version) -> Vec<Advice> {
    let pull = Advice::PullSince { major: deployed.major, minor: deployed.minor };
    let push = Advice::Push { registry: state.registry_address() };
    vec![pull, push, Advice::Prepare(PrepareFor::CreateReleases)]
}

/// Releases of minors that are in the chain with no other patch, and the one that is wanted.
fn not_taken(state: &ClusterState, chain: &Chain<'_>, range: Range<'_>) -> Vec<Problem> {
    let is_passed =
        |version: &Version| chain.steps.iter().any(|(step, _)| minor_of(step) == minor_of(version));
    let mut blocking = Vec::new();
    for (reason, versions) in &chain.left_out {
        let is_suspended = match reason {
            LeftOutReason::Suspended => true,
            LeftOutReason::Phase(_) | LeftOutReason::PreRelease => false,
            _ => continue,
        };
        let lost = versions.iter().filter(|version| {
            range.to == Some(**version) || is_suspended && !is_passed(version) && **version > range.deployed
        });
        blocking.extend(lost.map(|version| {
            let fact = match reason {
                LeftOutReason::Phase(phase) => ReleaseFact::PassedOver { phase: phase.clone() },
                LeftOutReason::PreRelease => ReleaseFact::PreRelease,
                _ => ReleaseFact::Withdrawn,
            };
            let code = if is_suspended { Code::Suspended } else { Code::Skipped };
            let problem = Problem::new(code, Object::release(version), fact);
            if is_suspended && !is_passed(version) {
                problem.advise_all(instead_of_suspended(state, version))
            } else {
                problem.advise(Advice::AnotherPatch((*version).clone()))
            }
        }));
    }
    blocking
}

/// What the controller waits for besides the approval. Requirements are reported with the step.
fn held(next: &Release) -> Option<Problem> {
    let object = || Object::new(problems::Kind::DeckhouseRelease, &next.name);
    wait_reasons(&next.message).into_iter().find_map(|reason| match reason {
        WaitReason::NotificationFailed { why } => {
            let fact = ReleaseFact::NotificationFailed { why: hosts_only(&why).into() };
            Some(Problem::new(Code::Notification, object(), fact).advise(Advice::CorrectWebhook))
        }
        WaitReason::Disruption if !next.is_disruption_approved() => {
            let fact = ReleaseFact::NeedsDisruptionApproval { disruptions: next.disruptions.clone() };
            let problem = Problem::new(Code::DisruptionApproval, object(), fact);
            Some(problem.advise_all(next.version.clone().map(Advice::ApproveDisruption)))
        }
        _ => None,
    })
}

/// The controller skips a release if a higher patch of its minor is waiting.
fn higher_patch(order: &ReleaseOrder<'_>, range: Range<'_>) -> Option<Problem> {
    let to = range.to?;
    let mut waiting = order.waiting.iter().filter_map(|release| release.version.as_ref());
    let higher = waiting.find(|it| *it > to && minor_of(it) == minor_of(to))?;
    let problem = Problem::new(Code::Skipped, Object::release(to), ReleaseFact::HigherPatch(higher.clone()));
    Some(problem.advise(Advice::ApproveRelease(higher.clone())))
}

/// What the next step depends on besides the releases.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    /// What is wrong in the cluster as it is.
    pub(super) present: &'a [Problem],
    /// What may make the controller skip minor versions or deploy them unasked.
    pub(super) risks: &'a [Problem],
    /// Whether the update to the deployed release is visibly not finished.
    pub(super) is_unfinished: bool,
}

/// The releases, for the decision about the next step.
#[derive(Clone, Copy)]
pub(super) struct Outlook<'a> {
    pub(super) state: &'a ClusterState,
    pub(super) chain: &'a Chain<'a>,
    pub(super) deployed: &'a Version,
    pub(super) settings: Option<&'a UpdateSettings>,
    /// Whether the controller creates the object of the first release.
    pub(super) creation: Option<Creation>,
}

impl Outlook<'_> {
    /// The command for the next step.
    pub(super) fn next(self, input: &PlanInput, standing: Standing<'_>) -> Option<Command> {
        let Some((version, first)) = self.chain.steps.first() else {
            let waits = standing.is_unfinished && standing.present.is_empty();
            return waits.then(|| Command::dhctl(Update::Watch));
        };
        if self.is_held(standing) && !self.repairs(standing) {
            return None;
        }
        let needs_creation = self.creation == Some(Creation::Never);
        Some(Command::dhctl(match (first.object, &input.registry) {
            (None, _) if first.delivered.is_some() => {
                let file = input.file.as_deref().unwrap_or(RELEASES_FILE).to_owned();
                Update::Prepare { channel: None, file: Some(file) }
            }
            // No file has it yet.
            (None, Some(offer)) if needs_creation => Update::SavePlan {
                registry: offer.registry.clone(),
                to: input.to.as_ref().map(|to| format!("v{to}")),
            },
            (None, _) => Update::Status,
            // The controller may deploy several before anybody sees it.
            (Some(_), _) if standing.risks.iter().any(is_several_at_once) => {
                return Some(Command::kubectl(Kubectl::set_manual_mode()));
            }
            // Its approval has to be revoked before anything is deployed.
            (Some(_), _) if holds::later_approved(self.state).is_some() => return None,
            (Some(object), _)
                if object.is_approved() || is_automatic(object, self.deployed, self.settings) =>
            {
                Update::WatchTo(format!("v{version}"))
            }
            (Some(object), _) => match holds::first(self.state, object) {
                None => Update::Approve(Approve::Release(format!("v{version}"))),
                Some(hold) if hold.passes => Update::Watch,
                Some(_) => return None,
            },
        }))
    }

    /// Whether something is wrong in the cluster that concerns the first release too.
    fn is_held(self, standing: Standing<'_>) -> bool {
        let first = self.chain.steps.first();
        standing
            .present
            .iter()
            .any(|it| first.is_none_or(|(version, _)| !present::is_of_a_later_release(it, version)))
    }

    /// Whether the first release is a patch that may repair what is wrong, and may be approved. Without a ready pod, there
    /// is no controller that could deploy it.
    pub(super) fn repairs(self, standing: Standing<'_>) -> bool {
        let object = self.chain.steps.first().and_then(|(_, it)| it.object);
        let may_repair = |it: &Release| it.phase.is_some() && it.is_of_minor_of(self.deployed);
        self.is_held(standing)
            && !standing.is_unfinished
            && object.is_some_and(|it| may_repair(it) && holds::before(self.state, it).is_empty())
    }
}

fn is_several_at_once(risk: &Problem) -> bool {
    matches!(risk.fact, Fact::Settings(SettingsFact::MinorsAtOnce { .. }))
}

/// Whether an approval would have no effect. The controller's message counts more than the mode.
fn is_automatic(release: &Release, deployed: &Version, settings: Option<&UpdateSettings>) -> bool {
    settings.is_some_and(|settings| needs_no_approval(release, deployed, settings))
        && !wait_reasons(&release.message).contains(&WaitReason::Approval)
}
