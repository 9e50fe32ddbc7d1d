//! Reading everything that a deletion may concern.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    repositories::{INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL},
    version::parse_tag,
};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Digest, RawManifest, Referrer, Tag, TagOrDigest};
use registry::client::Client;
use semver::Version;

use super::{
    model::{ManifestDetails, Needed, Survey, TagKey},
    references::is_named,
};
use crate::{
    Cause, Error, Event, MissingItem, Observer, Root, Stage, WantedBy,
    attached::{self, Choice},
    contents::place,
    discover::platform,
    holdings,
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
    /// The releases that other tags with a meaning of their own point to.
    pub(super) pointing: BTreeSet<(TagKey, Version)>,
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
    listed.find(&source, &BTreeSet::new()).await?.merge_into(&mut found);
    holdings::others(&source, &tags).await?.merge_into(&mut found);
    found.merge(every_tag(&source, &tags).await?);
    let mut survey = of(&found.wanted);
    let mut pointing = same_images(&survey.tags);
    for (path, tag) in unexplained(&survey.tags, &pointing) {
        let described = one_unexplained(&source, path, &tag, &found).await?.merge_into(&mut found);
        pointing.extend(described.map(|version| ((path.to_owned(), tag), version)));
    }
    source.images().forget_layers();
    let attached = attached::find(&source, &without_tags(&found.wanted), Choice::ALL).await?;
    found.merge(attached);
    observer.event(Event::StageEnded(Stage::List));
    let is_release = |version: &Version| {
        let has = |path: &&str| {
            tags.get(*path)
                .is_some_and(|tags| tags.iter().any(|tag| parse_tag(tag.as_str()).as_ref() == Some(version)))
        };
        [INSTALL, RELEASE_CHANNEL].iter().any(has)
    };
    let releases = listed.releases.into_iter().filter(is_release).collect();
    let missing: Vec<MissingItem> = found.missing.into_items().collect();
    survey = Survey { releases, ..of(&found.wanted) };
    survey.needed.extend(missing.iter().filter_map(|item| absent(item, &|path| source.name(path))));
    let channels = channels.into_iter().filter_map(|(channel, it)| Some((channel, it?.version)));
    let unlisted =
        survey.tags.keys().filter(|(path, tag)| !tags.get(path).is_some_and(|tags| tags.contains(tag)));
    let unlisted: Vec<MissingItem> =
        unlisted.map(|(path, tag)| unlisted_tag(source.name(path), path, tag)).collect();
    let unclear = missing.into_iter().filter(|item| is_unclear(item, &|path| source.name(path)));
    Ok(Surveyed {
        unclear: unclear.chain(unlisted).collect(),
        channels: channels.collect(),
        pointing,
        survey,
    })
}

/// A tag that the registry has and does not list: others may be missing in the list too.
fn unlisted_tag(repository: String, path: &str, tag: &Tag) -> MissingItem {
    MissingItem {
        repository,
        reference: tag.to_string(),
        wanted_by: vec![WantedBy::Image(format!("{}:{tag}", place(path)))],
        reason: "it exists, but the registry does not list it".to_owned(),
        cause: Cause::Unreadable,
    }
}

/// The tags that point to the same image as the tag of a release, and each such release.
fn same_images(tags: &BTreeMap<TagKey, Digest>) -> BTreeSet<(TagKey, Version)> {
    let mut of_releases: BTreeMap<(&str, &Digest), Vec<Version>> = BTreeMap::new();
    for ((path, tag), digest) in tags {
        if let Some(version) = parse_tag(tag.as_str()) {
            of_releases.entry((path, digest)).or_default().push(version);
        }
    }
    let others = tags
        .iter()
        .filter(|((_, tag), digest)| parse_tag(tag.as_str()).is_none() && is_named(tag.as_str(), digest));
    let pointing = others.flat_map(|(key, digest)| {
        let releases = of_releases.get(&(key.0.as_str(), digest)).into_iter().flatten();
        releases.map(|version| (key.clone(), version.clone()))
    });
    pointing.collect()
}

/// The tags of installers and descriptions that are neither those of releases or channels, nor point to their images. What
/// these images say is read too.
fn unexplained(
    tags: &BTreeMap<TagKey, Digest>,
    pointing: &BTreeSet<(TagKey, Version)>,
) -> Vec<(&'static str, Tag)> {
    let explained: BTreeSet<&TagKey> = pointing.iter().map(|(key, _)| key).collect();
    let is_unexplained = |(key, digest): &(&TagKey, &Digest)| {
        let tag = key.1.as_str();
        parse_tag(tag).is_none()
            && tag.parse::<Channel>().is_err()
            && is_named(tag, digest)
            && !explained.contains(key)
    };
    let unexplained = tags.iter().filter(is_unexplained);
    unexplained
        .filter_map(|((path, tag), _)| {
            let path = [INSTALL, INSTALL_STANDALONE, RELEASE_CHANNEL].into_iter().find(|it| it == path)?;
            Some((path, tag.clone()))
        })
        .collect()
}

/// Wants the images that an installer of no release lists; of a description returns the release.
async fn one_unexplained(
    source: &Source<ListedImages>,
    path: &str,
    tag: &Tag,
    known: &Found,
) -> Result<Step<Option<Version>>, Error> {
    let by = WantedBy::Image(format!("{}:{tag}", place(path)));
    let reference = TagOrDigest::from(tag.clone());
    let Some(manifest) = known.wanted.get(&(path.to_owned(), reference.clone())) else {
        return Ok(Found::default().with(None));
    };
    if path != RELEASE_CHANNEL {
        return Ok(platform::want_listed(source, (path, &reference), manifest, &by).await?.with(None));
    }
    let Step { value: description, found } =
        platform::release_files(source, &reference, manifest, &by).await?;
    Ok(found.with(description.map(|it| it.info.version)))
}

/// A manifest that something refers to by its digest and that cannot be read: it must not be deleted for that.
fn absent(item: &MissingItem, name: &dyn Fn(&str) -> String) -> Option<Needed> {
    let path = PLATFORM.iter().find(|path| item.repository == name(path))?;
    let digest = item.reference.parse().ok()?;
    Some(Needed { manifest: ((*path).to_owned(), digest), by: item.wanted_by.iter().cloned().collect() })
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
/// unknown then, and so is what an image consists of that is damaged, or that a list names and that is missing: it may be
/// an index. A missing child of an index is no such case if only a tag leads to the index, since copies without the images
/// of some platforms are usual.
fn is_unclear(item: &MissingItem, name: &dyn Fn(&str) -> String) -> bool {
    let is_in = |path: &str| item.repository == name(path);
    let is_listed = item.wanted_by.iter().any(|by| !matches!(by, WantedBy::Image(_)));
    match (item.cause, item.reference.parse::<Digest>().is_ok()) {
        (Cause::Missing, true) => is_listed && PLATFORM.iter().any(|path| is_in(path)),
        // A tag of a channel that is missing there refers to nothing, unlike an installer without a list.
        (Cause::Missing, false) if is_in(INSTALL_STANDALONE) => !is_listed,
        (Cause::Missing, false) => is_in(INSTALL) || is_in(RELEASE_CHANNEL),
        _ => PLATFORM.iter().any(|path| is_in(path)),
    }
}

/// The images with what needs them. A tag of the platform's repositories does not count: every tag is read, and what is
/// attached to its image needs another reason to stay.
fn without_tags(wanted: &Wanted) -> Wanted {
    let mut needed = Wanted::default();
    for (key @ (path, reference), image) in wanted.images() {
        let is_read_anyway = matches!(reference, TagOrDigest::Tag(_)) && PLATFORM.contains(&path.as_str());
        let by = image.wanted_by.iter().filter(|by| !is_read_anyway || !matches!(by, WantedBy::Image(_)));
        by.for_each(|by| needed.add(key.clone(), image.manifest.clone(), by));
    }
    wanted.children().for_each(|(path, child)| needed.add_child(path, child.clone()));
    needed
}

fn of(wanted: &Wanted) -> Survey {
    let mut survey = Survey::default();
    for ((path, reference), image) in wanted.images() {
        let key = (path.clone(), image.manifest.digest());
        let mut by = image.wanted_by.clone();
        if let TagOrDigest::Tag(tag) = reference
            && PLATFORM.contains(&path.as_str())
        {
            survey.tags.insert((path.clone(), tag.clone()), key.1);
            // Every tag is read; that is no reason to keep it.
            by.retain(|by| !matches!(by, WantedBy::Image(_)));
        }
        survey.manifests.entry(key.clone()).or_insert_with(|| details(&image.manifest));
        survey.needed.push(Needed { manifest: key, by });
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
        subject: Referrer::of(manifest).subject,
        blobs: parsed.blobs().map(|blob| (blob.digest, blob.size)).collect(),
    }
}
