//! What Helm releases consist of: the Secrets that Helm keeps its releases in.

use std::io::Read as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, api::ListParams};
use serde::Deserialize;

use super::refusal::unread;
use crate::{Reading, access::Cluster};

/// Secrets a page: one may have a megabyte.
const PAGE: u32 = 10;
/// No release has more: its Secret has one megabyte at most, and text shrinks to about a tenth.
const LARGEST: u64 = 64 << 20;

/// An object in a Helm release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelmUse {
    /// Namespace of the release.
    pub namespace: String,
    /// Name of the release.
    pub release: String,
    /// `apiVersion` as the chart wrote it.
    pub api_version: String,
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
}

/// The objects of all Helm releases that are deployed, in all namespaces. A release that cannot be read is `Malformed`
/// and ends it: what is in it is not known.
pub async fn helm_objects(cluster: &Cluster) -> Reading<Vec<HelmUse>> {
    let secrets: Api<Secret> = Api::all(cluster.client.clone());
    let mut params = ListParams::default()
        .fields("type=helm.sh/release.v1")
        .labels("owner=helm,status=deployed")
        .limit(PAGE);
    let mut found = Vec::new();
    loop {
        let page = match secrets.list(&params).await {
            Ok(page) => page,
            Err(error) => return unread(error.into()),
        };
        for secret in page.items {
            match objects_of(&secret) {
                Ok(objects) => found.extend(objects),
                Err(why) => {
                    let meta = secret.metadata;
                    let place =
                        format!("{}/{}", meta.namespace.unwrap_or_default(), meta.name.unwrap_or_default());
                    return Reading::Unreadable(crate::Obstacle::Malformed(format!("Secret {place}: {why}")));
                }
            }
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params.continue_token = Some(token),
            None => return Reading::Known(found),
        }
    }
}

/// What of Helm's own record matters.
#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    name: String,
    #[serde(default)]
    manifest: String,
}

fn objects_of(secret: &Secret) -> Result<Vec<HelmUse>, String> {
    let data = secret.data.as_ref().and_then(|data| data.get("release")).ok_or("it has no key 'release'")?;
    let zipped = STANDARD.decode(&data.0).map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    GzDecoder::new(&*zipped).take(LARGEST).read_to_end(&mut json).map_err(|error| error.to_string())?;
    let record: Record = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    let namespace = secret.metadata.namespace.clone().unwrap_or_default();
    let mut objects = objects_in(&record.manifest);
    for object in &mut objects {
        object.namespace.clone_from(&namespace);
        object.release.clone_from(&record.name);
    }
    Ok(objects)
}

/// Line by line: Helm writes manifests in block style, and of each document three lines are wanted. That way a document that no
/// YAML reader takes hides nothing of the others.
fn objects_in(manifest: &str) -> Vec<HelmUse> {
    let mut objects = Vec::new();
    let mut object = HelmUse::default();
    let mut in_metadata = false;
    for line in manifest.lines().chain(["---"]) {
        if line.starts_with("---") {
            let done = std::mem::take(&mut object);
            in_metadata = false;
            if !done.api_version.is_empty() {
                objects.push(done);
            }
        } else if let Some(value) = line.strip_prefix("apiVersion:") {
            object.api_version = scalar(value);
        } else if let Some(value) = line.strip_prefix("kind:") {
            object.kind = scalar(value);
        } else if !line.starts_with([' ', '#']) && !line.is_empty() {
            in_metadata = line.trim_end() == "metadata:";
        } else if let Some(value) = line.trim_start().strip_prefix("name:").filter(|_| in_metadata)
            && object.name.is_empty()
        {
            object.name = scalar(value);
        }
    }
    objects
}

fn scalar(text: &str) -> String {
    let bare = text.split(" #").next().unwrap_or_default().trim();
    bare.trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_a_manifest() {
        let manifest = "---\n# Source: shop/templates/a.yaml\napiVersion: policy/v1beta1 # old\nkind: PodDisruptionBudget\n\
                        metadata:\n  labels:\n    app: x\n  name: \"front\"\nspec:\n  selector:\n    name: other\n\
                        ---\nkind: 'Ingress'\nmetadata:\n  name: web\napiVersion: \"extensions/v1beta1\"\n---\n# empty\n";
        let found: Vec<String> = objects_in(manifest)
            .into_iter()
            .map(|it| format!("{} {} {}", it.api_version, it.kind, it.name))
            .collect();
        assert_eq!(found, ["policy/v1beta1 PodDisruptionBudget front", "extensions/v1beta1 Ingress web"]);
    }
}
