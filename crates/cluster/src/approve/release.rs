//! The approval of one release of the platform.

use problems::{Code, Fact, Object, Problem, ReleaseFact};
use semver::Version;
use serde_json::json;

use super::{Approval, ApprovalNote, ApproveError, Timing};
use crate::{
    ClusterState,
    change::{Change, Guard, Kind, Purpose, Write},
    holds,
    minors::reports,
    objects::{ModuleConfig, Release, UpdateMode},
    release_order::{Position, ReleaseOrder},
    wait_reason::unmet_requirements,
};

/// Ignores windows, waves of a rollout, notification delays and the approval itself; not the requirements (facts 1.4).
pub(crate) const APPLY_NOW: &str = "release.deckhouse.io/apply-now";

/// The approval of one release; `None` if it is approved or deployed already.
pub fn release(
    state: &ClusterState,
    version: &Version,
    timing: Timing,
) -> Result<Option<Approval>, ApproveError> {
    let release = find(state, version)?;
    let at_once = timing == Timing::Now;
    let mut patch = json!({});
    if !release.is_approved() {
        patch["approved"] = json!(true);
    }
    if at_once && !release.is_annotated(APPLY_NOW) {
        patch["metadata"]["annotations"][APPLY_NOW] = json!("true");
    }
    if patch == json!({}) && release.is_waiting() {
        return Ok(None);
    }
    let order = ReleaseOrder::of(state.releases.required("releases")?);
    match order.position(version, state.is_lts()) {
        Position::Next => {}
        Position::Deployed => return Ok(None),
        Position::NotYet(fact) | Position::Never(fact) => {
            let object = Object::new(problems::Kind::DeckhouseRelease, &release.name);
            return Err(ApproveError::NotItsTurn { object, fact: Box::new(fact) });
        }
    }
    let (notable, refused): (Vec<_>, Vec<_>) =
        holds::before(state, release).into_iter().map(|hold| hold.problem).partition(is_notable);
    if let Some(problem) = refused.into_iter().next() {
        return Err(held(release, problem));
    }
    let webhook = state.release_webhook.known().and_then(Option::as_ref);
    let preflight = webhook.is_some_and(|webhook| webhook.allows_dry_run);
    let unmet = unmet_requirements(&release.message);
    // A webhook may know better, as the message is some seconds old; but not each one answers, and then nobody would say it.
    if !unmet.is_empty() {
        let object = Object::new(problems::Kind::DeckhouseRelease, &release.name);
        return Err(ApproveError::Unmet { object, reasons: unmet });
    }
    let change = Change {
        purpose: if release.is_approved() {
            Purpose::ApplyApproved { version: version.clone() }
        } else {
            Purpose::ApproveRelease { version: version.clone(), apply_now: at_once }
        },
        kind: Kind::DeckhouseRelease,
        name: release.name.clone(),
        write: Write::Merge(patch),
    };
    Ok(Some(Approval {
        change,
        guard: Guard::of(release.resource_version.as_deref()),
        preflight,
        notes: notes(state, release).into_iter().chain(notable.into_iter().map(unsettled)).collect(),
    }))
}

fn held(release: &Release, problem: Problem) -> ApproveError {
    let object = Object::new(problems::Kind::DeckhouseRelease, &release.name);
    match problem.fact {
        Fact::Release(fact @ ReleaseFact::PreviousUnfinished { .. }) => {
            ApproveError::NotItsTurn { object, fact: Box::new(fact) }
        }
        _ => ApproveError::Held { object, problem: Box::new(problem) },
    }
}

/// Whether a person decides if it matters. What never ends otherwise, such as a node that is switched off or an application
/// that needs the new release, must not make the approval impossible.
fn is_notable(problem: &Problem) -> bool {
    matches!(problem.code, Code::Application | Code::Queue | Code::Converge | Code::Node | Code::NodeGroup)
}

fn unsettled(problem: Problem) -> ApprovalNote {
    ApprovalNote::Unsettled(Box::new(problem))
}

/// What keeps an approval from having the expected effect, and what the release interrupts.
fn notes(state: &ClusterState, release: &Release) -> Vec<ApprovalNote> {
    let mut notes = Vec::new();
    if !release.disruptions.is_empty() {
        notes.push(ApprovalNote::Interrupts(release.disruptions.clone()));
    }
    notes.extend(reports(state).into_iter().map(|it| ApprovalNote::SkippedBefore(Box::new(it))));
    let Some(settings) = state.deckhouse_config().map(ModuleConfig::update_settings) else { return notes };
    if settings.release_channel.is_none() {
        notes.push(ApprovalNote::NoChannel);
    }
    if settings.mode == Some(UpdateMode::Auto) {
        notes.push(ApprovalNote::AutoMode);
    }
    notes
}

/// The object of a release.
pub(super) fn find<'a>(state: &'a ClusterState, version: &Version) -> Result<&'a Release, ApproveError> {
    let all = state.releases.required("releases")?;
    ReleaseOrder::of(all).find(version).ok_or_else(|| ApproveError::NotItsTurn {
        object: Object::release(version),
        fact: Box::new(ReleaseFact::NotInCluster),
    })
}

#[cfg(test)]
mod tests {
    use problems::Unfinished;

    use super::*;
    use crate::{
        Reading,
        objects::{DeckhouseDeployment, DeckhousePod, Phase, ReleaseWebhook},
    };

    fn release_of(name: &str, version: &str, phase: Phase) -> Release {
        Release {
            name: name.to_owned(),
            version_text: version.to_owned(),
            version: deckhouse::version::parse_tag(version),
            phase: Some(phase),
            ..Release::default()
        }
    }

    fn state(change: impl FnOnce(&mut Release)) -> ClusterState {
        let mut next = release_of("v1.71.4", "v1.71.4", Phase::Pending);
        change(&mut next);
        ClusterState {
            releases: Reading::Known(vec![release_of("v1.70.1", "v1.70.1", Phase::Deployed), next]),
            ..ClusterState::default()
        }
    }

    const NEXT: Version = Version::new(1, 71, 4);

    fn written(state: &ClusterState, timing: Timing) -> Option<Write> {
        super::release(state, &NEXT, timing).unwrap().map(|approval| approval.change.write)
    }

    #[test]
    fn what_is_missing_is_written() {
        let now = json!({ "metadata": { "annotations": { APPLY_NOW: "true" } } });
        let both = json!({ "approved": true, "metadata": { "annotations": { APPLY_NOW: "true" } } });
        let fresh = state(|_| ());
        assert_eq!(written(&fresh, Timing::Scheduled), Some(Write::Merge(json!({ "approved": true }))));
        assert_eq!(written(&fresh, Timing::Now), Some(Write::Merge(both)));
        let by_field = state(|release| release.approved_field = true);
        assert_eq!(written(&by_field, Timing::Scheduled), None);
        assert_eq!(written(&by_field, Timing::Now), Some(Write::Merge(now)));
        let later = state(|release| {
            *release = release_of("v1.72.0", "v1.72.0", Phase::Pending);
            release.approved_field = true;
        });
        let version = Version::new(1, 72, 0);
        assert_eq!(super::release(&later, &version, Timing::Scheduled).unwrap(), None);
        super::release(&later, &version, Timing::Now).expect_err("it is not its turn");
        let by_annotation = state(|release| {
            let key = "release.deckhouse.io/approved".to_owned();
            release.annotations.insert(key, "true".to_owned());
        });
        assert_eq!(written(&by_annotation, Timing::Scheduled), None);
    }

    #[test]
    fn an_approval_out_of_order_is_refused_even_if_the_controller_allows_it() {
        let refused = |change: fn(&mut Release), version: Version| match super::release(
            &state(change),
            &version,
            Timing::Now,
        )
        .unwrap_err()
        {
            ApproveError::NotItsTurn { object, fact } => (object, fact),
            other => panic!("{other:?}"),
        };
        let later: fn(&mut Release) = |it| *it = release_of("v1.72.0", "v1.72.0", Phase::Pending);
        let gap = ReleaseFact::MissingMinors { deployed: Version::new(1, 70, 1), minors: (71, 71) };
        for (refused, object, fact) in [
            (refused(|_| (), Version::new(1, 72, 0)), "v1.72.0", ReleaseFact::NotInCluster),
            (refused(|it| it.phase = Some(Phase::Suspended), NEXT), "v1.71.4", ReleaseFact::Withdrawn),
            (refused(later, Version::new(1, 72, 0)), "v1.72.0", gap),
        ] {
            assert_eq!(refused, (Object::new(problems::Kind::DeckhouseRelease, object), Box::new(fact)));
        }
        let deployed = super::release(&state(|_| ()), &Version::new(1, 70, 1), Timing::Scheduled);
        assert_eq!(deployed.unwrap(), None);
    }

    #[test]
    fn nothing_is_approved_while_the_previous_update_is_running() {
        type Change<'a> = &'a dyn Fn(&mut ClusterState);
        let deployment = |tag: &str, ready| DeckhouseDeployment {
            image: format!("registry.example/deckhouse/ee:{tag}"),
            replicas: 1,
            updated: 1,
            ready,
            available: ready,
            ..DeckhouseDeployment::default()
        };
        let rendered = |tag: &str, version: &str| DeckhouseDeployment {
            version_annotation: Some(version.to_owned()),
            ..deployment(tag, 1)
        };
        let updating = |state: &mut ClusterState| {
            if let Reading::Known(releases) = &mut state.releases {
                let key = "release.deckhouse.io/isUpdating".to_owned();
                releases[0].annotations.insert(key, "true".to_owned());
            }
        };
        let pod = |ready| DeckhousePod { phase: "Running".to_owned(), ready, ..DeckhousePod::default() };
        let older = || Version::new(1, 69, 4);
        let cases: [(Change<'_>, Option<Unfinished>); 9] = [
            (&|_| (), None),
            (&|it| it.deployment = Reading::Known(deployment("v1.70.1", 1)), None),
            (&|it| it.deployment = Reading::Known(rendered("v1.70.1", "v1.70.1")), None),
            (&|it| it.deployment = Reading::Known(deployment("stable", 1)), None),
            // The mark proves nothing: it may stay for 15 s after the end.
            (&updating, None),
            (
                &|it| it.deployment = Reading::Known(deployment("v1.69.4", 1)),
                Some(Unfinished::Image(older())),
            ),
            (&|it| it.deployment = Reading::Known(deployment("v1.70.1", 0)), Some(Unfinished::Rollout)),
            (
                &|it| it.deployment = Reading::Known(rendered("v1.70.1", "v1.69.4")),
                Some(Unfinished::VersionAnnotation(older())),
            ),
            (&|it| it.pods = Reading::Known(vec![pod(false)]), Some(Unfinished::Pod)),
        ];
        for (change, expected) in cases {
            let mut state = state(|_| ());
            change(&mut state);
            match super::release(&state, &NEXT, Timing::Now) {
                Ok(approval) => assert!(expected.is_none() && approval.is_some(), "{expected:?}"),
                Err(ApproveError::NotItsTurn { fact, .. }) => {
                    let expected = expected
                        .map(|sign| ReleaseFact::PreviousUnfinished { previous: "v1.70.1".to_owned(), sign });
                    assert_eq!(Some(*fact), expected);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_dry_run_is_sent_first_if_the_webhook_supports_it() {
        for (webhook, asked) in [
            (Reading::Known(None), false),
            (Reading::Absent(String::new()), false),
            (Reading::Known(Some(ReleaseWebhook { name: String::new(), allows_dry_run: true })), true),
            (Reading::Known(Some(ReleaseWebhook { name: String::new(), allows_dry_run: false })), false),
        ] {
            let state = ClusterState { release_webhook: webhook, ..state(|_| ()) };
            let approval = super::release(&state, &NEXT, Timing::Scheduled).unwrap().unwrap();
            assert_eq!(approval.preflight, asked, "{:?}", state.release_webhook);
            // A requirement that the cluster itself reports as unmet is refused, without another check.
            let message = "\"k8s\" requirement for DeckhouseRelease \"1.71.4\" not met: too old";
            let unmet = ClusterState {
                release_webhook: state.release_webhook,
                ..super::tests::state(|release| release.message = message.into())
            };
            for timing in [Timing::Scheduled, Timing::Now] {
                let refused = super::release(&unmet, &NEXT, timing);
                assert!(matches!(refused, Err(ApproveError::Unmet { .. })), "{refused:?}");
            }
        }
    }

    #[test]
    fn a_change_after_the_confirmation_is_detected() {
        let decide = |state: &ClusterState, version: &Version| {
            super::release(state, version, Timing::Scheduled).unwrap().unwrap()
        };
        let confirmed = decide(&state(|_| ()), &NEXT);
        for (change, still) in [
            ((|_| ()) as fn(&mut Release), true),
            // The controller writes into it all the time.
            (|it| it.resource_version = Some("7".to_owned()), true),
            (|it| it.disruptions = vec!["ingressNginx".into()], false),
        ] {
            let now = decide(&state(change), &NEXT);
            assert_eq!(now.is_still(&confirmed), still, "{now:?}");
        }
        let guarded = decide(&state(|it| it.resource_version = Some("7".to_owned())), &NEXT);
        assert_eq!(guarded.guard, Guard::Version("7".to_owned()));
    }
}
