//! Bringing what was written to the disk while the rest is still on its way.
//!
//! Without it a whole bundle may wait in memory for the sync before its final name, and a power cut would
//! take all of it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bundle::{BundleError, Writer};
use tokio::{sync::Mutex, task::JoinHandle};

use crate::Error;

/// A sync is begun each time that so many bytes more are written, unless one is running.
const EVERY: u64 = 16 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct WriteBack {
    waiting: AtomicU64,
    running: Mutex<Option<JoinHandle<Result<(), BundleError>>>>,
}

impl WriteBack {
    /// Tells that bytes were written.
    ///
    /// # Errors
    /// What an earlier sync failed with, as a disk that is full only now.
    pub(super) async fn written(&self, writer: &Arc<Writer>, bytes: u64) -> Result<(), Error> {
        if self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes < EVERY {
            return Ok(());
        }
        let mut running = self.running.lock().await;
        if running.as_ref().is_some_and(|task| !task.is_finished()) {
            return Ok(());
        }
        settle(running.take()).await?;
        self.waiting.store(0, Ordering::Relaxed);
        let writer = writer.clone();
        *running = Some(tokio::task::spawn_blocking(move || writer.sync()));
        Ok(())
    }

    /// Waits until no sync is running.
    ///
    /// # Errors
    /// What the last one failed with.
    pub(super) async fn finish(self) -> Result<(), Error> {
        settle(self.running.into_inner()).await
    }
}

async fn settle(task: Option<JoinHandle<Result<(), BundleError>>>) -> Result<(), Error> {
    let Some(task) = task else { return Ok(()) };
    Ok(task.await.map_err(|error| Error::Internal(error.to_string()))??)
}
