//! What is left to do until a cluster is prepared: a pure function of its state.

use deckhouse::{Channel, release_list::DeliveredRelease};
use jiff::Timestamp;
use semver::Version;
use serde_json::Value;

use super::{
    PrepareError, channel_note, duplicates,
    releases::{keep_to_one_minor, missing},
    touch::Unprocessed,
    update_settings,
};
use crate::{
    ClusterState, LeftOutReason,
    chain::{Range, TargetError},
    change::{Change, Guard, Kind, Purpose, Write},
    objects::{ModuleConfig, Release, UpdateMode, UpdateWindow},
    release_order::KeepReason,
};

/// Before this version patch releases apply themselves, whatever the mode (facts 0.9).
const PATCHES_OBEY: Version = Version::new(1, 70, 0);

/// How a cluster is to be prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct PrepareSettings {
    /// The release channel; `None`: unchanged, or the one that an interrupted run has unset.
    pub channel: Option<Channel>,
    /// The update mode.
    pub mode: UpdateMode,
    /// The update windows; empty: unchanged.
    pub windows: Vec<UpdateWindow>,
    /// The releases of the releases file.
    pub delivery: Vec<DeliveredRelease>,
    /// The last release that is wanted.
    pub to: Option<Version>,
    /// What the release channel points to in the cluster's registry, where that is known.
    pub channel_leads_to: Option<Version>,
    /// When the preparation began: the mark of the objects that it touches.
    pub now: Timestamp,
    /// Objects that were created while no release channel was set, as an earlier decision of the same run knew: they need a
    /// touch, no matter how new they are.
    pub unprocessed: Vec<String>,
}

impl PrepareSettings {
    /// For the decisions after this one was confirmed.
    pub(super) fn continuing(&self, confirmed: &[Step]) -> Self {
        let touched = confirmed.iter().filter(|step| step.is_touch());
        Self { unprocessed: touched.map(|step| step.change.name.clone()).collect(), ..self.clone() }
    }
}

/// What is left to do, and what to know about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preparation {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// What to know before.
    pub notes: Vec<PrepareNote>,
    /// Whether an earlier run was interrupted.
    pub continues: bool,
}

/// What to know before a cluster is prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrepareNote {
    /// Releases of the file that are not created.
    LeftOut {
        /// The releases, ascending.
        versions: Vec<Version>,
        /// Why.
        reason: LeftOutReason,
    },
    /// A release is not created, because its approved object has another name.
    ApprovedUnderOtherName {
        /// The release.
        version: Version,
        /// Name of the object.
        name: String,
    },
    /// A duplicate object is not deleted.
    DuplicateKept {
        /// Name of the object.
        name: String,
        /// Why.
        reason: KeepReason,
    },
    /// Releases that are created only after an update: the mode deploys minor versions without an approval, and the controller
    /// may skip those that wait together.
    OneAtATime {
        /// The releases, ascending.
        versions: Vec<Version>,
        /// The release that comes first.
        first: Version,
    },
    /// No release channel is set, and none is going to be set.
    NoChannel,
    /// Objects without a phase that are not touched: they are new, and the controller may still be about to process them.
    NotProcessedYet {
        /// Their names.
        names: Vec<String>,
    },
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is written.
    pub change: Change,
    /// On which state of the object it was decided.
    pub guard: Guard,
    /// Whether the platform's queue must be empty before the next step.
    pub settles: bool,
}

/// What is left of what was confirmed, and what else would have to be written now. A touch that was not confirmed is for an
/// object that was created a moment ago, and that the controller is about to process.
pub(super) fn left_to_write(decided: Vec<Step>, confirmed: &[Step]) -> Vec<Step> {
    decided.into_iter().filter(|step| step.is_among(confirmed) || !step.is_touch()).collect()
}

impl Step {
    /// Whether one of these writes the same.
    pub(super) fn is_among(&self, steps: &[Self]) -> bool {
        steps.iter().any(|it| it.change.writes_the_same(&self.change))
    }

    /// Whether it only makes the controller look at an object.
    fn is_touch(&self) -> bool {
        matches!(self.change.purpose, Purpose::TouchRelease { .. })
    }
}

/// Decides what is left to do.
///
/// # Errors
/// [`PrepareError`] if the platform runs a moving tag, or something that the decision needs cannot be read.
pub fn steps(state: &ClusterState, settings: &PrepareSettings) -> Result<Preparation, PrepareError> {
    if state.is_without_platform() {
        return Err(PrepareError::NoPlatform);
    }
    let running = running_version(state)?;
    state.module_configs.required("ModuleConfigs")?;
    let config = state.deckhouse_config().ok_or(PrepareError::NoConfig)?;
    let releases = state.releases.required("releases")?;
    // Only a channel that is known is written: of any other the text that was read may not be the exact one.
    let is_set = config.update_settings().channel().map(Channel::in_settings);
    let noted = channel_note::noted_channel(config).map(Channel::in_settings);
    let mode = update_settings::mode(config, &settings.mode, &settings.windows);

    let mut plan = Preparation { continues: noted.is_some(), ..Preparation::default() };
    let unsets = mode.is_some() && running < PATCHES_OBEY;
    if let Some(channel) = is_set.filter(|_| unsets) {
        plan.configure(config, Purpose::UnsetChannel { channel }, channel_note::unset_and_keep(channel));
    }
    if let Some(patch) = mode {
        let purpose = Purpose::SetMode { mode: settings.mode.clone(), windows: !settings.windows.is_empty() };
        plan.configure(config, purpose, patch);
    }

    let during = is_set.filter(|_| !unsets);
    let finally = settings.channel.map(Channel::in_settings).or(is_set).or(noted);
    let lts = finally == Some(Channel::Lts.in_settings());
    let channel = settings.channel_leads_to.as_ref();
    let range = Range { deployed: &running, to: settings.to.as_ref(), channel, lts };
    plan.releases(releases, settings, range, during.is_some())?;

    let has_note = channel_note::is_noted(config) || (unsets && is_set.is_some());
    match finally {
        Some(channel) if during != Some(channel) => {
            let restored = settings.channel.is_none() || is_set == Some(channel);
            let purpose = Purpose::SetChannel { channel, restored };
            plan.configure(config, purpose, channel_note::set(channel, has_note));
        }
        Some(_) if has_note => {
            plan.configure(config, Purpose::RemoveChannelNote, channel_note::remove());
        }
        Some(_) => {}
        None => plan.notes.push(PrepareNote::NoChannel),
    }
    if finally.is_some() {
        // What is created where a channel is set is processed without help.
        let created =
            if during.is_none() { plan.names(|write| matches!(write, Write::Create(_))) } else { Vec::new() };
        let gone = plan.names(|write| *write == Write::Delete);
        let unprocessed = Unprocessed {
            existing: releases,
            created: &created,
            gone: &gone,
            is_watched: during.is_some(),
            known: &settings.unprocessed,
            now: settings.now,
        };
        plan.steps.extend(unprocessed.touches());
        let names = unprocessed.new_ones();
        plan.notes.extend((!names.is_empty()).then_some(PrepareNote::NotProcessedYet { names }));
    }
    Ok(plan)
}

impl Preparation {
    /// The names of the releases that are written so.
    fn names(&self, is_so: impl Fn(&Write) -> bool) -> Vec<String> {
        let of_releases = self.steps.iter().filter(|step| step.change.kind == Kind::DeckhouseRelease);
        of_releases.filter(|step| is_so(&step.change.write)).map(|step| step.change.name.clone()).collect()
    }

    fn configure(&mut self, config: &ModuleConfig, purpose: Purpose, patch: Value) {
        // The first write brings the version of the schema, and the later ones find it there.
        let first = self.steps.iter().all(|step| step.change.kind != Kind::ModuleConfig);
        let patch = if first { update_settings::with_schema(config, patch) } else { patch };
        let change = Change {
            purpose,
            kind: Kind::ModuleConfig,
            name: config.name.clone(),
            write: Write::Merge(patch),
        };
        let guard = Guard::of(config.resource_version.as_deref());
        self.steps.push(Step { change, guard, settles: true });
    }

    fn releases(
        &mut self,
        existing: &[Release],
        settings: &PrepareSettings,
        range: Range<'_>,
        is_watched: bool,
    ) -> Result<(), TargetError> {
        let (mut created, notes) = missing(&settings.delivery, existing, range)?;
        self.notes.extend(notes);
        if settings.mode.deploys_unasked(false) && !range.lts {
            self.notes.extend(keep_to_one_minor(&mut created, existing, range.deployed));
        }
        let names: Vec<&str> = created.iter().map(|change| change.name.as_str()).collect();
        let (duplicates, notes) = duplicates::removals(existing, &names);
        self.notes.extend(notes);
        let created =
            created.into_iter().map(|change| Step { change, guard: Guard::Nothing, settles: false });
        // Two objects of one version that the controller sees are both skipped, so there it must never see both.
        // Where it does not look, creating comes first: then no moment is without the release.
        if is_watched {
            self.steps.extend(duplicates);
            self.steps.extend(created);
        } else {
            self.steps.extend(created);
            self.steps.extend(duplicates);
        }
        Ok(())
    }
}

fn running_version(state: &ClusterState) -> Result<Version, PrepareError> {
    let deployment = state.deployment.required("Deployment/deckhouse")?;
    let tag = deployment.tag().unwrap_or("(none)");
    deckhouse::version::parse_tag(tag).ok_or_else(|| PrepareError::MovingTag { tag: tag.to_owned() })
}
