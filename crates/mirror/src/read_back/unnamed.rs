//! Blobs that a target need not have, since its manifests name others.

use std::collections::BTreeSet;

use oci::{Digest, Manifest, Tag};

use super::{Check, Checked};
use crate::{Contents, Event, Observer};

/// Takes the checks of blobs away that the target need not have.
pub(crate) fn skip_unnamed(
    blobs: &mut Vec<&Check<'_>>,
    contents: &Contents,
    checked: &mut Checked,
    observer: &dyn Observer,
) {
    let all = blobs.len();
    checked.gaps.unnamed = unnamed(contents, &checked.extended);
    blobs.retain(|check| !check.is_in_blobs(&checked.gaps.unnamed));
    observer.event(Event::Items((all - blobs.len()) as u64));
}

/// The blobs, each with its repository, that the target need not have, since it has only extended forms of the manifests
/// that name them: their configurations.
fn unnamed(contents: &Contents, extended: &BTreeSet<(String, Tag)>) -> BTreeSet<(String, Digest)> {
    let mut unnamed = BTreeSet::new();
    for repository in &contents.repositories {
        let path = &repository.path;
        let (is_extended, others): (Vec<_>, Vec<_>) =
            repository.fixed_tags().partition(|(tag, _)| extended.contains(&(path.clone(), (*tag).clone())));
        if is_extended.is_empty() {
            continue;
        }
        let mut needed = repository.named_by_digest();
        needed.extend(others.into_iter().map(|(_, digest)| *digest));
        let is_extended: BTreeSet<&Digest> =
            is_extended.into_iter().map(|(_, digest)| digest).filter(|it| !needed.contains(it)).collect();
        let (mut configs, mut named) = (BTreeSet::new(), BTreeSet::new());
        for (digest, manifest) in &repository.manifests {
            match manifest.parse() {
                Ok(Manifest::Image { config, layers }) if is_extended.contains(digest) => {
                    configs.insert(config.digest);
                    named.extend(layers.iter().map(|layer| layer.digest));
                }
                Ok(manifest) => named.extend(manifest.blobs().map(|blob| blob.digest)),
                Err(_) => {}
            }
        }
        unnamed.extend(configs.difference(&named).map(|config| (path.clone(), *config)));
    }
    unnamed
}
