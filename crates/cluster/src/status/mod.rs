//! Where a cluster stands, as a report.

mod fact;
mod parts;
mod unread;

use commands::{ClusterFlags, Sentence};
use serde::Serialize;

use crate::{
    ClusterState, Timestamp,
    modules::{SourceHealth, WaitingRelease as WaitingModuleRelease, overview},
    objects::{ModulePullOverride, Node},
};

pub use fact::Fact;
pub use parts::{
    AlertLine, Masters, Modules, NodeGroupLine, Platform, Registry, Releases, Twin, Updates, WaitingRelease,
};
pub use unread::NothingRead;

/// The report on one cluster. Each part is there or says why it is unknown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Version of the API server.
    pub kubernetes: Fact<String>,
    /// The platform's controller.
    pub platform: Fact<Platform>,
    /// How updates are set up.
    pub updates: Fact<Updates>,
    /// Releases, deployed and waiting.
    pub releases: Fact<Releases>,
    /// Tasks in the controller's queues.
    pub queue: Fact<crate::objects::Queue>,
    /// Firing alerts, the most severe first.
    pub alerts: Fact<Vec<AlertLine>>,
    /// Node groups.
    pub node_groups: Fact<Vec<NodeGroupLine>>,
    /// Masters, and what an update interrupts.
    pub masters: Fact<Masters>,
    /// Modules that are enabled.
    pub modules: Fact<Modules>,
    /// Releases of modules that wait.
    pub module_releases: Fact<Vec<WaitingModuleRelease>>,
    /// Modules whose image is set by hand.
    pub module_pull_overrides: Fact<Vec<ModulePullOverride>>,
    /// Where modules come from, and what is wrong there.
    pub module_sources: Fact<Vec<SourceHealth>>,
    /// The registry that the platform pulls from.
    pub registry: Fact<Registry>,
}

impl Status {
    /// Makes the report as of `now`.
    pub fn of(state: &ClusterState, now: Timestamp) -> Self {
        let of_modules = overview(state, now);
        Self {
            kubernetes: Fact::of(&state.kubernetes, |version| format!("v{version}")),
            platform: Fact::of(&state.deployment, |deployment| parts::platform(deployment, &state.pods)),
            updates: Fact::of(&state.module_configs, |configs| parts::updates(configs)),
            releases: Fact::of(&state.releases, |releases| parts::releases(releases, state)),
            queue: Fact::of(&state.queue, Clone::clone),
            alerts: Fact::of(&state.alerts, |alerts| parts::alerts(alerts)),
            node_groups: Fact::of(&state.node_groups, |groups| {
                let nodes: &[Node] = state.nodes.known().map_or(&[], Vec::as_slice);
                groups.iter().map(|group| parts::node_group(group, nodes)).collect()
            }),
            masters: Fact::of(&state.nodes, |nodes| parts::masters(nodes)),
            modules: Fact::of(&state.modules, |modules| parts::modules(modules)),
            module_releases: Fact::of(&of_modules.waiting, Clone::clone),
            module_pull_overrides: Fact::of(&of_modules.overrides, Clone::clone),
            module_sources: Fact::of(&of_modules.sources, Clone::clone),
            registry: Fact::of(&state.registry, parts::registry),
        }
    }

    /// The same, with commands that name the cluster so.
    #[must_use]
    pub fn addressed(mut self, flags: &ClusterFlags) -> Self {
        let address = |text: &mut Sentence| *text = std::mem::take(text).addressed(flags);
        if let Fact::Known(releases) = &mut self.releases {
            releases.waiting.iter_mut().flat_map(|release| &mut release.reasons).for_each(address);
        }
        if let Fact::Known(groups) = &mut self.node_groups {
            groups.iter_mut().filter_map(|group| group.waits_for.as_mut()).for_each(address);
        }
        self
    }
}

#[cfg(test)]
mod tests;
