//! The order of a pull: journal, fixed parts of the archive, blobs, final name.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{adopt::adopt, blocking::blocking, fill::Filler};
use crate::{
    Error, Event, Observer, Plan, Stage,
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
}

/// Downloads everything that `plan` lays out and that the journal does not have, and gives the bundle
/// its name.
///
/// Returns the files of the bundle. On failure nothing bears the final name, and the journal keeps what
/// has been downloaded.
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
) -> Result<Vec<PathBuf>, Error> {
    source.forget_layers();
    observer.event(Event::StageBegan {
        stage: Stage::Download,
        bytes: plan.download_size(),
        items: plan.layout().blobs().len() as u64,
    });
    let Begun {
        writer,
        progress,
        written,
    } = begin(plan, journal, destination, observer).await?;
    let filler = Filler {
        source,
        plan,
        wanted,
        writer: &writer,
        progress: &progress,
        observer: &**observer,
        missing: Mutex::default(),
    };
    let numbered = (0_u32..).zip(plan.layout().blobs());
    stream::iter(numbered)
        .map(Ok)
        .try_for_each_concurrent(parallel, |(number, blob)| {
            let written = written.get(&number).copied().unwrap_or(0);
            filler.fill(number, blob, written)
        })
        .await?;
    let mut items = filler
        .missing
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if !items.is_empty() {
        items.sort();
        return Err(Error::Incomplete {
            place: Place::Source,
            items,
        });
    }
    let writer = Arc::into_inner(writer)
        .ok_or_else(|| Error::Internal("the bundle is still being written".to_owned()))?;
    let files = blocking(move || writer.finish().map_err(Error::from)).await?;
    observer.event(Event::StageEnded(Stage::Download));
    Ok(files)
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
        for (offset, bytes) in layout.fixed_segments() {
            begun.writer.write_at(offset, &bytes)?;
        }
        // Kept layers are moved before the rest of the archive is allocated, each file freed at once, so
        // that the disk never holds much more than the bundle.
        for (number, blob) in (0_u32..).zip(layout.blobs()) {
            let file = journal.blobs().join(blob.digest.hex());
            let written = begun.written.get(&number).copied().unwrap_or(0);
            let written = adopt(&begun.writer, &begun.progress, number, blob, &file, written)?;
            begun.written.insert(number, written);
        }
        begun.writer.reserve()?;
        Ok(begun)
    })
    .await
}
