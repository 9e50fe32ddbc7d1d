//! Reading everything that a deletion may concern.

use std::collections::BTreeMap;

use deckhouse::{
    channel::Channel,
    repositories::{INSTALL, RELEASE_CHANNEL},
};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{RawManifest, Tag, TagOrDigest};
use registry::client::Client;
use semver::Version;

use super::model::{ManifestDetails, Needed, Survey};
use crate::{
    Cause, Error, Event, MissingItem, Observer, Root, Stage, WantedBy,
    contents::place,
    holdings::{self, attachments},
    listed::{Listed, PLATFORM, Tags},
    source::{Found, ListedImages, Need, Source, Step},
    wanted::Wanted,
};

/// Tags that are read at the same time.
const AT_ONCE: usize = 32;

/// What a registry contains, and what of it is unclear.
#[derive(Debug, Default)]
pub struct Surveyed {
    pub(super) survey: Survey,
    /// Where the platform's channels point.
    pub(super) channels: BTreeMap<Channel, Version>,
    /// What cannot be read and may refer to other images.
    pub(super) unclear: Vec<MissingItem>,
}

/// Reads what the registry contains below `root`, and where each tag of the platform's repositories points.
///
/// # Errors
/// [`Error::TagsRefused`] if the registry does not list its tags; [`Error::Registry`] if it cannot be read.
pub async fn survey(client: &Client, root: &Root, observer: &dyn Observer) -> Result<Surveyed, Error> {
    observer.event(Event::StageBegan { stage: Stage::List, bytes: 0, items: 0 });
    let source = Source::of(ListedImages::new(client.clone(), root.clone()));
    let Step { value: tags, mut found } = holdings::lists(&source, observer).await?;
    let listed = Listed::of(&tags);
    let channels = holdings::where_channels_point(&source, &listed.channels).await?.merge_into(&mut found);
    listed.find(&source, &std::collections::BTreeSet::new()).await?.merge_into(&mut found);
    holdings::others(&source, &tags).await?.merge_into(&mut found);
    source.images().forget_layers();
    found.merge(attachments::find(&source, &found.wanted).await?);
    found.merge(every_tag(&source, &tags).await?);
    observer.event(Event::StageEnded(Stage::List));
    let channels = channels.into_iter().filter_map(|(channel, it)| Some((channel, it?.version)));
    let unclear = found.missing.into_items().filter(|item| is_unclear(item, &|path| source.name(path)));
    Ok(Surveyed {
        unclear: unclear.collect(),
        channels: channels.collect(),
        survey: Survey { releases: listed.releases, ..of(&found.wanted) },
    })
}

/// Wants every tag of the platform's repositories, whatever it is.
async fn every_tag(source: &Source<ListedImages>, tags: &Tags) -> Result<Found, Error> {
    let each = PLATFORM.iter().flat_map(|path| tags.get(*path).into_iter().flatten().map(|tag| (*path, tag)));
    let wants = stream::iter(each).map(|(path, tag)| one_tag(source, path, tag));
    let wants: Vec<Found> = wants.buffered(AT_ONCE).try_collect().await?;
    let mut found = Found::default();
    for it in wants {
        found.merge(it);
    }
    Ok(found)
}

async fn one_tag(source: &Source<ListedImages>, path: &str, tag: &Tag) -> Result<Found, Error> {
    let by = WantedBy::Image(format!("{}:{tag}", place(path)));
    Ok(source.want(path, tag.clone().into(), Need::Required, &by).await?.found)
}

/// Whether something that cannot be read may refer to other images: what installers and descriptions of releases say is
/// unknown then, and so is what an image consists of that is damaged.
fn is_unclear(item: &MissingItem, name: &dyn Fn(&str) -> String) -> bool {
    let is_in = |path: &str| item.repository == name(path);
    is_in(INSTALL)
        || is_in(RELEASE_CHANNEL)
        || (PLATFORM.iter().any(|path| is_in(path)) && item.cause != Cause::Missing)
}

fn of(wanted: &Wanted) -> Survey {
    let mut survey = Survey::default();
    for ((path, reference), image) in wanted.images() {
        let key = (path.clone(), image.manifest.digest());
        if let TagOrDigest::Tag(tag) = reference
            && PLATFORM.contains(&path.as_str())
        {
            survey.tags.insert((path.clone(), tag.clone()), key.1);
        }
        survey.manifests.entry(key.clone()).or_insert_with(|| details(&image.manifest));
        let by = image.wanted_by.iter().filter(|by| !matches!(by, WantedBy::Image(_))).cloned();
        survey.needed.push(Needed { manifest: key, by: by.collect() });
    }
    for (path, child) in wanted.children() {
        survey.manifests.entry((path.to_owned(), child.digest())).or_insert_with(|| details(child));
    }
    survey
}

fn details(manifest: &RawManifest) -> ManifestDetails {
    let size = manifest.bytes().len() as u64;
    let Ok(parsed) = manifest.parse() else { return ManifestDetails { size, ..ManifestDetails::default() } };
    ManifestDetails {
        size,
        children: parsed.children().iter().map(|child| child.digest).collect(),
        blobs: parsed.blobs().map(|blob| (blob.digest, blob.size)).collect(),
    }
}
