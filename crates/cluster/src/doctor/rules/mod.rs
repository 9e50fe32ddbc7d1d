//! The rules, each a pure function of one context. What could not be read gives no finding: it is listed as not checked.

mod alerts;
mod channel;
mod deprecated_apis;
mod license;
mod module_pods;
mod modules;
mod next_release;
mod nodes;
mod packages;
mod platform_pod;
mod pull_failure;
mod queue;
mod registry;
mod release_images;
mod releases;
mod settings;

use commands::{Kubectl, Objects, Output, Resource};

use super::{context::Context, finding::Finding};

pub(super) use release_images::image as release_image;

/// The nodes with their kernels.
fn kernels() -> Kubectl {
    let columns = Output::Columns("NAME:.metadata.name,KERNEL:.status.nodeInfo.kernelVersion");
    Kubectl::Get(Objects::all(Resource::Node), columns)
}

/// Causes before their effects: findings of one severity stay in this order.
pub(super) const ALL: [fn(&Context<'_>) -> Vec<Finding>; 47] = [
    platform_pod::image,
    platform_pod::crash,
    platform_pod::not_ready,
    registry::login,
    registry::trust,
    registry::listing,
    registry::no_access,
    registry::proxy,
    registry::switch,
    channel::unset,
    channel::moving_tag,
    channel::tag,
    releases::several_deployed,
    releases::none_deployed,
    releases::other_image,
    releases::duplicates,
    releases::gap,
    license::state,
    releases::risks,
    releases::skipped,
    next_release::silent_notification,
    releases::no_phase,
    releases::suspended,
    release_images::next,
    release_images::deployed,
    next_release::requirements_in_advance,
    next_release::reasons,
    alerts::blocking,
    queue::failures,
    nodes::disruption,
    nodes::errors,
    nodes::not_ready,
    nodes::drained_by_user,
    module_pods::images,
    alerts::known,
    alerts::stale,
    settings::cloud,
    settings::module_configs,
    modules::sources,
    modules::releases,
    modules::errors,
    packages::applications,
    packages::repositories,
    modules::overrides,
    deprecated_apis::in_use,
    platform_pod::webhook,
    next_release::in_progress,
];
