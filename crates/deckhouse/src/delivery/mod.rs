//! A delivery file: what a pull pulls and the bundle that it writes, to be kept in git.
//!
//! `dhctl mirror --config` reads it, `dhctl mirror --print-config` writes it. Its keys are those of [`KEYS`]. The values are
//! the texts that the flags have: the parsers of the flags check them. It contains no login, and nothing that belongs to the
//! machine or to a single run.

mod keys;
mod schema;
#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};

pub use self::{
    keys::{KEYS, Key, Kind, Takes},
    schema::schema,
};
use crate::{
    document::{API_VERSION, DocumentError, FileKind, shortened},
    yaml::Value,
};

/// The file.
const FILE: FileKind = FileKind {
    kind: "Delivery",
    word: "a delivery file",
    head: "\
# What a pull pulls, and the bundle that it writes. For dhctl mirror pull --config.
# It contains no logins.
",
};

/// The fields that every file has.
const FIXED: [&str; 2] = ["apiVersion", "kind"];

/// The settings of a file, in the order of [`KEYS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    settings: Vec<(&'static Key, Setting)>,
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// `true`.
    On,
    /// One value.
    Text(String),
    /// A list of values.
    List(Vec<String>),
}

/// Why a text is not a delivery file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Not a delivery file of this version.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A key that does not exist.
    #[error("has the unknown key '{key}'; {}", known(.group.as_deref()))]
    UnknownKey {
        /// Its path, shortened.
        key: String,
        /// The group that it is in, if that exists.
        group: Option<String>,
    },
    /// A value of the wrong form.
    #[error("has {found} as {key}, which must be {expected}")]
    Value {
        /// The path of the key.
        key: String,
        /// What is there, shortened.
        found: String,
        /// What is expected there.
        expected: String,
    },
}

impl Delivery {
    /// The settings that `value` returns for their keys.
    pub fn of(value: impl Fn(&'static Key) -> Option<Setting>) -> Self {
        Self { settings: KEYS.iter().filter_map(|key| Some((key, value(key)?))).collect() }
    }

    /// Reads a delivery file.
    ///
    /// # Errors
    /// [`DeliveryError`] for anything but a delivery file of this version, without unknown keys and with values of the right
    /// form. Whether a text is a valid version, tag or size is not checked here.
    pub fn parse(text: &[u8]) -> Result<Self, DeliveryError> {
        let mut read = Vec::new();
        for (name, value) in fields(FILE.parse(text)?) {
            if !FIXED.contains(&name.as_str()) {
                read_key(None, &name, value, &mut read)?;
            }
        }
        Ok(Self::of(|key| {
            read.iter().find(|(path, _)| *path == key.path).map(|(_, setting)| setting.clone())
        }))
    }

    /// The settings as a file. The same settings give the same text.
    ///
    /// # Errors
    /// [`DeliveryError::Document`], which does not happen.
    pub fn to_yaml(&self) -> Result<String, DeliveryError> {
        Ok(FILE.write(self)?)
    }

    /// The settings with their keys.
    pub fn settings(&self) -> impl Iterator<Item = (&'static Key, &Setting)> {
        self.settings.iter().map(|(key, setting)| (*key, setting))
    }

    fn document(&self) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut document =
            vec![(FIXED[0].to_owned(), text(API_VERSION)), (FIXED[1].to_owned(), text(FILE.kind))];
        for (key, setting) in &self.settings {
            let value = match setting {
                Setting::On => Value::Bool(true),
                Setting::Text(it) => text(it),
                Setting::List(list) => Value::List(list.iter().map(|it| text(it)).collect()),
            };
            match (key.path.split_once('.'), document.last_mut()) {
                (Some((group, name)), Some((last, Value::Map(fields)))) if last == group => {
                    fields.push((name.to_owned(), value));
                }
                (Some((group, name)), _) => {
                    document.push((group.to_owned(), Value::Map(vec![(name.to_owned(), value)])));
                }
                (None, _) => document.push((key.path.to_owned(), value)),
            }
        }
        Value::Map(document)
    }
}

impl Serialize for Delivery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

fn fields(value: Value) -> Vec<(String, Value)> {
    match value {
        Value::Map(fields) => fields,
        _ => Vec::new(),
    }
}

/// Adds what is below `name`, which is in this group.
fn read_key(
    group: Option<&str>,
    name: &str,
    value: Value,
    read: &mut Vec<(&'static str, Setting)>,
) -> Result<(), DeliveryError> {
    let path = group.into_iter().chain([name]).collect::<Vec<_>>().join(".");
    if !keys::names_in(group).contains(&name) {
        return Err(DeliveryError::UnknownKey { key: shortened(&path), group: group.map(str::to_owned) });
    }
    if let Some(key) = KEYS.iter().find(|key| key.path == path) {
        read.extend(setting(key, value)?.map(|setting| (key.path, setting)));
        return Ok(());
    }
    match value {
        Value::Map(fields) => {
            fields.into_iter().try_for_each(|(key, value)| read_key(Some(name), &key, value, read))
        }
        other => {
            Err(wrong(&path, &other, format!("a group of keys: {}", keys::names_in(Some(name)).join(", "))))
        }
    }
}

fn setting(key: &Key, value: Value) -> Result<Option<Setting>, DeliveryError> {
    match (key.takes, value) {
        (Takes::Switch, Value::Bool(on)) => Ok(on.then_some(Setting::On)),
        (Takes::Switch, other) => Err(wrong(key.path, &other, "true or false")),
        (Takes::One(kind), value) => Ok(Some(Setting::Text(text(key.path, kind, value)?))),
        (Takes::List(kind), Value::List(items)) if !items.is_empty() => {
            let items = items.into_iter().enumerate();
            let items = items.map(|(at, item)| text(&format!("{}[{at}]", key.path), kind, item));
            Ok(Some(Setting::List(items.collect::<Result<_, _>>()?)))
        }
        (Takes::List(kind), other) => Err(wrong(key.path, &other, kind.expected_list())),
    }
}

/// A number is not a text: a reader of YAML makes 1.7 of the version 1.70.
fn text(path: &str, kind: Kind, value: Value) -> Result<String, DeliveryError> {
    match value {
        Value::Text(text) if !text.is_empty() => Ok(text),
        Value::Integer(number) if kind == Kind::Size => Ok(number.to_string()),
        other => Err(wrong(path, &other, kind.expected())),
    }
}

fn wrong(path: &str, found: &Value, expected: impl Into<String>) -> DeliveryError {
    let found = match found {
        Value::Null => "no value".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Integer(it) => format!("the number {it}"),
        Value::Unsigned(it) => format!("the number {it}"),
        Value::Float(it) => format!("the number {it}"),
        Value::Text(it) if it.is_empty() => "an empty text".to_owned(),
        Value::Text(it) => format!("the text '{}'", shortened(it)),
        Value::List(items) if items.is_empty() => "an empty list".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a group of keys".to_owned(),
    };
    DeliveryError::Value { key: path.to_owned(), found, expected: expected.into() }
}

/// Which keys a group has.
fn known(group: Option<&str>) -> String {
    let names = keys::names_in(group).join(", ");
    match group {
        Some(group) => format!("the keys of {group} are: {names}"),
        None => format!("the keys are: {names}"),
    }
}
