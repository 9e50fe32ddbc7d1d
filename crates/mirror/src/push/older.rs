//! Release channels that a push moves back: the registry has a newer release there than the bundle.

use std::fmt;

use bundle::Bundle;
use deckhouse::{channel::Channel, repositories::RELEASE_CHANNEL, version::parse_tag};
use futures_util::future::join_all;
use oci::{Tag, TagOrDigest};
use semver::Version;

use crate::{
    Contents, Error, WantedBy, contents,
    discover::platform::release_files,
    read_back::{Gap, Gaps, Target},
    source::Source,
};

/// A release channel that moves back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MovesBack {
    channel: Channel,
    from: Version,
    to: Version,
}

impl fmt::Display for MovesBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from v{} to v{}", self.channel, self.from, self.to)
    }
}

/// The release channels whose release in the target is newer than in the bundle. `gaps` is what the target lacks. A release
/// that cannot be read is left out: the push replaces it.
pub(super) async fn moves_back(
    bundle: &Bundle,
    contents: &Contents,
    target: &Target,
    gaps: &Gaps,
) -> Vec<MovesBack> {
    let source = Source::of(target.images());
    let repository = contents.repository(RELEASE_CHANNEL);
    let tags = repository.into_iter().flat_map(|it| it.fixed_tags().map(move |tag| (it, tag)));
    let moved = tags.filter_map(|(repository, (tag, digest))| {
        let gap = gaps.tags.get(&(RELEASE_CHANNEL.to_owned(), tag.clone()))?;
        let is_there = *gap != Gap::not_found();
        let channel = is_there.then(|| tag.as_str().parse::<Channel>().ok())??;
        let version = contents::version(bundle, RELEASE_CHANNEL, repository.manifests.get(digest)?)?;
        Some((channel, tag, parse_tag(&version)?))
    });
    let source = &source;
    let found = join_all(moved.map(|(channel, tag, to)| async move {
        let from = match version_in(source, tag, channel).await {
            Ok(version) => version?,
            Err(error) => {
                tracing::info!(%channel, %error, "the release of the registry cannot be read");
                return None;
            }
        };
        (from > to).then_some(MovesBack { channel, from, to })
    }));
    found.await.into_iter().flatten().collect()
}

async fn version_in(source: &Source, tag: &Tag, channel: Channel) -> Result<Option<Version>, Error> {
    let (reference, by) = (TagOrDigest::from(tag.clone()), WantedBy::Channel(channel));
    let Some(manifest) = source.manifest(RELEASE_CHANNEL, &reference).await? else { return Ok(None) };
    let release = release_files(source, &reference, &manifest, &by).await?.value;
    Ok(release.map(|release| release.info.version))
}
