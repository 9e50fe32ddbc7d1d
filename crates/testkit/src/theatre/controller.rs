//! What the controller writes about releases that wait.

use kube::{ResourceExt as _, api::ListParams};
use semver::Version;
use serde_json::{Value, json};

use super::{
    calculator::{self, Listed, Rules, Subject, Task},
    cluster::Cluster,
    default_cluster::PLATFORM,
    initial_state::Details,
    update::name_of,
};

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

    /// Writes what each waiting release waits for, unless the scenario gives its message.
    pub(super) async fn report_pending(&self, deployed: &str, pod: Pod) -> anyhow::Result<()> {
        let list = self.api("DeckhouseRelease").list(&ListParams::default()).await?;
        let mut releases: Vec<(Listed, String, Value)> = Vec::new();
        for release in list.items {
            if let Some(listed) = listed(&release.data) {
                releases.push((listed, release.name_any(), release.data));
            }
        }
        releases.sort_by(|one, other| (&one.0.version, &one.1).cmp(&(&other.0.version, &other.1)));
        let rules = Rules {
            code: self.initial_state.code,
            subject: Subject::Platform,
            lts: self.initial_state.channel.as_deref() == Some("LTS"),
        };
        let deployed_version = version(deployed);
        for index in 0..releases.len() {
            let (listed, name, data) = releases[index].clone();
            let waits = matches!(listed.phase.as_str(), "" | "Pending");
            if !waits || deployed_version.as_ref().is_some_and(|it| listed.version <= *it) {
                continue;
            }
            let all: Vec<Listed> = releases.iter().map(|(listed, ..)| listed.clone()).collect();
            let higher_patch = |it: &Listed| {
                it.version > listed.version
                    && (it.version.major, it.version.minor) == (listed.version.major, listed.version.minor)
            };
            let (phase, message) = match calculator::task(&all, &listed.version, rules) {
                Task::Wait(message) => ("Pending", self.words_for_order(message)),
                Task::Skip if all.iter().any(higher_patch) => ("Skipped", String::new()),
                // Both objects of a version become Skipped. Here it is the moment before.
                Task::Skip => {
                    ("Pending", self.words_for_order(format!("awaiting for {name} release to be deployed")))
                }
                Task::Deploy { .. } if pod == Pod::NotReady => ("Pending", self.words_for_pod(deployed)),
                Task::Deploy { .. } => ("Pending", self.words_for_approval(&data).to_owned()),
            };
            let own = self.initial_state.pending.all().into_iter().find(|(it, _)| *it == name);
            let (phase, message) = match own.and_then(|(_, details)| details.message) {
                Some(message) => ("Pending", message),
                None => (phase, message),
            };
            let status = json!({ "phase": phase, "message": message });
            self.merge("DeckhouseRelease", &name, json!({ "status": status })).await?;
            phase.clone_into(&mut releases[index].0.phase);
            releases[index].0.message = message;
        }
        Ok(())
    }

    /// Old controllers begin with a capital letter.
    fn words_for_order(&self, message: String) -> String {
        match message.strip_prefix("awaiting") {
            Some(rest) if self.initial_state.old => format!("Awaiting{rest}"),
            _ => message,
        }
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

/// A release object as the calculator needs it; `None` if it has no version.
pub(super) fn listed(data: &Value) -> Option<Listed> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ranges = data["spec"]["update"]["versions"].as_array().into_iter().flatten();
    Some(Listed {
        version: version(data["spec"]["version"].as_str()?)?,
        phase: text(&data["status"]["phase"]),
        message: text(&data["status"]["message"]),
        ranges: ranges.map(|it| (text(&it["from"]), text(&it["to"]))).collect(),
    })
}

fn version(text: &str) -> Option<Version> {
    text.trim_start_matches('v').parse().ok()
}
