//! `deckhousereleases.yaml` in a form that is safe to apply: without `approved` and `status`, which are the
//! cluster's own. With `approved: false` in it, `kubectl apply` would take an approval back.

use serde::Serialize;

use crate::{release_list::DeliveredRelease, release_manifest::ReleaseManifestError, version::tag_of, yaml};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    spec: &'a serde_json::Value,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
}

/// Writes the releases in the order given, each as a document of its own.
///
/// # Errors
/// [`ReleaseManifestError::Write`] if one cannot be put into YAML.
pub fn write_trimmed(releases: &[DeliveredRelease]) -> Result<String, ReleaseManifestError> {
    let mut text = String::new();
    for DeliveredRelease { version, spec } in releases {
        let name = tag_of(version);
        let metadata = Metadata { name: &name };
        let document =
            Document { api_version: "deckhouse.io/v1alpha1", kind: "DeckhouseRelease", metadata, spec };
        text.push_str("---\n");
        text.push_str(&yaml::write(&document).map_err(|error| ReleaseManifestError::Write {
            version: version.clone(),
            source: error.to_string().into(),
        })?);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release_list::read_releases;

    #[test]
    fn approval_and_status_are_removed() {
        let delivered = b"apiVersion: deckhouse.io/v1alpha1\napproved: false\nkind: DeckhouseRelease\n\
            metadata: {creationTimestamp: null, name: v1.58.3}\n\
            spec:\n  changelog: {candi: {fixes: [{summary: 'on: off'}]}}\n  disruptions: [ingressNginx]\n\
            \x20 requirements: {k8s: '1.20', containerdOnAllNodes: 'true'}\n  version: v1.58.3\n\
            status: {approved: false, message: '', transitionTime: '0001-01-01T00:00:00Z'}\n";
        let releases = read_releases(delivered).unwrap();
        let text = write_trimmed(&releases).unwrap();
        assert_eq!(
            text,
            "---\napiVersion: deckhouse.io/v1alpha1\nkind: DeckhouseRelease\nmetadata:\n  name: v1.58.3\nspec:\n\
             \x20 changelog:\n    candi:\n      fixes:\n      - summary: \"on: off\"\n  disruptions:\n  - ingressNginx\n\
             \x20 requirements:\n    containerdOnAllNodes: \"true\"\n    k8s: \"1.20\"\n  version: v1.58.3\n"
        );
        assert_eq!(read_releases(text.as_bytes()).unwrap(), releases);
        assert_eq!(write_trimmed(&[]).unwrap(), "");
    }
}
