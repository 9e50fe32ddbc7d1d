//! The parts of the report.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use jiff::Timestamp;
use problems::{Fact, NodeFact, ReleaseFact};
use serde::Serialize;

use crate::{
    ClusterState, Reading, minors, node_waits,
    objects::{
        self, Alert, DeckhouseDeployment, DeckhousePod, ModuleConfig, Node, NodeGroup, RegistrySettings,
        Release, UpdateWindow,
    },
    release_order::{KeepReason, Position, ReleaseOrder, none_deployed},
    safe_text,
    update_windows::with_time,
    wait_reason::{WaitReason, reasons_of},
};

/// The platform's controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Platform {
    /// Image of the Deployment `d8-system/deckhouse`.
    pub image: String,
    /// Its tag.
    pub tag: Option<String>,
    /// Whether the tag is a moving one, such as `stable`: the platform runs what is pushed there.
    pub moving_tag: bool,
    /// The version that last came up and rendered itself.
    pub version: Option<String>,
    /// Its edition.
    pub edition: Option<String>,
    /// Whether all replicas are up to date and available.
    pub rolled_out: bool,
    /// The leader pod; `None` while there is none, or if pods cannot be read.
    pub leader: Option<String>,
    /// Whether the leader is ready: its first converge has ended.
    pub ready: bool,
}

/// The update settings, in `ModuleConfig/deckhouse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Updates {
    /// The release channel; `None`: the platform looks at no release.
    pub channel: Option<String>,
    /// The mode; `None`: the default of the version.
    pub mode: Option<String>,
    /// Whether the platform takes an unset mode for Auto.
    #[serde(skip)]
    pub unset_is_auto: bool,
    /// The update windows.
    pub windows: Vec<UpdateWindow>,
    /// Whether a webhook must answer before an update.
    pub notification: bool,
    /// Whether disruptions need an approval of their own.
    pub disruptions_need_approval: bool,
}

/// Releases of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Releases {
    /// The deployed one.
    pub deployed: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Further objects that are Deployed.
    pub also_deployed: Vec<String>,
    /// The releases that are waiting, ascending.
    pub waiting: Vec<WaitingRelease>,
    /// The releases above the deployed one that the vendor has withdrawn, ascending.
    pub suspended: Vec<String>,
    /// Objects whose name is not their version.
    pub twins: Vec<DuplicateRelease>,
}

/// A release that is waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRelease {
    /// Name of the object.
    pub name: String,
    /// Whether it is approved.
    pub approved: bool,
    /// Whether it is the next one.
    pub next: bool,
    /// Why it is waiting.
    pub reasons: Vec<ReleaseWait>,
}

/// Why a release is waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseWait {
    /// No release channel is set, so the platform looks at no release.
    ChannelUnset,
    /// It is not the next one; why.
    NotNext(ReleaseFact),
    /// What the controller says.
    Controller(WaitReason),
    /// The controller gives no reason.
    NoReason,
    /// The controller has not processed it yet.
    NotProcessed,
}

/// An object whose name is not its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateRelease {
    /// Name of the object.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Why it may not be deleted; `None` if `update prepare` deletes it.
    pub keep: Option<KeepReason>,
}

/// An alert, with how often it fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertLine {
    /// Name of the alert.
    pub name: String,
    /// 1 is the most severe, 9 the least.
    pub severity: Option<u8>,
    /// How many of this name fire.
    pub count: usize,
    /// What one of them says.
    pub summary: String,
    /// Since when the first of them fires.
    pub since: Option<Timestamp>,
}

/// A node group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeGroupLine {
    /// Name of the group.
    pub name: String,
    /// Nodes in it.
    pub nodes: u64,
    /// Of these ready.
    pub ready: u64,
    /// Of these with the current configuration.
    pub up_to_date: u64,
    /// What it waits for; `None` if all is settled.
    pub waits_for: Option<NodeFact>,
}

/// The masters. How many there are decides what an update interrupts (facts 4.7, and the requirements in the platform's
/// documentation): with several the API is interrupted for seconds, with one for as long as its control plane restarts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masters {
    /// Their names.
    pub names: Vec<String>,
}

/// Modules that are enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    /// How many.
    pub enabled: usize,
    /// Those that are not ready.
    pub not_ready: Vec<NotReady>,
    /// How many more do not say whether they are enabled.
    pub unknown: usize,
}

/// A module that is enabled and not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReady {
    /// Its name.
    pub module: String,
    /// Its phase.
    pub phase: String,
    /// Its message; may be empty.
    pub message: ForeignText,
}

/// The registry that the platform pulls from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// `HOST[:PORT]/PATH`.
    pub images_repo: String,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Name of the user; `None` for an anonymous login.
    pub user: Option<String>,
    /// Whether it has a certificate authority of its own.
    pub own_ca: bool,
    /// The mode, if a module manages the registry: Unmanaged, Direct, Proxy, Local or Managed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `HOST[:PORT]/PATH` that bundles are pushed to, if it is known and not the registry itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_to: Option<String>,
    /// The switch of the mode that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
    /// How many images the storage in the cluster has, of how many that it is expected to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filled: Option<(u64, u64)>,
}

/// A switch of the registry's mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Switch {
    /// The mode that is switched to.
    pub target: String,
    /// The condition that the switch waits for.
    pub waits_for: Option<String>,
    /// The message of this condition; may be empty.
    pub message: ForeignText,
}

pub(super) fn platform(deployment: &DeckhouseDeployment, pods: &Reading<Vec<DeckhousePod>>) -> Platform {
    let leader = pods.known().and_then(|pods| DeckhousePod::leader(pods));
    Platform {
        image: deployment.image.clone(),
        tag: deployment.tag().map(str::to_owned),
        moving_tag: !deployment.has_fixed_tag(),
        version: deployment.version_annotation.clone(),
        edition: deployment.edition_annotation.clone(),
        rolled_out: deployment.is_rolled_out(),
        leader: leader.map(|pod| pod.name.clone()),
        ready: leader.is_some_and(|pod| pod.ready),
    }
}

pub(super) fn updates(configs: &[ModuleConfig], state: &ClusterState) -> Updates {
    let own = configs.iter().find(|config| config.name == "deckhouse");
    let settings = own.map(ModuleConfig::update_settings).unwrap_or_default();
    Updates {
        channel: settings.release_channel,
        mode: settings.mode.map(String::from),
        unset_is_auto: minors::unset_is_auto(state),
        windows: settings.windows,
        notification: settings.notification_webhook.is_some(),
        disruptions_need_approval: settings.disruptions_need_approval,
    }
}

pub(super) fn releases(releases: &[Release], state: &ClusterState, now: Timestamp) -> Releases {
    let order = ReleaseOrder::of(releases);
    let settings = state.deckhouse_config().map(ModuleConfig::update_settings).unwrap_or_default();
    let lts = state.is_lts();
    let unset = state.deckhouse_config().is_some() && settings.release_channel.is_none();
    let lost = none_deployed(state, now).and_then(|it| match it.fact {
        Fact::Release(fact) => Some(fact),
        _ => None,
    });
    let waiting = order.waiting.iter().map(|release| {
        let turn = release.version.as_ref().map(|version| order.position(version, lts));
        let mut reasons = Vec::new();
        if unset {
            reasons.push(ReleaseWait::ChannelUnset);
        }
        if let Some(Position::NotYet(why) | Position::Never(why)) = &turn {
            let lost = lost.clone().filter(|_| *why == ReleaseFact::NoneDeployed);
            reasons.push(ReleaseWait::NotNext(lost.unwrap_or_else(|| why.clone())));
        }
        // Which release comes first is among the reasons already.
        let is_known = !reasons.is_empty();
        let of_controller = with_time(reasons_of(release), Some(&settings), now);
        let has_window = of_controller.iter().any(WaitReason::is_window);
        let is_new = |it: &WaitReason| match it {
            WaitReason::Previous { .. } => !is_known,
            // The controller reports a window as a postponement too.
            WaitReason::Postponed { .. } => !has_window,
            _ => true,
        };
        reasons.extend(of_controller.into_iter().filter(is_new).map(ReleaseWait::Controller));
        if reasons.is_empty() {
            let is_processed = release.phase.is_some();
            reasons.push(if is_processed { ReleaseWait::NoReason } else { ReleaseWait::NotProcessed });
        }
        WaitingRelease {
            name: release.name.clone(),
            approved: release.is_approved(),
            next: turn == Some(Position::Next),
            reasons,
        }
    });
    Releases {
        deployed: order.deployed.map(|release| release.name.clone()),
        since: order.deployed.and_then(|release| release.transition_time),
        also_deployed: order.also_deployed.iter().map(|release| release.name.clone()).collect(),
        waiting: waiting.collect(),
        suspended: order.suspended.iter().map(|release| release.name.clone()).collect(),
        twins: order
            .duplicates
            .iter()
            .map(|twin| DuplicateRelease {
                name: twin.release.name.clone(),
                version: twin.release.version_text.clone(),
                keep: twin.keep.clone(),
            })
            .collect(),
    }
}

pub(super) fn alerts(alerts: &[Alert]) -> Vec<AlertLine> {
    let mut by_name: BTreeMap<(u8, &str), AlertLine> = BTreeMap::new();
    for alert in alerts {
        // Without a level it goes to the end.
        let line =
            by_name.entry((alert.severity.unwrap_or(u8::MAX), &alert.name)).or_insert_with(|| AlertLine {
                name: alert.name.clone(),
                severity: alert.severity,
                count: 0,
                summary: alert.summary.clone().into(),
                since: alert.starts_at,
            });
        line.count += 1;
        line.since = [line.since, alert.starts_at].into_iter().flatten().min();
    }
    by_name.into_values().collect()
}

pub(super) fn node_group(group: &NodeGroup, nodes: &[Node]) -> NodeGroupLine {
    NodeGroupLine {
        name: group.name.clone(),
        nodes: group.nodes,
        ready: group.ready,
        up_to_date: group.up_to_date,
        waits_for: node_waits::of_group(group, nodes),
    }
}

pub(super) fn masters(nodes: &[Node]) -> Masters {
    let masters = nodes.iter().filter(|node| node.control_plane);
    Masters { names: masters.map(|node| node.name.clone()).collect() }
}

pub(super) fn modules(modules: &[objects::Module]) -> Modules {
    let enabled = || modules.iter().filter(|module| module.enabled == Some(true));
    let is_unready = |module: &&objects::Module| match module.ready {
        Some(ready) => !ready,
        None => module.without_properties && module.phase != "Ready",
    };
    let not_ready = enabled().filter(is_unready).map(|module| NotReady {
        module: module.name.clone(),
        phase: module.phase.clone(),
        message: module.message.clone(),
    });
    let unknown = modules.iter().filter(|it| it.enabled.is_none() && it.may_be_installed());
    Modules {
        enabled: enabled().count(),
        not_ready: not_ready.collect(),
        // Modules of old platforms have no conditions, and are not counted one by one.
        unknown: unknown.filter(|it| it.without_properties).count(),
    }
}

pub(super) fn registry(settings: &RegistrySettings, state: &ClusterState) -> Registry {
    let images_repo = settings.images_repo();
    let storage = state.registry_module.known().and_then(|module| module.storage.as_ref());
    Registry {
        mode: state.registry_mode(),
        push_to: state.image_source().push_address().filter(|address| *address != images_repo),
        switch: state.registry_switch().map(|switch| Switch {
            target: switch.target,
            message: switch.waits_for.as_ref().map(|it| it.message.clone()).unwrap_or_default(),
            waits_for: switch.waits_for.map(|it| it.kind),
        }),
        filled: storage.and_then(|storage| storage.fill),
        images_repo,
        scheme: if settings.plain_http { "http" } else { "https" },
        user: settings.login.as_ref().map(|login| safe_text::name(&login.username)),
        own_ca: settings.ca.is_some(),
    }
}
