//! Where a cluster stands, as a report.

mod fact;
mod parts;

use serde::Serialize;

use crate::ClusterState;

pub use fact::Fact;
pub use parts::{
    AlertLine, Masters, Modules, NodeGroupLine, Platform, Registry, Releases, SourceLine, Twin, Updates,
    WaitingRelease,
};

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
    /// Where modules come from.
    pub module_sources: Fact<Vec<SourceLine>>,
    /// The registry that the platform pulls from.
    pub registry: Fact<Registry>,
}

impl Status {
    /// Makes the report.
    pub fn of(state: &ClusterState) -> Self {
        Self {
            kubernetes: Fact::of(&state.kubernetes, |version| format!("v{version}")),
            platform: Fact::of(&state.deployment, |deployment| parts::platform(deployment, &state.pods)),
            updates: Fact::of(&state.module_configs, |configs| parts::updates(configs)),
            releases: Fact::of(&state.releases, |releases| parts::releases(releases, state)),
            queue: Fact::of(&state.queue, Clone::clone),
            alerts: Fact::of(&state.alerts, |alerts| parts::alerts(alerts)),
            node_groups: Fact::of(&state.node_groups, |groups| {
                groups.iter().map(parts::node_group).collect()
            }),
            masters: Fact::of(&state.nodes, |nodes| parts::masters(nodes)),
            modules: Fact::of(&state.modules, |modules| parts::modules(modules)),
            module_sources: Fact::of(&state.module_sources, |sources| {
                sources.iter().map(parts::source).collect()
            }),
            registry: Fact::of(&state.registry, parts::registry),
        }
    }
}

#[cfg(test)]
mod tests;
