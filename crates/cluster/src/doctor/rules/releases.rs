//! The release objects: whether they are what the controller expects.

use commands::{Controller, Filter, Kubectl, Objects, Output, Resource};
use deckhouse::version::minor_of;
use problems::{
    Advice, Code, Fact, Object, PlatformAdvice, PrepareFor, ReleaseAdvice, ReleaseFact, Restart, Rule, See,
};

use crate::{
    doctor::{
        context::{Context, ControllerState, object, see, tag, version_of},
        finding::{Finding, Severity},
        limits,
        source::Source,
    },
    minors,
    objects::{Phase, Release, image_repository},
    prepare::touch_mark,
    release_order,
};

/// The step that shows all releases.
pub(super) fn see_all() -> Advice {
    see(See::Releases, Kubectl::Get(Objects::all(Resource::DeckhouseRelease), Output::Table))
}

fn image_tag(context: &Context<'_>) -> Option<String> {
    context.state.deployment.known().and_then(|it| it.tag()).map(str::to_owned)
}

/// Several releases are Deployed, for longer than a change of phases takes.
pub(super) fn several_deployed(context: &Context<'_>) -> Vec<Finding> {
    let deployed = context.in_phase(&Phase::Deployed);
    let [first, .., last] = deployed[..] else { return Vec::new() };
    let newest = deployed.iter().filter_map(|release| release.transition_time).max();
    if newest.is_some_and(|since| !context.is_over(since, limits::PHASE_CHANGE)) {
        return Vec::new();
    }
    // Without a transition time the later one may have become Deployed a moment ago: an update may just begin.
    let dated = last.transition_time.is_some();
    let severity = if dated { Severity::Blocks } else { Severity::Slows };
    let fact = ReleaseFact::TwoDeployed { lower: first.name.clone(), other: last.name.clone() };
    let finding = Finding::new(Rule::TwoDeployed, severity, object(first), fact)
        .since(last.transition_time.and(newest))
        .seen_in(Source::Releases);
    if !dated {
        return vec![finding.advise(Advice::WaitForController).advise(see_all())];
    }
    let image_tag = image_tag(context);
    let runs = |release: &Release| Some(tag(release)) == image_tag;
    let is_one_running = deployed.iter().any(|release| runs(release));
    let wrong = deployed.iter().filter(|release| is_one_running && !runs(release));
    let mark = wrong.map(|release| ReleaseAdvice::MarkSuperseded { name: release.name.clone() }.into());
    vec![finding.advise_all(mark).advise(see_all())]
}

/// No release is Deployed. While the pod starts, it may still restore one.
pub(super) fn none_deployed(context: &Context<'_>) -> Vec<Finding> {
    if context.controller() != ControllerState::Ready {
        return Vec::new();
    }
    let since = context.state.releases.known().and_then(|it| release_order::last_change(it));
    let problem = release_order::none_deployed(context.state, context.now);
    let finding = problem.map(|problem| {
        Finding::new(Rule::NoneDeployed, Severity::Blocks, problem.object, problem.fact)
            .advise_all(problem.advice)
            .advise(see_all())
            .since(since)
            .seen_in(Source::Releases)
    });
    finding.into_iter().collect()
}

/// The deployed release is of one version, the Deployment runs another.
pub(super) fn other_image(context: &Context<'_>) -> Vec<Finding> {
    let (Some(release), Some(deployment)) = (context.deployed(), context.state.deployment.known()) else {
        return Vec::new();
    };
    let Some(image_tag) = deployment.tag().filter(|_| deployment.has_fixed_tag()) else { return Vec::new() };
    let deployed = context.in_phase(&Phase::Deployed);
    if deployed.iter().any(|release| tag(release) == image_tag) || deployed.len() > 1 {
        return Vec::new();
    }
    // The controller sets the image first and the object after it. After an interruption this takes long.
    if release.transition_time.is_some_and(|since| !context.is_over(since, limits::PHASE_CHANGE))
        || context.controller() != ControllerState::Ready
    {
        return Vec::new();
    }
    let repository = image_repository(&deployment.image).to_owned();

    let fact = ReleaseFact::OtherImage { image_tag: image_tag.to_owned() };
    vec![
        Finding::new(Rule::OtherImage, Severity::Slows, object(release), fact)
            .advise(Advice::SetImage { repository, version: version_of(release) })
            .since(release.transition_time)
            .seen_in(Source::Releases)
            .seen_in(Source::Deployment),
    ]
}

/// Two objects of one version.
pub(super) fn duplicates(context: &Context<'_>) -> Vec<Finding> {
    let releases = context.releases();
    let pairs = releases.windows(2).filter(|pair| pair[0].version == pair[1].version);
    // A pair is harmful only if one of them waits, or if both were skipped.
    let harmful = pairs.filter(|pair| pair[0].is_waiting() || pair[1].is_waiting());
    let waiting = harmful.map(|pair| {
        let duplicate = if pair[0].is_misnamed() { pair[0] } else { pair[1] };
        let other = if duplicate.name == pair[0].name { pair[1] } else { pair[0] };
        let fact = ReleaseFact::IsDuplicate {
            of: other.name.clone(),
            version: tag(other),
            deployed: pair.iter().any(|it| it.phase == Some(Phase::Deployed)),
        };
        let advice = if duplicate.is_waiting() {
            Advice::Prepare(PrepareFor::RemoveDuplicates)
        } else {
            ReleaseAdvice::Delete { name: other.name.clone(), kept: duplicate.name.clone() }.into()
        };
        Finding::new(Rule::Twins, Severity::Blocks, object(duplicate), fact)
            .advise(advice)
            .seen_in(Source::Releases)
    });
    let skipped = context.order().skipped_together().into_iter().map(|(version, names)| {
        let fact = ReleaseFact::SkippedTogether { names: names.clone() };
        Finding::new(Rule::Twins, Severity::Blocks, Object::release(version), fact)
            .advise(ReleaseAdvice::DeleteAll { names })
            .advise(Advice::Prepare(PrepareFor::CreateReleases))
            .seen_in(Source::Releases)
    });
    waiting.chain(skipped).collect()
}

/// Minor versions between the deployed release and the next one are missing.
pub(super) fn gap(context: &Context<'_>) -> Vec<Finding> {
    let order = context.order();
    let (Some(deployed), Some(next), Some(fact)) =
        (order.deployed_version(), context.next_release(), gap_of(context))
    else {
        return Vec::new();
    };

    // What was skipped together with its duplicate is there, and no pull brings it back. What is suspended is missing for
    // this reason, which has a finding of its own.
    if let ReleaseFact::MissingMinors { minors, .. } = &fact
        && (order.are_skipped_together(deployed.major, *minors)
            || order.suspended_within(deployed.major, *minors).is_some())
    {
        return Vec::new();
    }

    let alert = context.alert("DeckhouseUpdatingFailed");

    vec![
        Finding::new(Rule::Gap, Severity::Blocks, object(next), fact)
            .advise(ReleaseAdvice::DoNotApprove)
            .advise(Advice::PullSince { major: deployed.major, minor: deployed.minor })
            .advise(context.push())
            .advise(Advice::Prepare(PrepareFor::CreateReleases))
            .advise(see_all())
            .since(alert.and_then(|alert| alert.starts_at))
            .seen_in(Source::Releases),
    ]
}

/// Why the next release cannot follow the deployed one, as the objects show it.
pub(super) fn gap_of(context: &Context<'_>) -> Option<ReleaseFact> {
    let order = context.order();
    // Of several, which is normal for a moment, it is not known which one counts.
    let deployed = order.deployed_version().filter(|_| order.also_deployed.is_empty())?;
    release_order::gap(deployed, &version_of(context.next_release()?), context.state.is_lts())
}

/// The controller sets the phase of a new object within seconds.
pub(super) fn no_phase(context: &Context<'_>) -> Vec<Finding> {
    if context.state.channel_is_unset() || context.controller() != ControllerState::Ready {
        return Vec::new();
    }
    let without: Vec<&Release> = context
        .releases()
        .into_iter()
        .filter(|release| release.phase.is_none())
        .filter(|release| release.created.is_none_or(|since| context.is_over(since, limits::NEW_RELEASE)))
        .collect();
    let (touched, untouched): (Vec<&Release>, Vec<&Release>) =
        without.into_iter().partition(|release| release.touched().is_some());
    // What was touched a moment ago is about to be processed.
    let is_ignored = |it: &&Release| it.touched().is_some_and(|at| context.is_over(at, limits::NEW_RELEASE));
    let ignored: Vec<&Release> = touched.into_iter().filter(is_ignored).collect();
    let names = |all: &[&Release]| all.iter().map(|it| it.name.clone()).collect::<Vec<String>>();
    let see_log = || context.see_log(See::LogOfReleases, Filter::GrepAny("release"));
    let of = |first: &Release, fact| {
        Finding::new(Rule::NoPhase, Severity::Blocks, object(first), fact)
            .since(first.created)
            .seen_in(Source::Releases)
    };
    let to_touch = untouched.first().map(|first| {
        let names = names(&untouched);
        of(first, ReleaseFact::NoPhase { names: names.clone() })
            .advise(ReleaseAdvice::Touch { names, mark: touch_mark(context.now) })
            .advise(see_log())
    });
    // The same touch again would have no effect either.
    let stuck = ignored.first().map(|first| {
        of(first, ReleaseFact::StillNoPhase { names: names(&ignored) })
            .advise(see_log())
            .advise(context.see_queue(Controller::QueueMain))
            .advise(PlatformAdvice::Restart(Restart::IfUnchanged))
    });
    to_touch.into_iter().chain(stuck).collect()
}

/// A release that the vendor has suspended.
pub(super) fn suspended(context: &Context<'_>) -> Vec<Finding> {
    let deployed = context.deployed().and_then(|release| release.version.as_ref());
    let above = context
        .in_phase(&Phase::Suspended)
        .into_iter()
        .filter(|it| deployed.is_none_or(|deployed| it.version.as_ref() > Some(deployed)));
    above
        .map(|release| {
            let minor = |it: &Release| it.version.as_ref().map(minor_of);
            let other_patch = context.order().waiting.into_iter().any(|it| minor(it) == minor(release));
            let severity = if other_patch { Severity::Notable } else { Severity::Blocks };
            let get = Kubectl::Get(Objects::one(Resource::DeckhouseRelease, &release.name), Output::Yaml);
            let fact = if other_patch { ReleaseFact::WithdrawnAndReplaced } else { ReleaseFact::Withdrawn };
            let finding = Finding::new(Rule::Suspended, severity, object(release), fact)
                .since(release.transition_time)
                .seen_in(Source::Releases);
            let finding = if other_patch {
                finding
            } else {
                let version = version_of(release);
                let later = context.order().waiting.iter().any(|it| it.version.as_ref() > Some(&version));
                finding
                    .advise_all(later.then_some(ReleaseAdvice::DoNotApproveLater.into()))
                    .advise_all(release_order::instead_of_suspended(context.state, &version))
                    .advise(ReleaseAdvice::WaitForVendor)
            };
            finding.advise(see(See::Release, get))
        })
        .collect()
}

/// What may make the controller skip minor versions, or deploy them unasked.
pub(super) fn risks(context: &Context<'_>) -> Vec<Finding> {
    let of_problem = |problem: problems::Problem| {
        let (rule, severity) = match problem.code {
            Code::Mode => (Rule::ModeUnset, Severity::Notable),
            // Nothing is approved before that approval is revoked. What the mode does, the controller does alone.
            _ if matches!(problem.fact, Fact::Release(ReleaseFact::ApprovedAhead { .. })) => {
                (Rule::SkippedMinors, Severity::Blocks)
            }
            _ => (Rule::SkippedMinors, Severity::Slows),
        };
        Finding::new(rule, severity, problem.object, problem.fact)
            .advise_all(problem.advice)
            .seen_in(Source::Releases)
            .seen_in(Source::ModuleConfigs)
    };
    minors::risks(context.state).into_iter().map(of_problem).collect()
}

/// Minor versions before the deployed one that never ran, or of which nothing shows whether they ran.
pub(super) fn skipped(context: &Context<'_>) -> Vec<Finding> {
    let of_problem = |problem: problems::Problem| {
        let is_known = !matches!(problem.fact, Fact::Release(ReleaseFact::RanNotKnown(_)));
        let severity = if is_known { Severity::Slows } else { Severity::Notable };
        Finding::new(Rule::SkippedMinors, severity, problem.object, problem.fact)
            .advise_all(problem.advice)
            .seen_in(Source::ReplicaSets)
            .seen_in(Source::Releases)
            .seen_in(Source::ReleaseEvents)
    };
    minors::reports(context.state).into_iter().map(of_problem).collect()
}
