//! The objects that support asks for, as the API has them.

use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, ListParams},
};
use serde_json::{Value, json};

use super::{Collection, Content};
use crate::{
    Error, Reading,
    read::{
        Alerts, Deployments, EtcdBackups, IngressControllers, ModuleConfigs, ModulePullOverrides,
        ModuleReleases, ModuleSources, ModuleUpdatePolicies, Modules, NodeGroups, Nodes, PLATFORM, Pods,
        ReleaseStarts, Releases, ReplicaSets, Source, paged, refused, unread,
    },
};

/// Where events about objects without a namespace are.
const DEFAULT: &str = "default";

/// Reads all of them.
pub(super) async fn read(client: &Client, collection: &mut Collection) {
    add::<Releases>(client, None, collection).await;
    add::<ModuleReleases>(client, None, collection).await;
    add::<Modules>(client, None, collection).await;
    add::<ModuleConfigs>(client, None, collection).await;
    add::<ModuleSources>(client, None, collection).await;
    add::<ModuleUpdatePolicies>(client, None, collection).await;
    add::<ModulePullOverrides>(client, None, collection).await;
    add::<Alerts>(client, None, collection).await;
    add::<NodeGroups>(client, None, collection).await;
    add::<Nodes>(client, None, collection).await;
    add::<IngressControllers>(client, None, collection).await;
    add::<Deployments>(client, Some(PLATFORM), collection).await;
    add::<ReplicaSets>(client, Some(PLATFORM), collection).await;
    add::<Pods>(client, Some(PLATFORM), collection).await;
    add::<EtcdBackups>(client, Some("kube-system"), collection).await;
    events(client, PLATFORM, |_| true, collection).await;
    // Others in this namespace belong to somebody's workloads.
    events(client, DEFAULT, is_of_the_platform, collection).await;
}

/// All objects of a kind.
async fn add<S: Source>(client: &Client, namespace: Option<&str>, collection: &mut Collection) {
    let resource = ApiResource::erase::<S::Raw>(&());
    let place = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let group = if resource.group.is_empty() { String::new() } else { format!(".{}", resource.group) };
    let what = format!("{place}{}{group}", resource.plural);
    match list(client, &resource, namespace, S::params()).await {
        Ok(items) => collection.add(&format!("objects/{what}.json"), Content::Json(document(items))),
        Err(error) => {
            let reading: Reading<()> = refused::<S, _>(client, error).await;
            collection.leave_out(what, reading.why_unknown().unwrap_or_default());
        }
    }
}

async fn events(
    client: &Client,
    namespace: &str,
    is_wanted: fn(&Value) -> bool,
    collection: &mut Collection,
) {
    let resource = ApiResource::erase::<<ReleaseStarts as Source>::Raw>(&());
    match list(client, &resource, Some(namespace), ListParams::default()).await {
        Ok(mut items) => {
            items.retain(is_wanted);
            collection.add(&format!("objects/{namespace}/events.json"), Content::Json(document(items)));
        }
        Err(error) => {
            let reading: Reading<()> = unread(error);
            collection.leave_out(format!("{namespace}/events"), reading.why_unknown().unwrap_or_default());
        }
    }
}

fn is_of_the_platform(event: &Value) -> bool {
    let object = &event["involvedObject"];
    object["kind"] == "Node"
        || object["apiVersion"].as_str().is_some_and(|it| it.starts_with("deckhouse.io/"))
}

async fn list(
    client: &Client,
    resource: &ApiResource,
    namespace: Option<&str>,
    params: ListParams,
) -> Result<Vec<Value>, Error> {
    let api: Api<DynamicObject> = match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, resource),
        None => Api::all_with(client.clone(), resource),
    };
    Ok(paged(&api, params, &resource.plural, |object| plain(object, resource)).await?.0)
}

/// An object without what says nothing about it.
fn plain(mut object: DynamicObject, resource: &ApiResource) -> Value {
    object.metadata.managed_fields = None;
    if let Some(annotations) = &mut object.metadata.annotations {
        // A copy of the object, in which no field has its place.
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    let mut value = serde_json::to_value(object).unwrap_or_default();
    // Objects of a list have neither.
    value["apiVersion"] = json!(resource.api_version);
    value["kind"] = json!(resource.kind);
    value
}

fn document(items: Vec<Value>) -> Value {
    let mut list = json!({ "apiVersion": "v1", "kind": "List" });
    list["items"] = Value::Array(items);
    list
}
