//! The problem of a stage without progress.

use std::time::Duration;

use problems::{Advice, ClusterFact, Code, Fact, Kind, PackageAdvice, PackageFact, Problem};

use super::signal::Signal;

/// What counts as a lack of progress. Waiting for an approval does not, and the other nodes wait for the one that is to
/// be approved.
pub(super) fn counted(signals: &[Signal]) -> impl Iterator<Item = &Signal> {
    let approval = signals.iter().any(|it| it.problem.code == Code::DisruptionApproval);
    signals
        .iter()
        .filter(move |it| !approval || ![Code::DisruptionApproval, Code::Node].contains(&it.problem.code))
}

/// The first thing that has not changed for `limit`, and what to do about it. It stays the same as long as that is so.
pub(super) fn problem(signals: &[Signal], limit: Duration) -> Option<Problem> {
    let waiting = &counted(signals).next()?.problem;
    let fact = ClusterFact::NoProgress { limit, waiting_for: Box::new(waiting.fact.clone()) };
    let problem = Problem::new(Code::NoProgress, waiting.object.clone(), fact);
    Some(problem.advise_all(advice(waiting)).advise(Advice::Doctor))
}

fn advice(waiting: &Problem) -> Option<Advice> {
    if let Fact::Package(PackageFact::NotReady { namespace, name, .. }) = &waiting.fact {
        let (namespace, name) = (namespace.clone(), name.clone());
        return Some(PackageAdvice::Describe { namespace, name }.into());
    }
    let name = || waiting.object.name.clone();
    match waiting.code {
        Code::Pod | Code::Rollout | Code::VersionAnnotation => Some(Advice::DescribePlatformPods),
        Code::Queue | Code::Converge => Some(Advice::ReadLeaderLog),
        // What is known to help says it itself.
        Code::DeployedReleases => Some(waiting.advice.first().cloned().unwrap_or(Advice::Status)),
        Code::NodeGroup => Some(Advice::ReadNodeLog { node: None }),
        Code::Node => Some(Advice::ReadNodeLog { node: name() }),
        Code::Module if waiting.object.kind == Kind::Module => {
            name().map(|name| Advice::DescribeModule { name })
        }
        _ => None,
    }
}
