//! What is wrong in the cluster as it is, whichever release is next.

use jiff::Timestamp;
use problems::{AlertFact, AlertKind, Code, Fact, Kind, Object, Problem, ReleaseFact, Rule, Unfinished};
use semver::Version;

use crate::{
    ClusterState,
    approve::unfinished_sign,
    chain::Chain,
    doctor::{Details, Severity, diagnose},
    release_order::ReleaseOrder,
};

/// What the doctor finds blocking in the state alone. What it finds in releases, settings and the license is judged by the
/// plan itself, which also knows the releases that are not in the cluster.
pub(super) fn blocking(state: &ClusterState, now: Timestamp) -> Vec<Problem> {
    let findings = diagnose(state, &Details::default(), now).findings.into_iter();
    let blocking = findings.filter(|it| it.severity == Severity::Blocks);
    blocking.filter(|it| is_of_the_state(it.rule, &it.problem.fact)).map(|it| it.problem).collect()
}

fn is_of_the_state(rule: Rule, fact: &Fact) -> bool {
    match rule {
        Rule::PlatformImage
        | Rule::PlatformCrash
        | Rule::PlatformNotReady
        | Rule::PlatformNoPod
        | Rule::PlatformUnscheduled
        | Rule::NoPhase
        | Rule::QueueFailures
        | Rule::NodeDisruption => true,
        Rule::Alert => matches!(
            fact,
            Fact::Alert(AlertFact::Known {
                kind: AlertKind::ControllerHangs | AlertKind::InvalidConfiguration,
                ..
            })
        ),
        _ => false,
    }
}

/// That the update to the deployed release is visibly not finished: until it is, nothing is approved. Said of the next
/// release if the cluster has it, or else of the deployed one.
pub(super) fn unfinished(
    state: &ClusterState,
    order: &ReleaseOrder<'_>,
    chain: &Chain<'_>,
) -> Option<Problem> {
    let deployed = order.deployed?;
    let sign = unfinished_sign(state, deployed)?;
    let (of, fact) = match chain.steps.first().and_then(|(_, it)| it.object) {
        Some(next) => {
            (next, ReleaseFact::PreviousUnfinished { previous: deployed.version_text.clone(), sign })
        }
        None => (deployed, ReleaseFact::InProgress { restarting: sign == Unfinished::Pod }),
    };
    Some(Problem::new(Code::NotNow, Object::new(Kind::DeckhouseRelease, &of.name), fact))
}

/// Whether a problem is only about a release after the next one, so that the next one can be deployed anyway.
pub(super) fn is_of_a_later_release(problem: &Problem, next: &Version) -> bool {
    let name = problem.object.name.as_deref().filter(|_| problem.object.kind == Kind::DeckhouseRelease);
    name.and_then(deckhouse::version::parse_tag).is_some_and(|it| it > *next)
}
