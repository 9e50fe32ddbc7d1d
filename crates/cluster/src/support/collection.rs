//! Files that are collected, and what is left out.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use serde_json::Value;

use super::{mask::Masker, masked_text::without_end_of_key};
use crate::{ClusterState, Reading};

/// A collected file, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path in the bundle: relative, of harmless characters.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Something that is not in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// What, such as `modulereleases.deckhouse.io`.
    pub what: String,
    /// Why, in plain words.
    pub why: String,
}

/// What a file contains before secrets are masked.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// JSON.
    Json(Value),
    /// Text, such as a log.
    Text(String),
}

/// What is collected.
#[derive(Debug, Default)]
pub struct Collection {
    files: Vec<(String, Content)>,
    left_out: Vec<LeftOut>,
    pub(super) masker: Masker,
}

/// The parts of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The files, by their paths.
    pub files: Vec<File>,
    /// What is left out.
    pub left_out: Vec<LeftOut>,
}

impl Collection {
    /// An empty one that masks the secrets of this state: they are known even if an object cannot be read once more.
    pub(super) fn knowing(state: &ClusterState) -> Self {
        let mut collection = Self::default();
        if let Some(login) = state.registry.known().and_then(|registry| registry.login.as_ref()) {
            collection.know_certain(login.password.expose());
            // As container runtimes write a login.
            let pair = format!("{}:{}", login.username, login.password.expose());
            collection.know_certain(&BASE64_STANDARD.encode(pair));
        }
        if let Some(url) = state.deckhouse_config().and_then(|it| it.update_settings().notification_webhook) {
            collection.masker.know_webhook(&url);
        }
        collection
    }

    /// Adds a file.
    pub fn add(&mut self, path: &str, content: Content) {
        self.files.push((harmless(path), content));
    }

    /// Notes that something is left out.
    pub fn leave_out(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left_out.push(LeftOut { what: what.into(), why: why.into() });
    }

    /// Adds a log. It may begin anywhere: if it begins in a private key, the rest of this key is masked.
    pub fn add_log(&mut self, path: &str, text: &str) {
        self.add(path, Content::Text(without_end_of_key(text)));
    }

    /// From now on this secret is masked wherever it occurs, unless it is shorter than 8 bytes.
    pub fn know_certain(&mut self, secret: &str) {
        self.masker.know_certain(secret);
    }

    /// Adds what was read, or notes why it was not.
    pub(super) fn reading<T: Serialize>(&mut self, path: &str, what: &str, reading: &Reading<T>) {
        match (reading.known(), reading.why_unknown()) {
            (Some(value), _) => {
                self.add(path, Content::Json(serde_json::to_value(value).unwrap_or_default()));
            }
            (None, why) => self.leave_out(what, why.unwrap_or_default()),
        }
    }

    /// The files in the order of their paths, with all secrets masked. First all secrets are found by the names of their
    /// fields; then what was found is masked in all files.
    pub fn finish(self) -> Parts {
        let Self { mut files, mut left_out, mut masker } = self;
        for (_, content) in &mut files {
            if let Content::Json(value) = content {
                masker.by_name(value);
            }
        }
        let masked = |(path, content)| {
            let text = match content {
                Content::Json(mut value) => {
                    masker.everywhere(&mut value);
                    // A value of JSON is always written.
                    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
                }
                Content::Text(text) => masker.text(&text),
            };
            File { path, bytes: text.into_bytes() }
        };
        let mut files: Vec<File> = files.into_iter().map(masked).collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        for it in &mut left_out {
            it.why = masker.text(&it.why);
        }
        left_out.sort();
        Parts { files, left_out }
    }
}

/// Names in a path come from the cluster. None of them may leave the directory that the bundle is extracted to.
fn harmless(path: &str) -> String {
    let part = |part: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let part = part.replace(|c: char| !is_plain(c), "_");
        if part.trim_matches('.').is_empty() { "_".to_owned() } else { part }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
