//! The next step towards a release.
//!
//! It is asked for only while the cluster is quiet ([`verdict`](crate::verdict)). Whose turn it is is told by
//! [`standing`](crate::standing), whatever the controller would allow.

use semver::Version;

use crate::{
    ClusterState, Reading,
    objects::{DeckhousePod, ModuleConfig, Release, UpdateMode, UpdateSettings},
    standing::{Standing, Turn},
    wait_reason::unmet_requirements,
};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Approve exactly this release.
    Approve(Version),
    /// This release is approved, or needs no approval: the platform deploys it by itself.
    Watch(Version),
    /// Nothing can be decided just now, and that passes; why.
    Wait(String),
    /// The cluster is where it was to go.
    Finished,
    /// It does not go on before somebody does something.
    Blocked(Blocked),
}

/// Why it does not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The object, as `DeckhouseRelease/v1.71.3`.
    pub object: String,
    /// Why, in plain words.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// The next step towards `to`, or towards the newest release that the cluster has.
pub fn next(state: &ClusterState, to: Option<&Version>) -> Step {
    attempt(state, to).unwrap_or_else(|step| step)
}

/// A step in place of an error: what keeps it from being decided.
fn attempt(state: &ClusterState, to: Option<&Version>) -> Result<Step, Step> {
    let releases = read("DeckhouseRelease", &state.releases)?;
    let settings = settings(state)?;
    at_rest(state)?;
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
    match hindrance(release, &settings) {
        Some(blocked) => Err(Step::Blocked(blocked)),
        None => Ok(decide(release, version, deployed, &settings)),
    }
}

fn decide(release: &Release, version: &Version, deployed: &Version, settings: &UpdateSettings) -> Step {
    let is_patch = (version.major, version.minor) == (deployed.major, deployed.minor);
    let by_itself = match settings.mode {
        Some(UpdateMode::Auto) => true,
        // The default is AutoPatch now and was Auto before. Where it is Auto, an approval has no effect.
        Some(UpdateMode::AutoPatch) | None => is_patch,
        Some(UpdateMode::Manual | UpdateMode::Other(_)) => false,
    };
    let version = version.clone();
    if by_itself || release.is_approved() { Step::Watch(version) } else { Step::Approve(version) }
}

fn not_its_turn(turn: Turn, version: &Version) -> Step {
    let why = match turn {
        Turn::NotYet(why) | Turn::Never(why) => why,
        Turn::Next | Turn::Deployed => format!("v{version} is deployed just now"),
    };
    Step::Blocked(Blocked {
        object: format!("DeckhouseRelease/v{version}"),
        why,
        remedy: "`dhctl update plan` shows the chain and what it lacks; `dhctl update prepare` brings releases, and \
                 removes second objects"
            .to_owned(),
    })
}

/// What keeps the platform from deploying it, approved or not.
fn hindrance(release: &Release, settings: &UpdateSettings) -> Option<Blocked> {
    if settings.release_channel.is_none() {
        return Some(Blocked {
            object: "ModuleConfig/deckhouse".to_owned(),
            why: "releaseChannel is not set: the controller looks at no release".to_owned(),
            remedy: "`dhctl update prepare` restores it, or sets it with --channel".to_owned(),
        });
    }
    let unmet = unmet_requirements(&release.message);
    (!unmet.is_empty()).then(|| Blocked {
        object: format!("DeckhouseRelease/{}", release.name),
        why: unmet.join("; "),
        remedy: "`dhctl update plan` says for each requirement how to meet it".to_owned(),
    })
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
        Reading::NotNow { why, .. } => Err(Step::Wait(format!("{source} cannot be read just now: {why}"))),
        Reading::Absent(why) => Err(Step::Blocked(Blocked {
            object: source.to_owned(),
            why: format!("not in this cluster: {why}"),
            remedy: "see whether this is the right cluster: --kubeconfig and --context choose it".to_owned(),
        })),
        Reading::Unreadable(why) => Err(Step::Blocked(Blocked {
            object: source.to_owned(),
            why: format!("cannot be read: {why}"),
            remedy: "give the account the rights that dhctl update rbac prints".to_owned(),
        })),
    }
}
