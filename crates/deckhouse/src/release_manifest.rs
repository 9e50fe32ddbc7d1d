//! `deckhousereleases.yaml`: what a cluster without a source of its own is told of the releases.
//!
//! One `DeckhouseRelease` per release, exactly as the platform's own tools write it, since controllers of
//! old releases accept nothing else.

use std::collections::BTreeMap;

use semver::Version;
use serde::Serialize;

use crate::{
    release_info::ReleaseInfo,
    version::tag_of,
    yaml::{self, Value},
};

/// A release to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseManifest {
    /// What its `version.json` says.
    pub info: ReleaseInfo,
    /// Its `changelog.yaml`, if its image has one.
    pub changelog: Option<Vec<u8>>,
}

/// Why the releases cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseManifestError {
    /// A changelog is not YAML.
    #[error("changelog.yaml of release v{version} cannot be read")]
    Changelog {
        /// The release.
        version: Version,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A changelog is YAML, but no mapping, which the resource's schema demands.
    #[error("changelog.yaml of release v{version} is not a mapping")]
    ChangelogShape {
        /// The release.
        version: Version,
    },
    /// A document cannot be put into YAML.
    #[error("release v{version} cannot be written as YAML")]
    Write {
        /// The release.
        version: Version,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    approved: bool,
    kind: &'static str,
    metadata: Metadata<'a>,
    spec: Spec<'a>,
    status: Status,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    creation_timestamp: Option<&'static str>,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    changelog: Option<Value>,
    changelog_link: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    disruptions: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    requirements: &'a BTreeMap<String, String>,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    approved: bool,
    message: &'static str,
    transition_time: &'static str,
}

/// Writes `deckhousereleases.yaml`: the releases ascending, whatever order they are given in.
///
/// Changelogs are carried as values: the same content with the same order of keys, but without comments,
/// and with every text quoted that a YAML 1.1 reader would take for something else. A release without a
/// changelog has no such field, and so it is with empty requirements and disruptions.
pub fn write_releases(releases: &[ReleaseManifest]) -> Result<String, ReleaseManifestError> {
    let mut ascending: Vec<&ReleaseManifest> = releases.iter().collect();
    ascending.sort_by(|a, b| a.info.version.cmp(&b.info.version));
    let mut text = String::new();
    for release in ascending {
        text.push_str("---\n");
        text.push_str(&document(release)?);
    }
    Ok(text)
}

fn document(release: &ReleaseManifest) -> Result<String, ReleaseManifestError> {
    let ReleaseManifest { info, changelog } = release;
    let tag = tag_of(&info.version);
    let document = Document {
        api_version: "deckhouse.io/v1alpha1",
        approved: false,
        kind: "DeckhouseRelease",
        metadata: Metadata {
            creation_timestamp: None,
            name: &tag,
        },
        spec: Spec {
            changelog: changelog
                .as_deref()
                .map(|yaml| read_changelog(&info.version, yaml))
                .transpose()?
                .flatten(),
            changelog_link: format!("https://github.com/deckhouse/deckhouse/releases/tag/{tag}"),
            disruptions: info.own_disruptions(),
            requirements: &info.requirements,
            version: &tag,
        },
        status: Status {
            approved: false,
            message: "",
            transition_time: "0001-01-01T00:00:00Z",
        },
    };
    yaml::write(&document).map_err(|error| ReleaseManifestError::Write {
        version: info.version.clone(),
        source: error.to_string().into(),
    })
}

/// Reads a changelog; an empty file is none.
fn read_changelog(version: &Version, yaml: &[u8]) -> Result<Option<Value>, ReleaseManifestError> {
    match yaml::parse(yaml) {
        Ok(map @ Value::Map(_)) => Ok(Some(map)),
        Ok(Value::Null) => Ok(None),
        Ok(_) => Err(ReleaseManifestError::ChangelogShape {
            version: version.clone(),
        }),
        Err(error) => Err(ReleaseManifestError::Changelog {
            version: version.clone(),
            source: error.to_string().into(),
        }),
    }
}
