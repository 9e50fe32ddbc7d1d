//! What a target has before a push.
//!
//! Unlike the proof afterwards this may be wrong in one direction: what is taken for missing is offered
//! again, and an upload begins by asking whether the blob is there. So nothing is asked about a repository
//! that the registry certainly does not know.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use crate::{
    Contents, Error, Observer, Stage,
    read_back::{Depth, Gaps, Look, Target, looks, take_all},
};

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
    let (asked, assumed): (Vec<_>, Vec<_>) =
        looks.iter().copied().partition(|look| known.contains(look.path()));
    let mut gaps = take_all(asked, target, Depth::Size, Stage::Inventory, observer).await?;
    for look in assumed {
        look.record(&mut gaps, "not found".to_owned());
    }
    Ok(gaps)
}
