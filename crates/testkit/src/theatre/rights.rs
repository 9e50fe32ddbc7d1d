//! The user who watches a scenario, with exactly the permissions of the scenario.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Rights, ScenarioRun};
use crate::kube::{USERS, wait};

impl ScenarioRun {
    /// The user who watches.
    pub const USER: &str = USERS[0];

    /// Gives [`ScenarioRun::USER`] the rights of the scenario, and returns that user's kubeconfig. `print` gives the manifest that
    /// `dhctl update rbac --user` prints for the user, with the flags that it gets.
    ///
    /// # Errors
    /// If `print` fails, its manifest is not understood, or the API refuses it.
    pub fn grant(&self, print: impl FnOnce(&[&str]) -> anyhow::Result<String>) -> anyhow::Result<PathBuf> {
        let (flags, without): (&[&str], _) = match &self.cluster.initial_state.rights {
            Rights::None => return self.server().kubeconfig(Self::USER),
            Rights::Printed => (&[], None),
            Rights::ReadOnly => (&["--read-only"], None),
            Rights::ReadOnlyQueues => (&["--read-only", "--queues"], None),
            Rights::Without(resource) => (&[], Some(resource.as_str())),
        };
        let objects = without_resource(serde_saphyr::from_multiple(&print(flags)?)?, without);
        let cluster = self.cluster.clone();
        wait(async move {
            for object in &objects {
                cluster.admin.put(object).await?;
            }
            // The rules of the whole cluster and those of namespaces reach the API server's cache one after the other.
            let system = Some("d8-system");
            let releases = ("deckhouse.io", "deckhousereleases", None);
            for (group, resource, namespace) in [releases, ("", "events", system)] {
                cluster.server.until_allowed(Self::USER, "list", group, resource, namespace).await?;
            }
            anyhow::Ok(())
        })?;
        self.server().kubeconfig(Self::USER)
    }
}

fn without_resource(mut objects: Vec<Value>, without: Option<&str>) -> Vec<Value> {
    for rules in objects.iter_mut().filter_map(|object| object.get_mut("rules")?.as_array_mut()) {
        for resources in rules.iter_mut().filter_map(|rule| rule.get_mut("resources")?.as_array_mut()) {
            resources.retain(|resource| without.is_none_or(|without| resource != without));
        }
        rules.retain(|rule| rule["resources"] != json!([]));
    }
    objects
}
