//! What `--exit-code` ends with if a cluster is not idle or not healthy.

use cluster::health::{Health, Unhealthy, UnhealthyKind};
use problems::{Fact, ReleaseFact};

use crate::{exit_code::Exit, failure::Failure, words};

/// More reasons than these are only counted.
const SHOWN: usize = 3;

/// The failure, with the gravest reasons in one line; `None` if the cluster is idle and healthy.
pub(super) fn unhealthy(health: &Health) -> Option<Failure> {
    let first = health.reasons.first()?;
    // They come last of what blocks, and nothing blocks because of them.
    let is_skipped = |it: &Unhealthy| matches!(it.problem.fact, Fact::Release(ReleaseFact::SkippedMinors(_)));
    let lead = match first.kind {
        UnhealthyKind::Blocks if is_skipped(first) => "the cluster is at risk",
        UnhealthyKind::Blocks => "something blocks the update",
        UnhealthyKind::Alert => "an alert about an update is firing",
        UnhealthyKind::Running => "the cluster is not idle or not healthy",
        UnhealthyKind::Unknown => "cannot determine whether the cluster is idle and healthy",
    };
    let of_kind =
        health.reasons.iter().filter(|it| it.kind == first.kind && is_skipped(it) == is_skipped(first));
    let named: Vec<String> = of_kind.map(|it| words::what(&it.problem).to_string()).collect();
    let message = format!("{lead}: {}", words::clauses(&named, SHOWN));
    let message = foreign_text::one_line(&message).into_owned();
    Some(Failure::after_result(Exit::Cluster, message))
}

#[cfg(test)]
mod tests {
    use problems::{Code, Kind, Object, PodFact, Problem, SourceFact};

    use super::*;

    #[test]
    fn the_gravest_reasons_in_one_line() {
        let reason = |kind, name: &str| {
            let object = Object::new(Kind::Pod, name);
            Unhealthy { kind, problem: Problem::new(Code::Pod, object, PodFact::NotReady) }
        };
        let unread = SourceFact::Unreadable { others: Vec::new(), why: "no\npermission".into() };
        let unknown = Unhealthy {
            kind: UnhealthyKind::Unknown,
            problem: Problem::new(Code::Unreadable, Object::any(Kind::Node), unread),
        };
        let of = |reasons: &[Unhealthy]| {
            unhealthy(&Health { reasons: reasons.to_vec() }).map(|it| (it.exit, it.render()))
        };
        assert_eq!(of(&[]), None);
        let running: Vec<Unhealthy> =
            ["a", "b", "c", "d", "e"].map(|name| reason(UnhealthyKind::Running, name)).into();
        let (exit, text) = of(&running).unwrap();
        assert_eq!(exit, Exit::Cluster);
        assert!(
            text.starts_with("error: the cluster is not idle or not healthy: Pod/a ")
                && text.ends_with("; and 2 more\n"),
            "{text}"
        );
        let skipped = Unhealthy {
            kind: UnhealthyKind::Blocks,
            problem: Problem::new(
                Code::SkippedMinors,
                Object::new(Kind::DeckhouseRelease, "v1.73.2"),
                ReleaseFact::SkippedMinors(vec![semver::Version::new(1, 72, 5)]),
            ),
        };
        let (exit, text) = of(std::slice::from_ref(&skipped)).unwrap();
        assert_eq!(exit, Exit::Cluster);
        assert!(
            text.starts_with("error: the cluster is at risk: DeckhouseRelease/v1.73.2 is deployed, but"),
            "{text}"
        );
        let (_, text) = of(&[reason(UnhealthyKind::Blocks, "a"), skipped]).unwrap();
        assert!(
            text.starts_with("error: something blocks the update: Pod/a ") && !text.contains("skipped"),
            "{text}"
        );
        let (_, text) = of(&[unknown]).unwrap();
        assert_eq!(
            text,
            "error: cannot determine whether the cluster is idle and healthy: \
             Nodes cannot be read: no permission\n"
        );
    }
}
