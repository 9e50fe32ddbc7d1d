//! Checking one object of a target after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Descriptor, Digest, RawManifest, Tag};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    Depth, Gap, Gaps, Target,
    attached::{layers, referrers},
    object::{Found, gap, last_byte, manifest, whole},
    skip_unnamed,
};
use crate::{Cause, Contents, Error, Event, Observer, Stage, contents::AttachedManifest};

/// Requests that may wait for an answer at the same time; the client bounds what really runs.
const CONCURRENT_CHECKS: usize = 64;

/// The first wait before another look; each later one doubles it, up to [`LONGEST_LOOK`].
const FIRST_LOOK: Duration = Duration::from_millis(250);
const LONGEST_LOOK: Duration = Duration::from_secs(4);

/// When a check is made, which decides what a failure of it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing was written: what is not there is missing, and a refusal is a failure.
    Alone,
    /// Before a push: a repository that may not be read may not exist yet, and counts as missing.
    BeforePush,
    /// The thing was written by this run, and may take this long to appear: registries on object storage need some
    /// seconds.
    AfterWrite(Duration),
}

/// One thing to check.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check<'a> {
    Tag(&'a str, &'a Tag, &'a Digest),
    /// A tag whose manifest may have more layers in a registry.
    Layers(&'a str, &'a Tag, &'a RawManifest),
    Manifest(&'a str, &'a Digest),
    Blob(&'a str, &'a Digest, u64),
    /// That the registry lists what is attached to a manifest.
    Referrers(&'a str, &'a Digest, &'a BTreeSet<AttachedManifest>),
    Listed(&'static str, &'a str),
}

/// What checks have found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) gaps: Gaps,
    /// Blobs of which only the size is known, since the registry ignores `Range`.
    pub(crate) by_size: usize,
    /// Tags, each with its repository, whose manifests have more layers than those of the bundle.
    pub(crate) extended: BTreeSet<(String, Tag)>,
}

/// Everything that `contents` names. A manifest with a tag is read by its tag: the digest of what comes
/// is compared, so that proves it under both names. Small blobs come first: they show whether the registry heeds
/// `Range`.
pub(crate) fn checks(contents: &Contents) -> Vec<Check<'_>> {
    let mut checks = Vec::new();
    let mut blobs = Vec::new();
    for repository in &contents.repositories {
        let path = repository.path.as_str();
        checks.extend(repository.fixed_tags().map(
            |(tag, digest)| match repository.extensible(tag, digest) {
                Some(manifest) => Check::Layers(path, tag, manifest),
                None => Check::Tag(path, tag, digest),
            },
        ));
        // The tag of an extended manifest does not show whether the original is there.
        let is_shown = |(tag, digest): &(&Tag, &Digest)| repository.extensible(tag, digest).is_none();
        let mut shown: BTreeSet<&Digest> =
            repository.tags.iter().filter(is_shown).map(|(_, digest)| digest).collect();
        let named = repository.named_by_digest();
        shown.extend(repository.tags.values().filter(|digest| !named.contains(digest)));
        let untagged = repository.manifests.keys().filter(|digest| !shown.contains(digest));
        checks.extend(untagged.map(|digest| Check::Manifest(path, digest)));
        let referrers = repository.referrers.iter();
        checks.extend(referrers.map(|(subject, attached)| Check::Referrers(path, subject, attached)));
        blobs.extend(repository.blobs.iter().map(|(digest, size)| Check::Blob(path, digest, *size)));
    }
    checks.extend(contents.listed().map(|(list, name)| Check::Listed(list, name)));
    blobs.sort_by_key(Check::blob_size);
    checks.extend(blobs);
    checks
}

/// Checks everything that `contents` names.
///
/// # Errors
/// [`Error::Registry`] if the target cannot be read; what it lacks is no error but the result.
pub(crate) async fn all(
    contents: &Contents,
    target: &Target,
    depth: Depth,
    stage: Stage,
    observer: &dyn Observer,
) -> Result<Checked, Error> {
    let checks = checks(contents);
    begin(checks.iter(), depth, stage, observer);
    let (mut blobs, others): (Vec<_>, Vec<_>) = checks.iter().partition(|check| check.is_blob());
    let mut checked = Checked::default();
    run_into(&mut checked, alone(others), target, depth, observer).await?;
    skip_unnamed(&mut blobs, contents, &mut checked, observer);
    run_into(&mut checked, alone(blobs), target, depth, observer).await?;
    observer.event(Event::StageEnded(stage));
    Ok(checked)
}

fn alone<'a>(checks: Vec<&Check<'a>>) -> Vec<(Check<'a>, When)> {
    checks.into_iter().map(|check| (*check, When::Alone)).collect()
}

/// Carries out every check, as one stage.
pub(crate) async fn run(
    checks: Vec<(Check<'_>, When)>,
    target: &Target,
    depth: Depth,
    stage: Stage,
    observer: &dyn Observer,
) -> Result<Checked, Error> {
    begin(checks.iter().map(|(check, _)| check), depth, stage, observer);
    let mut checked = Checked::default();
    run_into(&mut checked, checks, target, depth, observer).await?;
    observer.event(Event::StageEnded(stage));
    Ok(checked)
}

/// Reports the beginning of a stage with these checks.
pub(crate) fn begin<'a>(
    checks: impl Iterator<Item = &'a Check<'a>> + Clone,
    depth: Depth,
    stage: Stage,
    observer: &dyn Observer,
) {
    let bytes = match depth {
        Depth::LastByte => 0,
        Depth::Digest => checks.clone().map(Check::blob_size).sum(),
    };
    observer.event(Event::StageBegan { stage, bytes, items: checks.count() as u64 });
}

/// Carries out every check, and adds what it finds to `checked`.
pub(crate) async fn run_into(
    checked: &mut Checked,
    checks: Vec<(Check<'_>, When)>,
    target: &Target,
    depth: Depth,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let checked = Mutex::new(checked);
    stream::iter(checks)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENT_CHECKS, |(check, when)| {
            let checked = &checked;
            async move {
                match check.run(target, depth, when, observer).await? {
                    Found::InPlace => {}
                    Found::Extended => check.record_extended(&mut checked.lock().extended),
                    Found::SizeOnly => checked.lock().by_size += 1,
                    Found::Gap(gap) => check.record(&mut checked.lock().gaps, gap),
                }
                observer.event(Event::Items(1));
                Ok::<_, Error>(())
            }
        })
        .await
}

/// Carries out one check: why the thing does not count as there, and whether only its size is known.
pub(crate) async fn run_one(
    check: Check<'_>,
    target: &Target,
    depth: Depth,
    when: When,
) -> Result<(Option<Gap>, bool), Error> {
    Ok(match check.run(target, depth, when, &crate::events::Silent).await? {
        Found::InPlace | Found::Extended => (None, false),
        Found::SizeOnly => (None, true),
        Found::Gap(gap) => (Some(gap), false),
    })
}

impl Check<'_> {
    /// The repository that is checked.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Tag(path, ..)
            | Self::Layers(path, ..)
            | Self::Manifest(path, _)
            | Self::Blob(path, ..)
            | Self::Referrers(path, ..) => path,
            Self::Listed(list, _) => list,
        }
    }

    /// The tag that is checked.
    pub(crate) fn tag(&self) -> Option<&str> {
        match self {
            Self::Tag(_, tag, _) | Self::Layers(_, tag, _) => Some(tag.as_str()),
            Self::Listed(_, name) => Some(name),
            Self::Manifest(..) | Self::Blob(..) | Self::Referrers(..) => None,
        }
    }

    pub(crate) fn is_blob(&self) -> bool {
        matches!(self, Self::Blob(..))
    }

    /// Whether it is about one of these blobs.
    pub(super) fn is_in_blobs(&self, blobs: &BTreeSet<(String, Digest)>) -> bool {
        matches!(self, Self::Blob(path, digest, _) if blobs.contains(&((*path).to_owned(), **digest)))
    }

    /// Size in bytes of the blob that is checked; 0 for anything else.
    pub(crate) fn blob_size(&self) -> u64 {
        match self {
            Self::Blob(_, _, size) => *size,
            _ => 0,
        }
    }

    /// Whether `gaps` lists the thing.
    pub(crate) fn is_in(&self, gaps: &Gaps) -> bool {
        match *self {
            Self::Tag(path, tag, digest) => {
                gaps.tags.contains_key(&(path.to_owned(), tag.clone()))
                    || gaps.manifests.contains_key(&(path.to_owned(), *digest))
            }
            Self::Layers(path, tag, _) => gaps.tags.contains_key(&(path.to_owned(), tag.clone())),
            Self::Manifest(path, digest) => gaps.manifests.contains_key(&(path.to_owned(), *digest)),
            Self::Blob(path, digest, _) => gaps.blobs.contains_key(&(path.to_owned(), *digest)),
            Self::Referrers(path, subject, _) => gaps.referrers.contains_key(&(path.to_owned(), *subject)),
            Self::Listed(list, name) => gaps.listed.contains(&(list, name.to_owned())),
        }
    }

    /// Records that the thing is not in place.
    pub(crate) fn record(&self, gaps: &mut Gaps, gap: Gap) {
        match *self {
            Self::Tag(path, tag, _) | Self::Layers(path, tag, _) => {
                drop(gaps.tags.insert((path.to_owned(), tag.clone()), gap));
            }
            Self::Manifest(path, digest) => drop(gaps.manifests.insert((path.to_owned(), *digest), gap)),
            Self::Blob(path, digest, _) => drop(gaps.blobs.insert((path.to_owned(), *digest), gap)),
            Self::Referrers(path, subject, _) => {
                drop(gaps.referrers.insert((path.to_owned(), *subject), gap));
            }
            Self::Listed(list, name) => drop(gaps.listed.insert((list, name.to_owned()))),
        }
    }

    fn record_extended(&self, extended: &mut BTreeSet<(String, Tag)>) {
        if let Self::Layers(path, tag, _) = self {
            extended.insert(((*path).to_owned(), (*tag).clone()));
        }
    }

    async fn run(
        &self,
        target: &Target,
        depth: Depth,
        when: When,
        observer: &dyn Observer,
    ) -> Result<Found, Error> {
        let begun = Instant::now();
        let mut wait = FIRST_LOOK;
        loop {
            let found = match self.look(target, depth, observer).await {
                Err(error) if when == When::BeforePush && is_refused(&error) => {
                    return Ok(Found::Gap(Gap::missing(error.to_string())));
                }
                found => found?,
            };
            let Found::Gap(gap) = found else { return Ok(found) };
            let When::AfterWrite(limit) = when else { return Ok(Found::Gap(gap)) };
            if gap.cause != Cause::Missing || begun.elapsed() + wait > limit {
                return Ok(Found::Gap(gap.after_upload()));
            }
            tracing::info!(
                repository = self.path(),
                reason = gap.reason,
                ?wait,
                "not visible yet: reading it again"
            );
            tokio::time::sleep(wait).await;
            wait = (2 * wait).min(LONGEST_LOOK);
        }
    }

    async fn look(&self, target: &Target, depth: Depth, observer: &dyn Observer) -> Result<Found, Error> {
        match *self {
            Check::Tag(path, tag, digest) => manifest(target, path, &tag.clone().into(), digest).await,
            Check::Layers(path, tag, ours) => layers(target, path, tag, ours).await,
            Check::Manifest(path, digest) => manifest(target, path, &(*digest).into(), digest).await,
            Check::Blob(path, digest, size) => match depth {
                Depth::LastByte => last_byte(target, path, digest, size).await,
                Depth::Digest => whole(target, path, digest, size, observer).await,
            },
            Check::Referrers(path, subject, attached) => referrers(target, path, subject, attached).await,
            Check::Listed(list, name) => {
                let reference: Tag = name.parse().map_err(|error| Error::Internal(format!("{error}")))?;
                let index = target.repository(list)?;
                match index.manifest_if_present(&reference.into()).await {
                    Ok(Some(_)) => Ok(Found::InPlace),
                    Ok(None) => Ok(Found::Gap(Gap::not_found())),
                    Err(error) => gap(error.into()),
                }
            }
        }
    }
}

fn is_refused(error: &Error) -> bool {
    matches!(error, Error::Registry(error) if error.is_refused_access())
}

/// A descriptor for a blob that is known by digest and size only.
pub(crate) fn blob_descriptor(digest: &Digest, size: u64) -> Descriptor {
    Descriptor {
        media_type: "application/octet-stream".to_owned(),
        size,
        digest: *digest,
        platform: None,
        annotations: BTreeMap::new(),
    }
}
