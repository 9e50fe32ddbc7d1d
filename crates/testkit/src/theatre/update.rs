//! One update as the platform does it, from the image to the last node.
//!
//! The image is switched, and all pods are removed at the same time; queues, webhook and status updates stop with them.
//! New pods start, apply all modules and become ready; then the nodes are updated one after another (facts 4.1; cluster-source.md, "Eras", "Pod,
//! lease, deployment").

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    cluster::{Cluster, Health},
    controller::Pod,
    default_cluster,
    duration::story_time,
    queue::{Converge, Queue},
};

/// An update, or a part of one.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Form")]
pub(super) struct Update {
    to: String,
    from: Mark,
    until: Mark,
    pace: Duration,
}

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    /// Nothing has happened.
    Waiting,
    /// Image and objects are written, the pods are gone.
    Switched,
    /// New pods run.
    Started,
    /// Their round over all modules has begun, and rendered the version.
    Converging,
    /// The pods are ready.
    Ready,
    /// Modules and nodes have followed.
    Done,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Whole(String),
    Part(Part),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    to: String,
    /// What has been reached already.
    #[serde(default = "waiting")]
    from: Mark,
    #[serde(default = "done")]
    until: Mark,
    #[serde(default = "pace", deserialize_with = "story_time")]
    pace: Duration,
}

fn waiting() -> Mark {
    Mark::Waiting
}

fn done() -> Mark {
    Mark::Done
}

/// Between two changes.
fn pace() -> Duration {
    Duration::from_millis(150)
}

impl From<Form> for Update {
    fn from(form: Form) -> Self {
        match form {
            Form::Whole(to) => Self { to, from: waiting(), until: done(), pace: pace() },
            Form::Part(Part { to, from, until, pace }) => Self { to, from, until, pace },
        }
    }
}

/// A version as releases are named: with `v`.
pub(super) fn name_of(version: &str) -> String {
    format!("v{}", version.trim_start_matches('v'))
}

impl Update {
    pub(super) async fn run(&self, cluster: &Arc<Cluster>, harmless: bool) -> anyhow::Result<()> {
        let is_due = |mark: Mark| self.from < mark && mark <= self.until;
        let note = |what: &str| cluster.log.note(format!("{}: {what}", self.to), harmless);
        if is_due(Mark::Switched) {
            note("the image is switched");
            self.switch(cluster).await?;
        }
        if is_due(Mark::Started) {
            cluster.pass(self.pace).await;
            note("new pods start");
            self.start(cluster).await?;
        }
        if is_due(Mark::Converging) {
            cluster.pass(self.pace).await;
            note("the first round over all modules begins");
            self.converge(cluster).await?;
        }
        if is_due(Mark::Ready) {
            cluster.pass(self.pace).await;
            note("the pods are ready");
            self.be_ready(cluster).await?;
            note("the alert is gone");
        }
        if is_due(Mark::Done) {
            cluster.pass(self.pace).await;
            note("modules and nodes follow");
            self.roll_modules(cluster).await?;
            for (group, count) in
                [("master", cluster.initial_state.masters), ("worker", cluster.initial_state.workers)]
            {
                self.roll(cluster, group, count).await?;
            }
            note("all is quiet");
        }
        Ok(())
    }

    async fn switch(&self, cluster: &Arc<Cluster>) -> anyhow::Result<()> {
        let updating =
            json!({ "metadata": { "annotations": { "release.deckhouse.io/isUpdating": "true" } } });
        if cluster.initial_state.old {
            cluster.merge("DeckhouseRelease", &self.to, updating).await?;
            cluster.set_image(&self.to).await?;
            self.deployed(cluster).await?;
            cluster.pass(self.pace).await;
            self.superseded(cluster).await?;
        } else {
            cluster.set_image(&self.to).await?;
            cluster.pass(self.pace).await;
            self.superseded(cluster).await?;
            cluster.merge("DeckhouseRelease", &self.to, updating).await?;
            self.deployed(cluster).await?;
            // The old pod, which still answers, takes the mark back within milliseconds (cluster-2026.md, 1.9).
            let over =
                json!({ "metadata": { "annotations": { "release.deckhouse.io/isUpdating": "false" } } });
            cluster.merge("DeckhouseRelease", &self.to, over).await?;
        }
        cluster.remove_pods().await?;
        cluster.set_rollout(false, false).await?;
        cluster.silence().await
    }

    async fn deployed(&self, cluster: &Cluster) -> anyhow::Result<()> {
        let status = json!({ "phase": "Deployed", "message": "", "transitionTime": null });
        cluster.merge("DeckhouseRelease", &self.to, json!({ "status": status })).await
    }

    async fn superseded(&self, cluster: &Cluster) -> anyhow::Result<()> {
        for release in cluster.releases_in("Deployed").await? {
            if release != self.to {
                let status = json!({ "phase": "Superseded", "message": "" });
                cluster.merge("DeckhouseRelease", &release, json!({ "status": status })).await?;
            }
        }
        Ok(())
    }

    async fn start(&self, cluster: &Cluster) -> anyhow::Result<()> {
        cluster.create_pods().await?;
        cluster.set_rollout(true, false).await?;
        cluster.pass(self.pace).await;
        cluster.set_health(Health::Running).await?;
        let summary = format!("Deckhouse is being updated to {}.", self.to);
        cluster.put_alert("DeckhouseUpdating", &summary, 4).await
    }

    async fn converge(&self, cluster: &Arc<Cluster>) -> anyhow::Result<()> {
        cluster.set_queue(&Queue::busy(38));
        cluster.set_converge(&Converge::Starting(38));
        cluster.pass(self.pace).await;
        // The change raises the generation; the Deployment's controller takes note of it a moment later.
        let annotation = json!({ "core.deckhouse.io/version": name_of(&self.to) });
        cluster
            .merge("Deployment", "deckhouse", json!({ "metadata": { "annotations": annotation } }))
            .await?;
        cluster.pass(self.pace).await;
        cluster.set_rollout(true, false).await?;
        cluster.report_pending(&self.to, Pod::NotReady).await?;
        cluster.blocking(super::cluster::Cluster::webhook_knows_nothing).await?;
        cluster.set_queue(&Queue::busy(7));
        cluster.set_converge(&Converge::Starting(7));
        Ok(())
    }

    async fn be_ready(&self, cluster: &Cluster) -> anyhow::Result<()> {
        cluster.set_queue(&Queue::Idle);
        cluster.set_converge(&Converge::Done);
        cluster.set_health(Health::Ready).await?;
        cluster.set_rollout(true, true).await?;
        if let Some(webhook) = &cluster.webhook {
            webhook.believe_messages();
        }
        let marks =
            json!({ "release.deckhouse.io/isUpdating": "false", "release.deckhouse.io/notified": "true" });
        let annotations = json!({ "metadata": { "annotations": marks } });
        cluster.merge("DeckhouseRelease", &self.to, annotations).await?;
        cluster.report_pending(&self.to, Pod::Ready).await?;
        cluster.pass(self.pace).await;
        cluster.delete_alert("DeckhouseUpdating").await
    }

    async fn roll_modules(&self, cluster: &Cluster) -> anyhow::Result<()> {
        let reconciling = default_cluster::module_status("Reconciling", false, "");
        cluster.merge("Module", "node-manager", json!({ "status": reconciling })).await?;
        cluster.pass(self.pace).await;
        let ready = default_cluster::module_status("Ready", true, "");
        cluster.merge("Module", "node-manager", json!({ "status": ready })).await
    }

    /// One node after the other. Where disruptions need an approval, somebody must give it for each node of the
    /// workers; the masters' updates disrupt nothing.
    async fn roll(&self, cluster: &Cluster, group: &str, count: usize) -> anyhow::Result<()> {
        let disrupts = group == "worker" && cluster.initial_state.approval_mode == "Manual";
        for index in 0..count {
            let node = format!("{group}-{index}");
            let status = default_cluster::node_group_status(count, index, "Updating");
            cluster.merge("NodeGroup", group, json!({ "status": status })).await?;
            cluster.annotate_node(&node, json!({ "waiting-for-approval": "" })).await?;
            cluster.pass(self.pace).await;
            cluster.annotate_node(&node, json!({ "waiting-for-approval": null, "approved": "" })).await?;
            if disrupts {
                let status = default_cluster::node_group_status(count, index, "WaitingForDisruptiveApproval");
                cluster.merge("NodeGroup", group, json!({ "status": status })).await?;
                cluster.annotate_node(&node, json!({ "disruption-required": "" })).await?;
                cluster.until_disruption_approved(&node).await?;
                let status = default_cluster::node_group_status(count, index, "Updating");
                cluster.merge("NodeGroup", group, json!({ "status": status })).await?;
            }
            cluster.pass(self.pace).await;
            let no_longer =
                json!({ "approved": null, "disruption-required": null, "disruption-approved": null });
            cluster.annotate_node(&node, no_longer).await?;
        }
        let status: Value = default_cluster::node_group_status(count, count, "");
        cluster.merge("NodeGroup", group, json!({ "status": status })).await
    }
}
