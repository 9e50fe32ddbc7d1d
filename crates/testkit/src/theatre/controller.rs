//! What the controller writes about releases that wait.

use std::collections::BTreeMap;

use kube::{ResourceExt as _, api::ListParams};
use serde_json::{Value, json};

use super::{cluster::Cluster, default_cluster::PLATFORM, initial_state::Details, update::name_of};

/// Whether the platform's pod is ready: a minor release waits for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pod {
    Ready,
    NotReady,
}

impl Cluster {
    /// A release as the initial state describes it.
    pub(super) async fn put_release(&self, name: &str, details: &Details) -> anyhow::Result<()> {
        let mut spec = if details.spec.is_object() { details.spec.clone() } else { json!({}) };
        spec["version"] = json!(details.version.as_deref().unwrap_or(name));
        let mut release = json!({
            "apiVersion": PLATFORM, "kind": "DeckhouseRelease", "spec": spec,
            "metadata": { "name": name, "annotations": details.annotations },
        });
        if details.approved {
            // From the start: the webhook refuses it afterwards where the message tells of a requirement.
            release["approved"] = json!(true);
        }
        if details.phase.is_some() || details.message.is_some() {
            let phase = details.phase.as_deref().unwrap_or("Pending");
            release["status"] =
                json!({ "phase": phase, "message": details.message.as_deref().unwrap_or_default() });
        }
        self.admin.put(&release).await
    }

    /// Says of each release that waits, and has no message of the scenario's, what it waits for.
    pub(super) async fn report_pending(&self, deployed: &str, pod: Pod) -> anyhow::Result<()> {
        let list = self.api("DeckhouseRelease").list(&ListParams::default()).await?;
        let mut waiting = BTreeMap::new();
        for release in list.items {
            let version = release.data["spec"]["version"].as_str().unwrap_or_default().to_owned();
            let phase = release.data["status"]["phase"].as_str().unwrap_or_default();
            let after = number(&version) > number(deployed);
            if after && matches!(phase, "" | "Pending") {
                waiting.insert((number(&version), release.name_any()), release);
            }
        }
        let mut previous: Option<String> = None;
        for ((_, name), release) in waiting {
            let message = match &previous {
                Some(previous) => self.words_for_previous(previous),
                None if pod == Pod::NotReady => self.words_for_pod(deployed),
                None => self.words_for_approval(&release.data).to_owned(),
            };
            let own = self.initial_state.pending.all().into_iter().find(|(it, _)| *it == name);
            if own.is_none_or(|(_, details)| details.message.is_none()) {
                let status = json!({ "phase": "Pending", "message": message });
                self.merge("DeckhouseRelease", &name, json!({ "status": status })).await?;
            }
            previous = Some(name);
        }
        Ok(())
    }

    fn words_for_previous(&self, previous: &str) -> String {
        let word = if self.initial_state.old { "Awaiting" } else { "awaiting" };
        format!("{word} for {previous} release to be deployed")
    }

    fn words_for_pod(&self, deployed: &str) -> String {
        if self.initial_state.old {
            "Awaiting for Deckhouse pod to be ready".to_owned()
        } else {
            format!("awaiting for Deckhouse {} pod to be ready", name_of(deployed))
        }
    }

    fn words_for_approval(&self, release: &Value) -> &'static str {
        // An unset mode is Auto in the versions that are played here.
        if release["approved"] == true || matches!(self.initial_state.mode.as_deref(), None | Some("Auto")) {
            ""
        } else if self.initial_state.old {
            "Waiting for manual approval"
        } else {
            "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation"
        }
    }
}

fn number(version: &str) -> Vec<u64> {
    version.trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or_default()).collect()
}
