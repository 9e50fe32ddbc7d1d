//! What is left to do until a cluster is prepared: a pure function of its state.

use deckhouse::{Channel, release_list::DeliveredRelease};
use semver::Version;
use serde_json::Value;

use super::{PrepareError, channel_note, releases::missing, settings, twins};
use crate::{
    ClusterState,
    chain::{Range, TargetError},
    change::{Change, Guard, Kind, Write},
    objects::{ModuleConfig, Release, UpdateMode, UpdateWindow},
};

/// Before this version patch releases apply themselves, whatever the mode (facts 0.9).
const PATCHES_OBEY: Version = Version::new(1, 70, 0);

/// What the cluster is to be like.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// The release channel; `None`: as it is, or was before it was put away.
    pub channel: Option<Channel>,
    /// The update mode.
    pub mode: UpdateMode,
    /// The update windows; empty: as they are.
    pub windows: Vec<UpdateWindow>,
    /// The releases of the delivery.
    pub delivery: Vec<DeliveredRelease>,
    /// The last release that is wanted.
    pub to: Option<Version>,
}

/// What is left to do, and what is worth knowing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preparation {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// What is left out and why, in plain words.
    pub notes: Vec<String>,
    /// Whether an earlier run was stopped before its end.
    pub continues: bool,
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is written.
    pub change: Change,
    /// On which state of the object it was decided.
    pub guard: Guard,
    /// Whether the platform has to come to rest before the next step.
    pub settles: bool,
}

/// Decides what is left to do. Nothing, if the image tag moves or a part of the state that counts is not known.
pub fn steps(state: &ClusterState, wish: &Wish) -> Result<Preparation, PrepareError> {
    let running = running_version(state)?;
    state.module_configs.required("ModuleConfigs")?;
    let config = state.deckhouse_config().ok_or(PrepareError::NoConfig)?;
    let releases = state.releases.required("releases")?;
    // Only a channel that is known is written: of any other the text that was read may not be the exact one.
    let is_set = config.update_settings().channel().map(Channel::in_settings);
    let noted = channel_note::noted_channel(config).map(Channel::in_settings);
    let mode = settings::mode(config, &wish.mode, &wish.windows);

    let mut plan = Preparation { continues: noted.is_some(), ..Preparation::default() };
    let puts_away = mode.is_some() && running < PATCHES_OBEY;
    if let Some(channel) = is_set.filter(|_| puts_away) {
        let what = format!(
            "unset the release channel {channel} while the mode changes: before v1.70 patches apply themselves; \
             it is noted in the annotation {}",
            channel_note::CHANNEL_NOTE
        );
        plan.configure(config, what, channel_note::put_away(channel));
    }
    if let Some(patch) = mode {
        plan.configure(config, mode_words(wish), patch);
    }

    let during = is_set.filter(|_| !puts_away);
    let finally = wish.channel.map(Channel::in_settings).or(is_set).or(noted);
    let lts = finally == Some(Channel::Lts.in_settings());
    let range = Range { deployed: &running, to: wish.to.as_ref(), channel: None, lts };
    plan.releases(releases, wish, range, during.is_some())?;

    let has_note = channel_note::is_noted(config) || (puts_away && is_set.is_some());
    match finally {
        Some(channel) if during != Some(channel) => {
            let again = wish.channel.is_none() || is_set == Some(channel);
            let past = if again { ", as it was" } else { "" };
            let what = format!("set the release channel to {channel}{past}");
            plan.configure(config, what, channel_note::set(channel, has_note));
        }
        Some(_) if has_note => {
            let what = "remove the note of a channel that an earlier run left: the channel is set".to_owned();
            plan.configure(config, what, channel_note::forget());
        }
        Some(_) => {}
        None => plan.notes.push(
            "no release channel is set, so nothing is going to be updated: name one with --channel"
                .to_owned(),
        ),
    }
    Ok(plan)
}

impl Preparation {
    fn configure(&mut self, config: &ModuleConfig, what: String, patch: Value) {
        // The first write brings the version of the schema, and the later ones find it there.
        let first = self.steps.iter().all(|step| step.change.kind != Kind::ModuleConfig);
        let patch = if first { settings::with_schema(config, patch) } else { patch };
        let change =
            Change { what, kind: Kind::ModuleConfig, name: config.name.clone(), write: Write::Merge(patch) };
        let guard = Guard::of(config.resource_version.as_deref());
        self.steps.push(Step { change, guard, settles: true });
    }

    fn releases(
        &mut self,
        existing: &[Release],
        wish: &Wish,
        range: Range<'_>,
        watched: bool,
    ) -> Result<(), TargetError> {
        let (created, notes) = missing(&wish.delivery, existing, range)?;
        self.notes.extend(notes);
        let names: Vec<&str> = created.iter().map(|change| change.name.as_str()).collect();
        let (twins, notes) = twins::removals(existing, &names);
        self.notes.extend(notes);
        let created =
            created.into_iter().map(|change| Step { change, guard: Guard::Nothing, settles: false });
        // Two objects of one version that the controller sees are both skipped, so there it must never see both.
        // Where it does not look, creating comes first: then no moment is without the release.
        if watched {
            self.steps.extend(twins);
            self.steps.extend(created);
        } else {
            self.steps.extend(created);
            self.steps.extend(twins);
        }
        Ok(())
    }
}

fn mode_words(wish: &Wish) -> String {
    let mode = wish.mode.name();
    let meaning = match wish.mode {
        UpdateMode::Manual => "every release waits for an approval",
        UpdateMode::AutoPatch => "minor releases wait for an approval, patches do not",
        UpdateMode::Auto => "no release waits for an approval",
        UpdateMode::Other(_) => "",
    };
    let windows = if wish.windows.is_empty() { "" } else { ", and the update windows" };
    format!("set the update mode to {mode} ({meaning}){windows}")
}

fn running_version(state: &ClusterState) -> Result<Version, PrepareError> {
    let deployment = state.deployment.required("Deployment/deckhouse")?;
    let tag = deployment.tag().unwrap_or("(none)");
    deckhouse::version::parse_tag(tag).ok_or_else(|| PrepareError::MovingTag { tag: tag.to_owned() })
}
