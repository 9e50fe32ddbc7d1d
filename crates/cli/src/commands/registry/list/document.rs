//! The JSON document of `dhctl registry list`.

use deckhouse::version::tag_of;
use mirror::holdings::{Absent, Holdings};
use serde::Serialize;

use super::Listed;
use crate::{
    commands::registry::{clusters::UsingCluster, comparison::Comparison},
    failure::Failure,
};

/// The registries, in the order in which they were named.
#[derive(Serialize)]
pub(super) struct ListDocument<'a> {
    registries: Vec<RegistryDocument<'a>>,
}

#[derive(Serialize)]
struct RegistryDocument<'a> {
    registry: String,
    #[serde(flatten)]
    holdings: Option<&'a Holdings>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<ClusterDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
}

/// What a cluster uses of the registry.
#[derive(Serialize)]
struct ClusterDocument<'a> {
    context: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// What is missing and used there.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Vec<&'a Absent>>,
    /// How much is missing that is not used there.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_unused: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
}

impl<'a> ListDocument<'a> {
    pub(super) fn of(listed: &'a [Listed], clusters: &'a [UsingCluster]) -> Self {
        let registry = |it: &'a Listed| {
            let holdings = it.holdings.as_ref().ok();
            RegistryDocument {
                registry: it.registry.to_string(),
                holdings,
                clusters: clusters.iter().map(|cluster| ClusterDocument::of(cluster, holdings)).collect(),
                error: it.holdings.as_ref().err(),
            }
        };
        Self { registries: listed.iter().map(registry).collect() }
    }
}

impl<'a> ClusterDocument<'a> {
    fn of(cluster: &'a UsingCluster, holdings: Option<&'a Holdings>) -> Self {
        let used = cluster.used.as_ref().ok();
        let comparison = used.zip(holdings).map(|(used, holdings)| Comparison::of(holdings, used));
        Self {
            context: &cluster.context,
            release: used.map(|used| tag_of(&used.release)),
            channel: used.and_then(|used| used.channel).map(deckhouse::Channel::name),
            missing_unused: comparison.as_ref().map(|it| it.unused.len()),
            missing: comparison.map(|it| it.used),
            error: cluster.used.as_ref().err(),
        }
    }
}
