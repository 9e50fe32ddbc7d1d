//! One update as the platform does it, from the image to the last node.
//!
//! The image is switched, the pods go all at once and with them queues, webhook and whoever writes statuses; new ones
//! come, go round all modules, get ready; then node after node follows (facts 4.1; cluster-source.md, "Eras", "Pod,
//! lease, deployment").

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    controller::Pod,
    duration::story_time,
    house::{Health, House},
    queue::{Converge, Queue},
    usual,
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
    pub(super) async fn play(&self, house: &Arc<House>, harmless: bool) -> anyhow::Result<()> {
        let is_due = |mark: Mark| self.from < mark && mark <= self.until;
        let note = |what: &str| house.log.note(format!("{}: {what}", self.to), harmless);
        if is_due(Mark::Switched) {
            note("the image is switched");
            self.switch(house).await?;
        }
        if is_due(Mark::Started) {
            house.pass(self.pace).await;
            note("new pods start");
            self.start(house).await?;
        }
        if is_due(Mark::Converging) {
            house.pass(self.pace).await;
            note("the first round over all modules begins");
            self.converge(house).await?;
        }
        if is_due(Mark::Ready) {
            house.pass(self.pace).await;
            note("the pods are ready");
            self.be_ready(house).await?;
            note("the alert is gone");
        }
        if is_due(Mark::Done) {
            house.pass(self.pace).await;
            note("modules and nodes follow");
            self.roll_modules(house).await?;
            for (group, count) in [("master", house.opening.masters), ("worker", house.opening.workers)] {
                self.roll(house, group, count).await?;
            }
            note("all is quiet");
        }
        Ok(())
    }

    async fn switch(&self, house: &Arc<House>) -> anyhow::Result<()> {
        let updating =
            json!({ "metadata": { "annotations": { "release.deckhouse.io/isUpdating": "true" } } });
        if house.opening.old {
            house.merge("DeckhouseRelease", &self.to, updating).await?;
            house.set_image(&self.to).await?;
            self.deployed(house).await?;
            house.pass(self.pace).await;
            self.superseded(house).await?;
        } else {
            house.set_image(&self.to).await?;
            house.pass(self.pace).await;
            self.superseded(house).await?;
            house.merge("DeckhouseRelease", &self.to, updating).await?;
            self.deployed(house).await?;
        }
        house.remove_pods().await?;
        house.set_rollout(false, false).await?;
        house.silence().await
    }

    async fn deployed(&self, house: &House) -> anyhow::Result<()> {
        let status = json!({ "phase": "Deployed", "message": "", "transitionTime": null });
        house.merge("DeckhouseRelease", &self.to, json!({ "status": status })).await
    }

    async fn superseded(&self, house: &House) -> anyhow::Result<()> {
        for release in house.releases_in("Deployed").await? {
            if release != self.to {
                let status = json!({ "phase": "Superseded", "message": "" });
                house.merge("DeckhouseRelease", &release, json!({ "status": status })).await?;
            }
        }
        Ok(())
    }

    async fn start(&self, house: &House) -> anyhow::Result<()> {
        house.make_pods().await?;
        house.set_rollout(true, false).await?;
        house.pass(self.pace).await;
        house.set_health(Health::Running).await?;
        let summary = format!("Deckhouse is being updated to {}.", self.to);
        house.put_alert("DeckhouseUpdating", &summary, 4).await
    }

    async fn converge(&self, house: &Arc<House>) -> anyhow::Result<()> {
        house.set_queue(&Queue::busy(38));
        house.set_converge(Converge::Starting(38));
        house.pass(self.pace).await;
        // The change raises the generation; the Deployment's controller takes note of it a moment later.
        let annotation = json!({ "core.deckhouse.io/version": name_of(&self.to) });
        house.merge("Deployment", "deckhouse", json!({ "metadata": { "annotations": annotation } })).await?;
        house.pass(self.pace).await;
        house.set_rollout(true, false).await?;
        house.tell_what_waits(&self.to, Pod::NotReady).await?;
        house.blocking(super::house::House::webhook_knows_nothing).await?;
        house.set_queue(&Queue::busy(7));
        house.set_converge(Converge::Starting(7));
        Ok(())
    }

    async fn be_ready(&self, house: &House) -> anyhow::Result<()> {
        house.set_queue(&Queue::Idle);
        house.set_converge(Converge::Done);
        house.set_health(Health::Ready).await?;
        house.set_rollout(true, true).await?;
        if let Some(webhook) = &house.webhook {
            webhook.believe_messages();
        }
        let marks =
            json!({ "release.deckhouse.io/isUpdating": "false", "release.deckhouse.io/notified": "true" });
        let annotations = json!({ "metadata": { "annotations": marks } });
        house.merge("DeckhouseRelease", &self.to, annotations).await?;
        house.tell_what_waits(&self.to, Pod::Ready).await?;
        house.pass(self.pace).await;
        house.delete_alert("DeckhouseUpdating").await
    }

    async fn roll_modules(&self, house: &House) -> anyhow::Result<()> {
        let reconciling = usual::module_status("Reconciling", false, "");
        house.merge("Module", "node-manager", json!({ "status": reconciling })).await?;
        house.pass(self.pace).await;
        let ready = usual::module_status("Ready", true, "");
        house.merge("Module", "node-manager", json!({ "status": ready })).await
    }

    /// One node after the other. Where disruptions need an approval, somebody must give it for each node of the
    /// workers; the masters' updates disrupt nothing.
    async fn roll(&self, house: &House, group: &str, count: usize) -> anyhow::Result<()> {
        let disrupts = group == "worker" && house.opening.approval_mode == "Manual";
        for index in 0..count {
            let node = format!("{group}-{index}");
            let status = usual::node_group_status(count, index, "Updating");
            house.merge("NodeGroup", group, json!({ "status": status })).await?;
            house.annotate_node(&node, json!({ "waiting-for-approval": "" })).await?;
            house.pass(self.pace).await;
            house.annotate_node(&node, json!({ "waiting-for-approval": null, "approved": "" })).await?;
            if disrupts {
                let status = usual::node_group_status(count, index, "WaitingForDisruptiveApproval");
                house.merge("NodeGroup", group, json!({ "status": status })).await?;
                house.annotate_node(&node, json!({ "disruption-required": "" })).await?;
                house.until_disruption_approved(&node).await?;
                let status = usual::node_group_status(count, index, "Updating");
                house.merge("NodeGroup", group, json!({ "status": status })).await?;
            }
            house.pass(self.pace).await;
            let no_longer =
                json!({ "approved": null, "disruption-required": null, "disruption-approved": null });
            house.annotate_node(&node, no_longer).await?;
        }
        let status: Value = usual::node_group_status(count, count, "");
        house.merge("NodeGroup", group, json!({ "status": status })).await
    }
}
