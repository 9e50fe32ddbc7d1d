//! The order of a pull: journal, fixed parts of the archive, blobs, final name.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use parking_lot::Mutex;

use bundle::{BundleError, FrontierSums, Writer};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{adopt::adopt, blocking::blocking, fill::Filler, write_back::WriteBack};
use crate::{
    Error, Observer, Plan,
    error::Place,
    journal::{Begun, Journal},
    source::Source,
    wanted::Wanted,
};

/// Where the bundle goes and how.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The bundle file.
    pub path: PathBuf,
    /// Largest size of a part in bytes, if the bundle is to be cut into parts.
    pub part_size: Option<u64>,
    /// Whether to sum the bundle and its parts up by GOST R 34.11-2012.
    pub gost: bool,
}

/// What a pull has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The files of the bundle, and of its sums.
    pub files: Vec<PathBuf>,
    /// The sums of the bundle (by the name of the whole) and of its parts, if they were asked for.
    pub sums: BTreeMap<PathBuf, String>,
}

/// Downloads everything that `plan` lays out and that the journal does not have, and gives the bundle
/// its name.
///
/// On failure nothing bears the final name, and the journal keeps what has been downloaded. That the download
/// began and ended is for the caller to tell ([`crate::Stage::Download`]), who may have several side by side.
///
/// # Errors
/// [`Error::Incomplete`] with every blob that the source does not have or has damaged;
/// [`Error::Registry`] if the source could not be reached; [`Error::Bundle`] for the local disk.
pub async fn pull(
    source: &Source,
    plan: &Arc<Plan>,
    wanted: &Wanted,
    journal: &Arc<Journal>,
    destination: &Destination,
    parallel: usize,
    observer: &Arc<dyn Observer>,
) -> Result<Written, Error> {
    source.forget_layers();
    let turn = match source.nearby() {
        Some(nearby) => nearby.turn().await,
        None => None,
    };
    let Begun { writer, progress, written } = begin(plan, journal, destination, observer).await?;
    let sums = if destination.gost { Some(follow(plan, &writer)?) } else { None };
    let filler = Filler {
        source,
        plan,
        wanted,
        writer: &writer,
        progress: &progress,
        sums: sums.as_ref(),
        sync: WriteBack::default(),
        observer: &**observer,
        missing: Mutex::default(),
        turn: Mutex::new(turn),
    };
    let numbered = (0_u32..).zip(plan.layout().blobs());
    stream::iter(numbered)
        .map(Ok)
        .try_for_each_concurrent(parallel, |(number, blob)| {
            let written = written.get(&number).copied().unwrap_or(0);
            filler.fill(number, blob, written)
        })
        .await?;
    let Filler { missing, sync, .. } = filler;
    sync.finish().await?;
    let mut items = missing.into_inner();
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

/// Starts to sum up what is finished; everything in the archive that is no blob is finished by now.
fn follow(plan: &Plan, writer: &Arc<Writer>) -> Result<FrontierSums, Error> {
    let sums = FrontierSums::start(writer.clone())?;
    for (offset, bytes) in plan.layout().fixed_segments() {
        sums.done(offset, bytes.len() as u64);
    }
    Ok(sums)
}

/// Makes the partial bundle ready: everything in it that is no blob, and whatever the journal has.
async fn begin(
    plan: &Arc<Plan>,
    journal: &Arc<Journal>,
    destination: &Destination,
    observer: &Arc<dyn Observer>,
) -> Result<Begun, Error> {
    let (plan, journal, observer) = (plan.clone(), journal.clone(), observer.clone());
    let part_size = destination.part_size;
    blocking(move || {
        let layout = plan.layout();
        let mut begun = journal.begin(layout, part_size, &*observer)?;
        if begun.written.is_empty() {
            check_space(layout.size(), &journal)?;
        }
        for (offset, bytes) in layout.fixed_segments() {
            begun.writer.write_at(offset, &bytes)?;
        }
        // Kept layers are moved before the rest of the archive is allocated, each file freed at once, so
        // that the disk never holds much more than the bundle.
        for (number, blob) in (0_u32..).zip(layout.blobs()) {
            let written = begun.written.get(&number).copied().unwrap_or(0);
            let written = adopt(&begun.writer, &begun.progress, number, blob, journal.directory(), written)?;
            begun.written.insert(number, written);
        }
        begun.writer.reserve()?;
        Ok(begun)
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
