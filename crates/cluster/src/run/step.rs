//! The next step towards a release.
//!
//! It is asked for only while the cluster is quiet ([`verdict`](crate::verdict)). What the controller would allow is
//! not the measure: it compares with neighbours in its list, and can be led over a minor (facts/cluster-source.md).

use semver::Version;

use crate::{
    ClusterState, Reading,
    objects::{DeckhousePod, ModuleConfig, Phase, Release, UpdateMode, UpdateSettings},
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
    let deployed = releases.iter().filter(|it| it.phase == Some(Phase::Deployed));
    let Some(deployed) = deployed.filter_map(|it| it.version.as_ref()).min() else {
        let why = "no release is Deployed; the controller restores the one that runs";
        return Err(Step::Wait(why.to_owned()));
    };
    if to.is_some_and(|to| to <= deployed) {
        return Ok(Step::Finished);
    }
    let waiting: Vec<_> = releases
        .iter()
        .filter(|it| it.is_waiting() && it.version.as_ref().is_some_and(|version| version > deployed))
        .collect();
    let Some(candidate) = candidate(&waiting, deployed, to, &settings).map_err(Step::Blocked)? else {
        return Ok(Step::Finished);
    };
    match hindrance(candidate, releases, &settings) {
        Some(blocked) => Err(Step::Blocked(blocked)),
        None => Ok(decide(candidate, deployed, &settings)),
    }
}

fn decide(candidate: &Release, deployed: &Version, settings: &UpdateSettings) -> Step {
    let Some(version) = candidate.version.clone() else { return Step::Finished };
    let is_patch = (version.major, version.minor) == (deployed.major, deployed.minor);
    let by_itself = match settings.mode {
        Some(UpdateMode::Auto) => true,
        // The default is AutoPatch now and was Auto before. Where it is Auto, an approval has no effect.
        Some(UpdateMode::AutoPatch) | None => is_patch,
        Some(UpdateMode::Manual | UpdateMode::Other(_)) => false,
    };
    if by_itself || candidate.is_approved() { Step::Watch(version) } else { Step::Approve(version) }
}

/// The one release whose turn it is: the highest patch of the deployed minor, else of the next one.
fn candidate<'a>(
    waiting: &[&'a Release],
    deployed: &Version,
    to: Option<&Version>,
    settings: &UpdateSettings,
) -> Result<Option<&'a Release>, Blocked> {
    let version = |release: &&Release| release.version.clone();
    let of_minor = |major, minor| {
        let of_it = waiting
            .iter()
            .filter(move |it| it.version.as_ref().is_some_and(|it| (it.major, it.minor) == (major, minor)));
        of_it.copied().max_by_key(version)
    };
    let lowest = waiting.iter().copied().min_by_key(version);
    // The channel LTS goes over up to ten minors at once.
    let far = if settings.release_channel.as_deref() == Some("LTS") { 10 } else { 1 };
    let found = (0..=far)
        .find_map(|step| of_minor(deployed.major, deployed.minor + step))
        .or_else(|| (deployed.major == 0).then(|| of_minor(1, 0)).flatten());
    match (found, to) {
        (Some(found), Some(to)) if found.version.as_ref() > Some(to) => Err(beyond(found, to)),
        (Some(found), _) => Ok(Some(found)),
        (None, _) if lowest.is_some() => {
            let lowest = lowest.map(|it| it.version_text.clone()).unwrap_or_default();
            Err(Blocked {
                object: format!("DeckhouseRelease/{lowest}"),
                why: format!(
                    "is not the next minor after the deployed v{deployed}: those between are not in the cluster"
                ),
                remedy: format!("pull with --since-version v{deployed}, push, and dhctl update prepare"),
            })
        }
        (None, Some(to)) => Err(Blocked {
            object: format!("DeckhouseRelease/v{to}"),
            why: format!("is not in the cluster, and nothing waits after the deployed v{deployed}"),
            remedy: "push the bundle, then dhctl update prepare -f deckhousereleases.yaml".to_owned(),
        }),
        (None, None) => Ok(None),
    }
}

fn beyond(found: &Release, to: &Version) -> Blocked {
    Blocked {
        object: format!("DeckhouseRelease/v{to}"),
        why: format!(
            "cannot be reached: the platform deploys only the highest patch of a minor, and that is {}",
            found.version_text
        ),
        remedy: format!("--to {}", found.version_text),
    }
}

/// What keeps the platform from deploying it, approved or not.
fn hindrance(candidate: &Release, all: &[Release], settings: &UpdateSettings) -> Option<Blocked> {
    let blocked = |why: String, remedy: &str| {
        Some(Blocked {
            object: format!("DeckhouseRelease/{}", candidate.name),
            why,
            remedy: remedy.to_owned(),
        })
    };
    if settings.release_channel.is_none() {
        return Some(Blocked {
            object: "ModuleConfig/deckhouse".to_owned(),
            why: "releaseChannel is not set: the controller looks at no release".to_owned(),
            remedy: "dhctl update prepare restores it, or sets it with --channel".to_owned(),
        });
    }
    // The controller passes over both of two objects with one version, without a word.
    if all.iter().filter(|it| it.version == candidate.version).count() > 1 {
        return blocked(
            "there are two objects of this version".to_owned(),
            "dhctl update prepare removes the stray one",
        );
    }
    let message = &candidate.message;
    if message.contains("not met") || message.to_lowercase().contains("not registered") {
        return blocked(message.clone(), "dhctl update plan shows what is unmet, and how to fix it");
    }
    None
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
