//! The report as a JSON document.

use cluster::{
    EtcdBackups, KubernetesSetting, Timestamp,
    health::{Health, Unhealthy, UnhealthyKind},
    modules::SourceHealth,
    objects::{License, ModulePullOverride, Queue},
    packages::{ApplicationSummary, RepositoryHealth},
    status::{
        AlertLine, Masters, Modules, NodeGroupLine, NotReady, Part, Platform, Registry, Releases, Status,
        Updates,
    },
};
use commands::{ClusterFlags, Sentence};
use problems::Code;
use serde::Serialize;

use super::super::documents::ModuleReleaseDocument;
use crate::words;

/// A report. Texts are worded, and commands name the cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusDocument {
    kubernetes: Part<String>,
    kubernetes_version: Part<Option<KubernetesSetting>>,
    platform: Part<Platform>,
    updates: Part<Updates>,
    releases: Part<ReleasesDocument>,
    queue: Part<Queue>,
    alerts: Part<Vec<AlertLine>>,
    node_groups: Part<Vec<NodeGroupDocument>>,
    masters: Part<MastersDocument>,
    modules: Part<ModulesDocument>,
    module_releases: Part<Vec<ModuleReleaseDocument>>,
    module_pull_overrides: Part<Vec<ModulePullOverride>>,
    module_sources: Part<Vec<SourceHealth>>,
    package_repositories: Option<Part<Vec<RepositoryHealth>>>,
    applications: Option<Part<ApplicationSummary>>,
    registry: Part<Registry>,
    license: Option<Part<License>>,
    /// That no release is Deployed; what may make the controller skip minor versions or deploy them unasked, and minor versions that it has skipped.
    warnings: Vec<Sentence>,
    health: HealthDocument,
    etcd_backup: Part<EtcdBackups>,
}

/// Whether the cluster is idle and healthy, as `--exit-code` decides it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthDocument {
    idle_and_healthy: bool,
    /// Why not, the gravest first.
    reasons: Vec<UnhealthyDocument>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UnhealthyDocument {
    kind: UnhealthyKind,
    code: Code,
    object: String,
    what: Sentence,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReleasesDocument {
    deployed: Option<String>,
    since: Option<Timestamp>,
    also_deployed: Vec<String>,
    waiting: Vec<WaitingDocument>,
    suspended: Vec<String>,
    twins: Vec<DuplicateDocument>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WaitingDocument {
    name: String,
    approved: bool,
    next: bool,
    reasons: Vec<Sentence>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DuplicateDocument {
    name: String,
    version: String,
    keep: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeGroupDocument {
    name: String,
    nodes: u64,
    ready: u64,
    up_to_date: u64,
    waits_for: Option<Sentence>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MastersDocument {
    names: Vec<String>,
    interruption: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ModulesDocument {
    enabled: usize,
    not_ready: Vec<String>,
    enabled_unknown: usize,
}

impl StatusDocument {
    pub(crate) fn of(status: &Status, health: &Health, flags: &ClusterFlags) -> Self {
        Self {
            kubernetes: status.kubernetes.clone(),
            kubernetes_version: status.kubernetes_version.clone(),
            platform: status.platform.clone(),
            updates: status.updates.clone(),
            releases: status.releases.map(|releases| ReleasesDocument::of(releases, flags)),
            queue: status.queue.clone(),
            alerts: status.alerts.clone(),
            node_groups: status
                .node_groups
                .map(|groups| groups.iter().map(|group| NodeGroupDocument::of(group, flags)).collect()),
            masters: status.masters.map(MastersDocument::of),
            modules: status.modules.map(ModulesDocument::of),
            module_releases: status
                .module_releases
                .map(|releases| releases.iter().map(ModuleReleaseDocument::of).collect()),
            module_pull_overrides: status.module_pull_overrides.clone(),
            module_sources: status.module_sources.clone(),
            package_repositories: status.package_repositories.clone(),
            applications: status.applications.clone(),
            registry: status.registry.clone(),
            license: status.license.clone(),
            warnings: status.risks.iter().map(|it| words::with_remedy(it).addressed(flags)).collect(),
            health: HealthDocument::of(health, flags),
            etcd_backup: status.etcd_backups.clone(),
        }
    }
}

impl HealthDocument {
    fn of(health: &Health, flags: &ClusterFlags) -> Self {
        let reason = |it: &Unhealthy| UnhealthyDocument {
            kind: it.kind,
            code: it.problem.code,
            object: words::object(&it.problem),
            what: words::predicate(&it.problem.fact).addressed(flags),
        };
        Self {
            idle_and_healthy: health.is_idle_and_healthy(),
            reasons: health.reasons.iter().map(reason).collect(),
        }
    }
}

impl ReleasesDocument {
    fn of(releases: &Releases, flags: &ClusterFlags) -> Self {
        let waiting = releases.waiting.iter().map(|it| WaitingDocument {
            name: it.name.clone(),
            approved: it.approved,
            next: it.next,
            reasons: it
                .reasons
                .iter()
                .map(|reason| words::status::release_wait(reason).addressed(flags))
                .collect(),
        });
        let duplicates = releases.twins.iter().map(|it| DuplicateDocument {
            name: it.name.clone(),
            version: it.version.clone(),
            keep: it.keep.as_ref().map(words::note::keep_reason),
        });
        Self {
            deployed: releases.deployed.clone(),
            since: releases.since,
            also_deployed: releases.also_deployed.clone(),
            waiting: waiting.collect(),
            suspended: releases.suspended.clone(),
            twins: duplicates.collect(),
        }
    }
}

impl NodeGroupDocument {
    fn of(group: &NodeGroupLine, flags: &ClusterFlags) -> Self {
        let waits_for = group.waits_for.as_ref();
        Self {
            name: group.name.clone(),
            nodes: group.nodes,
            ready: group.ready,
            up_to_date: group.up_to_date,
            waits_for: waits_for.map(|fact| words::status::node_group(fact).addressed(flags)),
        }
    }
}

impl MastersDocument {
    fn of(masters: &Masters) -> Self {
        Self {
            names: masters.names.clone(),
            interruption: words::status::interruption(masters.names.len()).join("; "),
        }
    }
}

impl ModulesDocument {
    fn of(modules: &Modules) -> Self {
        Self {
            enabled: modules.enabled,
            not_ready: modules.not_ready.iter().map(Self::module).collect(),
            enabled_unknown: modules.unknown,
        }
    }

    fn module(module: &NotReady) -> String {
        words::status::not_ready(module)
    }
}
