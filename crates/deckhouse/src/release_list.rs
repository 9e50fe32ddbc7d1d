//! `deckhousereleases.yaml` read back: which releases it names, and how it describes them.
//!
//! Of each release only its `spec` is kept, as it stands there: other tools write other fields, and `approved` and
//! `status` are the cluster's own.

use std::collections::BTreeSet;

use semver::Version;

use crate::{
    version::parse_tag,
    yaml::{self, Value},
};

/// Name of the file beside a bundle, fixed by the platform's documentation.
pub const RELEASES_FILE: &str = "deckhousereleases.yaml";

/// Why the releases of a file are unknown.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseListError {
    /// Not YAML.
    #[error("it cannot be read as YAML: {0}")]
    Yaml(String),
    /// A document that is no `DeckhouseRelease`, or names no version.
    #[error("document {number} is not a DeckhouseRelease with a version vX.Y.Z")]
    Document {
        /// Its number, from 1.
        number: usize,
    },
    /// Two documents describe one version differently: which of them is meant is not for us to say.
    #[error("release v{version} is described twice, with different contents")]
    Twice {
        /// The version.
        version: Version,
    },
}

/// A release as the file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveredRelease {
    /// Its version.
    pub version: Version,
    /// `spec` of its object: `version`, and what else is there of `requirements`, `disruptions`, `changelog` and
    /// `changelogLink`.
    pub spec: serde_json::Value,
}

/// Reads all releases in `deckhousereleases.yaml`, in the order that they have there; of equal documents one.
///
/// A document of another kind is an error and not skipped: nothing else belongs into that file.
pub fn read_releases(yaml: &[u8]) -> Result<Vec<DeliveredRelease>, ReleaseListError> {
    let documents = yaml::parse_all(yaml).map_err(|error| ReleaseListError::Yaml(error.to_string()))?;
    let release = |(number, document): (usize, &Value)| {
        let refused = || ReleaseListError::Document { number: number + 1 };
        let version = release_version(document).ok_or_else(refused)?;
        let spec = document.get("spec").map(serde_json::to_value);
        let spec = spec.and_then(Result::ok).ok_or_else(refused)?;
        Ok(DeliveredRelease { version, spec })
    };
    let mut releases: Vec<DeliveredRelease> = Vec::new();
    for read in documents.iter().enumerate().map(release) {
        let read = read?;
        match releases.iter().find(|it| it.version == read.version) {
            None => releases.push(read),
            Some(same) if same.spec == read.spec => {}
            Some(_) => return Err(ReleaseListError::Twice { version: read.version }),
        }
    }
    Ok(releases)
}

/// Reads the versions of all releases in `deckhousereleases.yaml`, as [`read_releases`] does.
pub fn parse_releases(yaml: &[u8]) -> Result<BTreeSet<Version>, ReleaseListError> {
    Ok(read_releases(yaml)?.into_iter().map(|release| release.version).collect())
}

/// The version that a document names, if it is a `DeckhouseRelease`.
pub(crate) fn release_version(document: &Value) -> Option<Version> {
    let text = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    if text(document.get("kind"))? != "DeckhouseRelease" {
        return None;
    }
    let version = text(document.get("spec").and_then(|spec| spec.get("version")))?;
    parse_tag(&version).or_else(|| parse_tag(&format!("v{version}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReleaseInfo, ReleaseManifest, write_releases};

    #[test]
    fn what_is_written_is_read_back() {
        let versions = ["v1.58.3", "v1.57.5", "v1.59.0-rc.1"];
        let releases = versions.map(|version| ReleaseManifest {
            info: ReleaseInfo::parse(format!(r#"{{"version":"{version}"}}"#).as_bytes()).unwrap(),
            changelog: Some(b"candi:\n  fixes: [{summary: x}]\n".to_vec()),
        });
        let read = parse_releases(write_releases(&releases).unwrap().as_bytes()).unwrap();
        let expected: BTreeSet<Version> = versions.iter().filter_map(|version| parse_tag(version)).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn only_version_and_spec_are_read() {
        let yaml = b"kind: DeckhouseRelease\napproved: true\nspec:\n  version: v1.58.3\n  requirements: {k8s: '1.29'}\n\
                     \x20 changelog: {candi: {fixes: [{summary: x}]}}\nstatus: {phase: Deployed}\n";
        let read = read_releases(yaml).unwrap();
        let spec = serde_json::json!({
            "version": "v1.58.3",
            "requirements": {"k8s": "1.29"},
            "changelog": {"candi": {"fixes": [{"summary": "x"}]}},
        });
        assert_eq!(read, [DeliveredRelease { version: Version::new(1, 58, 3), spec }]);
    }

    #[test]
    fn what_may_be_missing_and_what_may_not() {
        assert_eq!(parse_releases(b"").unwrap(), BTreeSet::new());
        assert_eq!(parse_releases(b"---\n---\n").unwrap(), BTreeSet::new());
        let bare = "kind: DeckhouseRelease\nspec: {version: 1.58.3}\n";
        assert_eq!(parse_releases(bare.as_bytes()).unwrap(), BTreeSet::from([Version::new(1, 58, 3)]));
        let twice = format!("{bare}---\n{bare}");
        assert_eq!(read_releases(twice.as_bytes()).unwrap().len(), 1);
        for (yaml, said) in [
            ("kind: [", "YAML"),
            ("just text", "document 1"),
            ("kind: DeckhouseRelease\nspec: {version: v1.58.3}\n---\nkind: ConfigMap\n", "document 2"),
            ("kind: DeckhouseRelease\nspec: {}\n", "document 1"),
            (
                "kind: DeckhouseRelease\nspec: {version: v1.58.3}\n---\nkind: DeckhouseRelease\nspec: {version: v1.58.3, \
                 requirements: {k8s: '1.29'}}\n",
                "release v1.58.3 is described twice",
            ),
            ("kind: DeckhouseRelease\nspec: {version: latest}\n", "document 1"),
        ] {
            let error = parse_releases(yaml.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{yaml}: {error}");
        }
    }
}
