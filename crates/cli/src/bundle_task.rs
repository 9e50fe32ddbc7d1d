//! Long work on a bundle, on a thread of its own: seen on the progress display, and stopped with the command.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bundle::BundleError;
use mirror::{Event, Observer, Stage};

use crate::{Environment, args::OutputArgs, failure::Failure, progress::Progress};

/// Runs `work` as `stage` and waits for it. If the waiting is given up, as after Ctrl-C, the work is told to
/// stop.
pub(crate) async fn run<T: Send + 'static>(
    stage: Stage,
    output: &OutputArgs,
    environment: &Environment,
    work: impl FnOnce(&dyn bundle::Progress) -> Result<T, BundleError> + Send + 'static,
) -> Result<T, Failure> {
    let stop = StopOnDrop(Arc::new(AtomicBool::new(false)));
    let watch = Watch {
        stage,
        progress: Progress::new(output, environment.stderr_is_terminal),
        stop: Arc::clone(&stop.0),
    };
    let work = tokio::task::spawn_blocking(move || {
        let result = work(&watch);
        if result.is_ok() {
            watch.progress.event(Event::StageEnded(stage));
        }
        result
    });
    Ok(work.await.map_err(Failure::internal)??)
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Watch {
    stage: Stage,
    progress: Progress,
    stop: Arc<AtomicBool>,
}

impl bundle::Progress for Watch {
    fn began(&self, bytes: u64) {
        let (stage, items) = (self.stage, 0);
        self.progress.event(Event::StageBegan { stage, bytes, items });
    }

    fn bytes(&self, count: u64) {
        self.progress.event(Event::Bytes(count));
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
