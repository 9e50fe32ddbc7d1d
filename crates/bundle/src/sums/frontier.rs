//! GOST sums of a bundle while many workers write it.
//!
//! A sum needs the bytes in file order, and blobs are fetched in file order, so the finished prefix trails
//! the workers by little: it is read back while it is still in the page cache, and no second pass over the
//! disk is needed. One thread follows for the whole, and one for the parts in turn; both hold one block.

use std::{
    io,
    sync::Arc,
    thread::{Builder, JoinHandle},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{
    GostSum, GostSums,
    pieces::{Mark, PieceSums},
    regions::Regions,
};
use crate::{BundleError, Writer};

/// Read back at a time, in bytes. A thread sleeps until that much more is finished.
const BLOCK: u64 = 1024 * 1024;
/// How often the state of a sum is kept, in bytes: the most that is summed up again after bytes that were
/// told to be finished turn out to be wrong. 480 marks for 30 GB.
const MARK_EVERY: u64 = 64 * BLOCK;

/// Follows a [`Writer`] and sums up what is finished. Dropped without [`FrontierSums::finish`] it stops.
#[derive(Debug)]
pub struct FrontierSums {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Result<Vec<GostSum>, BundleError>>>,
}

#[derive(Debug)]
struct Shared {
    writer: Arc<Writer>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    finished: Regions,
    /// Per thread: the lowest offset whose bytes were taken back since it looked.
    taken_back: Vec<Option<u64>>,
    /// No more regions will be reported.
    closed: bool,
    cancelled: bool,
}

impl FrontierSums {
    /// Starts to follow `writer`. Nothing of it counts as finished yet, even if it continues with the bytes
    /// of an earlier run.
    ///
    /// # Errors
    /// [`BundleError::Io`] if the system has no thread to give.
    pub fn start(writer: Arc<Writer>) -> Result<Self, BundleError> {
        let mut pieces = vec![vec![writer.size()]];
        if writer.is_in_parts() {
            pieces.push(writer.file_sizes());
        }
        let state = State {
            finished: Regions::default(),
            taken_back: vec![None; pieces.len()],
            closed: false,
            cancelled: false,
        };
        let shared = Arc::new(Shared { writer, state: Mutex::new(state), changed: Condvar::new() });
        let mut sums = Self { shared: Arc::clone(&shared), threads: Vec::new() };
        for (number, sizes) in pieces.into_iter().enumerate() {
            let follower = Follower {
                shared: Arc::clone(&shared),
                number,
                marks: Vec::new(),
                pieces: PieceSums::new(sizes),
                position: 0,
            };
            let thread = Builder::new()
                .name("gost".to_owned())
                .spawn(move || follower.run())
                .map_err(BundleError::io(shared.writer.path()))?;
            sums.threads.push(thread);
        }
        Ok(sums)
    }

    /// Reports that `count` bytes from `offset` are written. Regions may be reported in any order, from any
    /// thread, and twice.
    pub fn done(&self, offset: u64, count: u64) {
        let mut state = self.shared.lock();
        let before = state.finished.prefix();
        state.finished.add(offset, offset.saturating_add(count));
        let after = state.finished.prefix();
        drop(state);
        if after > before {
            self.shared.changed.notify_all();
        }
    }

    /// Withdraws what was reported of `count` bytes from `offset`, such as when a blob that was reported while it
    /// came turned out to have the wrong digest. To be called before other bytes are written there.
    pub fn undone(&self, offset: u64, count: u64) {
        let mut state = self.shared.lock();
        state.finished.remove(offset, offset.saturating_add(count));
        for lowest in &mut state.taken_back {
            *lowest = Some(lowest.map_or(offset, |lowest| lowest.min(offset)));
        }
    }

    /// Waits until everything is summed up. Blocks for as long as the sums are behind.
    ///
    /// # Errors
    /// [`BundleError::Io`] if the bytes cannot be read back, or if not every byte was reported as finished.
    pub fn finish(mut self) -> Result<GostSums, BundleError> {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        let mut sums = Vec::new();
        for thread in self.threads.drain(..) {
            sums.push(match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
        }
        let mut sums = sums.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter();
        let whole = sums.next().and_then(|whole| whole.first().copied());
        Ok(GostSums { whole: whole.ok_or(BundleError::Cancelled)?, parts: sums.next().unwrap_or_default() })
    }
}

impl Drop for FrontierSums {
    fn drop(&mut self) {
        self.shared.lock().cancelled = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // The result is not needed any more.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// One thread with its sum.
struct Follower {
    shared: Arc<Shared>,
    number: usize,
    /// States to go back to, with their offsets, ascending.
    marks: Vec<(u64, Mark)>,
    pieces: PieceSums,
    /// Bytes summed up.
    position: u64,
}

impl Follower {
    fn run(mut self) -> Result<Vec<GostSum>, BundleError> {
        let size = self.shared.writer.size();
        let mut block = vec![0; usize::try_from(BLOCK.min(size)).unwrap_or_default()];
        self.marks.push((0, self.pieces.mark()));
        while let Some(frontier) = self.wait()? {
            let count = usize::try_from(frontier - self.position).unwrap_or(usize::MAX).min(block.len());
            self.shared.writer.read_at(self.position, &mut block[..count])?;
            self.pieces.update(&block[..count]);
            self.position += count as u64;
            if self.marks.last().is_some_and(|(at, _)| self.position >= at + MARK_EVERY) {
                self.marks.push((self.position, self.pieces.mark()));
            }
        }
        Ok(self.pieces.finish())
    }

    /// Waits until there is a block to sum up and returns where the frontier is; `None` at the end.
    fn wait(&mut self) -> Result<Option<u64>, BundleError> {
        let shared = Arc::clone(&self.shared);
        let size = shared.writer.size();
        let mut state = shared.lock();
        loop {
            if state.cancelled {
                return Err(BundleError::Cancelled);
            }
            if let Some(lowest) = state.taken_back[self.number].take() {
                self.go_back(lowest);
            }
            let frontier = state.finished.prefix().min(size);
            if frontier == size && self.position < size {
                return Ok(Some(frontier));
            }
            if state.closed && self.position == size {
                return Ok(None);
            }
            if frontier >= self.position.saturating_add(BLOCK) {
                return Ok(Some(frontier));
            }
            if state.closed {
                let reason = format!("the bytes from offset {frontier} on were never written");
                let error = io::Error::new(io::ErrorKind::InvalidInput, reason);
                return Err(BundleError::io(shared.writer.path())(error));
            }
            shared.changed.wait(&mut state);
        }
    }

    /// Forgets everything from `lowest` on, if that much was summed up.
    fn go_back(&mut self, lowest: u64) {
        if self.position <= lowest {
            return;
        }
        // The first mark is at zero.
        let keep = self.marks.partition_point(|(at, _)| *at <= lowest).max(1);
        self.marks.truncate(keep);
        if let Some((at, mark)) = self.marks.last() {
            self.pieces.rewind(mark);
            self.position = *at;
        }
    }
}
