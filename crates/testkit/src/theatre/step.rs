//! What can happen in a cluster.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kube::{ResourceExt as _, api::ListParams};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    cluster::{Cluster, Health},
    default_cluster,
    duration::story_time,
    initial_state::Details,
    queue::{Converge, Queue},
    update::Update,
};

/// The object with the present time in place of `(now)`.
fn at_this_time(object: &Value) -> Value {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let text = object.to_string().replace("(now)", &now);
    serde_json::from_str(&text).expect("a time has no characters that JSON escapes")
}

/// One thing that happens.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
    /// An update, from the image to the last node, or a part of that.
    Update(Update),
    /// A release comes.
    Release(NewRelease),
    /// An object is changed, its status too.
    Merge(Merge),
    /// An object comes, with its status. `(now)` in it is the time at which it comes.
    Put(Value),
    /// An object goes.
    Delete(Named),
    /// The image of the Deployment, and nothing else.
    Image(String),
    /// The platform's pods.
    Pods(Pods),
    /// What the controller answers about its queues.
    Queue(Queue),
    /// What it answers about its converge.
    Converge(Converge),
    /// An alert begins to fire.
    Alert(Alert),
    /// It fires no more.
    AlertGone(String),
    /// Annotations of a node, without `update.node.deckhouse.io/`.
    Node(NodeStep),
    /// The module's phase; ready if that is `Ready`.
    Module(ModuleStep),
    /// The platform's webhook.
    Webhook(WebhookStep),
    /// The API server.
    Api(Power),
    /// The kubelets.
    Kubelet(Power),
    /// A definition goes, by its plural.
    DefinitionGone(String),
    /// Scenario time passes.
    #[serde(deserialize_with = "story_time")]
    Wait(Duration),
    /// The same again and again.
    Repeat(Repeat),
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct NewRelease {
    name: String,
    #[serde(flatten)]
    details: Details,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Merge {
    kind: String,
    name: String,
    patch: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    kind: String,
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Pods {
    /// All go.
    Gone,
    /// New ones come, and do not run yet.
    New,
    /// They run and are not ready.
    Running,
    /// They are ready.
    Ready,
    /// Their container cannot run.
    Waiting {
        reason: String,
        #[serde(default)]
        message: String,
        #[serde(default)]
        restarts: u32,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alert {
    name: String,
    #[serde(default)]
    summary: String,
    #[serde(default = "middle")]
    severity: u8,
}

fn middle() -> u8 {
    4
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeStep {
    name: String,
    annotations: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModuleStep {
    name: String,
    phase: String,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WebhookStep {
    Allow,
    Down,
    Up,
    /// No release may be approved, for this reason.
    Refuse(String),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Power {
    Down,
    Up,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeat {
    times: u32,
    #[serde(rename = "do")]
    steps: Vec<Step>,
}

/// Plays steps one after the other.
pub(super) fn run<'a>(
    steps: &'a [Step],
    cluster: &'a Arc<Cluster>,
    harmless: bool,
) -> BoxFuture<'a, anyhow::Result<()>> {
    Box::pin(async move {
        for step in steps {
            step.run(cluster, harmless).await?;
        }
        Ok(())
    })
}

impl Step {
    async fn run(&self, cluster: &Arc<Cluster>, harmless: bool) -> anyhow::Result<()> {
        match self {
            // These take note of their parts, and the others are one change each.
            Self::Update(update) => return update.run(cluster, harmless).await,
            Self::Wait(time) => {
                cluster.pass(*time).await;
                return Ok(());
            }
            Self::Repeat(Repeat { times, steps }) => {
                for _ in 0..*times {
                    run(steps, cluster, harmless).await?;
                }
                return Ok(());
            }
            _ => cluster.log.note(format!("{self:?}"), harmless),
        }
        match self {
            Self::Update(_) | Self::Wait(_) | Self::Repeat(_) => Ok(()),
            Self::Release(NewRelease { name, details }) => cluster.put_release(name, details).await,
            Self::Merge(Merge { kind, name, patch }) => cluster.merge(kind, name, patch.clone()).await,
            Self::Put(object) => cluster.admin.put(&at_this_time(object)).await,
            Self::Delete(Named { kind, name }) => cluster.delete(kind, name).await,
            Self::Image(tag) => cluster.set_image(tag).await,
            Self::Pods(pods) => pods.run(cluster).await,
            Self::Queue(queue) => {
                cluster.set_queue(queue);
                Ok(())
            }
            Self::Converge(converge) => {
                cluster.set_converge(converge);
                Ok(())
            }
            Self::Alert(Alert { name, summary, severity }) => {
                cluster.put_alert(name, summary, *severity).await
            }
            Self::AlertGone(name) => cluster.delete_alert(name).await,
            Self::Node(NodeStep { name, annotations }) => {
                cluster.annotate_node(name, annotations.clone()).await
            }
            Self::Module(ModuleStep { name, phase, message }) => {
                let status = default_cluster::module_status(phase, phase == "Ready", message);
                cluster.merge("Module", name, json!({ "status": status })).await
            }
            Self::Webhook(step) => {
                let step = step.clone();
                cluster.blocking(move |cluster| step.run(cluster)).await
            }
            Self::Api(power) => {
                let power = *power;
                cluster.blocking(move |cluster| power.of_api(cluster)).await
            }
            Self::Kubelet(power) => {
                let power = *power;
                cluster.blocking(move |cluster| power.of_kubelet(cluster)).await
            }
            Self::DefinitionGone(plural) => cluster.admin.remove_definition(plural).await,
        }
    }
}

impl Pods {
    async fn run(&self, cluster: &Cluster) -> anyhow::Result<()> {
        match self {
            Self::Gone => {
                cluster.remove_pods().await?;
                cluster.set_rollout(false, false).await
            }
            Self::New => {
                cluster.create_pods().await?;
                cluster.set_rollout(true, false).await
            }
            Self::Running => {
                cluster.set_health(Health::Running).await?;
                cluster.set_rollout(true, false).await
            }
            Self::Ready => {
                cluster.set_health(Health::Ready).await?;
                cluster.set_rollout(true, true).await
            }
            Self::Waiting { reason, message, restarts } => {
                cluster.set_health(Health::Waiting(reason, message, *restarts)).await?;
                cluster.set_rollout(true, false).await
            }
        }
    }
}

impl WebhookStep {
    fn run(&self, cluster: &Cluster) -> anyhow::Result<()> {
        let Some(webhook) = &cluster.webhook else { anyhow::bail!("this cluster has no webhook") };
        match self {
            Self::Allow => webhook.believe_messages(),
            Self::Refuse(reason) => webhook.refuse_approval(reason),
            Self::Down => webhook.down(),
            Self::Up => webhook.up()?,
        }
        Ok(())
    }
}

impl Power {
    fn of_api(self, cluster: &Cluster) -> anyhow::Result<()> {
        match self {
            Self::Down => cluster.server.stop_api(),
            Self::Up => cluster.server.start_api(),
        }
    }

    fn of_kubelet(self, cluster: &Cluster) -> anyhow::Result<()> {
        match self {
            Self::Down => {
                cluster.kubelet.down();
                Ok(())
            }
            Self::Up => cluster.kubelet.up(),
        }
    }
}

impl Cluster {
    pub(super) fn set_queue(&self, queue: &Queue) {
        queue.answer(&self.kubelet, self.initial_state.old);
    }

    pub(super) fn set_converge(&self, converge: &Converge) {
        let answer = if self.initial_state.old { &Converge::Unknown } else { converge };
        answer.answer(&self.kubelet);
    }

    /// Nobody answers for the platform any more.
    pub(super) async fn silence(self: &Arc<Self>) -> anyhow::Result<()> {
        self.set_queue(&Queue::Gone);
        self.set_converge(&Converge::Unknown);
        self.blocking(|cluster| {
            if let Some(webhook) = &cluster.webhook {
                webhook.down();
            }
            Ok(())
        })
        .await
    }

    /// The values of requirements are in the controller's memory, and empty after every start.
    pub(super) fn webhook_knows_nothing(&self) -> anyhow::Result<()> {
        let Some(webhook) = &self.webhook else { return Ok(()) };
        webhook.refuse_approval(
            "\"k8s\" requirement for DeckhouseRelease not met: minUsedControlPlaneKubernetesVersion is not set",
        );
        webhook.up()
    }

    pub(super) async fn put_alert(&self, name: &str, summary: &str, severity: u8) -> anyhow::Result<()> {
        if self.initial_state.without.iter().any(|plural| plural == "clusteralerts") {
            return Ok(());
        }
        self.admin.put(&default_cluster::alert(name, summary, severity)).await
    }

    pub(super) async fn delete_alert(&self, name: &str) -> anyhow::Result<()> {
        self.delete("ClusterAlert", &default_cluster::alert_id(name)).await
    }

    pub(super) async fn annotate_node(&self, node: &str, annotations: Value) -> anyhow::Result<()> {
        let fields = annotations.as_object().cloned().unwrap_or_default();
        let full: serde_json::Map<String, Value> = fields
            .into_iter()
            .map(|(key, value)| (format!("update.node.deckhouse.io/{key}"), value))
            .collect();
        self.merge("Node", node, json!({ "metadata": { "annotations": full } })).await
    }

    /// Names of the releases in a phase.
    pub(super) async fn releases_in(&self, phase: &str) -> anyhow::Result<Vec<String>> {
        let list = self.api("DeckhouseRelease").list(&ListParams::default()).await?;
        let so = list.items.into_iter().filter(|release| release.data["status"]["phase"] == phase);
        Ok(so.map(|release| release.name_any()).collect())
    }
}
