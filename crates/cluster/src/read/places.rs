//! Where each kind of object lies in the API, and what is made of it.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::{Api, Client, Resource, api::ListParams};
use serde::de::DeserializeOwned;

/// Namespace of the platform itself.
pub(crate) const PLATFORM: &str = "d8-system";

/// A kind of object that is listed and watched.
pub(crate) trait Source: Send + Sync + 'static {
    /// The object as it comes.
    type Raw: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static;
    /// What is kept of it.
    type Item: Clone + Send + Sync + 'static;
    /// The custom resource definition that must be there for it, if it needs one.
    const DEFINITION: Option<&'static str>;

    /// Where the objects are.
    fn api(client: &Client) -> Api<Self::Raw>;

    /// Which of them are wanted.
    fn params() -> ListParams {
        ListParams::default()
    }

    /// What is kept.
    fn item(raw: Self::Raw) -> Self::Item;
}

/// The objects of a kind in the platform's namespace.
pub(super) fn in_platform<K>(client: &Client) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    Api::namespaced(client.clone(), PLATFORM)
}

/// Tells kube where a type of ours lies in the API.
macro_rules! lies_at {
    ($type:ident, $scope:ident, $group:literal, $version:literal, $kind:literal, $plural:literal) => {
        impl kube::Resource for $type {
            type DynamicType = ();
            type Scope = k8s_openapi::$scope;

            fn kind((): &()) -> std::borrow::Cow<'_, str> {
                $kind.into()
            }

            fn group((): &()) -> std::borrow::Cow<'_, str> {
                $group.into()
            }

            fn version((): &()) -> std::borrow::Cow<'_, str> {
                $version.into()
            }

            fn plural((): &()) -> std::borrow::Cow<'_, str> {
                $plural.into()
            }

            fn meta(&self) -> &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                &self.metadata
            }

            fn meta_mut(&mut self) -> &mut k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                &mut self.metadata
            }
        }
    };
}
pub(super) use lies_at;
