//! The state of a cluster, as a report.

mod part;
mod parts;
mod unread;

use problems::Problem;

use crate::{
    ClusterState, EtcdBackups, KubernetesSetting, Timestamp, etcd_backups, license,
    minors::warnings,
    modules::{SourceHealth, WaitingRelease as WaitingModuleRelease, overview},
    objects::{License, ModulePullOverride, Node},
    packages::{ApplicationSummary, RepositoryHealth, packages},
    release_order::none_deployed,
};

pub use part::Part;
pub use parts::{
    AlertLine, DuplicateRelease, Masters, Modules, NodeGroupLine, NotReady, Platform, Registry, ReleaseWait,
    Releases, Updates, WaitingRelease,
};
pub use unread::NothingRead;

/// The report on one cluster. Each part is there or says why it is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Version of the API server.
    pub kubernetes: Part<String>,
    /// Where its version is set, and to what; `None` if the platform does not manage it.
    pub kubernetes_version: Part<Option<KubernetesSetting>>,
    /// The platform's controller.
    pub platform: Part<Platform>,
    /// The update settings.
    pub updates: Part<Updates>,
    /// Releases, deployed and waiting.
    pub releases: Part<Releases>,
    /// Tasks in the controller's queues.
    pub queue: Part<crate::objects::Queue>,
    /// Firing alerts, the most severe first.
    pub alerts: Part<Vec<AlertLine>>,
    /// Node groups.
    pub node_groups: Part<Vec<NodeGroupLine>>,
    /// Masters.
    pub masters: Part<Masters>,
    /// Modules that are enabled.
    pub modules: Part<Modules>,
    /// Releases of modules that are waiting.
    pub module_releases: Part<Vec<WaitingModuleRelease>>,
    /// Modules whose image is set by hand.
    pub module_pull_overrides: Part<Vec<ModulePullOverride>>,
    /// Where modules come from, and what is wrong there.
    pub module_sources: Part<Vec<SourceHealth>>,
    /// Where packages come from; `None` if the platform has no packages.
    pub package_repositories: Option<Part<Vec<RepositoryHealth>>>,
    /// Applications, which are instances of packages; `None` if the platform has none.
    pub applications: Option<Part<ApplicationSummary>>,
    /// The registry that the platform pulls from.
    pub registry: Part<Registry>,
    /// The license of the platform; `None` if the platform has no licenses.
    pub license: Option<Part<License>>,
    /// The last backup of etcd.
    pub etcd_backups: Part<EtcdBackups>,
    /// That no release is Deployed; what may make the controller skip minor versions or deploy them unasked, and minor versions that it has skipped.
    pub risks: Vec<Problem>,
}

impl Status {
    /// Makes the report as of `now`.
    pub fn of(state: &ClusterState, now: Timestamp) -> Self {
        let of_modules = overview(state, now);
        let of_packages = packages(state, now);
        Self {
            kubernetes: Part::of(&state.kubernetes, |version| format!("v{version}")),
            kubernetes_version: match KubernetesSetting::of(state) {
                Ok(setting) => Part::Known(setting),
                Err(unknown) => Part::Unknown { unknown: unknown.to_string() },
            },
            platform: Part::of(&state.deployment, |deployment| parts::platform(deployment, &state.pods)),
            updates: Part::of(&state.module_configs, |configs| parts::updates(configs, state)),
            releases: Part::of(&state.releases, |releases| parts::releases(releases, state, now)),
            queue: Part::of(&state.queue, Clone::clone),
            alerts: Part::of(&state.alerts, |alerts| parts::alerts(alerts)),
            node_groups: Part::of(&state.node_groups, |groups| {
                let nodes: &[Node] = state.nodes.known().map_or(&[], Vec::as_slice);
                groups.iter().map(|group| parts::node_group(group, nodes)).collect()
            }),
            masters: Part::of(&state.nodes, |nodes| parts::masters(nodes)),
            modules: Part::of(&state.modules, |modules| parts::modules(modules)),
            module_releases: Part::of(&of_modules.waiting, Clone::clone),
            module_pull_overrides: Part::of(&of_modules.overrides, Clone::clone),
            module_sources: Part::of(&of_modules.sources, Clone::clone),
            registry: Part::of(&state.registry, |settings| parts::registry(settings, state)),
            package_repositories: Part::unless_absent(&of_packages.repositories),
            applications: Part::unless_absent(&of_packages.applications),
            license: Part::unless_absent(&state.license),
            etcd_backups: Part::of(&etcd_backups(state), Clone::clone),
            risks: none_deployed(state, now)
                .into_iter()
                .chain(warnings(state))
                .chain(license::risk(state))
                .chain(license::blocking(state))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
