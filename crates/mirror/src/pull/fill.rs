//! Completing one blob: what is there already, then the rest from the source, then its digest.

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

/// How many times a blob whose content does not have its digest is fetched before it counts as
/// damaged at the source: once more, since a proxy on the way may have spoiled it.
pub(crate) const CONTENT_ATTEMPTS: u32 = 2;

/// A blob's progress is noted each time that so many bytes more of it are written.
const NOTE_EVERY: u64 = 1024 * 1024;

const BLOCK: u64 = 1024 * 1024;

/// What is read and written at once of a copy, and what is copied before progress is told, in bytes.
const COPY_BLOCK: usize = 128 * 1024;
const COPY_STEP: u64 = 4 * 1024 * 1024;

/// What is handed to a writing thread at once, in bytes. Two batches of each running blob are in memory.
const BATCH: u64 = 1024 * 1024;

/// What all blobs of one pull have in common.
pub(super) struct Filler<'a> {
    pub(super) source: &'a Source,
    pub(super) plan: &'a Plan,
    pub(super) wanted: &'a Wanted,
    pub(super) writer: &'a Arc<Writer>,
    pub(super) progress: &'a Progress,
    pub(super) sums: Option<&'a FrontierSums>,
    pub(super) sync: WriteBack,
    pub(super) observer: &'a dyn Observer,
    pub(super) missing: Mutex<Vec<MissingItem>>,
    /// Held until the last blob has been begun; the next archive waits for it.
    pub(super) turn: Mutex<Option<OwnedMutexGuard<()>>>,
}

/// A blob on its way into the bundle.
struct Filling<'a> {
    number: u32,
    blob: &'a PlannedBlob,
    places: Arc<[u64]>,
    hasher: Hasher,
    position: u64,
    /// Where the progress was noted last.
    noted: u64,
    /// How far the user was told of; never taken back.
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

impl Filler<'_> {
    /// Brings the blob with this number into the bundle; `written` bytes of it are there, unchecked.
    /// A blob that the source lacks or has damaged is put on the list.
    pub(super) async fn fill(&self, number: u32, blob: &PlannedBlob, written: u64) -> Result<(), Error> {
        let nearby = self.source.nearby();
        let _claim = match nearby {
            Some(nearby) => nearby.claim(&blob.digest).await,
            None => None,
        };
        if number as usize + 1 == self.plan.layout().blobs().len() {
            self.turn.lock().take();
        }
        let mut filling = Filling {
            number,
            blob,
            places: blob.offsets.as_slice().into(),
            hasher: blob.digest.hasher(),
            position: 0,
            noted: 0,
            reported: 0,
            writing: None,
        };
        self.replay(&mut filling, written).await?;
        match self.complete(&mut filling).await {
            Err(error) if error.is_bad_content() => {
                let item = self.missing(blob, &error);
                self.missing.lock().push(item);
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => {
                if let (Some(nearby), Some(offset)) = (nearby, blob.offsets.first()) {
                    let place = Placed { writer: self.writer.clone(), offset: *offset, size: blob.size };
                    nearby.completed(&blob.digest, place);
                }
                self.observer.event(Event::Items(1));
                self.observer.event(Event::Detail(format!("{} ({} bytes)", blob.digest, blob.size)));
                Ok(())
            }
        }
    }

    /// Hashes what an earlier run has written at the blob's first place, and writes it at the others
    /// again: a power cut may have taken it from some of them.
    async fn replay(&self, filling: &mut Filling<'_>, written: u64) -> Result<(), Error> {
        while filling.position < written {
            let count = usize::try_from((written - filling.position).min(BLOCK)).unwrap_or(0);
            let (writer, places) = (self.writer.clone(), filling.places.clone());
            let (position, mut hasher) = (filling.position, filling.hasher.clone());
            filling.hasher = blocking(move || {
                let mut block = vec![0; count];
                writer.read_at(places[0] + position, &mut block)?;
                hasher.update(&block);
                for place in &places[1..] {
                    writer.write_at(place + position, &block)?;
                }
                Ok(hasher)
            })
            .await?;
            self.moved(filling, count as u64);
        }
        filling.noted = filling.position;
        Ok(())
    }

    async fn complete(&self, filling: &mut Filling<'_>) -> Result<(), Error> {
        let digest = filling.blob.digest;
        if self.copy(filling).await? {
            return Ok(());
        }
        let mut last = None;
        for path in self.plan.sources(&digest) {
            let mut attempt = 0;
            while attempt < CONTENT_ATTEMPTS {
                let resumed = filling.position > 0;
                let fetched = self.fetch(path, filling).await;
                // A transfer that broke off may have left a batch on its way to the disk: whatever comes
                // next must begin behind it.
                self.settle(filling).await?;
                match fetched {
                    Ok(()) => return Ok(()),
                    Err(Error::Registry(error)) if error.is_not_found() => {
                        last = Some(error.into());
                        break;
                    }
                    Err(error) if error.is_bad_content() => last = Some(error),
                    Err(error) => return Err(error),
                }
                self.restart(filling);
                // What an earlier run has left may be the damaged part: the source gets its full chances.
                attempt += u32::from(!resumed);
            }
        }
        Err(last.unwrap_or_else(|| Error::Internal(format!("no repository is planned to have {digest}"))))
    }

    /// Copies from where the blob stands, if an archive nearby has it; false if that is not so, or not what it
    /// should be. What an earlier run has left may be to blame for that, and is dropped too.
    async fn copy(&self, filling: &mut Filling<'_>) -> Result<bool, Error> {
        let blob = filling.blob;
        let Some(nearby) = self.source.nearby() else { return Ok(false) };
        let mut tried: Option<Kept> = None;
        // Once more if it has moved: the archive that had it may just have been replaced.
        for _ in 0..2 {
            let Some(kept) = nearby.get(&blob.digest, blob.size) else { return Ok(false) };
            if tried.is_some_and(|tried| Arc::ptr_eq(&tried, &kept)) {
                return Ok(false);
            }
            let began = filling.position;
            while filling.position < blob.size && self.copy_step(filling, &kept).await? {}
            if filling.position == blob.size && filling.hasher.clone().finish() == blob.digest {
                if began < blob.size {
                    nearby.count(blob.size - began);
                }
                self.progress.record(filling.number, blob.size)?;
                return Ok(true);
            }
            self.restart(filling);
            tried = Some(kept);
        }
        Ok(false)
    }

    /// Copies the next bytes to each place; false if they cannot be read.
    async fn copy_step(&self, filling: &mut Filling<'_>, kept: &Kept) -> Result<bool, Error> {
        let (writer, places, kept) = (self.writer.clone(), filling.places.clone(), kept.clone());
        let (began, mut hasher) = (filling.position, filling.hasher.clone());
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
        filling.hasher = hasher;
        self.advance(filling, count).await?;
        Ok(true)
    }

    /// Takes back what was written: its digest is wrong.
    fn restart(&self, filling: &mut Filling<'_>) {
        for place in &*filling.places {
            self.sums.inspect(|sums| sums.undone(*place, filling.position));
        }
        filling.position = 0;
        filling.noted = 0;
        filling.hasher = filling.blob.digest.hasher();
    }

    /// Fetches from where the blob stands to its end and checks the digest of the whole.
    async fn fetch(&self, path: &str, filling: &mut Filling<'_>) -> Result<(), Error> {
        let blob = filling.blob;
        let repository = self.source.repository(path)?;
        if filling.position < blob.size {
            let mut reader = repository.read_blob(blob.digest, blob.size, filling.position);
            let mut batch = Batch::default();
            while let Some(chunk) = reader.next().await? {
                batch.add(chunk);
                if batch.size >= BATCH {
                    self.write(filling, std::mem::take(&mut batch)).await?;
                }
            }
            self.write(filling, batch).await?;
            self.settle(filling).await?;
        }
        let found = filling.hasher.clone().finish();
        if found == blob.digest {
            return self.progress.record(filling.number, blob.size);
        }
        Err(Error::content(&repository, &blob.digest, found))
    }

    /// Begins to hash a batch and to write it at each place, once the batch before it is done. The next
    /// one can be read from the network meanwhile.
    async fn write(&self, filling: &mut Filling<'_>, batch: Batch) -> Result<(), Error> {
        self.settle(filling).await?;
        let (writer, places) = (self.writer.clone(), filling.places.clone());
        let (position, mut hasher) = (filling.position, filling.hasher.clone());
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
        filling.writing = Some((size, task));
        Ok(())
    }

    /// Waits for the batch that is being written.
    async fn settle(&self, filling: &mut Filling<'_>) -> Result<(), Error> {
        let Some((size, task)) = filling.writing.take() else {
            return Ok(());
        };
        filling.hasher = task.await.map_err(|error| Error::Internal(error.to_string()))??;
        self.advance(filling, size).await
    }

    /// Notes that so many bytes more are written.
    async fn advance(&self, filling: &mut Filling<'_>, size: u64) -> Result<(), Error> {
        self.moved(filling, size);
        if filling.position - filling.noted >= NOTE_EVERY {
            self.progress.record(filling.number, filling.position)?;
            filling.noted = filling.position;
        }
        self.sync.written(self.writer, size).await
    }

    fn moved(&self, filling: &mut Filling<'_>, bytes: u64) {
        for place in &*filling.places {
            self.sums.inspect(|sums| sums.done(place + filling.position, bytes));
        }
        filling.position += bytes;
        if filling.position > filling.reported {
            self.observer.event(Event::Bytes(filling.position - filling.reported));
            filling.reported = filling.position;
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
