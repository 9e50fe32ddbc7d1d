//! The archives that a pull writes: one, or with `--bundle-format d8` several in a directory.
//!
//! They are written one after the other, each as a bundle of its own with partial files, journal and sums, the
//! platform last, since its journal is that of the whole pull. A pull that goes on reads the archives that are
//! done instead of downloading them, and what several archives share is downloaded for the first of them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bundle::{Bundle, VerifyReport};
use mirror::{
    Event, Nearby, Observer, Plan, Stage,
    archives::{PLATFORM_ARCHIVE, by_archive},
    journal::Journal,
    pull::{Destination, Written, pull},
    source::Source,
    wanted::Wanted,
};

use crate::{
    Environment,
    args::{BundleFormat, TransferArgs},
    bundle_task,
    exit_code::Exit,
    failure::Failure,
    settings,
};

/// One archive on paper.
pub(super) struct PlannedArchive {
    pub(super) path: PathBuf,
    pub(super) plan: Arc<Plan>,
    pub(super) wanted: Wanted,
}

/// The archive that the journal of the whole pull belongs to.
pub(crate) fn main_archive(named: &Path, format: BundleFormat) -> Result<PathBuf, Failure> {
    match format {
        BundleFormat::Tar => settings::bundle_path(named),
        BundleFormat::D8 if named.is_dir() => Ok(named.join(PLATFORM_ARCHIVE)),
        BundleFormat::D8 => {
            let message = format!("{} is not a directory", named.display());
            Err(Failure::usage(message)
                .hint("--bundle-format d8 writes archives into a directory that exists"))
        }
    }
}

/// Divides what is wanted; the archive `main` is the last.
///
/// # Errors
/// If the directory has archives that would become part of the bundle without being of it.
pub(super) fn plan(
    main: &Path,
    format: BundleFormat,
    wanted: Wanted,
    edition: &str,
) -> Result<Vec<PlannedArchive>, Failure> {
    let planned = |path: PathBuf, wanted: Wanted| {
        let plan = Arc::new(Plan::new(&wanted, edition)?);
        Ok::<_, Failure>(PlannedArchive { path, plan, wanted })
    };
    if format == BundleFormat::Tar {
        return Ok(vec![planned(main.to_owned(), wanted)?]);
    }
    let mut divided = by_archive(wanted);
    let directory = settings::directory(main);
    let foreign: Vec<String> = bundle::archives_in(directory)?
        .into_iter()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name != PLATFORM_ARCHIVE && !divided.contains_key(name))
        .collect();
    if !foreign.is_empty() {
        let message = format!(
            "{}: has archives that this pull does not write: {}",
            directory.display(),
            foreign.join(", ")
        );
        return Err(Failure::new(Exit::Files, message).hint(
            "move them away with their parts, sums and unfinished work, or name another directory: all archives in \
             a directory are one bundle",
        ));
    }
    let platform = divided.remove(PLATFORM_ARCHIVE).unwrap_or_default();
    let mut archives = Vec::new();
    for (name, wanted) in divided {
        archives.push(planned(main.with_file_name(name), wanted)?);
    }
    archives.push(planned(main.to_owned(), platform)?);
    Ok(archives)
}

/// What every archive of one pull is written with.
pub(super) struct Run<'a> {
    pub(super) args: &'a TransferArgs,
    pub(super) environment: &'a Environment,
    pub(super) source: &'a Source,
    /// The archive that comes last.
    pub(super) main: &'a Path,
    /// Of the whole pull, and of the main archive.
    pub(super) journal: &'a Arc<Journal>,
    /// What need not be downloaded; the source knows it too.
    pub(super) nearby: &'a Nearby,
    pub(super) observer: &'a Arc<dyn Observer>,
}

impl Run<'_> {
    /// Writes `archives`, but those that are there already. What one of them has is copied from there.
    pub(super) async fn write(&self, archives: &[PlannedArchive]) -> Result<Written, Failure> {
        let is_main = |archive: &PlannedArchive| archive.path == self.main;
        if self.args.bundle_format == BundleFormat::D8 {
            self.nearby.add_layers(self.journal);
        }
        let mut done = Vec::new();
        for archive in archives {
            done.push(self.done_earlier(archive, is_main(archive)).await?);
        }
        self.check_room(archives.iter().zip(&done).filter(|(_, done)| done.is_none()).map(|(it, _)| it))?;
        let mut all = Written { files: Vec::new(), sums: BTreeMap::new() };
        for (archive, done) in archives.iter().zip(done) {
            let written = match done {
                Some(written) => written,
                None if is_main(archive) => self.pull(archive, self.journal).await?,
                None => {
                    let journal = Arc::new(Journal::open(&archive.path, self.args.no_pull_resume)?);
                    let written = self.pull(archive, &journal).await?;
                    journal.remove()?;
                    self.nearby.finished(&archive.path)?;
                    written
                }
            };
            all.files.extend(written.files);
            all.sums.extend(written.sums);
        }
        Ok(all)
    }

    /// Refuses before the first byte what cannot fit in the end. A single archive is looked at when it is begun.
    fn check_room<'b>(&self, archives: impl Iterator<Item = &'b PlannedArchive>) -> Result<(), Failure> {
        let kept = self.journal.kept_bytes()?;
        let sized = archives.map(|archive| {
            let moved = if archive.path == self.main { kept } else { 0 };
            (archive.path.clone(), archive.plan.layout().size(), moved)
        });
        let sized: Vec<_> = sized.collect();
        if sized.len() > 1 {
            bundle::room_for_all(settings::directory(self.main), &sized)?;
        }
        Ok(())
    }

    async fn pull(&self, archive: &PlannedArchive, journal: &Arc<Journal>) -> Result<Written, Failure> {
        let destination = Destination {
            path: archive.path.clone(),
            part_size: self.part_size(),
            gost: self.args.gost_digest,
        };
        let parallel = self.args.connection.parallel();
        let PlannedArchive { plan, wanted, .. } = archive;
        self.observer.event(Event::StageBegan {
            stage: Stage::Download,
            bytes: plan.download_size(),
            items: plan.layout().blobs().len() as u64,
        });
        let written = pull(self.source, plan, wanted, journal, &destination, parallel, self.observer).await?;
        self.observer.event(Event::StageEnded(Stage::Download));
        Ok(written)
    }

    fn part_size(&self) -> Option<u64> {
        self.args.images_bundle_chunk_size.filter(|size| *size > 0)
    }

    /// The archive, if an earlier pull has finished it and every byte of it is right. What is there of it
    /// otherwise is kept in mind.
    async fn done_earlier(
        &self,
        archive: &PlannedArchive,
        is_main: bool,
    ) -> Result<Option<Written>, Failure> {
        let path = archive.path.clone();
        if self.args.no_pull_resume || self.args.bundle_format == BundleFormat::Tar {
            return Ok(None);
        }
        // An archive that cannot be read is no use here, and is about to be replaced.
        if let Ok(there) = Bundle::open(std::slice::from_ref(&path)) {
            self.nearby.add(&there);
        }
        let Some(mut files) = bundle::finished(&path, archive.plan.layout(), self.part_size()) else {
            return Ok(None);
        };
        let paths = vec![path.clone()];
        let checked = bundle_task::run(Stage::Check, &self.args.output, self.environment, move |progress| {
            bundle::verify(&paths, progress)
        });
        let VerifyReport { mut sums, damages, .. } = checked.await?;
        if !damages.is_empty() {
            return Ok(None);
        }
        // What an interruption left between the final name and the end.
        if is_main {
            bundle::remove_unfinished(&path)?;
        } else if fs::metadata(settings::with_suffix(&path, ".partial.d")).is_ok() {
            Journal::open(&path, true)?.remove()?;
        }
        self.observer.event(Event::Note(format!("{} is there already, and right", path.display())));
        let wanted = if self.part_size().is_some() { files.len() + 1 } else { 1 };
        if self.args.gost_digest && sums.len() < wanted {
            let (summed, parts) = (path.clone(), files.clone());
            let written =
                bundle_task::run(Stage::Check, &self.args.output, self.environment, move |progress| {
                    let sums = bundle::sum_up(&summed, progress)?;
                    Ok(Written { files: sums.write(&summed)?, sums: sums.by_name(&summed, &parts) })
                });
            let Written { files: of_sums, sums } = written.await?;
            files.extend(of_sums);
            return Ok(Some(Written { files, sums }));
        }
        sums.sort_by_key(|sum| sum.file.with_extension(""));
        files.extend(sums.iter().map(|sum| sum.file.clone()));
        let sums = sums.into_iter().map(|it| (it.file.with_extension(""), it.sum.to_string())).collect();
        Ok(Some(Written { files, sums }))
    }
}
