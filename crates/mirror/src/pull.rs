//! Filling the planned archive: every blob is fetched once and written at each of its places.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bundle::{PlannedBlob, Writer};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::Hasher;

use crate::{Error, Event, MissingItem, Observer, Plan, Stage, error::Place, source::Source, wanted::Wanted};

/// How many times a blob whose content does not have its digest is fetched before it counts as
/// damaged at the source: once more, since a proxy on the way may have spoiled it.
const CONTENT_ATTEMPTS: u32 = 2;

/// Where the bundle goes and how.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The bundle file.
    pub path: PathBuf,
    /// Largest size of a part in bytes, if the bundle is to be cut into parts.
    pub part_size: Option<u64>,
}

/// Downloads everything that `plan` lays out and gives the bundle its name.
///
/// Returns the files of the bundle. On failure nothing bears the final name.
///
/// # Errors
/// [`Error::Incomplete`] with every blob that the source does not have or has damaged;
/// [`Error::Registry`] if the source could not be reached; [`Error::Bundle`] for the local disk.
pub async fn pull(
    source: &Source,
    plan: &Plan,
    wanted: &Wanted,
    destination: &Destination,
    parallel: usize,
    observer: &dyn Observer,
) -> Result<Vec<PathBuf>, Error> {
    let layout = plan.layout();
    let writer = Arc::new(Writer::create(
        &destination.path,
        layout.size(),
        destination.part_size,
    )?);
    for (offset, bytes) in layout.fixed_segments() {
        writer.write_at(offset, &bytes)?;
    }
    let blobs = layout.blobs();
    observer.event(Event::StageBegan {
        stage: Stage::Download,
        bytes: plan.download_size(),
        items: blobs.len() as u64,
    });

    // Layers that planning has kept are moved first, each file freed before the rest of the archive
    // is allocated, so that the disk never holds much more than the bundle.
    let mut remaining = Vec::with_capacity(blobs.len());
    for blob in blobs {
        match source.take_layer(&blob.digest) {
            Some((kept, file)) => {
                move_kept(&writer, blob, kept, file).await?;
                observer.event(Event::Bytes(blob.size));
                observer.event(Event::Items(1));
            }
            None => remaining.push(blob),
        }
    }
    writer.reserve()?;
    let missing = Mutex::new(Vec::new());
    stream::iter(remaining)
        .map(Ok)
        .try_for_each_concurrent(parallel, |blob| {
            let (writer, missing) = (&writer, &missing);
            async move {
                match fetch(source, plan, writer, blob, observer).await {
                    Err(error) if error.is_bad_content() => {
                        let item = missing_blob(source, plan, wanted, blob, &error);
                        missing.lock().unwrap_or_else(PoisonError::into_inner).push(item);
                        Ok(())
                    }
                    result => result,
                }
            }
        })
        .await?;
    let mut items = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
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

/// Fetches one blob from the first repository that has it and writes it at each of its places.
async fn fetch(
    source: &Source,
    plan: &Plan,
    writer: &Arc<Writer>,
    blob: &PlannedBlob,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let mut reported = 0;
    let mut last = None;
    for path in plan.sources(&blob.digest) {
        for _ in 0..CONTENT_ATTEMPTS {
            match fetch_from(source, path, writer, blob, &mut reported, observer).await {
                Ok(()) => {
                    observer.event(Event::Items(1));
                    observer.event(Event::Detail(format!("{} ({} bytes)", blob.digest, blob.size)));
                    return Ok(());
                }
                Err(Error::Registry(error)) if error.is_not_found() => {
                    last = Some(error.into());
                    break;
                }
                Err(error) if error.is_bad_content() => last = Some(error),
                Err(error) => return Err(error),
            }
        }
    }
    let nowhere = || Error::Internal(format!("no repository is planned to have {}", blob.digest));
    Err(last.unwrap_or_else(nowhere))
}

async fn fetch_from(
    source: &Source,
    path: &str,
    writer: &Arc<Writer>,
    blob: &PlannedBlob,
    reported: &mut u64,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let repository = source.repository(path)?;
    let mut reader = repository.read_blob(blob.digest, blob.size, 0);
    let mut hasher = blob.digest.hasher();
    let places: Arc<[u64]> = blob.offsets.as_slice().into();
    let mut position = 0;
    while let Some(chunk) = reader.next().await? {
        let length = chunk.len() as u64;
        hasher = write(writer, &places, position, chunk, hasher).await?;
        position += length;
        if position > *reported {
            observer.event(Event::Bytes(position - *reported));
            *reported = position;
        }
    }
    let found = hasher.finish();
    if found == blob.digest {
        return Ok(());
    }
    Err(Error::content(&repository, &blob.digest, found))
}

/// Hashes a chunk and writes it at each place, off the threads that serve the network.
async fn write(
    writer: &Arc<Writer>,
    places: &Arc<[u64]>,
    position: u64,
    chunk: Bytes,
    mut hasher: Hasher,
) -> Result<Hasher, Error> {
    let (writer, places) = (writer.clone(), places.clone());
    blocking(move || {
        hasher.update(&chunk);
        for place in &*places {
            writer.write_at(place + position, &chunk)?;
        }
        Ok(hasher)
    })
    .await
}

/// Copies a blob that planning has read to its places and frees its file.
async fn move_kept(
    writer: &Arc<Writer>,
    blob: &PlannedBlob,
    kept: Arc<dyn oci::BlobSource>,
    file: Option<PathBuf>,
) -> Result<(), Error> {
    let (writer, places) = (writer.clone(), blob.offsets.clone());
    blocking(move || {
        let failed = |source| Error::File {
            path: file.clone().unwrap_or_else(|| Path::new("memory").to_owned()),
            source,
        };
        let mut block = vec![0; 1024 * 1024];
        let mut position = 0;
        while position < kept.size() {
            let count = kept.read_at(position, &mut block).map_err(failed)?;
            for place in &places {
                writer.write_at(place + position, &block[..count])?;
            }
            position += count as u64;
        }
        drop(kept);
        match &file {
            Some(path) => std::fs::remove_file(path).map_err(failed),
            None => Ok(()),
        }
    })
    .await
}

fn missing_blob(
    source: &Source,
    plan: &Plan,
    wanted: &Wanted,
    blob: &PlannedBlob,
    error: &Error,
) -> MissingItem {
    let path = plan.sources(&blob.digest).first().map_or("", String::as_str);
    let separator = if path.is_empty() { "" } else { "/" };
    MissingItem {
        repository: format!("{}{separator}{path}", source.root()),
        reference: blob.digest.to_string(),
        wanted_by: plan.wanted_by(&blob.digest, wanted),
        reason: error.to_string(),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let task = tokio::task::spawn_blocking(work);
    task.await.map_err(|error| Error::Internal(error.to_string()))?
}
