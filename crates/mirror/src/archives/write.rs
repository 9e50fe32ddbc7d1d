//! Writing the archives of a pull: one, or several in a directory.
//!
//! They are written one after the other, each as a bundle of its own with partial files, journal and sums. The main
//! archive is the last, since its journal is that of the whole pull. A resumed pull reads the complete archives instead of
//! downloading them, and what several archives share is downloaded for the first of them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bundle::{Bundle, VerifyReport};

use super::{BundleForm, PlannedArchive};
use crate::{
    Error, Event, LocalBlobs, Observer, Stage, bundle_task,
    journal::Journal,
    pull::{Destination, PullJob, Written, pull},
    source::Source,
};

/// How archives are written.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions {
    /// Maximum size of a part in bytes, if archives are split.
    pub part_size: Option<u64>,
    /// Whether GOST sums are written.
    pub gost: bool,
    /// Whether the data of earlier pulls is not reused.
    pub fresh: bool,
    /// Blobs in transfer at the same time, at most.
    pub parallel: usize,
}

/// What every archive of one pull is written with.
#[expect(missing_debug_implementations, reason = "an observer has no text")]
pub struct ArchivesJob<'a> {
    /// The registry.
    pub source: &'a Source,
    /// The archive that is written last.
    pub main: &'a Path,
    /// The journal of the whole pull, and of the main archive.
    pub journal: &'a Arc<Journal>,
    /// What need not be downloaded; the source knows it too.
    pub local: &'a LocalBlobs,
    /// How archives are written.
    pub options: WriteOptions,
    /// Where events go.
    pub observer: &'a Arc<dyn Observer>,
}

impl ArchivesJob<'_> {
    /// Writes the archives of a bundle of this form.
    ///
    /// # Errors
    /// As [`pull`]; [`Error::Bundle`] if the archives of a directory do not fit on the disk.
    pub async fn write(&self, archives: &[PlannedArchive], form: BundleForm) -> Result<Written, Error> {
        match archives {
            [archive] if form == BundleForm::File => self.pull(archive, self.journal).await,
            archives => self.write_directory(archives).await,
        }
    }

    /// Writes the archives of a directory, except those that are complete already. Blobs of complete ones are copied from
    /// there.
    async fn write_directory(&self, archives: &[PlannedArchive]) -> Result<Written, Error> {
        let is_main = |archive: &PlannedArchive| archive.path == self.main;
        self.local.add_layers(self.journal);
        let mut complete = Vec::new();
        for archive in archives {
            complete.push(self.complete_earlier(archive, is_main(archive)).await?);
        }
        let incomplete = archives.iter().zip(&complete).filter(|(_, written)| written.is_none());
        self.check_space(incomplete.map(|(archive, _)| archive))?;
        let mut all = Written::default();
        for (archive, written) in archives.iter().zip(complete) {
            all.extend(match written {
                Some(written) => written,
                None if is_main(archive) => self.pull(archive, self.journal).await?,
                None => {
                    let journal = Arc::new(Journal::open(&archive.path, self.options.fresh)?);
                    let written = self.pull(archive, &journal).await?;
                    journal.remove()?;
                    self.local.finished(&archive.path)?;
                    written
                }
            });
        }
        Ok(all)
    }

    /// Refuses before the first byte what cannot fit in the end. A single archive is checked when it is started.
    fn check_space<'b>(&self, archives: impl Iterator<Item = &'b PlannedArchive>) -> Result<(), Error> {
        let kept = self.journal.kept_bytes()?;
        let sized = archives.map(|archive| {
            let moved = if archive.path == self.main { kept } else { 0 };
            (archive.path.clone(), archive.plan.layout().size(), moved)
        });
        let sized: Vec<_> = sized.collect();
        if sized.len() > 1 {
            let directory = self.main.parent().filter(|parent| !parent.as_os_str().is_empty());
            bundle::room_for_all(directory.unwrap_or(Path::new(".")), &sized)?;
        }
        Ok(())
    }

    async fn pull(&self, archive: &PlannedArchive, journal: &Arc<Journal>) -> Result<Written, Error> {
        let WriteOptions { part_size, gost, parallel, .. } = self.options;
        let destination = Destination { path: archive.path.clone(), part_size, gost };
        let PlannedArchive { plan, wanted, .. } = archive;
        self.observer.event(Event::StageBegan {
            stage: Stage::Download,
            bytes: plan.download_size(),
            items: plan.layout().blobs().len() as u64,
        });
        let (source, observer) = (self.source, self.observer);
        let job = PullJob { source, plan, wanted, journal, destination: &destination, parallel, observer };
        let written = pull(job).await?;
        self.observer.event(Event::StageEnded(Stage::Download));
        Ok(written)
    }

    /// The archive, if an earlier pull has completed it and every byte of it is correct. If it is not, its blobs can still
    /// be copied.
    async fn complete_earlier(
        &self,
        archive: &PlannedArchive,
        is_main: bool,
    ) -> Result<Option<Written>, Error> {
        let WriteOptions { part_size, gost, fresh, .. } = self.options;
        let path = archive.path.clone();
        if fresh {
            return Ok(None);
        }
        // An archive that cannot be read is of no use, and is about to be replaced.
        if let Ok(there) = Bundle::open(std::slice::from_ref(&path)) {
            self.local.add(&there);
        }
        let Some(files) = bundle::finished(&path, archive.plan.layout(), part_size) else {
            return Ok(None);
        };
        let paths = vec![path.clone()];
        let verify = move |progress: &dyn bundle::Progress| bundle::verify(&paths, progress);
        let VerifyReport { sums, damages, .. } =
            bundle_task::run(Stage::Check, self.observer, verify).await?;
        if !damages.is_empty() {
            return Ok(None);
        }
        // What an interruption left after the archive got its final name.
        if is_main {
            bundle::remove_unfinished(&path)?;
        } else if fs::metadata(Journal::directory_of(&path)).is_ok() {
            Journal::open(&path, true)?.remove()?;
        }
        self.observer.event(Event::Note(format!("{} is already complete", path.display())));
        let expected = if part_size.is_some() { files.len() + 1 } else { 1 };
        if gost && sums.len() < expected {
            return self.add_sums(path, files).await.map(Some);
        }
        let mut written = Written { files, sums: BTreeMap::new() };
        let mut sums = sums;
        sums.sort_by_key(|sum| sum.file.with_extension(""));
        for sum in sums {
            written.sums.insert(sum.file.with_extension(""), sum.sum.to_string());
            written.files.push(sum.file);
        }
        Ok(Some(written))
    }

    /// Computes and writes the GOST sums of an archive that has been written without.
    async fn add_sums(&self, path: PathBuf, mut files: Vec<PathBuf>) -> Result<Written, Error> {
        let parts = files.clone();
        let sum_up = move |progress: &dyn bundle::Progress| {
            let sums = bundle::archive_sums(&path, progress)?;
            Ok(Written { files: sums.write(&path)?, sums: sums.by_name(&path, &parts) })
        };
        let Written { files: of_sums, sums } = bundle_task::run(Stage::Check, self.observer, sum_up).await?;
        files.extend(of_sums);
        Ok(Written { files, sums })
    }
}
