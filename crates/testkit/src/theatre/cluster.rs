//! What a scenario reads and changes in its cluster.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use kube::{
    Api, ResourceExt,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};

use super::{
    default_cluster::{self, PLATFORM},
    initial_state::InitialState,
    log::Log,
};
use crate::kube::{Borrowed, Kubelet, Objects, Webhook};

const SYSTEM: &str = "d8-system";

/// A cluster with its stand-ins.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) admin: Objects,
    pub(super) kubelet: Kubelet,
    pub(super) webhook: Option<Webhook>,
    pub(super) initial_state: InitialState,
    pub(super) log: Log,
    pub(super) speed: f64,
    /// How often the platform's pods were created again.
    pub(super) rollouts: AtomicU32,
    // Last: the stand-ins end before it is given back.
    pub(super) server: Borrowed,
}

/// How the platform's pods are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Health<'a> {
    /// Run, and are not ready.
    Running,
    /// Are ready.
    Ready,
    /// Do not run: the reason, the message, and how often the container was started again.
    Waiting(&'a str, &'a str, u32),
}

impl Cluster {
    /// Scenario time.
    pub(super) async fn pass(&self, time: Duration) {
        tokio::time::sleep(time.div_f64(self.speed)).await;
    }

    /// The objects of a kind, wherever they lie.
    pub(super) fn api(&self, kind: &str) -> Api<DynamicObject> {
        let (version, namespace) = match kind {
            "Deployment" => ("apps/v1", Some(SYSTEM)),
            "Pod" | "Secret" | "ConfigMap" => ("v1", Some(SYSTEM)),
            "Node" => ("v1", None),
            "NodeGroup" => ("deckhouse.io/v1", None),
            _ => (PLATFORM, None),
        };
        self.admin.api(version, kind, namespace)
    }

    /// Changes an object, and its status by what is in `status`.
    pub(super) async fn merge(&self, kind: &str, name: &str, mut patch: Value) -> anyhow::Result<()> {
        let (api, params) = (self.api(kind), PatchParams::default());
        let status = patch.as_object_mut().and_then(|fields| fields.remove("status"));
        if patch.as_object().is_some_and(|fields| !fields.is_empty()) {
            api.patch(name, &params, &Patch::Merge(&patch)).await?;
        }
        if let Some(status) = status {
            api.patch_status(name, &params, &Patch::Merge(json!({ "status": status }))).await?;
        }
        Ok(())
    }

    /// Removes an object at once; it may be gone already.
    pub(super) async fn delete(&self, kind: &str, name: &str) -> anyhow::Result<()> {
        match self.api(kind).delete(name, &DeleteParams::default().grace_period(0)).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }

    /// Puts the image of the platform, without anything that follows from it.
    pub(super) async fn set_image(&self, tag: &str) -> anyhow::Result<()> {
        let containers = default_cluster::containers(&default_cluster::image(tag));
        self.merge(
            "Deployment",
            "deckhouse",
            json!({ "spec": { "template": { "spec": { "containers": containers } } } }),
        )
        .await
    }

    /// What the Deployment says of its pods: all, or none, are new and ready.
    pub(super) async fn set_rollout(&self, updated: bool, ready: bool) -> anyhow::Result<()> {
        let generation = self.api("Deployment").get("deckhouse").await?.metadata.generation;
        let count = |yes: bool| if yes { self.initial_state.masters } else { 0 };
        let status = json!({
            "observedGeneration": generation, "replicas": count(updated), "updatedReplicas": count(updated),
            "readyReplicas": count(ready), "availableReplicas": count(ready), "unavailableReplicas": count(!ready),
        });
        self.merge("Deployment", "deckhouse", json!({ "status": status })).await
    }

    /// All pods go at once, as the strategy `Recreate` has it, also with several masters.
    pub(super) async fn remove_pods(&self) -> anyhow::Result<()> {
        for pod in self.pods().await? {
            self.delete("Pod", &pod.name_any()).await?;
        }
        Ok(())
    }

    /// New pods of the Deployment's image, which do not run yet.
    pub(super) async fn create_pods(&self) -> anyhow::Result<()> {
        let deployment = self.api("Deployment").get("deckhouse").await?;
        let image = deployment.data["spec"]["template"]["spec"]["containers"][0]["image"].clone();
        let rollout = self.rollouts.fetch_add(1, Ordering::Relaxed);
        for index in 0..self.initial_state.masters {
            let name = format!("deckhouse-7d4f9c6b5{rollout}-{index}");
            let pod =
                default_cluster::pod(&name, &format!("master-{index}"), image.as_str().unwrap_or_default());
            self.admin.put(&pod).await?;
        }
        self.set_health(Health::Waiting("ContainerCreating", "", 0)).await
    }

    /// How the pods are from now on. The first one that runs becomes the leader.
    pub(super) async fn set_health(&self, health: Health<'_>) -> anyhow::Result<()> {
        for (index, pod) in self.pods().await?.into_iter().enumerate() {
            let before = &pod.data["status"]["containerStatuses"][0]["restartCount"];
            let runs = !matches!(health, Health::Waiting(..));
            let ready = matches!(health, Health::Ready);
            let (state, restarts) = match health {
                Health::Waiting(reason, message, restarts) => (
                    json!({ "waiting": { "reason": reason, "message": message }, "running": null }),
                    json!(restarts),
                ),
                // A count that never goes back.
                _ => (json!({ "running": {} }), json!(before.as_u64().unwrap_or_default())),
            };
            let crashes = matches!(health, Health::Waiting("CrashLoopBackOff", ..));
            let status = json!({
                "phase": if runs || crashes { "Running" } else { "Pending" },
                "podIP": "127.0.0.1", "hostIP": "127.0.0.1",
                "startTime": "2026-01-01T00:00:00Z",
                "conditions": [{ "type": "Ready", "status": if ready { "True" } else { "False" } }],
                "containerStatuses": [{
                    "name": "deckhouse", "image": "", "imageID": "", "ready": ready, "restartCount": restarts,
                    "state": state,
                }],
            });
            let leads = if runs && index == 0 { json!("true") } else { Value::Null };
            self.merge(
                "Pod",
                &pod.name_any(),
                json!({ "metadata": { "labels": { "leader": leads } }, "status": status }),
            )
            .await?;
        }
        Ok(())
    }

    async fn pods(&self) -> anyhow::Result<Vec<DynamicObject>> {
        Ok(self.api("Pod").list(&ListParams::default().labels("app=deckhouse")).await?.items)
    }

    /// Something that blocks, off the runtime's own threads: it may be waited for there.
    pub(super) async fn blocking(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let cluster = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&cluster)).await?
    }
}
