//! Values of other people's objects, whatever they hold.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::safe_text;

/// A field that counts as absent if it has another type than it should.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A text, made harmless; a number counts as its digits.
pub(super) fn text(value: &Value) -> Option<String> {
    words(value).map(String::from)
}

/// The same of a free text: a message, a summary, a reason.
pub(super) fn words(value: &Value) -> Option<ForeignText> {
    match value {
        Value::String(text) if !text.is_empty() => Some(safe_text::foreign(text)),
        Value::Number(number) => Some(ForeignText::from(number.to_string())),
        _ => None,
    }
}

/// A text of a kind that is read by its type, made harmless.
pub(super) fn harmless(text: &str) -> String {
    safe_text::foreign(text).into()
}

/// A whole value, with every text in it made harmless. Not for what is written back.
pub(super) fn harmless_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(ForeignText::from(text).into()),
        Value::Array(items) => items.into_iter().map(harmless_value).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| (safe_text::name(&key), harmless_value(value))).collect()
        }
        other => other,
    }
}

/// A count; a text of digits counts too, and what is negative or absent is zero.
pub(super) fn count(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
}

/// A moment, RFC 3339.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A mapping of texts.
pub(super) fn texts(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((safe_text::name(key), text(value)?))).collect()
}

/// A list.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Whether the condition of this type is `True`; `None` without it.
pub(super) fn condition(status: &Value, kind: &str) -> Option<bool> {
    items(&status["conditions"]).find(|it| it["type"] == kind).map(|it| it["status"] == "True")
}

/// The message of a condition.
pub(super) fn condition_message(status: &Value, kind: &str) -> ForeignText {
    let found = items(&status["conditions"]).find(|it| it["type"] == kind);
    found.and_then(|it| words(&it["message"])).unwrap_or_default()
}

/// The reason of a condition.
pub(super) fn condition_reason(status: &Value, kind: &str) -> Option<String> {
    items(&status["conditions"]).find(|it| it["type"] == kind).and_then(|it| text(&it["reason"]))
}

/// The name of an object.
pub(super) fn name(metadata: &ObjectMeta) -> String {
    metadata.name.as_deref().map(safe_text::name).unwrap_or_default()
}

/// The version that a text means, with or without the `v` that tags begin with.
pub(super) fn version(text: &str) -> Option<semver::Version> {
    semver::Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}
