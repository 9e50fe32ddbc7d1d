//! The next step towards a release.
//!
//! It is done only while the cluster is quiet ([`Course`](super::Course)). Whose turn it is is told by
//! [`standing`](crate::standing), whatever the controller would allow.

use commands::{Sentence, Update};
use semver::Version;

use super::{Blocked, hindrance};
use crate::{
    ClusterState, Reading,
    approve::{APPLY_NOW, Haste},
    objects::{DeckhousePod, ModuleConfig, Release, UpdateMode, UpdateSettings},
    standing::{Standing, Turn},
    verdict::rights,
};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Approve exactly this release, or set what is missing for it to be applied at once.
    Approve(Version),
    /// This release is approved, or needs no approval: the platform deploys it by itself.
    Watch(Version),
    /// Nothing can be decided just now, and that passes; why.
    Wait(String),
    /// The cluster is where it was to go.
    Finished,
    /// It does not go on before somebody does something.
    Blocked(Box<Blocked>),
}

/// The next step towards `to`, or towards the newest release that the cluster has.
pub fn next(state: &ClusterState, to: Option<&Version>, haste: Haste) -> Step {
    attempt(state, to, haste).unwrap_or_else(|step| step)
}

/// A step in place of an error: what keeps it from being decided.
fn attempt(state: &ClusterState, to: Option<&Version>, haste: Haste) -> Result<Step, Step> {
    let releases = read("DeckhouseRelease", &state.releases)?;
    let settings = settings(state)?;
    let standing = Standing::of(releases);
    let Some(deployed) = standing.deployed_version() else {
        let why = "no release is Deployed; the controller restores the one that runs";
        return Err(Step::Wait(why.to_owned()));
    };
    if to.is_some_and(|to| to <= deployed) {
        return Ok(Step::Finished);
    }
    if !standing.also_deployed.is_empty() {
        return Err(Step::Wait("two releases are Deployed; the controller leaves one".to_owned()));
    }
    let lts = state.is_lts();
    let first = standing.chain().into_iter().next();
    let Some((release, version)) = first.and_then(|it| it.version.as_ref().map(|version| (it, version)))
    else {
        return match to {
            Some(to) => Err(not_its_turn(standing.turn(to, lts), to)),
            None => Ok(Step::Finished),
        };
    };
    // Of a minor only the highest patch is deployed, so this asks for a release that never comes.
    if let Some(to) = to.filter(|to| *to < version) {
        return Err(not_its_turn(standing.turn(to, lts), to));
    }
    match standing.turn(version, lts) {
        Turn::Next => {}
        other => return Err(not_its_turn(other, version)),
    }
    let needs_none = release.is_approved() || comes_by_itself(version, deployed, &settings);
    let hindrance = hindrance::of_any(release, &settings)
        .or_else(|| if needs_none { hindrance::of_approved(release) } else { None });
    if let Some(blocked) = hindrance {
        return Err(Step::Blocked(Box::new(blocked.of(version))));
    }
    at_rest(state)?;
    if !needs_none && let Some(to) = to {
        is_there(&standing, to, lts)?;
    }
    let is_late = haste == Haste::ApplyNow && !release.is_annotated(APPLY_NOW);
    let version = version.clone();
    Ok(if needs_none && !is_late { Step::Watch(version) } else { Step::Approve(version) })
}

/// Nothing is approved on the way to a release that the cluster does not have, or will not deploy.
fn is_there(standing: &Standing<'_>, to: &Version, lts: bool) -> Result<(), Step> {
    if standing.find(to).is_some_and(Release::is_waiting) {
        return Ok(());
    }
    Err(not_its_turn(standing.turn(to, lts), to))
}

/// Whether the mode asks for no approval.
fn comes_by_itself(version: &Version, deployed: &Version, settings: &UpdateSettings) -> bool {
    let is_patch = (version.major, version.minor) == (deployed.major, deployed.minor);
    // The default is AutoPatch now and was Auto before. Where it is Auto, an approval has no effect.
    settings.mode.as_ref().unwrap_or(&UpdateMode::AutoPatch).deploys_unasked(is_patch)
}

fn not_its_turn(turn: Turn, version: &Version) -> Step {
    let why = match turn {
        Turn::NotYet(why) | Turn::Never(why) => why,
        Turn::Next | Turn::Deployed => format!("v{version} is currently deployed").into(),
    };
    let remedy = Sentence::default()
        .quoted(Update::Plan)
        .text(" shows the chain and what it lacks; ")
        .quoted(Update::prepare())
        .text(" brings releases, and removes second objects");
    let object = format!("DeckhouseRelease/v{version}");
    Step::Blocked(Box::new(Blocked::new("notItsTurn", object, why, remedy).of(version)))
}

/// Requirements are checked against values that the controller collects anew after every start: before that has
/// ended, nothing is approved. A source that this cluster does not have holds nothing up.
fn at_rest(state: &ClusterState) -> Result<(), Step> {
    let wait = |why: &str| Err(Step::Wait(why.to_owned()));
    if let Some(pods) = if_any("Pod/deckhouse", &state.pods)? {
        let leader = DeckhousePod::leader(pods);
        if !leader.is_some_and(|pod| pod.ready) {
            return wait("the platform's pod is not ready");
        }
    }
    let converge = if_any("the converge status", &state.converge)?;
    if converge.is_some_and(|it| !it.startup_done || it.in_progress > 0) {
        return wait("the platform's round over all modules goes on");
    }
    if if_any("the queues", &state.queue)?.is_some_and(|it| it.tasks > 0) {
        return wait("the queues are not empty");
    }
    Ok(())
}

fn if_any<'a, T>(source: &str, reading: &'a Reading<T>) -> Result<Option<&'a T>, Step> {
    match reading {
        Reading::Absent(_) => Ok(None),
        other => read(source, other).map(Some),
    }
}

fn settings(state: &ClusterState) -> Result<UpdateSettings, Step> {
    let configs = read("ModuleConfig", &state.module_configs)?;
    let deckhouse = configs.iter().find(|it| it.name == "deckhouse");
    Ok(deckhouse.map(ModuleConfig::update_settings).unwrap_or_default())
}

fn read<'a, T>(source: &str, reading: &'a Reading<T>) -> Result<&'a T, Step> {
    match reading {
        Reading::Known(value) => Ok(value),
        Reading::NotNow { why, .. } => Err(Step::Wait(format!("{source} cannot currently be read: {why}"))),
        Reading::Absent(why) => Err(Step::Blocked(Box::new(Blocked::new(
            "noPlatform",
            source,
            format!("not in this cluster: {why}"),
            "see whether this is the right cluster: --kubeconfig and --context choose it",
        )))),
        Reading::Unreadable(why) => Err(Step::Blocked(Box::new(Blocked::new(
            "unreadable",
            source,
            format!("cannot be read: {why}"),
            rights(),
        )))),
    }
}
