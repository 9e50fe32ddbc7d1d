//! The controller of the releases of modules: it calculates what each release waits for, and deploys those that are
//! approved. It runs during the whole scenario, if the cluster has releases of modules.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kube::{
    ResourceExt as _,
    api::{DynamicObject, ListParams},
};
use serde_json::{Value, json};

use super::{
    calculator::{self, Listed, Rules, Subject, Task},
    cluster::Cluster,
    controller::listed,
};

const APPROVED: &str = "modules.deckhouse.io/approved";
const WAITS_FOR_APPROVAL: &str =
    "Release is waiting for the 'modules.deckhouse.io/approved: \"true\"' annotation";
/// Scenario time between two checks.
const INTERVAL: Duration = Duration::from_millis(100);

impl Cluster {
    /// Runs until the scenario ends.
    pub(super) async fn control_modules(self: Arc<Self>) {
        loop {
            // The scenario may have stopped the API. Then the next check finds it.
            drop(self.check_modules().await);
            self.pass(INTERVAL).await;
        }
    }

    /// Checks every release of every module once.
    pub(super) async fn check_modules(&self) -> anyhow::Result<()> {
        let list = self.api("ModuleRelease").list(&ListParams::default()).await?;
        let mut modules: BTreeMap<String, Vec<(Listed, DynamicObject)>> = BTreeMap::new();
        for object in list.items {
            let module = object.data["spec"]["moduleName"].as_str().unwrap_or_default().to_owned();
            if let Some(listed) = listed(&object.data) {
                modules.entry(module).or_default().push((listed, object));
            }
        }
        for releases in modules.values_mut() {
            releases.sort_by(|one, other| one.0.version.cmp(&other.0.version));
            self.check_module(releases).await?;
        }
        Ok(())
    }

    async fn check_module(&self, releases: &mut [(Listed, DynamicObject)]) -> anyhow::Result<()> {
        let rules = Rules {
            code: self.initial_state.code,
            subject: Subject::Module,
            lts: self.initial_state.channel.as_deref() == Some("LTS"),
        };
        for index in 0..releases.len() {
            let (release, object) = &releases[index];
            // What the scenario says of a release stays.
            let is_fixed = self.initial_state.fixed_messages.contains(&object.name_any());
            if !matches!(release.phase.as_str(), "" | "Pending") || is_fixed {
                continue;
            }
            let all: Vec<Listed> = releases.iter().map(|(listed, _)| listed.clone()).collect();
            let is_approved = object.annotations().get(APPROVED).is_some_and(|it| it == "true");
            let (phase, message) = match calculator::task(&all, &release.version, rules) {
                Task::Skip => ("Skipped", String::new()),
                Task::Wait(message) => ("Pending", message),
                Task::Deploy { .. } if is_approved => ("Deployed", String::new()),
                Task::Deploy { .. } => ("Pending", WAITS_FOR_APPROVAL.to_owned()),
            };
            if phase == "Deployed" {
                self.log.note(format!("{} is deployed", object.name_any()), true);
                for (other, object) in releases.iter_mut().filter(|(it, _)| it.phase == "Deployed") {
                    self.set_release(object, "Superseded", "").await?;
                    "Superseded".clone_into(&mut other.phase);
                }
            }
            let (release, object) = &mut releases[index];
            if release.phase != phase || release.message != message {
                self.set_release(object, phase, &message).await?;
            }
            (release.phase, release.message) = (phase.to_owned(), message);
        }
        Ok(())
    }

    async fn set_release(&self, object: &DynamicObject, phase: &str, message: &str) -> anyhow::Result<()> {
        let status: Value = json!({ "phase": phase, "message": message });
        self.merge("ModuleRelease", &object.name_any(), json!({ "status": status })).await
    }
}
