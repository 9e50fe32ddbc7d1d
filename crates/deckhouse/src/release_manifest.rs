//! `deckhousereleases.yaml`: the description of releases for a cluster without its own source.
//!
//! One `DeckhouseRelease` per release, exactly as the platform's own tools write it, since controllers of
//! old releases accept nothing else.

use std::collections::BTreeMap;

use semver::Version;
use serde::Serialize;

use crate::{
    release_info::ReleaseInfo,
    repositories::CHANGELOG_YAML,
    version::tag_of,
    yaml::{self, Value},
};

/// A release to describe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseManifest {
    /// What its `version.json` says.
    pub info: ReleaseInfo,
    /// Its `changelog.yaml`, if its image has one.
    pub changelog: Option<Vec<u8>>,
}

impl ReleaseManifest {
    /// What the files of an image in `release-channel` say of the release `version`.
    ///
    /// # Errors
    /// Why it is unknown, in words.
    pub fn of_files(version: &Version, mut files: BTreeMap<String, Vec<u8>>) -> Result<Self, String> {
        let info = ReleaseInfo::of_files(&files)?;
        if info.version != *version {
            return Err(format!("it describes another version, v{}", info.version));
        }
        Ok(Self { info, changelog: files.remove(CHANGELOG_YAML) })
    }
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
        text.push_str(&write_release(release)?);
    }
    Ok(text)
}

/// One release as a document of `deckhousereleases.yaml`.
pub(crate) fn write_release(release: &ReleaseManifest) -> Result<String, ReleaseManifestError> {
    let ReleaseManifest { info, changelog } = release;
    let tag = tag_of(&info.version);
    let document = Document {
        api_version: "deckhouse.io/v1alpha1",
        approved: false,
        kind: "DeckhouseRelease",
        metadata: Metadata { creation_timestamp: None, name: &tag },
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
        status: Status { approved: false, message: "", transition_time: "0001-01-01T00:00:00Z" },
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
        Ok(_) => Err(ReleaseManifestError::ChangelogShape { version: version.clone() }),
        Err(error) => Err(ReleaseManifestError::Changelog {
            version: version.clone(),
            source: error.to_string().into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(version_json: &str, changelog: Option<&str>) -> ReleaseManifest {
        ReleaseManifest {
            info: ReleaseInfo::parse(version_json.as_bytes()).unwrap(),
            changelog: changelog.map(|yaml| yaml.as_bytes().to_vec()),
        }
    }

    #[test]
    fn a_release_as_the_platforms_tools_write_it() {
        let release = release(
            r#"{"version":"v1.58.10","disruptions":{"1.58":["ingressNginx"],"1.36":["other"]},
                "requirements":{"k8s":"1.23.0","ingressNginx":"1.1","containerdOnAllNodes":true}}"#,
            Some(
                "candi:\n  fixes:\n    - summary: Fix containerd start.\n      pull_request: https://github.com/x/pull/6329\n",
            ),
        );
        assert_eq!(
            write_releases(&[release]).unwrap(),
            r#"---
apiVersion: deckhouse.io/v1alpha1
approved: false
kind: DeckhouseRelease
metadata:
  creationTimestamp: null
  name: v1.58.10
spec:
  changelog:
    candi:
      fixes:
      - summary: Fix containerd start.
        pull_request: https://github.com/x/pull/6329
  changelogLink: https://github.com/deckhouse/deckhouse/releases/tag/v1.58.10
  disruptions:
  - ingressNginx
  requirements:
    containerdOnAllNodes: "true"
    ingressNginx: "1.1"
    k8s: "1.23.0"
  version: v1.58.10
status:
  approved: false
  message: ""
  transitionTime: "0001-01-01T00:00:00Z"
"#
        );
    }

    #[test]
    fn what_is_empty_is_left_out_and_releases_ascend() {
        let releases = ["1.58.10", "1.59.0", "1.58.9"].map(|version| {
            let json = format!(
                r#"{{"version":"v{version}","disruptions":{{"1.58":[],"1.57":["x"]}},"requirements":{{}}}}"#
            );
            release(&json, (version == "1.59.0").then_some("# nothing\n"))
        });
        let text = write_releases(&releases).unwrap();
        let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("  name: ")).collect();
        assert_eq!(names, ["v1.58.9", "v1.58.10", "v1.59.0"]);
        assert_eq!(text.matches("---\n").count(), 3);
        for absent in ["changelog:", "disruptions", "requirements"] {
            assert!(!text.contains(absent), "{absent}: {text}");
        }
        assert_eq!(write_releases(&[]).unwrap(), "");
        let mut reversed = releases.clone();
        reversed.reverse();
        assert_eq!(write_releases(&reversed).unwrap(), text);
    }

    #[test]
    fn texts_stay_texts_for_old_readers() {
        let words = [
            "on",
            "off",
            "yes",
            "No",
            "y",
            "N",
            "true",
            "null",
            "~",
            "",
            "1.58",
            "1.23.0",
            "0644",
            "0o17",
            "0x1F",
            "1_000",
            "1:30",
            "190:20:30",
            "2024-01-01",
            "2024-01-01T10:00:00Z",
            "1e3",
            ".inf",
            ".NaN",
            "=",
            "<<",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "!a",
            "&a",
            "*a",
            "@a",
            "%a",
            "'a'",
            "\"a\"",
            " a",
            "a ",
            "a\nb",
            "a\tb",
            "{a}",
            "[a]",
            "a,b",
            "?",
        ];
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let values: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        let keys: Vec<String> = words.iter().map(|word| format!("  {}: 1\n", quoted(word))).collect();
        let changelog = format!("values: [{}]\nkeys:\n{}", values.join(", "), keys.concat());
        let requirements: Vec<String> =
            words.iter().map(|word| format!("{}:{}", quoted(word), quoted(word))).collect();
        let json = format!(r#"{{"version":"v1.58.3","requirements":{{{}}}}}"#, requirements.join(","));
        let text = write_releases(&[release(&json, Some(&changelog))]).unwrap();
        let is_bare = |scalar: &&str| !scalar.starts_with(['"', '\'']);
        let values = text.lines().filter_map(|line| line.trim().strip_prefix("- "));
        assert_eq!(values.filter(is_bare).collect::<Vec<_>>(), ["a,b"]);
        let keys = text.lines().filter_map(|line| line.strip_prefix("      ")?.strip_suffix(": 1"));
        assert_eq!(keys.filter(is_bare).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn a_changelog_that_is_no_mapping_is_named() {
        for (changelog, text) in [
            ("- a\n", "changelog.yaml of release v1.58.3 is not a mapping"),
            ("text", "changelog.yaml of release v1.58.3 is not a mapping"),
            ("a: [", "changelog.yaml of release v1.58.3 cannot be read"),
            ("a: 1\na: 2\n", "changelog.yaml of release v1.58.3 cannot be read"),
            ("a: 1\n---\nb: 2\n", "changelog.yaml of release v1.58.3 cannot be read"),
        ] {
            let error = write_releases(&[release(r#"{"version":"v1.58.3"}"#, Some(changelog))]).unwrap_err();
            assert_eq!(error.to_string(), text, "{changelog}");
        }
    }
}
