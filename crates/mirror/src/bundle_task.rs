//! Long work on a bundle, on a thread of its own: with progress events, and stopped when its caller stops.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bundle::BundleError;

use crate::{Error, Event, Observer, Stage};

/// Runs `work` as `stage` and waits for it. If the returned future is dropped, for example after Ctrl-C, the work is
/// cancelled.
///
/// # Errors
/// [`Error::Bundle`] with what the work failed with.
pub async fn run<T: Send + 'static>(
    stage: Stage,
    observer: &Arc<dyn Observer>,
    work: impl FnOnce(&dyn bundle::Progress) -> Result<T, BundleError> + Send + 'static,
) -> Result<T, Error> {
    let cancel = CancelOnDrop(Arc::new(AtomicBool::new(false)));
    let progress = StageProgress { stage, observer: Arc::clone(observer), cancelled: Arc::clone(&cancel.0) };
    let work = tokio::task::spawn_blocking(move || {
        let result = work(&progress);
        if result.is_ok() {
            progress.observer.event(Event::StageEnded(stage));
        }
        result
    });
    Ok(work.await.map_err(|error| Error::Internal(error.to_string()))??)
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct StageProgress {
    stage: Stage,
    observer: Arc<dyn Observer>,
    cancelled: Arc<AtomicBool>,
}

impl bundle::Progress for StageProgress {
    fn began(&self, bytes: u64) {
        let (stage, items) = (self.stage, 0);
        self.observer.event(Event::StageBegan { stage, bytes, items });
    }

    fn bytes(&self, count: u64) {
        self.observer.event(Event::Bytes(count));
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
