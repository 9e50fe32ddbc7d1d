//! The order of a pull: journal, fixed parts of the archive, blobs, final name.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use parking_lot::Mutex;

use bundle::{BundleError, FrontierSums, Writer};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{adopt::adopt, blob::BlobPull, blocking::blocking, write_back::WriteBack};
use crate::{
    Error, MissingItem, Observer, Plan,
    error::Place,
    journal::{Journal, Started},
    source::Source,
    wanted::Wanted,
};

/// Where the bundle goes and how.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The bundle file.
    pub path: PathBuf,
    /// Largest size of a part in bytes, if the bundle is split.
    pub part_size: Option<u64>,
    /// Whether to compute GOST R 34.11-2012 sums of the bundle and its parts.
    pub gost: bool,
}

/// What a pull has written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The files of the bundle, and of its sums.
    pub files: Vec<PathBuf>,
    /// The sums of the bundle (by the name of the whole) and of its parts, if requested.
    pub sums: BTreeMap<PathBuf, String>,
}

impl Written {
    /// Adds what another archive has.
    pub(crate) fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
        self.sums.extend(other.sums);
    }
}

/// Everything that a pull needs.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "an observer has no text")]
pub struct PullJob<'a> {
    /// Where blobs are downloaded from.
    pub source: &'a Source,
    /// The archive to write.
    pub plan: &'a Arc<Plan>,
    /// The images in it, and what needs each.
    pub wanted: &'a Wanted,
    /// The journal of this archive.
    pub journal: &'a Arc<Journal>,
    /// Where the archive goes.
    pub destination: &'a Destination,
    /// Blobs in transfer at the same time, at most.
    pub parallel: usize,
    /// Where events go.
    pub observer: &'a Arc<dyn Observer>,
}

/// Downloads everything that the plan lays out and that the journal does not have, and gives the bundle its name.
///
/// On failure nothing has the final name, and the journal keeps what has been downloaded. The caller, who may run
/// several pulls concurrently, reports the beginning and the end of [`crate::Stage::Download`].
///
/// # Errors
/// [`Error::Incomplete`] with every blob that the source does not have or has damaged;
/// [`Error::Registry`] if the source could not be reached; [`Error::Bundle`] for the local disk.
pub async fn pull(job: PullJob<'_>) -> Result<Written, Error> {
    let PullJob { source, plan, wanted, destination, observer, .. } = job;
    source.forget_layers();
    let starting = match source.local() {
        Some(local) => local.wait_for_previous().await,
        None => None,
    };
    let Started { writer, progress, written } = start(job).await?;
    let sums = if destination.gost { Some(follow(plan, &writer)?) } else { None };
    let blobs = BlobPull {
        source,
        plan,
        wanted,
        writer: &writer,
        progress: &progress,
        sums: sums.as_ref(),
        sync: WriteBack::default(),
        observer: &**observer,
        starting: Mutex::new(starting),
    };
    let missing: Vec<Option<MissingItem>> = stream::iter((0_u32..).zip(plan.layout().blobs()))
        .map(|(number, blob)| blobs.write(number, blob, written.get(&number).copied().unwrap_or(0)))
        .buffer_unordered(job.parallel)
        .try_collect()
        .await?;
    let mut items: Vec<MissingItem> = missing.into_iter().flatten().collect();
    blobs.sync.finish().await?;
    if !items.is_empty() {
        items.sort();
        return Err(Error::Incomplete { place: Place::Source, items });
    }
    let sums = match sums {
        Some(sums) => Some(blocking(move || Ok(sums.finish()?)).await?),
        None => None,
    };
    let path = destination.path.clone();
    blocking(move || {
        let mut files = writer.finish()?;
        let Some(sums) = sums else {
            return Ok(Written { files, sums: BTreeMap::new() });
        };
        let named = sums.by_name(&path, &files);
        files.extend(sums.write(&path)?);
        Ok(Written { files, sums: named })
    })
    .await
}

/// Starts to compute the sums; everything in the archive except the blobs is written already.
fn follow(plan: &Plan, writer: &Arc<Writer>) -> Result<FrontierSums, Error> {
    let sums = FrontierSums::start(writer.clone())?;
    for (offset, bytes) in plan.layout().fixed_segments() {
        sums.done(offset, bytes.len() as u64);
    }
    Ok(sums)
}

/// Prepares the partial bundle: everything in it except the blobs, and the blobs that the journal has.
async fn start(job: PullJob<'_>) -> Result<Started, Error> {
    let (plan, journal, observer) = (job.plan.clone(), job.journal.clone(), job.observer.clone());
    let part_size = job.destination.part_size;
    blocking(move || {
        let layout = plan.layout();
        let mut started = journal.start(layout, part_size, &*observer)?;
        if started.written.is_empty() {
            check_space(layout.size(), &journal)?;
        }
        for (offset, bytes) in layout.fixed_segments() {
            started.writer.write_at(offset, &bytes)?;
        }
        // Kept layers are moved before the rest of the archive is allocated, each file removed immediately,
        // so that the disk never holds much more than the bundle.
        for (number, blob) in (0_u32..).zip(layout.blobs()) {
            let written = started.written.get(&number).copied().unwrap_or(0);
            let written =
                adopt(&started.writer, &started.progress, number, blob, journal.directory(), written)?;
            started.written.insert(number, written);
        }
        started.writer.reserve()?;
        Ok(started)
    })
    .await
}

/// Refuses before the first byte what cannot fit.
fn check_space(size: u64, journal: &Journal) -> Result<(), Error> {
    let kept = journal.kept_bytes()?;
    let directory = journal.directory().path();
    let free =
        bundle::free_space(directory).map_err(|source| Error::File { path: directory.to_owned(), source })?;
    if free.saturating_add(kept) < size {
        return Err(BundleError::DiskFull { path: directory.to_owned(), needed: size, free }.into());
    }
    Ok(())
}
