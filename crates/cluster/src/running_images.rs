//! The images that the pods of a cluster run, by digest.
//!
//! Pods of all namespaces count: modules of the platform also start pods in namespaces of users, such as virtual machines
//! and sidecars. Whatever address an image has there counts too: a cluster may pull from the same registry under another
//! name, or through a cache of its own, and a digest stands for the same content everywhere.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{ListParams, ObjectList},
};
use oci::Digest;

use crate::{
    Error, Reading, Unknown,
    access::Cluster,
    read::{Bound, in_time, unread},
};

/// Pods in one answer of the API: a large cluster has many.
const PAGE: u32 = 500;

/// Reads them. Pods that have not started or have ended count too.
///
/// # Errors
/// [`Unknown`] if the pods cannot be read.
pub async fn running_images(cluster: &Cluster) -> Result<BTreeSet<Digest>, Unknown> {
    let api: Api<Pod> = Api::all(cluster.client.clone());
    let mut params = ListParams::default().limit(PAGE);
    let mut images = BTreeSet::new();
    let mut bound = Bound::default();
    loop {
        let reading = in_time(page(&api, &params, &mut bound)).await;
        let page = reading.required("pods")?;
        images.extend(page.items.iter().flat_map(of_pod));
        match page.metadata.continue_.as_deref().filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(token),
            None => return Ok(images),
        }
    }
}

async fn page(api: &Api<Pod>, params: &ListParams, bound: &mut Bound) -> Reading<ObjectList<Pod>> {
    let page = match api.list(params).await {
        Ok(page) => page,
        Err(error) => return unread(Error::from(error)),
    };
    match bound.page(page.items.len(), "pods") {
        Ok(()) => Reading::Known(page),
        Err(error) => unread(error),
    }
}

/// The images of a pod that have a digest: as its specification names them, and as the container runtime has pulled them.
fn of_pod(pod: &Pod) -> BTreeSet<Digest> {
    let spec = pod.spec.iter().flat_map(|spec| {
        let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
        let ephemeral = spec.ephemeral_containers.iter().flatten();
        containers.map(|it| it.image.as_deref()).chain(ephemeral.map(|it| it.image.as_deref()))
    });
    let status = pod.status.iter().flat_map(|status| {
        let lists = [
            &status.init_container_statuses,
            &status.container_statuses,
            &status.ephemeral_container_statuses,
        ];
        lists.into_iter().flatten().flatten().map(|it| Some(it.image_id.as_str()))
    });
    spec.chain(status).flatten().filter_map(digest).collect()
}

/// The digest of `ADDRESS@DIGEST`. An `imageID` without an address is the digest of a configuration, not of a manifest.
fn digest(image: &str) -> Option<Digest> {
    image.rsplit_once('@')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn images_with_a_digest() {
        let hex = |letter: &str| format!("sha256:{}", letter.repeat(64));
        let pod = json!({
            "metadata": { "name": "p" },
            "spec": {
                "initContainers": [{ "name": "i", "image": format!("r.example.com/dkp/ee@{}", hex("a")) }],
                "containers": [
                    { "name": "c", "image": format!("registry.d8-system.svc:5001/system/deckhouse@{}", hex("b")) },
                    { "name": "t", "image": "r.example.com/dkp/ee:v1.58.3" },
                ],
                "ephemeralContainers": [{ "name": "e", "image": format!("r.example.com/dkp/ee@{}", hex("c")) }],
            },
            "status": {
                "containerStatuses": [
                    { "name": "t", "ready": true, "restartCount": 0, "image": "r.example.com/dkp/ee:v1.58.3",
                      "imageID": format!("r.example.com/dkp/ee@{}", hex("d")) },
                    { "name": "c", "ready": true, "restartCount": 0, "image": hex("e"), "imageID": hex("e") },
                ],
            },
        });
        let pod: Pod = serde_json::from_value(pod).unwrap();
        let expected: BTreeSet<Digest> = ["a", "b", "c", "d"].map(|it| hex(it).parse().unwrap()).into();
        assert_eq!(of_pod(&pod), expected);
        assert_eq!(of_pod(&Pod::default()), BTreeSet::new());
    }
}
