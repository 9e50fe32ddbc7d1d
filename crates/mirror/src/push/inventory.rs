//! What a target has before a push.
//!
//! Unlike the proof afterwards this may be wrong in one direction: what is taken for missing is offered
//! again, and an upload begins by asking whether the blob is there. So nothing is asked about a repository
//! that the registry does not know, or may not show as long as nothing was pushed to it.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use crate::{
    Contents, Error, Observer, Stage,
    read_back::{Check, Checked, Depth, Gap, Target, When, checks, run},
};

/// Finds what the target lacks.
pub(super) async fn inventory(
    contents: &Contents,
    target: &Target,
    depth: Depth,
    observer: &dyn Observer,
) -> Result<Checked, Error> {
    let checks = checks(contents);
    let paths: BTreeSet<&str> = checks.iter().map(Check::path).collect();
    let known = try_join_all(
        paths.iter().map(|path| async move { Ok::<_, Error>((*path, exists(target, path).await?)) }),
    );
    let known: BTreeSet<&str> =
        known.await?.into_iter().filter(|(_, exists)| *exists).map(|(path, _)| path).collect();
    let (asked, assumed): (Vec<Check<'_>>, Vec<Check<'_>>) =
        checks.iter().copied().partition(|check| known.contains(check.path()));
    let asked = asked.into_iter().map(|check| (check, When::BeforePush)).collect();
    let mut checked = run(asked, target, depth, Stage::Inventory, observer).await?;
    for check in assumed {
        check.record(&mut checked.gaps, Gap::not_found());
    }
    Ok(checked)
}

/// Whether the registry knows a repository, as far as it shows.
async fn exists(target: &Target, path: &str) -> Result<bool, Error> {
    match target.repository(path)?.tags().await {
        Ok(tags) => Ok(tags.is_some()),
        // Quay and others refuse what does not exist yet; whether a push is allowed the first upload shows.
        Err(error) if error.is_refused_access() => Ok(false),
        // Its objects can be asked for one by one.
        Err(error) if error.is_isolated() => Ok(true),
        Err(error) => Err(error.into()),
    }
}
