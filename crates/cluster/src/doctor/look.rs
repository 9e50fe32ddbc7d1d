//! What every rule is given.

use commands::{Controller as PodCommand, Kubectl, Logs, Mirror, Pods};
use jiff::{SignedDuration, Timestamp};

use super::{evidence::Evidence, limits};
use crate::{
    ClusterState, Reading,
    objects::{DeckhousePod, Phase, RegistrySettings, Release, UpdateSettings},
    release_order::ReleaseOrder,
};

/// Stands in commands for a registry that is not known.
const REGISTRY: &str = "HOST/PATH";

/// The state, the evidence and the time.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) state: &'a ClusterState,
    pub(super) evidence: &'a Evidence,
    pub(super) now: Timestamp,
}

/// Whether the platform's controller is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    /// A pod is ready.
    Up,
    /// No pod is ready, for as short a time as an update takes; since when, if it is known.
    Restarting(Option<Timestamp>),
    /// No pod is ready, for longer than an update takes; since when.
    Away(Timestamp),
    /// The pods cannot be read.
    Unknown,
}

impl<'a> Look<'a> {
    /// The known part of a reading as a slice.
    pub(super) fn all<T>(reading: &'a Reading<Vec<T>>) -> &'a [T] {
        reading.known().map_or(&[], Vec::as_slice)
    }

    /// The releases with a version, ascending.
    pub(super) fn releases(&self) -> Vec<&'a Release> {
        let mut all: Vec<&Release> =
            Self::all(&self.state.releases).iter().filter(|release| release.version.is_some()).collect();
        all.sort_by_key(|release| (&release.version, &release.name));
        all
    }

    /// The releases of a phase, ascending.
    pub(super) fn of_phase(&self, phase: &Phase) -> Vec<&'a Release> {
        self.releases().into_iter().filter(|release| release.phase.as_ref() == Some(phase)).collect()
    }

    /// How the releases stand to each other.
    pub(super) fn order(&self) -> ReleaseOrder<'a> {
        ReleaseOrder::of(Self::all(&self.state.releases))
    }

    /// The release that counts as deployed.
    pub(super) fn deployed(&self) -> Option<&'a Release> {
        self.order().deployed
    }

    /// The release that is next: the highest waiting patch of the lowest minor that waits.
    pub(super) fn upcoming(&self) -> Option<&'a Release> {
        self.order().chain().into_iter().next()
    }

    /// What `ModuleConfig/deckhouse` says about updates, if it was read.
    pub(super) fn settings(&self) -> Option<UpdateSettings> {
        self.state.deckhouse_config().map(crate::objects::ModuleConfig::update_settings)
    }

    /// Whether the release channel is known to be unset.
    pub(super) fn channel_is_unset(&self) -> bool {
        match self.settings() {
            Some(settings) => settings.release_channel.is_none(),
            None => self.state.module_configs.known().is_some(),
        }
    }

    /// The platform's pods.
    pub(super) fn pods(&self) -> &'a [DeckhousePod] {
        Self::all(&self.state.pods)
    }

    /// The pod to ask. Of several pods of a Deployment kubectl takes any, and one that does not lead has no queues and logs
    /// nothing of releases.
    fn asked(&self) -> Pods {
        let pods = self.pods();
        match DeckhousePod::leader(pods).filter(|_| pods.len() > 1) {
            Some(leader) => Pods::Named(leader.name.clone()),
            None => Pods::Any,
        }
    }

    /// The command that shows the controller's log of the last minutes.
    pub(super) fn recent_log(&self) -> Kubectl {
        Kubectl::Logs(Logs::of(self.asked()).recent())
    }

    /// The command that shows the last lines of the controller's log.
    pub(super) fn last_log(&self) -> Kubectl {
        Kubectl::Logs(Logs::of(self.asked()).tail())
    }

    /// The command that asks the controller this.
    pub(super) fn ask(&self, command: PodCommand) -> Kubectl {
        Kubectl::Exec(self.asked(), command)
    }

    /// The command that pushes a bundle to the cluster's registry, as far as that is known.
    pub(super) fn push(&self) -> Mirror {
        let settings = self.state.registry.known();
        Mirror::Push(settings.map_or_else(|| REGISTRY.to_owned(), RegistrySettings::images_repo))
    }

    /// Whether the controller is there. A pod that was made lately, or a Deployment that has become unavailable
    /// lately, is a restart.
    pub(super) fn controller(&self) -> Controller {
        let Some(pods) = self.state.pods.known() else { return Controller::Unknown };
        if pods.iter().any(|pod| pod.ready && !pod.terminating) {
            return Controller::Up;
        }
        let conditions = Self::all(&self.evidence.conditions).iter();
        let unavailable =
            conditions.filter(|it| it.kind == "Available" && !it.is_true).filter_map(|it| it.since);
        match pods.iter().filter_map(|pod| pod.started).chain(unavailable).max() {
            Some(since) if self.is_over(since, limits::RESTART) => Controller::Away(since),
            since => Controller::Restarting(since),
        }
    }

    /// Whether `since` is longer ago than `limit`.
    pub(super) fn is_over(&self, since: Timestamp, limit: SignedDuration) -> bool {
        self.now.duration_since(since) > limit
    }

    /// An alert of this name that fires and is not stale.
    pub(super) fn alert(&self, name: &str) -> Option<&'a crate::objects::Alert> {
        let mut alerts = Self::all(&self.state.alerts).iter();
        alerts.find(|alert| alert.name == name && !alert.status.contains("stale"))
    }

    /// The message of the newest event of a pod that has this reason and this part in its message.
    pub(super) fn event_of(&self, pod: &str, reason: &str, part: &str) -> Option<&'a str> {
        let events = Self::all(&self.evidence.events).iter();
        let own = events.filter(|it| it.pod == pod && it.reason == reason && it.message.contains(part));
        own.max_by_key(|event| event.last).map(|event| event.message.as_str())
    }

    /// The newest error of the log that has one of these parts.
    pub(super) fn logged(&self, parts: &[&str]) -> Option<&'a super::evidence::LogError> {
        let recent = |time: Option<Timestamp>| time.is_none_or(|time| !self.is_over(time, limits::LOG));
        let log = Self::all(&self.evidence.log).iter().rev();
        log.filter(|line| recent(line.time)).find(|line| parts.iter().any(|part| line.message.contains(part)))
    }
}

/// The tag of a release, which is its version in the one spelling that registries use.
pub(super) fn tag(release: &Release) -> String {
    release.version.as_ref().map_or_else(|| release.version_text.clone(), deckhouse::version::tag_of)
}
