//! Channel tags that bundles of another tool do not have.
//!
//! `d8 mirror pull` (2026-08) pulls the channels of `release-channel` only, though the documentation starts
//! `install:stable`. Such a tag can be derived: `release-channel` names the release of the channel. A pull derives tags
//! that are missing in the source in the same way. If a bundle has the tag of any channel outside `release-channel`, the
//! tool that wrote it writes them, so a missing one is damage.

use bundle::Bundle;
use deckhouse::{
    channel::Channel,
    repositories::{INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL},
};
use oci::Tag;

use super::{Contents, DerivedTag, Repository, version};

/// Where the tag of a channel is expected besides `release-channel`.
const REPOSITORIES: [&str; 3] = ["", INSTALL, INSTALL_STANDALONE];

/// Adds the tags of the channels of `release-channel` to the repositories of the platform, if they have none, and
/// returns them in order.
pub(super) fn derive(bundle: &Bundle, contents: &mut Contents) -> Vec<DerivedTag> {
    let mut derived = Vec::new();
    let is_one = |it: &&mut Repository| REPOSITORIES.contains(&it.path.as_str());
    if contents.repositories.iter_mut().filter(is_one).any(|it| it.tags.keys().any(is_channel)) {
        return derived;
    }
    let channels = contents.repository(RELEASE_CHANNEL).map(|it| channels(bundle, it)).unwrap_or_default();
    for repository in contents.repositories.iter_mut().filter(is_one) {
        for (tag, version) in &channels {
            if let Some(digest) = repository.tags.get(version).copied() {
                repository.tags.insert(tag.clone(), digest);
                derived.push(DerivedTag { path: repository.path.clone(), tag: tag.clone() });
            }
        }
    }
    derived
}

/// The channels and the tag of each one's release.
fn channels(bundle: &Bundle, release_channel: &Repository) -> Vec<(Tag, Tag)> {
    let channels = release_channel.tags.iter().filter(|(tag, _)| is_channel(tag));
    channels
        .filter_map(|(tag, digest)| {
            let manifest = release_channel.manifests.get(digest)?;
            let version = version(bundle, &release_channel.path, manifest)?;
            Some((tag.clone(), version.parse().ok()?))
        })
        .collect()
}

fn is_channel(tag: &Tag) -> bool {
    tag.as_str().parse::<Channel>().is_ok()
}
