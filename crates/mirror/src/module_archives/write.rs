//! Writing the archives of modules, several of them concurrently.
//!
//! An archive is often small: its last blobs, its sync and its final name would leave the network idle if the next one had
//! to wait for them. What modules share is still downloaded once (`local_blobs`).

use std::{slice, sync::Arc};

use bundle::Bundle;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::Semaphore;

use super::{FailedModule, PlannedModule};
use crate::{
    Error, Event, LocalBlobs, Observer, Stage,
    archives::WriteOptions,
    pull::{Destination, PullJob, Written, pull},
};

/// Archives that are written at the same time.
const CONCURRENT_ARCHIVES: usize = 4;
/// Open files of these archives; more only if a single archive has more parts. The journals and what is read keep as
/// many again open, and 256 is the limit of a process on some systems.
const OPEN_FILES: u32 = 48;

/// What was written, in the order of the modules, and which modules could not be.
#[derive(Debug, Default)]
pub struct ModulesWritten {
    /// What was written.
    pub written: Written,
    /// The modules that could not be written.
    pub failed: Vec<FailedModule>,
}

/// What all archives are written with.
struct ArchiveWriter<'a> {
    local: &'a LocalBlobs,
    options: WriteOptions,
    observer: &'a Arc<dyn Observer>,
    open_files: Semaphore,
}

/// Writes the archives of all `modules`; one that the source has only in part does not stop the others.
///
/// # Errors
/// [`Error::Registry`] if the source cannot be reached; [`Error::Bundle`] for the local disk.
pub async fn write(
    modules: Vec<PlannedModule>,
    local: &LocalBlobs,
    options: WriteOptions,
    observer: &Arc<dyn Observer>,
) -> Result<ModulesWritten, Error> {
    if !options.fresh {
        for module in &modules {
            // An archive that cannot be read is of no use, and is about to be replaced.
            if let Ok(archive) = Bundle::open(slice::from_ref(&module.archive)) {
                local.add(&archive);
            }
        }
    }
    observer.event(Event::StageBegan {
        stage: Stage::Download,
        bytes: modules.iter().map(|module| module.plan.download_size()).sum(),
        items: modules.iter().map(|module| module.plan.layout().blobs().len() as u64).sum(),
    });
    let writer = &ArchiveWriter { local, options, observer, open_files: Semaphore::new(OPEN_FILES as usize) };
    let mut ended: Vec<(usize, Result<Written, FailedModule>)> =
        stream::iter(modules.into_iter().enumerate())
            .map(|(number, module)| async move { Ok::<_, Error>((number, writer.write(module).await?)) })
            .buffer_unordered(CONCURRENT_ARCHIVES)
            .try_collect()
            .await?;
    observer.event(Event::StageEnded(Stage::Download));
    ended.sort_by_key(|(number, _)| *number);
    let mut all = ModulesWritten::default();
    for (_, outcome) in ended {
        match outcome {
            Ok(written) => all.written.extend(written),
            Err(failed) => all.failed.push(failed),
        }
    }
    Ok(all)
}

impl ArchiveWriter<'_> {
    /// The outer result is that of the run, the inner one that of the module.
    async fn write(&self, module: PlannedModule) -> Result<Result<Written, FailedModule>, Error> {
        let PlannedModule { name, archive, source, journal, found, plan } = module;
        let journal =
            journal.ok_or_else(|| Error::Internal(format!("module {name} was planned for a dry run")))?;
        let WriteOptions { part_size, gost, parallel, .. } = self.options;
        let parts = part_size.map_or(1, |size| plan.layout().size().div_ceil(size));
        let files = u32::try_from(parts + 1).unwrap_or(OPEN_FILES).min(OPEN_FILES);
        // The semaphore is never closed, so a missing permit cannot happen.
        let _open = self.open_files.acquire_many(files).await.ok();
        let destination = Destination { path: archive, part_size, gost };
        let job = PullJob {
            source: &source,
            plan: &plan,
            wanted: &found.wanted,
            journal: &journal,
            destination: &destination,
            parallel,
            observer: self.observer,
        };
        match pull(job).await {
            Ok(written) => {
                journal.remove()?;
                self.local.finished(&destination.path)?;
                Ok(Ok(written))
            }
            Err(error @ Error::Incomplete { .. }) => {
                self.local.abandoned(&destination.path);
                Ok(Err(FailedModule { name, error }))
            }
            Err(error) => Err(error),
        }
    }
}
