//! Writing one blob: what is there already, then the rest from the source, then its digest.

use std::sync::Arc;

use parking_lot::Mutex;

use bundle::{FrontierSums, PlannedBlob, Writer};
use bytes::Bytes;
use oci::Hasher;
use tokio::{sync::OwnedMutexGuard, task::JoinHandle};

use super::{blocking::blocking, write_back::WriteBack};
use crate::{
    Error, Event, MissingItem, Observer, Plan,
    journal::{Placed, Progress},
    source::{Kept, Source},
    wanted::Wanted,
};

/// How many times a blob whose content does not have its digest is downloaded before it counts as damaged at the
/// source: once more, since a proxy in between may have damaged it.
pub(crate) const CONTENT_ATTEMPTS: u32 = 2;

/// The progress of a blob is recorded each time that so many more bytes are written.
const RECORD_EVERY: u64 = 1024 * 1024;

const BLOCK: u64 = 1024 * 1024;

/// Sizes in bytes: of one read and write of a copy, and of what is copied between two progress reports.
const COPY_BLOCK: usize = 128 * 1024;
const COPY_STEP: u64 = 4 * 1024 * 1024;

/// Size in bytes of what a writing thread gets. Two batches of each running blob are in memory.
const BATCH: u64 = 1024 * 1024;

/// What all blobs of one pull have in common.
pub(super) struct BlobPull<'a> {
    pub(super) source: &'a Source,
    pub(super) plan: &'a Plan,
    pub(super) wanted: &'a Wanted,
    pub(super) writer: &'a Arc<Writer>,
    pub(super) progress: &'a Progress,
    pub(super) sums: Option<&'a FrontierSums>,
    pub(super) sync: WriteBack,
    pub(super) observer: &'a dyn Observer,
    /// Held until the last blob has been started; the next archive waits for it.
    pub(super) starting: Mutex<Option<OwnedMutexGuard<()>>>,
}

/// A blob that is being written into the bundle.
struct BlobProgress<'a> {
    number: u32,
    blob: &'a PlannedBlob,
    places: Arc<[u64]>,
    hasher: Hasher,
    position: u64,
    /// The position that was recorded last.
    recorded: u64,
    /// The position that was reported last; it never decreases.
    reported: u64,
    /// The batch that is being written, and its size in bytes.
    writing: Option<(u64, JoinHandle<Result<Hasher, Error>>)>,
}

/// Pieces of a blob as they came, not copied together.
#[derive(Default)]
struct Batch {
    chunks: Vec<Bytes>,
    size: u64,
}

impl Batch {
    fn add(&mut self, chunk: Bytes) {
        self.size += chunk.len() as u64;
        self.chunks.push(chunk);
    }
}

impl BlobPull<'_> {
    /// Writes the blob with this number into the bundle; `written` bytes of it are there, unchecked. Returns the blob as
    /// missing if the source does not have it, or has it damaged.
    pub(super) async fn write(
        &self,
        number: u32,
        blob: &PlannedBlob,
        written: u64,
    ) -> Result<Option<MissingItem>, Error> {
        let local = self.source.local();
        let _claim = match local {
            Some(local) => local.claim(&blob.digest).await,
            None => None,
        };
        if number as usize + 1 == self.plan.layout().blobs().len() {
            self.starting.lock().take();
        }
        let mut state = BlobProgress {
            number,
            blob,
            places: blob.offsets.as_slice().into(),
            hasher: blob.digest.hasher(),
            position: 0,
            recorded: 0,
            reported: 0,
            writing: None,
        };
        self.replay(&mut state, written).await?;
        match self.complete(&mut state).await {
            Err(error) if error.is_bad_content() => Ok(Some(self.missing(blob, &error))),
            Err(error) => Err(error),
            Ok(()) => {
                if let (Some(local), Some(offset)) = (local, blob.offsets.first()) {
                    let place = Placed { writer: self.writer.clone(), offset: *offset, size: blob.size };
                    local.completed(&blob.digest, place);
                }
                self.observer.event(Event::Items(1));
                self.observer.event(Event::Detail(format!("{} ({} bytes)", blob.digest, blob.size)));
                Ok(None)
            }
        }
    }

    /// Hashes what an earlier run has written at the blob's first place, and writes it at the others
    /// again: a power cut may have taken it from some of them.
    async fn replay(&self, state: &mut BlobProgress<'_>, written: u64) -> Result<(), Error> {
        while state.position < written {
            let count = usize::try_from((written - state.position).min(BLOCK)).unwrap_or(0);
            let (writer, places) = (self.writer.clone(), state.places.clone());
            let (position, mut hasher) = (state.position, state.hasher.clone());
            state.hasher = blocking(move || {
                let mut block = vec![0; count];
                writer.read_at(places[0] + position, &mut block)?;
                hasher.update(&block);
                for place in &places[1..] {
                    writer.write_at(place + position, &block)?;
                }
                Ok(hasher)
            })
            .await?;
            self.moved(state, count as u64);
        }
        state.recorded = state.position;
        Ok(())
    }

    async fn complete(&self, state: &mut BlobProgress<'_>) -> Result<(), Error> {
        let digest = state.blob.digest;
        if self.copy(state).await? {
            return Ok(());
        }
        let mut last = None;
        for path in self.plan.sources(&digest) {
            let mut attempt = 0;
            while attempt < CONTENT_ATTEMPTS {
                let resumed = state.position > 0;
                let fetched = self.download(path, state).await;
                // A transfer that broke off may have left a batch on its way to the disk: whatever comes
                // next must begin behind it.
                self.settle(state).await?;
                match fetched {
                    Ok(()) => return Ok(()),
                    Err(Error::Registry(error)) if error.is_not_found() => {
                        last = Some(error.into());
                        break;
                    }
                    Err(error) if error.is_bad_content() => last = Some(error),
                    Err(error) => return Err(error),
                }
                self.restart(state);
                // What an earlier run has left may be the damaged part: the source gets its full chances.
                attempt += u32::from(!resumed);
            }
        }
        Err(last.unwrap_or_else(|| Error::Internal(format!("no repository is planned to have {digest}"))))
    }

    /// Copies the rest of the blob from a local archive; false if none has it, or if the digest is wrong then. The data
    /// of an earlier run may be the cause of that, and is dropped too.
    async fn copy(&self, state: &mut BlobProgress<'_>) -> Result<bool, Error> {
        let blob = state.blob;
        let Some(local) = self.source.local() else { return Ok(false) };
        let mut tried: Option<Kept> = None;
        // Once more if it has moved: the archive that had it may just have been replaced.
        for _ in 0..2 {
            let Some(kept) = local.get(&blob.digest, blob.size) else { return Ok(false) };
            if tried.is_some_and(|tried| Arc::ptr_eq(&tried, &kept)) {
                return Ok(false);
            }
            let began = state.position;
            while state.position < blob.size && self.copy_step(state, &kept).await? {}
            if state.position == blob.size && state.hasher.clone().finish() == blob.digest {
                if began < blob.size {
                    local.count_copied(blob.size - began);
                }
                self.progress.record(state.number, blob.size)?;
                return Ok(true);
            }
            self.restart(state);
            tried = Some(kept);
        }
        Ok(false)
    }

    /// Copies the next bytes to each place; false if they cannot be read.
    async fn copy_step(&self, state: &mut BlobProgress<'_>, kept: &Kept) -> Result<bool, Error> {
        let (writer, places, kept) = (self.writer.clone(), state.places.clone(), kept.clone());
        let (began, mut hasher) = (state.position, state.hasher.clone());
        let copied = blocking(move || {
            // One small block all the time, which the processor's cache holds between reading, hashing and writing.
            let mut block = vec![0; COPY_BLOCK];
            let mut position = began;
            while position < kept.size().min(began + COPY_STEP) {
                let count = match kept.read_at(position, &mut block) {
                    Ok(0) | Err(_) => return Ok(None),
                    Ok(count) => count,
                };
                hasher.update(&block[..count]);
                for place in &*places {
                    writer.write_at(place + position, &block[..count])?;
                }
                position += count as u64;
            }
            Ok(Some((hasher, position - began)))
        })
        .await?;
        let Some((hasher, count)) = copied else { return Ok(false) };
        state.hasher = hasher;
        self.advance(state, count).await?;
        Ok(true)
    }

    /// Starts over: the digest of what was written is wrong.
    fn restart(&self, state: &mut BlobProgress<'_>) {
        for place in &*state.places {
            self.sums.inspect(|sums| sums.undone(*place, state.position));
        }
        state.position = 0;
        state.recorded = 0;
        state.hasher = state.blob.digest.hasher();
    }

    /// Downloads the rest of the blob and checks the digest of the whole.
    async fn download(&self, path: &str, state: &mut BlobProgress<'_>) -> Result<(), Error> {
        let blob = state.blob;
        let repository = self.source.repository(path)?;
        if state.position < blob.size {
            let mut reader = repository.read_blob(blob.digest, blob.size, state.position);
            let mut batch = Batch::default();
            while let Some(chunk) = reader.next().await? {
                batch.add(chunk);
                if batch.size >= BATCH {
                    self.start_batch(state, std::mem::take(&mut batch)).await?;
                }
            }
            self.start_batch(state, batch).await?;
            self.settle(state).await?;
        }
        let found = state.hasher.clone().finish();
        if found == blob.digest {
            return self.progress.record(state.number, blob.size);
        }
        Err(Error::content(&repository, &blob.digest, found))
    }

    /// Starts to hash a batch and to write it at each place, once the previous batch is done. The next one can be read
    /// from the network meanwhile.
    async fn start_batch(&self, state: &mut BlobProgress<'_>, batch: Batch) -> Result<(), Error> {
        self.settle(state).await?;
        let (writer, places) = (self.writer.clone(), state.places.clone());
        let (position, mut hasher) = (state.position, state.hasher.clone());
        let size = batch.size;
        let task = tokio::task::spawn_blocking(move || {
            let mut within = position;
            for chunk in batch.chunks {
                hasher.update(&chunk);
                for place in &*places {
                    writer.write_at(place + within, &chunk)?;
                }
                within += chunk.len() as u64;
            }
            Ok(hasher)
        });
        state.writing = Some((size, task));
        Ok(())
    }

    /// Waits for the batch that is being written.
    async fn settle(&self, state: &mut BlobProgress<'_>) -> Result<(), Error> {
        let Some((size, task)) = state.writing.take() else {
            return Ok(());
        };
        state.hasher = task.await.map_err(|error| Error::Internal(error.to_string()))??;
        self.advance(state, size).await
    }

    /// Records that so many more bytes are written.
    async fn advance(&self, state: &mut BlobProgress<'_>, size: u64) -> Result<(), Error> {
        self.moved(state, size);
        if state.position - state.recorded >= RECORD_EVERY {
            self.progress.record(state.number, state.position)?;
            state.recorded = state.position;
        }
        self.sync.written(self.writer, size).await
    }

    fn moved(&self, state: &mut BlobProgress<'_>, bytes: u64) {
        for place in &*state.places {
            self.sums.inspect(|sums| sums.done(place + state.position, bytes));
        }
        state.position += bytes;
        if state.position > state.reported {
            self.observer.event(Event::Bytes(state.position - state.reported));
            state.reported = state.position;
        }
    }

    fn missing(&self, blob: &PlannedBlob, error: &Error) -> MissingItem {
        let path = self.plan.sources(&blob.digest).first().map_or("", String::as_str);
        MissingItem {
            repository: self.source.name(path),
            reference: blob.digest.to_string(),
            wanted_by: self.plan.wanted_by(&blob.digest, self.wanted),
            reason: error.to_string(),
            cause: error.cause(),
        }
    }
}
