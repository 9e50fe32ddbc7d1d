//! Reading the descriptions of releases that lie ahead. The list of releases is read without changelogs, which are large:
//! these requests are made only where a changelog is shown.

use std::collections::BTreeMap;

use foreign_text::ForeignText;
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::{access::Cluster, read::release_spec};

/// Objects that are read at the same time.
pub const SPECS_AT_ONCE: usize = 4;

/// `spec` of each of these objects `DeckhouseRelease`, by name, or why it cannot be read.
pub async fn specs(
    cluster: &Cluster,
    names: impl IntoIterator<Item = String>,
) -> BTreeMap<String, Result<Value, ForeignText>> {
    stream::iter(names)
        .map(async |name| {
            let spec = release_spec(cluster, &name).await;
            (name, spec.map_err(|error| error.to_string().into()))
        })
        .buffered(SPECS_AT_ONCE)
        .collect()
        .await
}
