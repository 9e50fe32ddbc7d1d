//! What every rule is given.

use commands::{Command, Controller, Filter, Kubectl, Logs, Pods};
use jiff::{SignedDuration, Timestamp};
use problems::{Advice, Kind, Object, See};
use semver::Version;

use super::{details::Details, limits};
use crate::{
    ClusterState, Reading,
    objects::{DeckhousePod, Phase, Release, UpdateSettings},
    release_order::ReleaseOrder,
};

/// The state, the details and the time.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) state: &'a ClusterState,
    pub(super) details: &'a Details,
    pub(super) now: Timestamp,
}

/// Whether the platform's controller runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ControllerState {
    /// A pod is ready.
    Ready,
    /// No pod is ready, for no longer than an update takes; since when, if it is known.
    Restarting(Option<Timestamp>),
    /// No pod is ready, for longer than an update takes; since when.
    Down(Timestamp),
    /// The pods cannot be read.
    Unknown,
}

impl<'a> Context<'a> {
    /// The known part of a reading as a slice.
    pub(super) fn list<T>(reading: &'a Reading<Vec<T>>) -> &'a [T] {
        reading.known().map_or(&[], Vec::as_slice)
    }

    /// The releases with a version, ascending.
    pub(super) fn releases(&self) -> Vec<&'a Release> {
        let mut all: Vec<&Release> =
            Self::list(&self.state.releases).iter().filter(|release| release.version.is_some()).collect();
        all.sort_by_key(|release| (&release.version, &release.name));
        all
    }

    /// The releases of a phase, ascending.
    pub(super) fn in_phase(&self, phase: &Phase) -> Vec<&'a Release> {
        self.releases().into_iter().filter(|release| release.phase.as_ref() == Some(phase)).collect()
    }

    /// How the releases stand to each other.
    pub(super) fn order(&self) -> ReleaseOrder<'a> {
        ReleaseOrder::of(Self::list(&self.state.releases))
    }

    /// The release that counts as deployed.
    pub(super) fn deployed(&self) -> Option<&'a Release> {
        self.order().deployed
    }

    /// The release that is next: the highest waiting patch of the lowest minor that waits.
    pub(super) fn next_release(&self) -> Option<&'a Release> {
        self.order().chain().into_iter().next()
    }

    /// What `ModuleConfig/deckhouse` says about updates, if it was read.
    pub(super) fn settings(&self) -> Option<UpdateSettings> {
        self.state.deckhouse_config().map(crate::objects::ModuleConfig::update_settings)
    }

    /// The platform's pods.
    pub(super) fn pods(&self) -> &'a [DeckhousePod] {
        Self::list(&self.state.pods)
    }

    /// The platform's pod that is asked. Of several pods kubectl takes any, and only the leader has queues and logs
    /// about releases.
    pub(super) fn leader(&self) -> Pods {
        let pods = self.pods();
        match DeckhousePod::leader(pods).filter(|_| pods.len() > 1) {
            Some(leader) => Pods::Named(leader.name.clone()),
            None => Pods::Any,
        }
    }

    /// The platform's log of the last minutes, filtered.
    pub(super) fn see_log(&self, see: See, filter: Filter) -> Advice {
        let log = Kubectl::Logs(Logs::of(self.leader()).recent());
        Advice::See(see, Command::kubectl(log).piped(filter))
    }

    /// A command inside the platform's pod.
    pub(super) fn see_queue(&self, command: Controller) -> Advice {
        see(See::Queues, Kubectl::Exec(self.leader(), command))
    }

    /// The cluster's registry, `HOST[:PORT]/PATH`; a placeholder if it is not known.
    pub(super) fn registry(&self) -> String {
        self.state.registry_address()
    }

    /// The step that pushes a bundle to the cluster's registry.
    pub(super) fn push(&self) -> Advice {
        Advice::Push { registry: self.registry() }
    }

    /// Whether the controller runs. A pod that was created recently, or a Deployment that became unavailable recently, is
    /// a restart.
    pub(super) fn controller(&self) -> ControllerState {
        let Some(pods) = self.state.pods.known() else { return ControllerState::Unknown };
        if pods.iter().any(|pod| pod.ready && !pod.terminating) {
            return ControllerState::Ready;
        }
        let conditions = Self::list(&self.details.conditions).iter();
        let unavailable =
            conditions.filter(|it| it.kind == "Available" && !it.is_true).filter_map(|it| it.since);
        match pods.iter().filter_map(|pod| pod.started).chain(unavailable).max() {
            Some(since) if self.is_over(since, limits::RESTART) => ControllerState::Down(since),
            since => ControllerState::Restarting(since),
        }
    }

    /// Whether `since` is longer ago than `limit`.
    pub(super) fn is_over(&self, since: Timestamp, limit: SignedDuration) -> bool {
        self.now.duration_since(since) > limit
    }

    /// An alert of this name that fires and is not stale.
    pub(super) fn alert(&self, name: &str) -> Option<&'a crate::objects::Alert> {
        let mut alerts = Self::list(&self.state.alerts).iter();
        alerts.find(|alert| alert.name == name && !alert.status.contains("stale"))
    }

    /// The message of the newest event of a pod that has this reason and this part in its message.
    pub(super) fn event_of(&self, pod: &str, reason: &str, part: &str) -> Option<&'a str> {
        let events = Self::list(&self.details.events).iter();
        let own = events.filter(|it| it.pod == pod && it.reason == reason && it.message.contains(part));
        own.max_by_key(|event| event.last).map(|event| event.message.as_str())
    }

    /// The newest error of the log that has one of these parts.
    pub(super) fn logged(&self, parts: &[&str]) -> Option<&'a super::details::LogError> {
        let recent = |time: Option<Timestamp>| time.is_none_or(|time| !self.is_over(time, limits::LOG_AGE));
        let log = Self::list(&self.details.log).iter().rev();
        log.filter(|line| recent(line.time)).find(|line| parts.iter().any(|part| line.message.contains(part)))
    }
}

/// The tag of a release, which is its version in the one spelling that registries use.
pub(super) fn tag(release: &Release) -> String {
    release.version.as_ref().map_or_else(|| release.version_text.clone(), deckhouse::version::tag_of)
}

/// The version of a release; those without one are in none of the lists above.
pub(super) fn version_of(release: &Release) -> Version {
    release.version.clone().unwrap_or_else(|| Version::new(0, 0, 0))
}

/// The object of a release.
pub(super) fn object(release: &Release) -> Object {
    Object::new(Kind::DeckhouseRelease, &release.name)
}

/// The step that looks at something.
pub(super) fn see(see: See, command: impl Into<Command>) -> Advice {
    Advice::See(see, command.into())
}
