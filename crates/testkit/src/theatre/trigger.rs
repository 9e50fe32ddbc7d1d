//! What an action waits for.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::cluster::Cluster;

/// Between two looks. The API may go away meanwhile.
const POLL: Duration = Duration::from_millis(40);

/// What an action waits for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Trigger {
    /// The beginning.
    #[default]
    Start,
    /// Somebody has approved this release.
    Approved(String),
    /// Somebody has written our annotation to this release, so that the controller looks at it.
    Touched(String),
    /// The action of this name is over.
    Action(String),
    /// An object has these fields.
    Seen(Seen),
}

/// An object, and the fields that it must have.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    kind: String,
    name: String,
    like: Value,
}

impl Cluster {
    pub(super) async fn until_seen(&self, seen: &Seen) -> anyhow::Result<()> {
        self.until(&seen.kind, &seen.name, |object| holds(object, &seen.like)).await
    }

    pub(super) async fn until_approved(&self, release: &str) -> anyhow::Result<()> {
        let annotation = "release.deckhouse.io/approved";
        self.until("DeckhouseRelease", release, |object| {
            object["approved"] == true || object["metadata"]["annotations"][annotation] == "true"
        })
        .await
    }

    pub(super) async fn until_touched(&self, release: &str) -> anyhow::Result<()> {
        let annotation = "dhctl.deckhouse.io/touched";
        self.until("DeckhouseRelease", release, |object| {
            object["metadata"]["annotations"][annotation].is_string()
        })
        .await
    }

    pub(super) async fn until_disruption_approved(&self, node: &str) -> anyhow::Result<()> {
        let annotation = "update.node.deckhouse.io/disruption-approved";
        self.until("Node", node, |object| object["metadata"]["annotations"][annotation].is_string()).await
    }

    async fn until(&self, kind: &str, name: &str, so: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        loop {
            // The scenario may have taken the API, or the definition, away.
            if let Ok(Some(object)) = self.api(kind).get_opt(name).await
                && so(&serde_json::to_value(object)?)
            {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Whether everything that is in `part` is in `whole`.
pub(super) fn holds(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Object(fields) => fields.iter().all(|(key, part)| holds(&whole[key], part)),
        _ => whole == part,
    }
}
