//! Throwaway.
#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason
)]
use crate::{access::Cluster, objects::*, *};
use kube::{
    Api,
    api::{ApiResource, AttachParams, DynamicObject, ListParams},
};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
fn api(c: &Cluster, g: &str, v: &str, k: &str, p: &str, ns: Option<&str>) -> Api<DynamicObject> {
    let r = ApiResource {
        group: g.into(),
        version: v.into(),
        api_version: if g.is_empty() { v.into() } else { format!("{g}/{v}") },
        kind: k.into(),
        plural: p.into(),
    };
    match ns {
        Some(ns) => Api::namespaced_with(c.client.clone(), ns, &r),
        None => Api::all_with(c.client.clone(), &r),
    }
}
async fn list(c: &Cluster, g: &str, v: &str, k: &str, p: &str, ns: Option<&str>) -> Reading<Vec<Value>> {
    match api(c, g, v, k, p, ns).list(&ListParams::default()).await {
        Ok(l) => Reading::Known(l.items.into_iter().map(|o| serde_json::to_value(o).unwrap()).collect()),
        Err(e) => {
            let e = Error::from(e);
            if e.is_passing() {
                Reading::NotNow { last: None, why: e.to_string() }
            } else if let Error::Forbidden(w) = e {
                Reading::Unreadable(Obstacle::Forbidden(w))
            } else {
                Reading::Unreadable(Obstacle::Other(e.to_string()))
            }
        }
    }
}
fn s(v: &Value) -> String {
    v.as_str().unwrap_or_default().to_owned()
}
fn map(v: &Value) -> std::collections::BTreeMap<String, String> {
    v.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), s(v))).collect()
}
pub async fn snapshot(c: &Cluster) -> ClusterState {
    let mut st = ClusterState::default();
    let d = "deckhouse.io";
    let a = "v1alpha1";
    st.releases = list(c, d, a, "DeckhouseRelease", "deckhousereleases", None).await.map(|l| {
        l.iter()
            .map(|o| Release {
                name: s(&o["metadata"]["name"]),
                version_text: s(&o["spec"]["version"]),
                version: deckhouse::version::parse_tag(&s(&o["spec"]["version"])),
                approved_field: o["approved"] == true,
                annotations: map(&o["metadata"]["annotations"]),
                phase: Phase::parse(&s(&o["status"]["phase"])),
                disruptions: o["spec"]["disruptions"].as_array().into_iter().flatten().map(s).collect(),
                ..Release::default()
            })
            .collect()
    });
    st.module_configs = list(c, d, a, "ModuleConfig", "moduleconfigs", None).await.map(|l| {
        l.iter()
            .map(|o| ModuleConfig {
                name: s(&o["metadata"]["name"]),
                annotations: map(&o["metadata"]["annotations"]),
                version: o["spec"]["version"].as_u64().or(o["spec"]["version"].as_f64().map(|f| f as u64)),
                settings: o["spec"]["settings"].clone(),
                resource_version: Some(s(&o["metadata"]["resourceVersion"])),
                ..ModuleConfig::default()
            })
            .collect()
    });
    st.module_releases = list(c, d, a, "ModuleRelease", "modulereleases", None).await.map(|l| {
        l.iter()
            .map(|o| ModuleRelease {
                name: s(&o["metadata"]["name"]),
                module: s(&o["spec"]["moduleName"]),
                version_text: s(&o["spec"]["version"]),
                version: deckhouse::version::parse_tag(&s(&o["spec"]["version"])),
                annotations: map(&o["metadata"]["annotations"]),
                phase: Phase::parse(&s(&o["status"]["phase"])),
                ..ModuleRelease::default()
            })
            .collect()
    });
    st.node_groups = list(c, d, "v1", "NodeGroup", "nodegroups", None).await.map(|l| {
        l.iter()
            .map(|o| NodeGroup {
                name: s(&o["metadata"]["name"]),
                approval_mode: o["spec"]["disruptions"]["approvalMode"].as_str().map(str::to_owned),
                nodes: o["status"]["nodes"].as_u64().unwrap_or(0),
                ready: o["status"]["ready"].as_u64().unwrap_or(0),
                up_to_date: o["status"]["upToDate"].as_u64().unwrap_or(0),
                ..NodeGroup::default()
            })
            .collect()
    });
    st.nodes = list(c, "", "v1", "Node", "nodes", None).await.map(|l| {
        l.iter()
            .map(|o| Node {
                name: s(&o["metadata"]["name"]),
                group: o["metadata"]["labels"]["node.deckhouse.io/group"].as_str().map(str::to_owned),
                control_plane: o["metadata"]["labels"]["node-role.kubernetes.io/control-plane"].is_string(),
                update_annotations: map(&o["metadata"]["annotations"])
                    .into_iter()
                    .filter_map(|(k, v)| Some((k.strip_prefix("update.node.deckhouse.io/")?.to_owned(), v)))
                    .collect(),
                kernel_version: s(&o["status"]["nodeInfo"]["kernelVersion"]),
                ..Node::default()
            })
            .collect()
    });
    st.deployment = list(c, "apps", "v1", "Deployment", "deployments", Some("d8-system")).await.map(|l| {
        DeckhouseDeployment {
            image: s(&l[0]["spec"]["template"]["spec"]["containers"][0]["image"]),
            ..DeckhouseDeployment::default()
        }
    });
    st.release_webhook = list(
        c,
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        None,
    )
    .await
    .map(|l| {
        l.iter()
            .flat_map(|o| o["webhooks"].as_array().cloned().unwrap_or_default())
            .find(|w| s(&w["name"]).contains("deckhouse-releases"))
            .map(|w| ReleaseWebhook { name: s(&w["name"]), allows_dry_run: w["sideEffects"] == "None" })
    });
    st
}
pub async fn queue(c: &Cluster) -> Reading<Queue> {
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(c.client.clone(), "d8-system");
    let p = AttachParams::default().container("deckhouse");
    let mut proc = match pods.exec("deckhouse-0", ["queue"], &p).await {
        Ok(p) => p,
        Err(e) => return Reading::NotNow { last: None, why: e.to_string() },
    };
    let mut out = String::new();
    let _ = proc.stdout().unwrap().read_to_string(&mut out).await;
    let v: Value = serde_json::from_str(&out).unwrap_or_default();
    match v["summary"]["totalTasks"].as_u64() {
        Some(t) => Reading::Known(Queue { tasks: t, heads: Vec::new() }),
        None => Reading::NotNow { last: None, why: out },
    }
}
