//! The order of a push: look, blobs, manifests from the leaves up, tags, release channels, look again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bundle::Bundle;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::Tag;

use super::{
    blobs, index_image,
    inventory::{inventory, named},
    layers,
    older::{MovesBack, moves_back},
    order, referrers,
};
use crate::{
    Contents, Error, Event, Observer, Stage,
    error::Place,
    read_back::{Check, Checked, Depth, Gaps, Target, When, checks, run},
    thin::prove_left_out,
};

/// Manifests that may wait for an answer at once; the client bounds what really runs.
const CONCURRENT_WRITES: usize = 64;

/// What a push did. Every figure is of this run; what was there already is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct PushReport {
    /// Blobs sent.
    pub blobs_uploaded: u64,
    /// Bytes of the blobs sent, but for those that an earlier push had sent.
    pub bytes_uploaded: u64,
    /// Bytes of the same blobs that an earlier push had sent before it was interrupted.
    pub bytes_resumed: u64,
    /// Blobs that the registry took over from a sibling repository.
    pub blobs_mounted: u64,
    /// Manifests and tags written.
    pub manifests_written: u64,
}

/// How to push.
#[derive(Debug, Clone, Copy)]
pub struct PushOptions {
    /// How closely blobs are compared, before and after. With [`Depth::Digest`] every blob is downloaded and hashed,
    /// so that what is damaged inside the registry is found and uploaded again.
    pub depth: Depth,
    /// Blobs in transfer at the same time, at most.
    pub parallel: usize,
    /// How long what was written may take to appear before it counts as missing.
    pub visible_after: Duration,
}

/// A push: what was written, and how the proof went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pushed {
    /// What was written.
    pub written: PushReport,
    /// Blobs of which only the size is known, since the registry ignores `Range`; each counts in every repository.
    pub blobs_by_size: usize,
}

/// Pushes everything that the target lacks and reads all of it back.
///
/// # Errors
/// [`Error::Incomplete`] if the target lacks anything after the push, or before it what a thin bundle leaves out; [`Error::Registry`] if it cannot
/// be reached or refuses; [`Error::Bundle`] if the bundle cannot be read.
pub async fn push(
    bundle: &Bundle,
    contents: &Contents,
    target: &Target,
    options: PushOptions,
    observer: &dyn Observer,
) -> Result<Pushed, Error> {
    let PushOptions { depth, visible_after, .. } = options;
    let Checked { gaps: before, by_size, .. } = inventory(bundle, contents, target, depth, observer).await?;
    if before.is_empty() {
        return Ok(Pushed { written: PushReport::default(), blobs_by_size: by_size });
    }
    let elsewhere = match bundle.thin() {
        Some(thin) => prove_left_out(thin, contents, target, &before, depth).await?,
        None => BTreeMap::new(),
    };
    if let Some(note) = note(&moves_back(bundle, contents, target, &before).await) {
        observer.event(Event::Note(note));
    }
    let lacks = blobs::Lacks { gaps: &before, elsewhere: &elsewhere };
    let (mut written, lost) = blobs::upload(bundle, contents, target, lacks, options, observer).await?;
    if !lost.gaps.is_empty() {
        // Nothing may name what is not there, tags least of all.
        return Err(incomplete(&lost.gaps, contents, target));
    }
    written.manifests_written = write_manifests(contents, target, &before, observer).await?;

    // Blobs that this run wrote have been read back already; of the others, a deep comparison has read every byte. Blobs
    // that no manifest named while this run was writing are read again: a garbage collection removes such blobs. The tag
    // of an image that is known by its digest never moves: one that was there is not read again.
    let named = named(contents, &before);
    let is_read = |check: &Check<'_>| match check {
        Check::Blob(path, digest, _) => {
            depth == Depth::Digest || check.is_in(&before) || named.contains(&(*path, **digest))
        }
        Check::Tag(_, tag, digest) => tag.as_str() == digest.hex() && !check.is_in(&before),
        _ => false,
    };
    let remaining = checks(contents).into_iter().filter(|check| !is_read(check));
    let when = |check: &Check<'_>| {
        if check.is_in(&before) { When::AfterWrite(visible_after) } else { When::Alone }
    };
    let remaining = remaining.map(|check| (check, when(&check))).collect();
    let after = run(remaining, target, Depth::LastByte, Stage::ReadBack, observer).await?;
    if !after.gaps.is_empty() {
        return Err(incomplete(&after.gaps, contents, target));
    }
    Ok(Pushed { written, blobs_by_size: by_size + lost.by_size })
}

fn note(channels: &[MovesBack]) -> Option<String> {
    let channels: Vec<String> = channels.iter().map(ToString::to_string).collect();
    (!channels.is_empty()).then(|| {
        format!(
            "the bundle is older than what the registry has; release channels move back: {}",
            channels.join(", ")
        )
    })
}

fn incomplete(gaps: &Gaps, contents: &Contents, target: &Target) -> Error {
    Error::Incomplete { place: Place::Target, items: gaps.items(contents, target) }
}

async fn write_manifests(
    contents: &Contents,
    target: &Target,
    gaps: &Gaps,
    observer: &dyn Observer,
) -> Result<u64, Error> {
    let steps = order::steps(contents, gaps);
    let items = steps.iter().map(Vec::len).sum::<usize>() as u64;
    observer.event(Event::StageBegan { stage: Stage::Tags, bytes: 0, items });
    let lists: BTreeSet<&str> = gaps.listed.iter().map(|(list, _)| *list).collect();
    for list in lists {
        index_image::prepare(&target.repository(list)?).await?;
    }
    for step in steps {
        stream::iter(step)
            .map(Ok)
            .try_for_each_concurrent(CONCURRENT_WRITES, |write| async move {
                match write {
                    order::Write::Manifest { path, reference, manifest } => {
                        target.repository(path)?.put_manifest(&reference, manifest).await?;
                        observer.event(Event::Detail(format!("{path}:{reference}")));
                    }
                    order::Write::Layers { path, tag, manifest } => {
                        layers::put(&target.repository(path)?, tag, manifest).await?;
                        observer.event(Event::Detail(format!("{path}:{tag}")));
                    }
                    order::Write::Referrers { repository, subject } => {
                        referrers::list(target, repository, subject).await?;
                    }
                    order::Write::Listed(list, name) => {
                        let tag: Tag = name.parse().map_err(|error| Error::Internal(format!("{error}")))?;
                        index_image::put(&target.repository(list)?, &tag, name).await?;
                    }
                }
                observer.event(Event::Items(1));
                Ok::<_, Error>(())
            })
            .await?;
    }
    observer.event(Event::StageEnded(Stage::Tags));
    Ok(items)
}
