//! `ModuleConfig/deckhouse`: the update mode and its windows.

use serde_json::{Value, json};

use crate::objects::{ModuleConfig, UpdateMode, UpdateWindow};

/// Version of the settings' schema, for a configuration that has no settings yet (facts 2).
const SCHEMA: u64 = 1;

/// The patch that brings the wanted mode, and the wanted windows if any are; `None` if they are there.
pub(super) fn mode(config: &ModuleConfig, mode: &UpdateMode, windows: &[UpdateWindow]) -> Option<Value> {
    let set = config.update_settings();
    let has_windows = windows.is_empty() || set.windows == windows;
    if set.mode.as_ref() == Some(mode) && has_windows {
        return None;
    }
    let mut update = json!({ "mode": mode.name() });
    if !has_windows {
        update["windows"] = windows.iter().map(window).collect();
    }
    Some(json!({ "spec": { "settings": { "update": update } } }))
}

/// Settings are refused without the version of their schema.
pub(super) fn with_schema(config: &ModuleConfig, mut patch: Value) -> Value {
    if config.version.is_none() && patch["spec"].is_object() {
        patch["spec"]["version"] = json!(SCHEMA);
    }
    patch
}

fn window(window: &UpdateWindow) -> Value {
    let mut value = json!({ "from": window.from, "to": window.to });
    if !window.days.is_empty() {
        value["days"] = json!(window.days);
    }
    value
}
