//! `deckhousereleases.yaml` against the releases that it is said to describe.

use std::collections::BTreeMap;

use semver::Version;

use crate::{
    release_list::{ReleaseListError, release_version},
    release_manifest::{ReleaseManifest, ReleaseManifestError, write_release},
    version::tag_of,
    yaml::{self, Value},
};

/// Where a document of the file is not what its release yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseDifference {
    /// The release.
    pub version: Version,
    /// The field, such as `spec.requirements.k8s`.
    pub field: String,
    /// What the file has there, as far as it is one value; `None` if it lacks the field.
    pub found: Option<String>,
}

/// Why a file cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseCheckError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] ReleaseListError),
    /// What a release yields cannot be written.
    #[error(transparent)]
    Release(#[from] ReleaseManifestError),
}

/// Fields that a file may lack: other writers leave them out.
const OPTIONAL: [&str; 3] = ["approved", "status", "metadata.creationTimestamp"];

/// Compares every document of a file as a whole with what its release yields ([`write_releases`]). Documents of versions
/// that `releases` does not have are ignored.
///
/// The order of fields and the way of writing YAML do not matter. Neither `approved: true` nor an annotation may be
/// there that the release does not yield: anyone who applies the file would approve the release by it.
///
/// [`write_releases`]: crate::write_releases
pub fn differences(
    file: &[u8],
    releases: &[ReleaseManifest],
) -> Result<Vec<ReleaseDifference>, ReleaseCheckError> {
    let documents = yaml::parse_all(file).map_err(|error| ReleaseListError::Yaml(error.to_string()))?;
    let mut differences = Vec::new();
    for document in &documents {
        let Some(version) = release_version(document) else { continue };
        let Some(release) = releases.iter().find(|it| it.info.version == version) else { continue };
        let expected = yaml::parse(write_release(release)?.as_bytes());
        let expected = expected.map_err(|error| ReleaseListError::Yaml(error.to_string()))?;
        let mut found = Vec::new();
        compare(&expected, Some(document), "", &mut found);
        differences.extend(found.into_iter().map(|(field, found)| ReleaseDifference {
            version: version.clone(),
            field,
            found,
        }));
    }
    Ok(differences)
}

fn compare(
    expected: &Value,
    found: Option<&Value>,
    field: &str,
    differences: &mut Vec<(String, Option<String>)>,
) {
    match (expected, found) {
        (_, None) if OPTIONAL.contains(&field) => {}
        // Go leaves empty mappings out.
        (Value::Map(expected), None) if expected.is_empty() => {}
        (Value::Map(expected), Some(Value::Map(found))) => {
            let within = |key: &str| if field.is_empty() { key.to_owned() } else { format!("{field}.{key}") };
            let found: BTreeMap<&str, &Value> =
                found.iter().map(|(key, value)| (key.as_str(), value)).collect();
            for (key, value) in expected {
                compare(value, found.get(key.as_str()).copied(), &within(key), differences);
            }
            let known = |key: &str| expected.iter().any(|(known, _)| known == key);
            let others = found.iter().filter(|(key, _)| !known(key));
            differences.extend(others.map(|(key, value)| (within(key), Some(shown(value)))));
        }
        (Value::List(expected), Some(Value::List(found))) if expected.len() == found.len() => {
            for (number, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(expected, Some(found), &format!("{field}[{number}]"), differences);
            }
        }
        (expected, Some(found)) if expected == found => {}
        (_, found) => differences.push((field.to_owned(), found.map(shown))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Unsigned(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a mapping".to_owned(),
    }
}

impl std::fmt::Display for ReleaseDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { version, field, found } = self;
        match found {
            Some(found) => {
                write!(
                    f,
                    "{}: {field} is '{found}', which differs from the image of the release",
                    tag_of(version)
                )
            }
            None => write!(f, "{}: {field} is missing", tag_of(version)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReleaseInfo, write_releases};

    fn release() -> ReleaseManifest {
        let info = br#"{"version":"v1.58.3","requirements":{"k8s":"1.24","ingressNginx":"1.1"},"disruptions":{"1.58":["cni"]}}"#;
        ReleaseManifest {
            info: ReleaseInfo::parse(info).unwrap(),
            changelog: Some(b"candi:\n  fixes: [{summary: x, pull_request: y}]\n".to_vec()),
        }
    }

    fn sorted(value: Value) -> Value {
        match value {
            Value::Map(fields) => {
                let mut fields: Vec<_> =
                    fields.into_iter().map(|(key, value)| (key, sorted(value))).collect();
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Map(fields)
            }
            Value::List(items) => Value::List(items.into_iter().map(sorted).collect()),
            other => other,
        }
    }

    #[test]
    fn an_empty_changelog_may_be_left_out() {
        let release = ReleaseManifest { changelog: Some(b"{}".to_vec()), ..release() };
        let text = write_releases(std::slice::from_ref(&release)).unwrap();
        let without = text.replace("  changelog: {}\n", "");
        assert_ne!(without, text);
        assert_eq!(differences(without.as_bytes(), &[release]).unwrap(), []);
    }

    #[test]
    fn what_is_written_is_equal_in_any_order() {
        let text = write_releases(&[release()]).unwrap();
        assert_eq!(differences(text.as_bytes(), &[release()]).unwrap(), []);
        let value = yaml::parse_all(text.as_bytes()).unwrap().remove(0);
        // As Go writes it: the keys of every mapping sorted.
        let Value::Map(mut fields) = sorted(value) else { panic!("no mapping") };
        fields.retain(|(key, _)| key != "status" && key != "approved");
        let other = yaml::write(&Value::Map(fields)).unwrap();
        assert!(other.find("pull_request").unwrap() < other.find("summary").unwrap(), "{other}");
        assert_ne!(other, text);
        assert_eq!(differences(other.as_bytes(), &[release()]).unwrap(), []);
        // A release that is not there is the business of the completeness check.
        assert_eq!(differences(text.as_bytes(), &[]).unwrap(), []);
    }

    #[test]
    fn every_change_is_found() {
        let text = write_releases(&[release()]).unwrap();
        for (from, to, field) in [
            ("approved: false\nkind", "approved: true\nkind", "approved"),
            ("  approved: false\n  message", "  approved: true\n  message", "status.approved"),
            (
                "  name: v1.58.3",
                "  name: v1.58.3\n  annotations: {release.deckhouse.io/force: 'true'}",
                "metadata.annotations",
            ),
            ("  name: v1.58.3", "  name: v1-58-3", "metadata.name"),
            ("    k8s: \"1.24\"\n", "", "spec.requirements.k8s"),
            ("k8s: \"1.24\"", "k8s: \"1.20\"", "spec.requirements.k8s"),
            ("summary: x", "summary: y", "spec.changelog.candi.fixes[0].summary"),
            ("- cni", "- other", "spec.disruptions[0]"),
            ("releases/tag/v1.58.3", "releases/tag/v1.58.4", "spec.changelogLink"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            let found = differences(changed.as_bytes(), &[release()]).unwrap();
            let fields: Vec<&str> = found.iter().map(|it| it.field.as_str()).collect();
            assert_eq!(fields, [field], "{to}");
        }
    }
}
