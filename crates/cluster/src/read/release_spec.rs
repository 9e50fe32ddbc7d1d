//! The whole `spec` of one release, for writing it down: decisions need less of it.

use kube::{
    Api,
    api::{ApiResource, DynamicObject, GroupVersionKind},
};
use serde_json::Value;

use crate::{Error, access::Cluster};

/// What the object of this name has under `spec`.
///
/// # Errors
/// [`Error::NotFound`] if it is gone meanwhile, and whatever keeps the API from answering.
pub async fn release_spec(cluster: &Cluster, name: &str) -> Result<Value, Error> {
    let kind = GroupVersionKind::gvk("deckhouse.io", "v1alpha1", "DeckhouseRelease");
    let api: Api<DynamicObject> = Api::all_with(cluster.client.clone(), &ApiResource::from_gvk(&kind));
    let mut object = api.get(name).await.map_err(Error::from)?;
    Ok(object.data["spec"].take())
}
