//! The rules, each a pure function of one look. What is not known gives no finding: it is listed as not looked at.

mod alerts;
mod channel;
mod modules;
mod nodes;
mod other_pods;
mod platform_pod;
mod pull_failure;
mod queue;
mod registry;
mod release_image;
mod releases;
mod removed_apis;
mod settings;
mod waits;

use commands::{Json, Kubectl, Resource};
use serde_json::{Value, json};

use super::{finding::Finding, look::Look};

/// Columns of nodes that show their kernels.
const KERNELS: &str = "NAME:.metadata.name,KERNEL:.status.nodeInfo.kernelVersion";

/// The command that changes the settings of updates.
fn patch_of_updates(settings: &Value) -> Kubectl {
    Kubectl::Patch {
        resource: Resource::ModuleConfig,
        name: "deckhouse".to_owned(),
        status: false,
        patch: Json::from(&json!({ "spec": { "settings": { "update": settings } } })),
    }
}

pub(super) use release_image::image as release_image;

/// What causes others first: findings of one severity stay in this order.
pub(super) const ALL: [fn(&Look<'_>) -> Vec<Finding>; 39] = [
    platform_pod::image,
    platform_pod::crash,
    platform_pod::not_ready,
    registry::login,
    registry::trust,
    registry::listing,
    registry::complaints,
    registry::proxy,
    channel::unset,
    channel::moving_tag,
    channel::tag,
    releases::two_deployed,
    releases::none_deployed,
    releases::other_image,
    releases::twins,
    releases::gap,
    releases::no_phase,
    releases::suspended,
    release_image::next,
    release_image::present,
    waits::next,
    alerts::blocking,
    queue::failures,
    nodes::disruption,
    nodes::errors,
    nodes::not_ready,
    nodes::drained_by_hand,
    other_pods::images,
    alerts::known,
    alerts::stale,
    settings::cloud,
    settings::module_configs,
    modules::sources,
    modules::releases,
    modules::errors,
    modules::overrides,
    removed_apis::in_use,
    platform_pod::webhook,
    waits::under_way,
];
