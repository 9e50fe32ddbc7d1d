//! What a target has before a push.
//!
//! Unlike the proof afterwards this may be wrong in one direction: what is taken for missing is sent
//! again. So nothing is asked about a repository that the registry certainly does not know, but for its
//! larger blobs: a push that broke off before its first manifest has left those, and some registries know
//! a repository only from its first manifest on.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use crate::{
    Contents, Error, Observer, Stage,
    read_back::{Depth, Gaps, Look, Target, looks, take_all},
};

/// From this size on, in bytes, asking for a blob is cheaper than sending it again.
const WORTH_ASKING: u64 = 256 * 1024;

/// Tells what the target lacks.
pub(super) async fn inventory(
    contents: &Contents,
    target: &Target,
    observer: &dyn Observer,
) -> Result<Gaps, Error> {
    let looks = looks(contents);
    let paths: BTreeSet<&str> = looks.iter().map(Look::path).collect();
    let known = paths.iter().map(|path| async move {
        let tags = target.repository(path)?.tags().await?;
        Ok::<_, Error>(tags.map(|_| *path))
    });
    let known: BTreeSet<&str> = try_join_all(known).await?.into_iter().flatten().collect();
    let is_worth_it = |look: &Look<'_>| known.contains(look.path()) || look.blob_size() >= WORTH_ASKING;
    let (asked, assumed): (Vec<_>, Vec<_>) = looks.iter().copied().partition(is_worth_it);
    let mut gaps = take_all(asked, target, Depth::Size, Stage::Inventory, observer).await?;
    for look in assumed {
        look.record(&mut gaps, "not found".to_owned());
    }
    Ok(gaps)
}
