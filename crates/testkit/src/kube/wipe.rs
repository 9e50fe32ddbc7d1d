//! Makes a used server as good as new: what was not there at the beginning is removed.
//!
//! Past the API, in etcd itself. That needs no list of kinds, takes milliseconds however many objects there
//! are, and is held up by no finalizer. The API server learns of it by its watches, as of any other change.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::Objects;

/// What the API server writes for itself, whenever it likes.
const ITS_OWN: [&str; 4] = [
    "/registry/masterleases/",
    "/registry/ranges/",
    "/registry/leases/kube-system/apiserver-",
    "/registry/servicecidrs/",
];
/// How long the API server may take to see what has changed.
const SEEN_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// What was there at the beginning: keys of etcd.
#[derive(Debug)]
pub(crate) struct Beginning {
    etcd: Objects,
    keys: BTreeSet<String>,
}

impl Beginning {
    /// Notes what is there now.
    pub(crate) async fn note(etcd_url: &str) -> anyhow::Result<Self> {
        let etcd = Objects::new(etcd_url, None, None)?;
        let keys = keys(&etcd).await?;
        Ok(Self { etcd, keys })
    }

    /// Removes everything that has come since, and returns the keys of what has been removed of the beginning.
    pub(crate) async fn restore(&self, admin: &Objects) -> anyhow::Result<Vec<String>> {
        let now = keys(&self.etcd).await?;
        let new: Vec<_> = now.difference(&self.keys).filter(|key| !is_its_own(key)).collect();
        let removals: Vec<_> = new
            .iter()
            .map(|key| json!({ "requestDeleteRange": { "key": BASE64_STANDARD.encode(key) } }))
            .collect();
        if !removals.is_empty() {
            ask(&self.etcd, "/v3/kv/txn", &json!({ "success": removals })).await?;
        }
        if new.iter().any(|key| key.contains("webhookconfigurations/")) {
            until_no_webhook_is_asked(admin).await?;
        }
        Ok(self.keys.difference(&now).cloned().collect())
    }
}

fn is_its_own(key: &str) -> bool {
    ITS_OWN.iter().any(|prefix| key.starts_with(prefix))
}

async fn keys(etcd: &Objects) -> anyhow::Result<BTreeSet<String>> {
    let range = json!({
        "key": BASE64_STANDARD.encode("/registry/"),
        // `0` follows `/`: everything with that prefix.
        "range_end": BASE64_STANDARD.encode("/registry0"),
        "keys_only": true,
    });
    let answer = ask(etcd, "/v3/kv/range", &range).await?;
    let keys = answer["kvs"].as_array().context("etcd has no keys")?;
    keys.iter()
        .map(|entry| {
            let key = BASE64_STANDARD.decode(entry["key"].as_str().unwrap_or_default())?;
            Ok(String::from_utf8(key)?)
        })
        .collect()
}

/// Asks etcd through its JSON gateway.
async fn ask(etcd: &Objects, path: &str, body: &Value) -> anyhow::Result<Value> {
    let request = http::Request::post(path).body(body.to_string().into_bytes())?;
    etcd.client().request(request).await.context("etcd")
}

/// Waits until the API server has seen that webhooks are gone.
async fn until_no_webhook_is_asked(admin: &Objects) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        match admin.probe().await {
            Ok(()) => return Ok(()),
            // A test has taken the definition away.
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
            Err(error) if begun.elapsed() > SEEN_LIMIT => {
                bail!("a webhook that was removed still holds: {error}")
            }
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}
