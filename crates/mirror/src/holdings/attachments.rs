//! Signatures, attestations and lists of components of the images that were found.

use deckhouse::repositories::{Attachment, attachment};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Digest, Tag, TagOrDigest};

use crate::{
    Error,
    source::{Found, ListedImages, Need, Source},
    wanted::{Image, Wanted},
};

/// Images whose attachments are read at the same time.
const AT_ONCE: usize = 32;

/// Wants every attachment of `found` that the registry lists.
///
/// # Errors
/// Whatever keeps one from being read, other than that it is missing or damaged.
pub(crate) async fn find(source: &Source<ListedImages>, wanted: &Wanted) -> Result<Found, Error> {
    let images = wanted.images().filter(|((_, reference), _)| of_reference(reference).is_none());
    let attached = stream::iter(images).map(|((path, _), image)| of_image(source, path, image));
    let attached: Vec<Found> = attached.buffered(AT_ONCE).try_collect().await?;
    let mut found = Found::default();
    for it in attached {
        found.merge(it);
    }
    Ok(found)
}

async fn of_image(source: &Source<ListedImages>, path: &str, image: &Image) -> Result<Found, Error> {
    let mut found = Found::default();
    let Some(listed) = source.images().tags(path).await? else { return Ok(found) };
    for tag in tags(&image.manifest.digest()).into_iter().filter(|tag| listed.contains(tag)) {
        for by in &image.wanted_by {
            found.merge(source.want(path, tag.clone().into(), Need::Optional, by).await?.found);
        }
    }
    Ok(found)
}

/// The tags that attachments of an image have.
fn tags(digest: &Digest) -> Vec<Tag> {
    Attachment::ALL.iter().filter_map(|kind| kind.tag(digest).parse().ok()).collect()
}

/// What is attached under this reference, if it is that of an attachment.
pub(super) fn of_reference(reference: &TagOrDigest) -> Option<Attachment> {
    match reference {
        TagOrDigest::Tag(tag) => attachment(tag.as_str()).map(|(_, kind)| kind),
        TagOrDigest::Digest(_) => None,
    }
}
