//! What support asks for about updates, read from a cluster, without secrets.
//!
//! No object of the kind `Secret` is in it. In everything else, secrets are masked: by the name of their field, by their
//! form, and wherever else they occur.

mod collection;
mod lines;
mod logs;
mod mask;
mod masked_text;
mod objects;
#[cfg(test)]
mod tests;
mod webhook;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{ClusterState, access::Cluster};

pub use collection::{Collection, Content, File, LeftOut, Parts};

/// Reads everything for support. `state` was read before. What cannot be read is left out, with the reason.
pub async fn collect(cluster: &Cluster, state: &ClusterState) -> Collection {
    let mut collection = Collection::default();
    if let Some(login) = state.registry.known().and_then(|registry| registry.login.as_ref()) {
        collection.know_certain(login.password.expose());
        // As container runtimes write a login.
        let pair = format!("{}:{}", login.username, login.password.expose());
        collection.know_certain(&BASE64_STANDARD.encode(pair));
    }
    // It is known even if the objects cannot be read once more.
    if let Some(url) = state.deckhouse_config().and_then(|it| it.update_settings().notification_webhook) {
        collection.know_webhook(&url);
    }
    // Boxed: the requests together are a large future.
    Box::pin(objects::read(&cluster.client, &mut collection)).await;
    collection.reading("state/queue.json", "the task queues", &state.queue);
    collection.reading("state/converge.json", "the converge status", &state.converge);
    Box::pin(logs::read(&cluster.client, &state.pods, &mut collection)).await;
    collection
}
