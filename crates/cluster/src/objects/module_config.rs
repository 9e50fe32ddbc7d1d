//! `ModuleConfig`: settings of a module; those of `deckhouse` hold the release channel and the update mode.

use std::collections::BTreeMap;

use deckhouse::Channel;
use foreign_text::ForeignText;
use serde::Serialize;
use serde_json::Value;

/// An object `moduleconfigs.deckhouse.io/v1alpha1`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModuleConfig {
    /// Name of the object, which is the name of the module.
    pub name: String,
    /// All annotations.
    pub annotations: BTreeMap<String, String>,
    /// `spec.enabled`.
    pub enabled: Option<bool>,
    /// `spec.version`: of the schema of the settings.
    pub version: Option<u64>,
    /// `spec.settings` as they stand there; `Null` if there are none.
    pub settings: Value,
    /// `spec.source`.
    pub source: Option<String>,
    /// `spec.updatePolicy`.
    pub update_policy: Option<String>,
    /// `spec.maintenance`.
    pub maintenance: Option<String>,
    /// `status.message`.
    pub message: ForeignText,
    /// `metadata.resourceVersion`: a change says which state it was decided on.
    pub resource_version: Option<String>,
}

/// What `ModuleConfig/deckhouse` says about updates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSettings {
    /// `settings.releaseChannel` as it stands there; `None` if it is unset.
    pub release_channel: Option<String>,
    /// `settings.update.mode`; `None` if it is unset.
    pub mode: Option<UpdateMode>,
    /// `settings.update.windows`.
    pub windows: Vec<UpdateWindow>,
    /// `settings.update.disruptionApprovalMode` is `Manual`.
    pub disruptions_need_approval: bool,
    /// `settings.update.notification.webhook`: may hold a secret in its path; never print more than the host.
    #[serde(skip)]
    pub notification_webhook: Option<String>,
    /// `settings.update.notification.minimalNotificationTime`.
    pub minimal_notification_time: Option<String>,
    /// `settings.registry.mode`, where the registry is managed by `ModuleConfig`.
    pub registry_mode: Option<String>,
}

/// `settings.update.mode`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum UpdateMode {
    /// Every release needs an approval. Patches too, since 1.70.
    Manual,
    /// Minor releases need an approval. The default of current versions.
    AutoPatch,
    /// No release needs an approval. The default of old versions.
    Auto,
    /// Any other.
    Other(String),
}

/// A time of the week in which updates may begin, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdateWindow {
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`.
    pub to: String,
    /// `Mon` to `Sun`; empty means all.
    pub days: Vec<String>,
}

impl UpdateMode {
    /// Whether it deploys a patch, or else a minor version, without an approval.
    pub fn deploys_unasked(&self, is_patch: bool) -> bool {
        match self {
            Self::Auto => true,
            Self::AutoPatch => is_patch,
            Self::Manual | Self::Other(_) => false,
        }
    }
}

impl ModuleConfig {
    /// What the settings say about updates; meaningful for the one named `deckhouse`.
    pub fn update_settings(&self) -> UpdateSettings {
        let update = &self.settings["update"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        UpdateSettings {
            release_channel: text(&self.settings["releaseChannel"]).filter(|name| !name.is_empty()),
            mode: update["mode"].as_str().map(UpdateMode::parse),
            windows: update["windows"].as_array().into_iter().flatten().map(window).collect(),
            disruptions_need_approval: update["disruptionApprovalMode"] == "Manual",
            notification_webhook: text(&update["notification"]["webhook"]),
            minimal_notification_time: text(&update["notification"]["minimalNotificationTime"]),
            registry_mode: text(&self.settings["registry"]["mode"]),
        }
    }
}

fn window(value: &Value) -> UpdateWindow {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    UpdateWindow {
        from: text(&value["from"]),
        to: text(&value["to"]),
        days: value["days"].as_array().into_iter().flatten().map(text).collect(),
    }
}

impl UpdateMode {
    /// The mode of this name.
    pub fn parse(text: &str) -> Self {
        match text {
            "Manual" => Self::Manual,
            "AutoPatch" => Self::AutoPatch,
            "Auto" => Self::Auto,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its name in the API.
    pub fn name(&self) -> &str {
        match self {
            Self::Manual => "Manual",
            Self::AutoPatch => "AutoPatch",
            Self::Auto => "Auto",
            Self::Other(name) => name,
        }
    }
}

impl From<UpdateMode> for String {
    fn from(mode: UpdateMode) -> Self {
        mode.name().to_owned()
    }
}

impl UpdateSettings {
    /// The release channel, if it is set and one that is known.
    pub fn channel(&self) -> Option<Channel> {
        let set = self.release_channel.as_deref()?;
        Channel::ALL.into_iter().find(|channel| channel.in_settings() == set)
    }
}
