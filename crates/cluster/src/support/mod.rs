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

use crate::{ClusterState, access::Cluster};

pub use collection::{Collection, Content, File, LeftOut, Parts};
pub use logs::LogEnd;

/// Reads everything for support. `state` was read before. What cannot be read is left out, with the reason.
pub async fn collect(cluster: &Cluster, state: &ClusterState) -> Collection {
    let mut collection = Collection::knowing(state);
    // Boxed: the requests together are a large future.
    Box::pin(objects::read(&cluster.client, &mut collection)).await;
    collection.reading("state/queue.json", "the task queues", &state.queue);
    collection.reading("state/converge.json", "the converge status", &state.converge);
    Box::pin(logs::read(&cluster.client, &state.pods, &mut collection)).await;
    collection
}
