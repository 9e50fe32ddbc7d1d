//! The report as metrics of Prometheus.
//!
//! What is unknown has no sample, so that it never looks like zero; `dhctl_source_readable` says so instead.

use std::collections::BTreeMap;

use cluster::{
    ClusterState, Reading, Timestamp,
    health::{Health, UnhealthyKind},
    objects::Release,
    status::{ReleaseWait, Status},
    verdict::is_of_an_update,
};
use serde::Serialize;

use crate::prometheus::{Exposition, Gauge};

const fn gauge(name: &'static str, help: &'static str) -> Gauge {
    Gauge { name, help }
}

const UP: Gauge = gauge("dhctl_cluster_up", "Whether anything of the cluster could be read (1) or not (0).");
const INFO: Gauge =
    gauge("dhctl_cluster_info", "Address of the API server and version of Kubernetes; always 1.");
const READ: Gauge =
    gauge("dhctl_last_read_timestamp_seconds", "When the cluster was read, in seconds since 1970.");
const READABLE: Gauge = gauge(
    "dhctl_source_readable",
    "Whether a kind of data could be read (1) or not (0). Kinds of data that the cluster does not have are left out.",
);
const IDLE: Gauge = gauge(
    "dhctl_update_idle_and_healthy",
    "Whether the cluster is idle and healthy (1) or not (0), by the same rules as status --exit-code.",
);
const PROBLEMS: Gauge = gauge(
    "dhctl_update_problems",
    "Reasons why the cluster is not idle or not healthy, by kind (blocks, alert, running, unknown) and code.",
);
const WARNINGS: Gauge = gauge(
    "dhctl_update_warnings",
    "Number of warnings: minor versions that were or may be skipped, or an unset update mode.",
);
const PLATFORM: Gauge = gauge(
    "dhctl_platform_info",
    "Version, edition, release channel and update mode of the platform; a label is empty if it is not set or unknown; always 1.",
);
const PLATFORM_READY: Gauge =
    gauge("dhctl_platform_ready", "Whether the platform's pod is ready and its Deployment rolled out.");
const RELEASES: Gauge = gauge(
    "dhctl_releases",
    "DeckhouseReleases by phase. New: the controller has not processed it. Other: an unknown phase.",
);
const DEPLOYED: Gauge = gauge(
    "dhctl_release_deployed_timestamp_seconds",
    "When the deployed release got its phase, in seconds since 1970.",
);
const WAITING: Gauge = gauge(
    "dhctl_release_next_waiting",
    "The next release, and why it is waiting; a sample for each reason; always 1.",
);
const QUEUE: Gauge = gauge("dhctl_queue_tasks", "Tasks in the queues of the platform's controller.");
const ALERTS: Gauge =
    gauge("dhctl_alerts_firing", "Firing ClusterAlerts, by whether they concern an update of the platform.");
const MODULES: Gauge = gauge("dhctl_modules_enabled", "Enabled modules, by whether they are ready.");
const MODULE_RELEASES: Gauge =
    gauge("dhctl_module_releases_waiting", "Releases of modules that are waiting.");
const NODES: Gauge = gauge("dhctl_node_group_nodes", "Nodes of a node group.");
const NODES_NOT_READY: Gauge =
    gauge("dhctl_node_group_nodes_not_ready", "Nodes of a node group that are not ready.");
const NODES_OLD: Gauge = gauge(
    "dhctl_node_group_nodes_not_up_to_date",
    "Nodes of a node group that do not have its current configuration.",
);
const BACKUP: Gauge = gauge(
    "dhctl_etcd_backup_timestamp_seconds",
    "When the last known etcd backup was created, in seconds since 1970.",
);

/// All metrics, in their order.
const ALL: [Gauge; 20] = [
    UP,
    INFO,
    READ,
    READABLE,
    IDLE,
    PROBLEMS,
    WARNINGS,
    PLATFORM,
    PLATFORM_READY,
    RELEASES,
    DEPLOYED,
    WAITING,
    QUEUE,
    ALERTS,
    MODULES,
    MODULE_RELEASES,
    NODES,
    NODES_NOT_READY,
    NODES_OLD,
    BACKUP,
];

/// The phases that `dhctl_releases` always has.
const PHASES: [&str; 7] = ["New", "Pending", "Deployed", "Superseded", "Skipped", "Suspended", "Other"];

/// Metrics of clusters.
#[derive(Debug, Default)]
pub(super) struct Metrics(Exposition);

/// The metrics of one cluster.
struct OfCluster<'a> {
    all: &'a mut Exposition,
    context: &'a str,
}

/// What was read of one cluster.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) state: ClusterState,
    pub(super) status: Status,
    pub(super) health: Health,
    pub(super) at: Timestamp,
    /// Whether anything could be read.
    pub(super) is_up: bool,
}

impl Metrics {
    /// A cluster of which there is no report.
    pub(super) fn away(&mut self, context: &str) {
        let mut one = OfCluster { all: &mut self.0, context };
        one.add(UP, &[], 0.0);
        one.add(IDLE, &[], 0.0);
    }

    /// A cluster that was read. `server`: the address of its API server.
    pub(super) fn read(&mut self, context: &str, server: &str, read: &Read) {
        let mut one = OfCluster { all: &mut self.0, context };
        let Read { state, status, health, at, is_up } = read;
        one.flag(UP, &[], *is_up);
        let kubernetes = status.kubernetes.known().map_or("", String::as_str);
        one.add(INFO, &[("server", server), ("kubernetes", kubernetes)], 1.0);
        one.add(READ, &[], seconds(*at));
        one.sources(state);
        one.health(health);
        one.add(WARNINGS, &[], number(status.risks.len()));
        one.platform(status);
        one.releases(state, status);
        one.rest(state, status);
    }

    /// The text for a scraper.
    pub(super) fn text(&self) -> String {
        self.0.text(&ALL)
    }
}

impl OfCluster<'_> {
    fn add(&mut self, gauge: Gauge, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<(&str, &str)> =
            [("context", self.context)].into_iter().chain(labels.iter().copied()).collect();
        self.all.add(gauge, &labels, value);
    }

    fn flag(&mut self, gauge: Gauge, labels: &[(&str, &str)], is_so: bool) {
        self.add(gauge, labels, if is_so { 1.0 } else { 0.0 });
    }

    fn source<T>(&mut self, name: &str, reading: &Reading<T>) {
        if !matches!(reading, Reading::Absent(_)) {
            self.flag(READABLE, &[("source", name)], reading.known().is_some());
        }
    }

    fn sources(&mut self, state: &ClusterState) {
        self.source("releases", &state.releases);
        self.source("moduleConfigs", &state.module_configs);
        self.source("deployment", &state.deployment);
        self.source("pods", &state.pods);
        self.source("queue", &state.queue);
        self.source("converge", &state.converge);
        self.source("alerts", &state.alerts);
        self.source("modules", &state.modules);
        self.source("moduleReleases", &state.module_releases);
        self.source("moduleSources", &state.module_sources);
        self.source("nodeGroups", &state.node_groups);
        self.source("nodes", &state.nodes);
        self.source("registry", &state.registry);
    }

    fn health(&mut self, health: &Health) {
        self.flag(IDLE, &[], health.is_idle_and_healthy());
        let mut counts: BTreeMap<(UnhealthyKind, String), usize> = BTreeMap::new();
        for reason in &health.reasons {
            *counts.entry((reason.kind, word(&reason.problem.code))).or_default() += 1;
        }
        for ((kind, code), count) in counts {
            self.add(PROBLEMS, &[("kind", kind.word()), ("code", &code)], number(count));
        }
    }

    fn platform(&mut self, status: &Status) {
        let Some(platform) = status.platform.known() else { return };
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let tag = platform.tag.clone().filter(|_| !platform.moving_tag);
        let updates = status.updates.known();
        let labels = [
            ("version", of(&platform.version.clone().or(tag))),
            ("edition", of(&platform.edition)),
            ("channel", updates.map(|it| of(&it.channel)).unwrap_or_default()),
            ("mode", updates.map(|it| of(&it.mode)).unwrap_or_default()),
        ];
        self.add(PLATFORM, &labels.each_ref().map(|(name, value)| (*name, value.as_str())), 1.0);
        self.flag(PLATFORM_READY, &[], platform.ready && platform.rolled_out);
    }

    fn releases(&mut self, state: &ClusterState, status: &Status) {
        let Some((releases, report)) = state.releases.known().zip(status.releases.known()) else { return };
        for phase in PHASES {
            let count = releases.iter().filter(|release| phase_of(release) == phase).count();
            self.add(RELEASES, &[("phase", phase)], number(count));
        }
        if let Some(since) = report.since {
            self.add(DEPLOYED, &[], seconds(since));
        }
        for release in report.waiting.iter().filter(|release| release.next) {
            for reason in &release.reasons {
                let approved = release.approved.to_string();
                let labels =
                    [("version", &*release.name), ("approved", &approved), ("reason", &reason_of(reason))];
                self.add(WAITING, &labels, 1.0);
            }
        }
    }

    fn rest(&mut self, state: &ClusterState, status: &Status) {
        if let Some(queue) = status.queue.known() {
            self.add(QUEUE, &[], number(queue.tasks));
        }
        if let Some(alerts) = state.alerts.known() {
            let of_updates = alerts.iter().filter(|alert| is_of_an_update(alert)).count();
            self.add(ALERTS, &[("concerns_update", "true")], number(of_updates));
            self.add(ALERTS, &[("concerns_update", "false")], number(alerts.len() - of_updates));
        }
        if let Some(modules) = status.modules.known() {
            let not_ready = modules.not_ready.len();
            self.add(MODULES, &[("ready", "true")], number(modules.enabled - not_ready));
            self.add(MODULES, &[("ready", "false")], number(not_ready));
        }
        if let Some(waiting) = status.module_releases.known() {
            self.add(MODULE_RELEASES, &[], number(waiting.len()));
        }
        if let Some(last) = status.etcd_backups.known().and_then(|backups| backups.last) {
            self.add(BACKUP, &[], seconds(last));
        }
        for group in status.node_groups.known().into_iter().flatten() {
            let label = [("node_group", group.name.as_str())];
            self.add(NODES, &label, number(group.nodes));
            self.add(NODES_NOT_READY, &label, number(group.nodes.saturating_sub(group.ready)));
            self.add(NODES_OLD, &label, number(group.nodes.saturating_sub(group.up_to_date)));
        }
    }
}

fn phase_of(release: &Release) -> &str {
    let name = release.phase.as_ref().map_or("New", |phase| phase.name());
    PHASES.into_iter().find(|phase| *phase == name).unwrap_or("Other")
}

/// The stable word for a reason; nothing that the controller has written.
fn reason_of(reason: &ReleaseWait) -> String {
    match reason {
        ReleaseWait::ChannelUnset => "channelUnset".to_owned(),
        ReleaseWait::NotNext(_) => "notNext".to_owned(),
        ReleaseWait::Controller(reason) => {
            let value = serde_json::to_value(reason).unwrap_or_default();
            value["reason"].as_str().unwrap_or("other").to_owned()
        }
        ReleaseWait::NoReason => "none".to_owned(),
        ReleaseWait::NotProcessed => "notProcessed".to_owned(),
    }
}

/// The word that JSON documents have for a code.
fn word(code: &impl Serialize) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Seconds since 1970.
fn seconds(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64().floor()
}

/// No cluster has so many of anything that the value is not exact.
fn number(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use cluster::{
        health::Blockers,
        objects::{DeckhouseDeployment, NodeGroup, Phase},
    };

    use super::*;
    use crate::prometheus::tests::{Sample, parse};

    fn read(state: ClusterState) -> Read {
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let (status, blockers) = (Status::of(&state, at), Blockers::of(&state, at));
        let health = Health::of(&state, &blockers, at);
        Read { state, status, health, at, is_up: true }
    }

    fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let has = |it: &&Sample| {
            it.name == name
                && labels.iter().all(|(label, value)| it.labels.get(*label).is_some_and(|it| it == value))
        };
        samples.iter().find(has).map(|it| it.value)
    }

    #[test]
    fn several_clusters_with_names_from_elsewhere() {
        let nasty = "a\"} 1\ndhctl_cluster_up{context=\"b\\";
        let release = |name: &str, phase: &str| Release {
            name: name.to_owned(),
            version_text: name.to_owned(),
            version: semver::Version::parse(name.trim_start_matches('v')).ok(),
            phase: Phase::parse(phase),
            message: "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation".into(),
            ..Release::default()
        };
        let state = ClusterState {
            releases: Reading::Known(vec![
                release("v1.71.0", "Deployed"),
                release("v1.72.3", "Pending"),
                release("v1.73.0", nasty),
                release("v1.74.0", ""),
            ]),
            node_groups: Reading::Known(vec![NodeGroup {
                name: nasty.to_owned(),
                nodes: 5,
                ready: 4,
                up_to_date: 2,
                ..NodeGroup::default()
            }]),
            deployment: Reading::Known(DeckhouseDeployment {
                image: "r/d:v1.71.0".to_owned(),
                version_annotation: Some(nasty.to_owned()),
                ..DeckhouseDeployment::default()
            }),
            alerts: Reading::Absent("no such kind".to_owned()),
            ..ClusterState::default()
        };
        let read = read(state);
        let mut metrics = Metrics::default();
        metrics.read("one", "https://api:6443", &read);
        metrics.read(nasty, nasty, &read);
        metrics.away("gone");
        // The same context twice is one cluster.
        metrics.read("one", "https://api:6443", &read);

        let text = metrics.text();
        let samples = parse(&text).unwrap();
        for context in ["one", nasty] {
            let of = |name, labels: &[(&str, &str)]| {
                value(&samples, name, &[&[("context", context)], labels].concat())
            };
            assert_eq!(of("dhctl_cluster_up", &[]), Some(1.0));
            assert_eq!(of("dhctl_update_idle_and_healthy", &[]), Some(0.0));
            assert_eq!(of("dhctl_releases", &[("phase", "Other")]), Some(1.0));
            assert_eq!(of("dhctl_releases", &[("phase", "New")]), Some(1.0));
            assert_eq!(of("dhctl_releases", &[("phase", "Suspended")]), Some(0.0));
            assert_eq!(
                of("dhctl_release_next_waiting", &[("version", "v1.72.3"), ("reason", "approval")]),
                Some(1.0)
            );
            assert_eq!(of("dhctl_node_group_nodes_not_up_to_date", &[("node_group", nasty)]), Some(3.0));
            assert_eq!(of("dhctl_source_readable", &[("source", "queue")]), Some(0.0));
            assert_eq!(of("dhctl_source_readable", &[("source", "alerts")]), None, "absent");
            assert_eq!(of("dhctl_queue_tasks", &[]), None, "unknown is not zero");
            assert_eq!(of("dhctl_update_problems", &[("kind", "unknown"), ("code", "notNow")]), Some(2.0));
        }
        assert_eq!(value(&samples, "dhctl_cluster_up", &[("context", "gone")]), Some(0.0));
        assert_eq!(value(&samples, "dhctl_last_read_timestamp_seconds", &[("context", "gone")]), None);
        assert_eq!(samples.iter().filter(|it| it.name == "dhctl_cluster_up").count(), 3);
    }

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for Gauge { name, help } in ALL {
            assert!(name.starts_with("dhctl_") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(!name.ends_with("_total") && !name.ends_with("_count"), "{name} is a gauge");
            assert!(!name.contains("timestamp") || name.ends_with("_timestamp_seconds"), "{name}");
            assert!(help.ends_with('.') && !help.contains(['\\', '\n']), "{help}");
        }
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
