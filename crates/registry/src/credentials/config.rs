//! The file in which docker, and the tools around containers/image, keep logins.
//!
//! Docker: `config.json` with `auths`, `credHelpers` and `credsStore`; keys are hosts with an optional
//! port, or in files of old `https://HOST/v1/`. containers-auth.json(5): keys may continue with a repository
//! path, and the longest that fits wins.

use std::collections::HashMap;

use base64::Engine as _;
use egress::Secret;
use serde::Deserialize;

use super::Credentials;

/// Why a file is not one of credentials. Nothing of its content is part of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not JSON, or of another shape.
    #[error("not a Docker configuration: invalid JSON at line {line}, column {column}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The `auth` of an entry is not base64 of `LOGIN:PASSWORD`.
    #[error("the entry for '{key}' does not contain a login and a password")]
    BadEntry {
        /// The key under `auths`.
        key: String,
    },
}

/// A parsed file.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    entries: HashMap<String, Entry>,
    helpers: HashMap<String, String>,
    store: Option<String>,
}

/// Where the credentials for one repository are.
#[derive(Debug, Clone)]
pub(super) enum Slot<'a> {
    /// In the file.
    Here(Credentials),
    /// With this helper (`docker-credential-NAME`), under this server name.
    Helper { name: &'a str, server: String },
}

#[derive(Deserialize)]
struct File {
    auths: Option<HashMap<String, Option<Entry>>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<HashMap<String, String>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entry(***)")
    }
}

impl ConfigFile {
    /// Parses the text of a file.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`].
    pub fn parse(text: &[u8]) -> Result<Self, ConfigError> {
        let file: File = serde_json::from_slice(text)
            .map_err(|error| ConfigError::Malformed { line: error.line(), column: error.column() })?;
        let entries = file.auths.unwrap_or_default();
        Ok(Self {
            entries: entries.into_iter().map(|(key, entry)| (key, entry.unwrap_or_default())).collect(),
            helpers: file.helpers.unwrap_or_default(),
            store: file.store.filter(|name| !name.is_empty()),
        })
    }

    /// The credentials that the file itself holds for a repository (its path may be empty) of `host`.
    ///
    /// # Errors
    /// [`ConfigError::BadEntry`] if there is an entry that cannot be read.
    pub fn credentials(&self, host: &str, repository: &str) -> Result<Option<Credentials>, ConfigError> {
        match self.entry(host, repository) {
            Some((key, entry)) => entry.credentials(key),
            None => Ok(None),
        }
    }

    /// Where to look, in order: the helper for this host, the general helper, the file.
    pub(super) fn places(&self, host: &str, repository: &str) -> Result<Vec<Slot<'_>>, ConfigError> {
        let mut places = Vec::new();
        let for_host = self.helpers.iter().find(|(key, _)| same_host(key, host));
        if let Some((key, name)) = for_host {
            places.push(Slot::Helper { name, server: key.clone() });
        } else if let Some(name) = &self.store {
            // Helpers know a registry by the key under which docker stored it, if it wrote one down.
            let server = self.entry(host, repository).map_or(host, |(key, _)| key);
            places.push(Slot::Helper { name, server: server.to_owned() });
        }
        places.extend(self.credentials(host, repository)?.map(Slot::Here));
        Ok(places)
    }

    /// The entry with the longest key that fits.
    fn entry(&self, host: &str, repository: &str) -> Option<(&str, &Entry)> {
        let exact = format!("{host}/{repository}");
        let mut wanted = exact.trim_end_matches('/');
        loop {
            if let Some((key, entry)) = self.entries.get_key_value(wanted) {
                return Some((key, entry));
            }
            match wanted.rfind('/') {
                Some(slash) => wanted = &wanted[..slash],
                None => break,
            }
        }
        let legacy = self.entries.iter().filter(|(key, _)| same_host(key, host));
        // Of several spellings always the same one.
        let (key, entry) = legacy.min_by_key(|(key, _)| key.as_str())?;
        Some((key, entry))
    }
}

/// Whether a key written by an old docker (`https://HOST/v1/`) or by hand (`HOST/`) is of this host.
///
/// A key with a path of its own is for that path only.
fn same_host(key: &str, host: &str) -> bool {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (name, path) = bare.split_once('/').unwrap_or((bare, ""));
    name.eq_ignore_ascii_case(host) && matches!(path.trim_matches('/'), "" | "v1" | "v2")
}

impl Entry {
    fn credentials(&self, key: &str) -> Result<Option<Credentials>, ConfigError> {
        let filled = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        if let Some(token) = filled(&self.identitytoken) {
            return Ok(Some(Credentials::identity_token(Secret::new(token))));
        }
        let bad = || ConfigError::BadEntry { key: key.to_owned() };
        if let Some(auth) = filled(&self.auth) {
            let bytes = base64::engine::general_purpose::STANDARD.decode(auth.trim()).map_err(|_| bad())?;
            let pair = String::from_utf8(bytes).map_err(|_| bad())?;
            let (login, password) = pair.split_once(':').ok_or_else(bad)?;
            // Docker pads what it encodes with zero bytes.
            let password = password.trim_end_matches('\0');
            return Ok(Some(Credentials::new(login, Secret::new(password))));
        }
        let pair = filled(&self.username).zip(filled(&self.password));
        Ok(pair.map(|(login, password)| Credentials::new(login, Secret::new(password))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "auths": {
            "r.example": {"auth": "aG9zdDpob3N0cGFzcw=="},
            "r.example/team": {"auth": "dGVhbTp0ZWFtcGFzcw=="},
            "r.example/team/app": {"username": "app", "password": "a:b"},
            "r.example:5000": {"identitytoken": "abc"},
            "https://old.example/v1/": {"auth": "b2xkOm9sZHBhc3M="},
            "stored.example": {},
            "null.example": null,
            "broken.example": {"auth": "!!"},
            "pathonly.example/x": {"auth": "aG9zdDpob3N0cGFzcw=="}
        },
        "credHelpers": {"gcr.io": "gcloud", "HUB.example": "pass"},
        "credsStore": "desktop",
        "HttpHeaders": {"X": "y"}
    }"#;

    #[test]
    fn the_longest_key_wins() {
        let file = ConfigFile::parse(FILE.as_bytes()).unwrap();
        for (host, repository, expected) in [
            ("r.example", "", Some("host:hostpass")),
            ("r.example", "other/app", Some("host:hostpass")),
            ("r.example", "teamwork", Some("host:hostpass")),
            ("r.example", "team", Some("team:teampass")),
            ("r.example", "team/deep/er", Some("team:teampass")),
            ("r.example", "team/app/x", Some("app:a:b")),
            ("r.example:5000", "team", Some("<token>:abc")),
            ("r.example:5001", "", None),
            ("old.example", "a", Some("old:oldpass")),
            ("old.example.evil", "a", None),
            ("pathonly.example", "", None),
            ("pathonly.example", "x/y", Some("host:hostpass")),
            ("stored.example", "", None),
            ("null.example", "", None),
        ] {
            let found = file.credentials(host, repository).unwrap();
            let found = found.map(|found| format!("{}:{}", found.login, found.password.expose()));
            assert_eq!(found.as_deref(), expected, "{host}/{repository}");
        }
        let error = file.credentials("broken.example", "").unwrap_err();
        assert!(error.to_string().contains("broken.example"));
    }

    #[test]
    fn helpers_come_first() {
        let file = ConfigFile::parse(FILE.as_bytes()).unwrap();
        for (host, name, server, count) in [
            ("gcr.io", "gcloud", "gcr.io", 1),
            ("hub.example", "pass", "HUB.example", 1),
            ("old.example", "desktop", "https://old.example/v1/", 2),
            ("unknown.example", "desktop", "unknown.example", 1),
        ] {
            let places = file.places(host, "").unwrap();
            assert_eq!(places.len(), count, "{host}");
            assert!(
                matches!(&places[0], Slot::Helper { name: n, server: s } if *n == name && s == server),
                "{host}: {places:?}"
            );
        }
    }

    #[test]
    fn errors_and_debug_show_nothing_secret() {
        let error = ConfigFile::parse(br#"{"auths": {"r": {"auth": 5}}, "x": "hunter2"}"#).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
        let file = ConfigFile::parse(FILE.as_bytes()).unwrap();
        let shown = format!("{file:?}");
        assert!(!shown.contains("aG9zd") && !shown.contains("a:b"), "{shown}");
        assert!(ConfigFile::parse(b"{}").unwrap().credentials("r", "").unwrap().is_none());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC*", host in "[a-z.:/]{0,12}", path in "[a-z/]{0,12}") {
            let _ = ConfigFile::parse(text.as_bytes());
            let file = ConfigFile::parse(FILE.as_bytes()).unwrap();
            let _ = file.places(&host, &path);
        }
    }
}
