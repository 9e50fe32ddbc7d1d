//! A thread that sums up what another one reads: Streebog is ten times slower than a disk, so each chain of
//! it takes a core of its own.

use std::{
    io,
    sync::mpsc::{SyncSender, sync_channel},
    thread::{Builder, Scope, ScopedJoinHandle},
};

use bytes::Bytes;

use super::{GostSum, pieces::PieceSums};

/// Blocks that wait for the thread, at most: what bounds the memory.
const WAITING: usize = 4;

/// The sending end.
#[derive(Debug)]
pub(crate) struct SumThread<'scope> {
    blocks: SyncSender<Bytes>,
    thread: ScopedJoinHandle<'scope, Vec<GostSum>>,
}

impl<'scope> SumThread<'scope> {
    /// Starts a thread for consecutive pieces of these sizes in bytes.
    ///
    /// # Errors
    /// What the system says if there can be no further thread.
    pub(crate) fn start(scope: &'scope Scope<'scope, '_>, sizes: Vec<u64>) -> io::Result<Self> {
        let (blocks, received) = sync_channel::<Bytes>(WAITING);
        let thread = Builder::new().name("gost".to_owned()).spawn_scoped(scope, move || {
            let mut pieces = PieceSums::new(sizes);
            for block in received {
                pieces.update(&block);
            }
            pieces.finish()
        })?;
        Ok(Self { blocks, thread })
    }

    /// Hands over the next bytes; waits while too many wait already.
    pub(crate) fn send(&self, block: &Bytes) {
        // The other end is gone only after a panic, which `finish` hands on.
        drop(self.blocks.send(block.clone()));
    }

    /// The sums of all pieces.
    pub(crate) fn finish(self) -> Vec<GostSum> {
        drop(self.blocks);
        match self.thread.join() {
            Ok(sums) => sums,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
