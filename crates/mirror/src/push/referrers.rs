//! Making known what is attached to a manifest: in a registry without the referrers API clients keep the list themselves.
//!
//! OCI distribution specification 1.1, "Pushing Manifests with Subject". Another client may write the same list at the
//! same time, and registries do not offer to compare before they write: so it is read back like everything else.

use std::collections::{BTreeSet, HashSet};

use deckhouse::repositories::Attachment;
use oci::{Digest, Manifest, RawManifest};
use registry::client::{Existence, Repository};

use super::absent::absent;
use crate::{
    Error,
    attached::merged,
    contents,
    read_back::{Target, referrers_unknown},
};

/// Makes the registry list what the bundle has attached to `subject`; all of it is in the repository already. In a registry
/// with the referrers API, writes again what it does not list.
pub(super) async fn list(
    in_target: &Target,
    bundle: &contents::Repository,
    subject: &Digest,
) -> Result<(), Error> {
    let target = &in_target.repository(&bundle.path)?;
    let attached = bundle.referrers.get(subject).into_iter().flatten();
    let attached: Vec<_> =
        attached.filter_map(|it| Some((bundle.manifests.get(&it.digest)?, it.names_subject))).collect();
    let listed = target.referrers(subject).await;
    let listed = listed.map_err(|error| referrers_unknown(in_target, &bundle.path, subject, error))?;
    if let Some(listed) = listed {
        let lacking = attached.iter().filter(|(it, names_it)| *names_it && !listed.contains(&it.digest()));
        for (manifest, _) in lacking {
            target.put_manifest(&manifest.digest().into(), manifest).await?;
        }
        return Ok(());
    }
    let Some(tag) = Attachment::List.tag(subject) else { return Ok(()) };
    let tag = tag.into();
    let there = target.manifest_if_present(&tag).await?;
    if there.as_ref().is_some_and(|there| !there.is_index() || there.digest() == *subject) {
        // Nothing can be added to an image. Reading back reports it.
        return Ok(());
    }
    let attached: Vec<&RawManifest> = attached.into_iter().map(|(manifest, _)| manifest).collect();
    let gone = gone(target, there.as_ref(), &attached).await?;
    let list = merged(there.as_ref(), &gone, bundle.list(subject), &attached);
    if let Some(list) = list.map_err(|error| Error::Internal(error.to_string()))? {
        target.put_manifest(&tag, &list).await?;
    }
    Ok(())
}

/// The entries of the registry's list that are not in the registry: it would refuse a list with them.
async fn gone(
    target: &Repository,
    there: Option<&RawManifest>,
    attached: &[&RawManifest],
) -> Result<BTreeSet<Digest>, Error> {
    let own: HashSet<Digest> = attached.iter().map(|manifest| manifest.digest()).collect();
    let parsed = there.and_then(|there| there.parse().ok());
    let others: Vec<Digest> = parsed
        .iter()
        .flat_map(Manifest::children)
        .map(|entry| entry.digest)
        .filter(|digest| !own.contains(digest))
        .collect();
    absent(others.into_iter().map(|digest| async move {
        let exists = target.manifest_exists(&digest.into()).await?;
        Ok((exists == Existence::Absent).then_some(digest))
    }))
    .await
}
