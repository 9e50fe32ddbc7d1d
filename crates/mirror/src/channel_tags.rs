//! Channel tags that a bundle of another tool does without.
//!
//! `d8 mirror pull` (2026-08) brings the channels of `release-channel` only, though the documentation starts
//! `install:stable`. What such a tag points to is known all the same: `release-channel` names the channel's
//! release, and a pull fills tags that a source lacks in the same way. A bundle that has the tag of any channel
//! outside `release-channel` was made by a tool that writes them, so what it lacks is lost, and that is damage.

use bundle::Bundle;
use deckhouse::{
    channel::Channel,
    repositories::{INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL},
};
use oci::Tag;

use crate::{
    Contents,
    contents::{Repository, place},
    inspect,
};

/// Where a channel's tag is expected beside `release-channel`.
const REPOSITORIES: [&str; 3] = ["", INSTALL, INSTALL_STANDALONE];

/// A tag that no index in the bundle has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeTag {
    /// The repository: a path below the root.
    pub path: String,
    /// The channel.
    pub tag: Tag,
}

/// Gives the repositories of the platform the tags of the channels of `release-channel`, if they have none, and
/// returns them in order.
pub(crate) fn make(bundle: &Bundle, contents: &mut Contents) -> Vec<MadeTag> {
    let mut made = Vec::new();
    let is_one = |it: &&mut Repository| REPOSITORIES.contains(&it.path.as_str());
    if contents.repositories.iter_mut().filter(is_one).any(|it| it.tags.keys().any(is_channel)) {
        return made;
    }
    let channels = contents.repository(RELEASE_CHANNEL).map(|it| channels(bundle, it)).unwrap_or_default();
    for repository in contents.repositories.iter_mut().filter(is_one) {
        for (tag, version) in &channels {
            if let Some(digest) = repository.tags.get(version).copied() {
                repository.tags.insert(tag.clone(), digest);
                made.push(MadeTag { path: repository.path.clone(), tag: tag.clone() });
            }
        }
    }
    made
}

/// The channels and the tag of each one's release.
fn channels(bundle: &Bundle, release_channel: &Repository) -> Vec<(Tag, Tag)> {
    let channels = release_channel.tags.iter().filter(|(tag, _)| is_channel(tag));
    channels
        .filter_map(|(tag, digest)| {
            let manifest = release_channel.manifests.get(digest)?;
            let version = inspect::version(bundle, &release_channel.path, manifest)?;
            Some((tag.clone(), version.parse().ok()?))
        })
        .collect()
}

fn is_channel(tag: &Tag) -> bool {
    tag.as_str().parse::<Channel>().is_ok()
}

impl Contents {
    /// Says which tags were made, for a user; `None` if there are none.
    pub fn made_tags_note(&self) -> Option<String> {
        let tags: Vec<String> =
            self.made_tags.iter().map(|made| format!("{}:{}", place(&made.path), made.tag)).collect();
        (!tags.is_empty()).then(|| {
            format!(
                "channel tags that the bundle does without point where its release-channel does: {}",
                tags.join(", ")
            )
        })
    }
}
