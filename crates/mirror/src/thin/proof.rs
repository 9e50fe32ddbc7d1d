//! The proof, before a push sends anything, that the target has what a thin bundle leaves out.

use std::collections::BTreeMap;

use bundle::Thin;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::Digest;

use crate::{
    Contents, Error, MissingItem,
    error::{BaseKinds, Place},
    missing::merge,
    read_back::{Check, Depth, Gap, Gaps, Target, When, run_one},
};

/// Requests that may wait for a response at the same time.
const CONCURRENT_CHECKS: usize = 64;

/// Reads what `thin` leaves out wherever a repository that the bundle has does not have it, which is among `gaps`. Returns
/// the blobs that only another repository of the target has, with that repository.
///
/// # Errors
/// [`Error::Incomplete`] with every blob that is nowhere readable; [`Error::Registry`] if the target cannot be read.
pub(crate) async fn prove_left_out(
    thin: &Thin,
    contents: &Contents,
    target: &Target,
    gaps: &Gaps,
    depth: Depth,
) -> Result<BTreeMap<Digest, String>, Error> {
    let nowhere = contents.unique_blobs().into_iter().filter_map(|(digest, (size, paths))| {
        let held = thin.left_out.get(&digest)?;
        let key = |path: &&str| ((*path).to_owned(), digest);
        let paths: Vec<&str> = paths.into_iter().filter(|it| !gaps.unnamed.contains(&key(it))).collect();
        let is_lost = !paths.is_empty() && paths.iter().all(|path| gaps.blobs.contains_key(&key(path)));
        is_lost.then_some((digest, size, held, paths))
    });
    let checked: Vec<(Digest, &str, Option<Gap>, Vec<&str>)> = stream::iter(nowhere)
        .map(|(digest, size, held, paths)| async move {
            let repository = held.repository.as_str();
            let check = Check::Blob(repository, &digest, size);
            let (gap, _) = run_one(check, target, depth, When::BeforePush).await?;
            Ok::<_, Error>((digest, repository, gap, paths))
        })
        .buffer_unordered(CONCURRENT_CHECKS)
        .try_collect()
        .await?;
    let (mut elsewhere, mut missing) = (BTreeMap::new(), Vec::new());
    for (digest, repository, gap, paths) in checked {
        let Some(gap) = gap else {
            elsewhere.insert(digest, repository.to_owned());
            continue;
        };
        // The reason of a repository that the bundle has says more than that of one that may not exist.
        let own = paths.first().and_then(|path| gaps.blobs.get(&((*path).to_owned(), digest)));
        let Gap { cause, reason } = own.unwrap_or(&gap).clone();
        let users = paths.iter().filter_map(|path| contents.repository(path));
        missing.push(MissingItem {
            repository: target.name(repository),
            reference: digest.to_string(),
            wanted_by: users.flat_map(|repository| repository.users(&digest)).collect(),
            reason,
            cause,
        });
    }
    if missing.is_empty() {
        Ok(elsewhere)
    } else {
        Err(Error::Incomplete { place: Place::ThinAndTarget(BaseKinds::of(thin)), items: merge(missing) })
    }
}
