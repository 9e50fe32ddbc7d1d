//! How the cluster differs from the default cluster when a scenario begins.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{calculator::Code, step::Step};

/// How the cluster differs from the default cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InitialState {
    /// The deployed release.
    pub(super) deployed: String,
    /// Releases after it.
    pub(super) pending: Pending,
    /// `update.mode`; none: not set.
    pub(super) mode: Option<String>,
    /// `releaseChannel`; none: not set.
    pub(super) channel: Option<String>,
    /// More of `update`.
    pub(super) update: Value,
    /// Masters; more than one makes the platform highly available.
    pub(super) masters: usize,
    /// Nodes of the group `worker`.
    pub(super) workers: usize,
    /// `disruptions.approvalMode` of the group `worker`.
    pub(super) approval_mode: String,
    /// Tag of the platform's image; default: the deployed release.
    pub(super) tag: Option<String>,
    /// Whether the platform has a webhook that checks approvals: not before 1.71.
    pub(super) webhook: bool,
    /// Whether the controller speaks as those before 1.65 do.
    pub(super) old: bool,
    /// Which code of the release controller runs.
    pub(super) code: Code,
    /// Further objects.
    pub(super) also: Vec<Value>,
    /// Names of objects `ModuleRelease` that keep the status which they have in `also`.
    pub(super) fixed_messages: Vec<String>,
    /// What has happened before the scenario begins.
    pub(super) before: Vec<Step>,
    /// Definitions that this cluster does not have, by their plurals.
    pub(super) without: Vec<String>,
    /// What the account of the test may do.
    pub rights: Rights,
}

/// Releases in a cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Pending {
    Plain(Vec<String>),
    Detailed(BTreeMap<String, Details>),
}

/// What is special of a release.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Details {
    /// An object's name that is not the version.
    pub(super) version: Option<String>,
    pub(super) phase: Option<String>,
    pub(super) message: Option<String>,
    pub(super) approved: bool,
    /// More of `spec`.
    pub(super) spec: Value,
    pub(super) annotations: BTreeMap<String, String>,
}

/// What an account may do.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// What `dhctl update rbac` prints.
    #[default]
    Printed,
    /// What it prints for somebody who only looks.
    ReadOnly,
    /// The same, and the queues.
    ReadOnlyQueues,
    /// What it prints, without this resource.
    Without(String),
    /// Nothing.
    None,
}

impl Default for InitialState {
    fn default() -> Self {
        Self {
            deployed: "v1.71.3".to_owned(),
            pending: Pending::Plain(Vec::new()),
            mode: Some("Manual".to_owned()),
            channel: Some("Stable".to_owned()),
            update: Value::Null,
            masters: 1,
            workers: 2,
            approval_mode: "Automatic".to_owned(),
            tag: None,
            webhook: true,
            old: false,
            code: Code::default(),
            also: Vec::new(),
            fixed_messages: Vec::new(),
            before: Vec::new(),
            without: Vec::new(),
            rights: Rights::Printed,
        }
    }
}

impl Pending {
    /// Names of the objects with what is special of them.
    pub(super) fn all(&self) -> Vec<(String, Details)> {
        match self {
            Self::Plain(names) => names.iter().map(|name| (name.clone(), Details::default())).collect(),
            Self::Detailed(map) => map.iter().map(|(name, it)| (name.clone(), it.clone())).collect(),
        }
    }
}
