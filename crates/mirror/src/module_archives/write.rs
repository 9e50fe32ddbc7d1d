//! Writing the archives of modules, some of them side by side.
//!
//! An archive is often small: its last blobs, its sync and its final name would leave the line idle if the next
//! one had to wait for them. What modules share is still downloaded once (`mirror::nearby`).

use std::{collections::BTreeMap, path::PathBuf, slice, sync::Arc};

use bundle::Bundle;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use mirror::{
    Event, Nearby, Observer, Stage,
    pull::{Destination, Written, pull},
};
use tokio::sync::Semaphore;

use super::plan::{Broken, Planned};
use crate::{args::ModulesTransferArgs, failure::Failure, progress::Progress};

/// Archives in work at once.
const AT_ONCE: usize = 4;
/// Files of archives in work that are open at once; more only if a single archive has more parts. The journals
/// and what is read keep as many again open, and 256 is the limit of a process on some systems.
const OPEN_FILES: u32 = 48;

/// What was written, in the order of the modules, and which modules could not be.
pub(super) struct Brought {
    pub(super) files: Vec<PathBuf>,
    pub(super) sums: BTreeMap<PathBuf, String>,
    pub(super) broken: Vec<Broken>,
}

/// What all modules are written with.
pub(super) struct Bringer<'a> {
    args: &'a ModulesTransferArgs,
    nearby: &'a Nearby,
    observer: Arc<dyn Observer>,
    open_files: Semaphore,
}

impl<'a> Bringer<'a> {
    pub(super) fn new(args: &'a ModulesTransferArgs, nearby: &'a Nearby, progress: &Arc<Progress>) -> Self {
        let open_files = Semaphore::new(OPEN_FILES as usize);
        Self { args, nearby, observer: progress.clone(), open_files }
    }

    /// Writes all archives; one that the source has only in part does not stop the others.
    pub(super) async fn bring(&self, ready: Vec<Planned>) -> Result<Brought, Failure> {
        if !self.args.no_pull_resume {
            for module in &ready {
                // An archive that cannot be read is no use here, and is about to be replaced.
                if let Ok(archive) = Bundle::open(slice::from_ref(&module.archive)) {
                    self.nearby.add(&archive);
                }
            }
        }
        self.observer.event(Event::StageBegan {
            stage: Stage::Download,
            bytes: ready.iter().map(|module| module.plan.download_size()).sum(),
            items: ready.iter().map(|module| module.plan.layout().blobs().len() as u64).sum(),
        });
        let mut ended: Vec<(usize, Result<Written, Broken>)> = stream::iter(ready.into_iter().enumerate())
            .map(|(number, module)| async move { Ok::<_, Failure>((number, self.one(module).await?)) })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        self.observer.event(Event::StageEnded(Stage::Download));
        ended.sort_by_key(|(number, _)| *number);
        let mut brought = Brought { files: Vec::new(), sums: BTreeMap::new(), broken: Vec::new() };
        for (_, outcome) in ended {
            match outcome {
                Ok(written) => {
                    brought.files.extend(written.files);
                    brought.sums.extend(written.sums);
                }
                Err(broken) => brought.broken.push(broken),
            }
        }
        Ok(brought)
    }

    async fn one(&self, module: Planned) -> Result<Result<Written, Broken>, Failure> {
        let Planned { name, archive, source, journal: Some(journal), found, plan } = module else {
            return Err(Failure::internal("a pull without journal"));
        };
        let part_size = self.args.images_bundle_chunk_size.filter(|size| *size > 0);
        let parts = part_size.map_or(1, |size| plan.layout().size().div_ceil(size));
        let files = u32::try_from(parts + 1).unwrap_or(OPEN_FILES).min(OPEN_FILES);
        // The semaphore is never closed, so a missing permit cannot happen.
        let _open = self.open_files.acquire_many(files).await.ok();
        let destination = Destination { path: archive, part_size, gost: self.args.gost_digest };
        let parallel = self.args.connection.parallel();
        let written =
            pull(&source, &plan, &found.wanted, &journal, &destination, parallel, &self.observer).await;
        match written {
            Ok(written) => {
                journal.remove()?;
                self.nearby.finished(&destination.path)?;
                Ok(Ok(written))
            }
            Err(error @ mirror::Error::Incomplete { .. }) => {
                self.nearby.abandoned(&destination.path);
                Ok(Err(Broken { name, failure: error.into() }))
            }
            Err(error) => Err(error.into()),
        }
    }
}
