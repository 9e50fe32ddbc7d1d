//! Making the plan.

use std::collections::BTreeMap;

use commands::{Command, Update};
use deckhouse::version::minor_of;
use problems::{Problem, ReleaseFact};
use semver::Version;

use super::{
    BundleEdition, Creation, InCluster, LeftOut, Plan, PlanError, PlanInput, RegistryOffer, Step, answer,
    api_use,
    blocking::{self, Outlook, Standing},
    breaking, changes,
    creation::Loop,
    present, tasks,
    unknown::{PlanSource, PlanUnknown},
};
use crate::{
    ClusterState, EditionMatch, Interruption, Reading,
    chain::{Candidate, Chain, Known, LeftOutReason, Range, chain},
    holds, license, minors, modules,
    objects::Release,
    packages,
    release_order::{ReleaseOrder, none_deployed},
    requirements::{self, Requirement},
    safe_text,
};

impl Plan {
    /// Makes it.
    ///
    /// # Errors
    /// [`PlanError`] if the running version or the last release that is wanted is unknown.
    pub fn make(state: &ClusterState, input: &PlanInput) -> Result<Self, PlanError> {
        let releases = state.releases.required("releases")?;
        let order = ReleaseOrder::of(releases);
        let deployed = deployed_version(state).ok_or(PlanError::NoVersion)?;
        let settings = state.deckhouse_config().map(crate::objects::ModuleConfig::update_settings);
        let lts = state.is_lts();
        let to = input.to.as_ref();
        let offer = input.registry.as_ref();
        let range = Range { deployed: &deployed, to, channel: offer.and_then(RegistryOffer::highest), lts };
        let in_registry = offer.map(|offer| offer.versions(lts)).unwrap_or_default();
        let known = Known { delivery: &input.delivery, releases, registry: &in_registry };
        let chain = chain(known, &order, range);
        chain.leads_to_wanted(range)?;
        let asks = settings.as_ref().is_some_and(|it| it.disruptions_need_approval);
        let mut steps: Vec<Step> = chain
            .steps
            .iter()
            .enumerate()
            .map(|(number, (version, candidate))| {
                step(state, (version, *candidate), input, number == 0, asks)
            })
            .collect();
        if offer.is_some() {
            let controller = Loop { running: &deployed, range, releases };
            for (creation, step) in creations(&chain, controller).into_iter().zip(&mut steps) {
                step.creation = creation;
            }
        }
        let (removed_apis, mut unknown) = api_use::find(state, input.helm.as_ref());
        let (breaking_points, unread) = breaking::points(state);
        unknown.extend(unread);
        unknown.extend(offer.into_iter().flat_map(|offer| offer.unknown(&steps)));
        unknown.extend(unknown_license(state));
        let present = present::blocking(state, input.now);
        let mut problems = blocking::blocking(state, &present, &order, &chain, &steps, range);
        let breaking_points = breaking::without(breaking_points, &present);
        if let Some(lost) = none_deployed(state, input.now) {
            // It says more than that nothing can follow.
            problems.retain(|it| it.fact != ReleaseFact::NoneDeployed.into());
            problems.insert(0, lost);
        }
        problems.extend(
            offer.into_iter().flat_map(|offer| offer.blocking(&steps, range, all_above(&chain, &known))),
        );
        let edition = offer.map(|offer| EditionMatch::of(state, &offer.edition));
        if let Some(EditionMatch::NotChecked { why }) = edition.as_ref().filter(|_| !steps.is_empty()) {
            unknown.push(PlanUnknown::new(PlanSource::Edition, why.clone()));
        }
        let other_edition = offer.zip(edition.as_ref()).and_then(|(offer, it)| offer.other_edition(it));
        let bundle = input.bundle.as_ref();
        unknown.extend(bundle.and_then(|it| it.unknown(state)));
        let other_edition = other_edition.into_iter().chain(bundle.and_then(|it| it.other_edition(state)));
        problems.extend(other_edition.filter(|_| !input.allow_edition_change));
        problems.extend(chain.gap.as_ref().and_then(|gap| blocking::gap(state, &order, gap, &deployed)));
        let images = input.images.as_ref().map(|check| check.report(state));
        problems.extend(images.as_ref().and_then(|it| it.problem.clone()));
        let own = state.image_source().push_address();
        let creation = steps.first().and_then(|step| step.creation);
        let mut risks: Vec<Problem> =
            minors::warnings(state).into_iter().chain(license::risk(state)).collect();
        risks.retain(|risk| !problems.contains(risk));
        let unfinished = present::unfinished(state, &order, &chain);
        let standing = Standing { present: &present, risks: &risks, is_unfinished: unfinished.is_some() };
        let outlook =
            Outlook { state, chain: &chain, deployed: &deployed, settings: settings.as_ref(), creation };
        let (next, repairs) = (outlook.next(input, standing), outlook.repairs(standing));
        let is_wait = next == Some(Command::dhctl(Update::Watch));
        let passing = || {
            let next = chain.steps.first()?.1.object?;
            holds::first(state, next).filter(|it| it.passes).map(|it| it.problem)
        };
        let unfinished = unfinished.or_else(passing);
        Ok(Self {
            repairs: repairs && problems.len() == present.len() && next.is_some(),
            blocking: problems,
            risks,
            unfinished: unfinished.filter(|_| is_wait),
            next,
            tasks: tasks::tasks(state, &steps, &removed_apis),
            deployed: format!("v{deployed}"),
            steps,
            modules: modules::overview(state, input.now),
            packages: packages::packages(state, input.now),
            left_out: left_out(&chain),
            registry: offer.zip(edition).map(|(offer, edition)| offer.summary(own, edition)),
            bundle: bundle.map(BundleEdition::summary),
            images,
            breaking_points,
            removed_apis,
            unknown,
        })
    }
}

/// Why it is unknown what the license means for the update. Old platforms have none.
fn unknown_license(state: &ClusterState) -> Option<PlanUnknown> {
    let why = match &state.license {
        Reading::Absent(_) => return None,
        Reading::Known(license) => match license::unknown_state(license)? {
            "" => "the platform has not computed its state yet".to_owned(),
            name => format!("dhctl does not know its state {name}"),
        },
        other => other.why_unknown()?,
    };
    Some(PlanUnknown::new(PlanSource::License, why))
}

/// The release from which a plan begins: the deployed one. For a moment of an update none is Deployed; then the tag of the
/// running image counts.
pub fn deployed_version(state: &ClusterState) -> Option<Version> {
    let of_object = state.releases.known().and_then(|it| ReleaseOrder::of(it).deployed_version().cloned());
    of_object.or_else(|| deckhouse::version::parse_tag(state.deployment.known()?.tag()?))
}

/// Of each step of the chain, whether the controller creates its object; `None` if there is one.
fn creations(chain: &Chain<'_>, controller: Loop<'_>) -> Vec<Option<Creation>> {
    let mut first = true;
    let one = |(version, candidate): &(&Version, Candidate<'_>)| {
        if candidate.object.is_some() {
            return None;
        }
        let creation = controller.creates(version, first);
        let is_minor = minor_of(version) > minor_of(controller.running);
        first &= !(is_minor && creation != Creation::Never);
        Some(creation)
    };
    chain.steps.iter().map(one).collect()
}

/// Whether the file or the cluster has releases for it, and all of them are above what the release channel leads to.
fn all_above(chain: &Chain<'_>, known: &Known<'_>) -> bool {
    let above = chain.left_out.iter().filter(|(why, _)| matches!(why, LeftOutReason::AboveChannel(_)));
    let mut above = above.flat_map(|(_, versions)| versions);
    let is_meant = |version: &Version| {
        known.delivery.iter().any(|it| it.version == *version)
            || known.releases.iter().any(|it| it.version.as_ref() == Some(version))
    };
    chain.steps.is_empty() && above.any(|version| is_meant(version))
}

/// Of each release, with the reason, what a person would miss.
fn left_out(chain: &Chain<'_>) -> Vec<LeftOut> {
    let mut left_out: Vec<LeftOut> = chain
        .left_out
        .iter()
        .map(|(reason, versions)| LeftOut {
            versions: versions.iter().map(|version| (*version).clone()).collect(),
            reason: reason.clone(),
        })
        .collect();
    left_out.sort_by(|a, b| a.versions.cmp(&b.versions));
    left_out
}

fn step(
    state: &ClusterState,
    (version, it): (&Version, Candidate<'_>),
    input: &PlanInput,
    first: bool,
    needs_approval: bool,
) -> Step {
    let offer = input.registry.as_ref();
    let described = offer.and_then(|offer| offer.description(version));
    let spec = it.delivered.or(described).map(|delivered| &delivered.spec);
    let requirements = match (it.object, spec) {
        // What the controller has is what it judges by.
        (Some(object), _) => object.requirements.clone(),
        (None, Some(spec)) => texts(&spec["requirements"]),
        (None, None) => BTreeMap::new(),
    };
    let disruptions = match (it.object, spec) {
        (Some(object), _) => object.disruptions.clone(),
        (None, Some(spec)) => {
            let list = spec["disruptions"].as_array().into_iter().flatten();
            list.filter_map(|it| it.as_str()).map(safe_text::foreign).collect()
        }
        (None, None) => Vec::new(),
    };
    let mut checked = check_all(state, version, &requirements);
    if it.object.is_none() && spec.is_none() {
        checked.push(Requirement::without_description());
    }
    if first {
        judge_now(&mut checked, state, it.object);
    }
    let changes = changes::of(state, it.object, spec, &input.specs);
    Step {
        version: format!("v{version}"),
        in_file: it.delivered.is_some(),
        in_cluster: it.object.map(in_cluster),
        in_registry: offer.and_then(|offer| offer.of_release(version)),
        creation: None,
        requirements: checked,
        disruptions_need_approval: needs_approval && !disruptions.is_empty(),
        disruptions,
        interruption: changes.as_ref().map(|it| Interruption::of(state, it)),
        changes,
    }
}

fn check_all(
    state: &ClusterState,
    version: &Version,
    requirements: &BTreeMap<String, String>,
) -> Vec<Requirement> {
    let own = requirements.iter().map(|(key, needed)| requirements::check(state, key, needed));
    own.chain(requirements::module_constraints(state, version)).collect()
}

/// Of the release that is next.
fn judge_now(checked: &mut Vec<Requirement>, state: &ClusterState, object: Option<&Release>) {
    // No earlier release is left that could bring it.
    checked.iter_mut().for_each(Requirement::must_be_met_now);
    if let Some(object) = object {
        answer::apply(checked, state, object);
    }
}

/// What a release that is next requires, and whether the cluster has that.
pub(crate) fn requirements_of_next(state: &ClusterState, object: &Release) -> Vec<Requirement> {
    let Some(version) = &object.version else { return Vec::new() };
    let mut checked = check_all(state, version, &object.requirements);
    judge_now(&mut checked, state, Some(object));
    checked
}

fn in_cluster(object: &Release) -> InCluster {
    InCluster {
        name: object.name.clone(),
        phase: object.phase.as_ref().map_or(String::new(), |phase| phase.name().to_owned()),
        approved: object.is_approved(),
    }
}

/// A requirement may be written as a truth value.
fn texts(map: &serde_json::Value) -> BTreeMap<String, String> {
    let text = |value: &serde_json::Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        String::from(safe_text::foreign(&text))
    };
    map.as_object().into_iter().flatten().map(|(key, value)| (safe_text::name(key), text(value))).collect()
}
