//! Objects that the registry lists or names and does not have: it would refuse a manifest that names them.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::Digest;
use registry::client;

use crate::Error;

/// Objects that are looked for at the same time.
const AT_ONCE: usize = 16;

/// The digests of those that are absent. Each of `lookups` gives the digest of an object if the registry does not have it.
pub(super) async fn absent<F>(lookups: impl Iterator<Item = F>) -> Result<BTreeSet<Digest>, Error>
where
    F: Future<Output = Result<Option<Digest>, client::Error>>,
{
    let absent: Vec<Option<Digest>> = stream::iter(lookups).buffered(AT_ONCE).try_collect().await?;
    Ok(absent.into_iter().flatten().collect())
}
