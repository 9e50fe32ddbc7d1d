//! `version.json`: what a release channel, or one release, says of itself.

use std::collections::{BTreeMap, BTreeSet};

use oci::Tag;
use semver::Version;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::repositories::VERSION_JSON;

/// The requirement that names modules.
const MIGRATED_MODULES: &str = "migratedModules";

/// What `version.json` of a `release-channel` image says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseInfo {
    /// The release.
    pub version: Version,
    /// Whether the channel is held back at the moment; pulling from it is then refused.
    pub suspended: bool,
    /// What a cluster must fulfil before the release, by name. Old releases have bare booleans and
    /// numbers among the values; they are kept as they are spelled.
    pub requirements: BTreeMap<String, String>,
    /// Disruptive changes by minor, `X.Y`.
    pub disruptions: BTreeMap<String, Vec<String>>,
}

/// Why a `version.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseInfoError {
    /// Not JSON, or not of the known shape.
    #[error("version.json cannot be read")]
    Json(#[from] serde_json::Error),
    /// The version is not `vX.Y.Z`.
    #[error("version.json names the version '{text}', which is not vX.Y.Z")]
    Version {
        /// The version as spelled, shortened.
        text: String,
    },
}

#[derive(Deserialize)]
struct Document<'a> {
    version: String,
    #[serde(default)]
    suspend: Option<bool>,
    #[serde(default, borrow)]
    requirements: Option<BTreeMap<String, &'a RawValue>>,
    #[serde(default)]
    disruptions: Option<BTreeMap<String, Option<Vec<String>>>>,
}

impl ReleaseInfo {
    /// What the files of an image in `release-channel` say.
    ///
    /// # Errors
    /// Why it is unknown, in words.
    pub fn of_files(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, String> {
        let json = files.get(VERSION_JSON).ok_or("it has no version.json")?;
        Self::parse(json).map_err(|error| error.to_string())
    }

    /// Reads a `version.json`. Unknown fields are left aside.
    pub fn parse(json: &[u8]) -> Result<Self, ReleaseInfoError> {
        let document: Document<'_> = serde_json::from_slice(json)?;
        let text = document.version.trim();
        let version = Version::parse(text.strip_prefix('v').unwrap_or(text))
            .ok()
            .filter(|version| version.build.is_empty())
            .ok_or_else(|| not_a_version(text))?;
        let mut requirements = BTreeMap::new();
        for (name, value) in document.requirements.unwrap_or_default() {
            requirements.extend(spelled(value)?.map(|value| (name, value)));
        }
        let disruptions = document.disruptions.unwrap_or_default();
        Ok(Self {
            version,
            suspended: document.suspend.unwrap_or(false),
            requirements,
            disruptions: disruptions
                .into_iter()
                .map(|(minor, names)| (minor, names.unwrap_or_default()))
                .collect(),
        })
    }

    /// The modules that a source must have before a cluster updates to the release: those that left the image of the
    /// platform. The controller checks each that is enabled (`migratedModules` in
    /// `deckhouse-controller/pkg/releaseupdater/requirements_checker.go`: names separated by commas). A list is understood
    /// too.
    pub fn migrated_modules(&self) -> BTreeSet<String> {
        let text = self.requirements.get(MIGRATED_MODULES).map_or("", |text| text.trim());
        let names: Vec<String> =
            serde_json::from_str(text).unwrap_or_else(|_| text.split(',').map(str::to_owned).collect());
        names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    }

    /// The disruptive changes of this release's own minor.
    pub fn own_disruptions(&self) -> &[String] {
        let minor = format!("{}.{}", self.version.major, self.version.minor);
        self.disruptions.get(&minor).map_or(&[], Vec::as_slice)
    }
}

/// Reads the `version.json` of a module's release channel: the tag that the channel points to.
///
/// Modules are free in their versions, so the result is a tag and no version. The leading `v`, which the
/// tag always has, is put there if the file lacks it.
pub fn parse_module_version(json: &[u8]) -> Result<Tag, ReleaseInfoError> {
    let document: Document<'_> = serde_json::from_slice(json)?;
    let text = document.version.trim();
    let error = || not_a_version(text);
    let bare = text.strip_prefix('v').unwrap_or(text);
    if !bare.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(error());
    }
    format!("v{bare}").parse().map_err(|_| error())
}

/// Whether a tag of a module's repositories is that of a version, in the spelling of
/// [`parse_module_version`], and not a channel's, a digest's or an attestation's.
pub fn is_module_version(tag: &str) -> bool {
    tag.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

fn not_a_version(text: &str) -> ReleaseInfoError {
    ReleaseInfoError::Version { text: text.chars().take(100).collect() }
}

/// A JSON value as text: strings without quotes, anything else as it stands, null as nothing.
pub(crate) fn spelled(value: &RawValue) -> Result<Option<String>, serde_json::Error> {
    match value.get().as_bytes() {
        [b'"', ..] => serde_json::from_str(value.get()).map(Some),
        b"null" => Ok(None),
        _ => Ok(Some(value.get().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_full_version_json() {
        let json = br#"{"version":"v1.58.3","suspend":true,
            "requirements":{"k8s":"1.23.0","containerdOnAllNodes":true,"nodes":1.10,"odd":null,"quote":"a\"b"},
            "disruptions":{"1.36":["a"],"1.58":["ingressNginx"]},
            "canary":{"alpha":{"enabled":true,"waves":2,"interval":"5m"}}}"#;
        let info = ReleaseInfo::parse(json).unwrap();
        assert_eq!(info.version, Version::new(1, 58, 3));
        assert!(info.suspended);
        assert_eq!(
            info.requirements,
            map(
                &[("k8s", "1.23.0"), ("containerdOnAllNodes", "true"), ("nodes", "1.10"), ("quote", "a\"b"),]
            )
        );
        assert_eq!(info.own_disruptions(), ["ingressNginx"]);
    }

    #[test]
    fn modules_that_a_source_must_have() {
        for (value, expected) in [
            (r#""ingress-nginx, log-shipper,,ingress-nginx""#, &["ingress-nginx", "log-shipper"][..]),
            (r#"["console", " prompp "]"#, &["console", "prompp"]),
            (r#""""#, &[]),
            ("null", &[]),
            (r#"" , ""#, &[]),
        ] {
            let json = format!(r#"{{"version":"v1.77.0","requirements":{{"migratedModules":{value}}}}}"#);
            let modules = ReleaseInfo::parse(json.as_bytes()).unwrap().migrated_modules();
            assert_eq!(modules.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{value}");
        }
    }

    #[test]
    fn the_minimal_version_json() {
        for json in [
            r#"{"version":"v1.58.3"}"#,
            r#"{"version":"1.58.3","suspend":null,"requirements":null,"disruptions":null}"#,
            "{\"version\":\"v1.58.3\\n\",\"disruptions\":{\"1.58\":null}}",
        ] {
            let info = ReleaseInfo::parse(json.as_bytes()).unwrap();
            assert_eq!(info.version, Version::new(1, 58, 3), "{json}");
            assert!(!info.suspended && info.requirements.is_empty() && info.own_disruptions().is_empty());
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for json in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"version":1}"#,
            r#"{"version":"v1.58.3","suspend":"soon"}"#,
            r#"{"version":"v1.58.3","requirements":[]}"#,
        ] {
            let error = ReleaseInfo::parse(json.as_bytes()).unwrap_err();
            assert!(matches!(error, ReleaseInfoError::Json(_)), "{json}: {error}");
        }
        for version in ["", "v", "latest", "v1.58", "v1.58.3+ee", "vv1.58.3"] {
            let json = format!(r#"{{"version":"{version}"}}"#);
            let error = ReleaseInfo::parse(json.as_bytes()).unwrap_err();
            assert!(matches!(error, ReleaseInfoError::Version { .. }), "{json}: {error}");
        }
    }

    #[test]
    fn modules_point_to_tags() {
        for (version, tag) in [
            ("v1.2.3", Some("v1.2.3")),
            ("1.2.3", Some("v1.2.3")),
            ("v0.1.0-rc1", Some("v0.1.0-rc1")),
            ("v3", Some("v3")),
            ("latest", None),
            ("", None),
            ("1.2.3/x", None),
        ] {
            let json = format!(r#"{{"version":"{version}","more":[1]}}"#);
            let read = parse_module_version(json.as_bytes()).ok().map(|tag| tag.to_string());
            assert_eq!(read.as_deref(), tag, "{version}");
            assert!(tag.is_none_or(is_module_version), "{version}");
        }
        assert!(parse_module_version(b"{}").is_err());
        for other in ["stable", "v", "vex", "sha256-00.att", "00ff"] {
            assert!(!is_module_version(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn parsers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ReleaseInfo::parse(&bytes);
            let _ = parse_module_version(&bytes);
        }
    }
}
