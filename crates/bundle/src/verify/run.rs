//! Carrying a verification through.

use std::{
    collections::{BTreeMap, HashSet},
    num::NonZero,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use parking_lot::Mutex;

use super::{
    jobs::{Cursor, Entry, Job, deal},
    references::References,
    report::{CheckedSum, Damage, VerifyReport},
};
use crate::{
    Bundle, BundleError, GostSum, Repository,
    archive::Archive,
    archives, part_fault,
    progress::Progress,
    stream,
    sums::{RecordedSums, SumThread},
    volumes::Volumes,
};

/// Reads the bundle that `paths` name, as for [`Bundle::open`], and checks its structure, what its
/// manifests name, the digest of every blob and manifest, and the GOST sums in files next to it. Whether the
/// images make up whole releases is not checked.
///
/// # Errors
/// As [`Bundle::open`] if nothing more is known; [`BundleError::BadSumFile`],
/// [`BundleError::Io`], [`BundleError::Cancelled`].
pub fn verify(paths: &[PathBuf], progress: &dyn Progress) -> Result<VerifyReport, BundleError> {
    let archives = archives::open(paths)?;
    let alone = archives.len() == 1;
    let (mut subjects, mut sound) = (Vec::new(), Vec::new());
    for volumes in archives.into_iter().map(Arc::new) {
        let stated = RecordedSums::read(&volumes)?;
        let (entries, unreadable) = match Archive::read(Arc::clone(&volumes)) {
            Ok(archive) => {
                let entries = entries(&archive);
                sound.push(archive);
                (entries, None)
            }
            // With sums it is known which part is to blame, and other archives can be read.
            Err(error) if error.is_damage() && !(alone && stated.is_empty()) => (Vec::new(), Some(error)),
            Err(error) => return Err(error),
        };
        subjects.push(Subject { volumes, stated, entries, unreadable });
    }
    check(&subjects, &Bundle::of(sound), progress)
}

/// An archive that is checked.
struct Subject {
    volumes: Arc<Volumes>,
    stated: RecordedSums,
    /// In file order; none of an archive that cannot be read as one.
    entries: Vec<Entry>,
    unreadable: Option<BundleError>,
}

fn entries(archive: &Archive) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for layout in &archive.layouts {
        let repository: Arc<str> = layout.path.as_str().into();
        entries.extend(layout.places.iter().map(|(digest, (offset, size))| Entry {
            repository: Arc::clone(&repository),
            digest: *digest,
            offset: *offset,
            size: *size,
        }));
    }
    entries.sort_by_key(|entry| entry.offset);
    entries
}

fn check(
    subjects: &[Subject],
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<VerifyReport, BundleError> {
    let outcomes = run(subjects, progress)?;
    let (mut missing, mut count) = (Vec::new(), 0);
    let read = |it: &Repository| (it.path.clone(), References::read(bundle, it, &mut count, &mut missing));
    let references: BTreeMap<String, References> = bundle.repositories().iter().map(read).collect();
    let mut report = VerifyReport { archives: subjects.len(), ..VerifyReport::default() };
    for (subject, outcome) in subjects.iter().zip(&outcomes) {
        outcome.report(subject, &references, bundle.thin().is_some(), &mut report);
    }
    if subjects.iter().all(|subject| subject.unreadable.is_none()) {
        let known: HashSet<Option<String>> = report.damages.iter().map(|it| it.entry.clone()).collect();
        missing.retain(|damage| !known.contains(&damage.entry));
        report.damages.extend(missing);
    }
    // What is missing is in no file: any cut part may have held it.
    let concerns = |damage: &Damage, volumes: &Volumes| {
        damage.files.is_empty() || damage.files.iter().any(|file| volumes.has(file))
    };
    for Subject { volumes, unreadable, .. } in subjects.iter().rev() {
        if unreadable.is_none()
            && report.damages.iter().any(|damage| concerns(damage, volumes))
            && let Some((part, fault)) = part_fault::odd_size(volumes)
        {
            report.damages.insert(0, Damage::of_file(volumes.path(part), fault.to_string()));
        }
    }
    Ok(report)
}

/// What reading gave.
#[derive(Default)]
struct Outcome {
    whole: Option<GostSum>,
    parts: BTreeMap<usize, GostSum>,
    /// Entries that have another digest than their name says.
    wrong: BTreeMap<usize, oci::Digest>,
}

/// Does all jobs on all cores, and returns the outcome for each subject.
fn run(subjects: &[Subject], progress: &dyn Progress) -> Result<Vec<Outcome>, BundleError> {
    let mut jobs: Vec<(usize, Job)> = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        let dealt = deal(&subject.entries, &subject.volumes.sizes(), &subject.stated);
        jobs.extend(dealt.into_iter().map(|job| (number, job)));
    }
    progress.began(jobs.iter().map(|(_, job)| job.range.end - job.range.start).sum());
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let watch = Watch { progress, failed: &failed };
    let outcomes: Vec<Mutex<Outcome>> = subjects.iter().map(|_| Mutex::default()).collect();
    let work = || {
        while let Some((number, job)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Subject { volumes, entries, .. } = &subjects[*number];
            if let Err(error) = do_job(volumes, entries, job, &watch, &outcomes[*number]) {
                failed.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let results: Vec<Result<(), BundleError>> = thread::scope(|scope| {
        let others: Vec<_> = (1..cores.min(jobs.len())).map(|_| scope.spawn(work)).collect();
        let mut results = vec![work()];
        for other in others {
            results.push(match other.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
        }
        results
    });
    // A thread that only stopped because another one failed has nothing to report.
    let mut errors = results.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    errors.sort_by_key(|error| matches!(error, BundleError::Cancelled));
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(outcomes.into_iter().map(Mutex::into_inner).collect()),
    }
}

fn do_job(
    volumes: &Volumes,
    entries: &[Entry],
    job: &Job,
    progress: &dyn Progress,
    outcome: &Mutex<Outcome>,
) -> Result<(), BundleError> {
    let mut cursor = Cursor::new(entries, job);
    let mut wrong = Vec::new();
    let mut ended = |index: usize, actual| {
        if actual != entries[index].digest {
            wrong.push((index, actual));
        }
    };
    cursor.take(job.range.start, &[], &mut ended);
    let (whole, parts) = thread::scope(|scope| {
        let thread = |wanted: bool, sizes: Vec<u64>| {
            let start = || SumThread::start(scope, sizes).map_err(|error| volumes.failed(error));
            wanted.then(start).transpose()
        };
        let whole = thread(job.whole, vec![job.range.end])?;
        let parts = thread(!job.parts.is_empty(), volumes.sizes()[job.parts.clone()].to_vec())?;
        stream::blocks(volumes, job.range.clone(), progress, |offset, block| {
            for thread in [&whole, &parts].into_iter().flatten() {
                thread.send(block);
            }
            cursor.take(offset, block, &mut ended);
            Ok(())
        })?;
        let sums = |thread: Option<SumThread<'_>>| thread.map(SumThread::finish).unwrap_or_default();
        Ok::<_, BundleError>((sums(whole), sums(parts)))
    })?;
    let mut outcome = outcome.lock();
    outcome.whole = outcome.whole.or(whole.first().copied());
    outcome.parts.extend(job.parts.clone().zip(parts));
    outcome.wrong.extend(wrong);
    Ok(())
}

/// Hands progress on, and stops all threads when one has failed.
struct Watch<'a> {
    progress: &'a dyn Progress,
    failed: &'a AtomicBool,
}

impl Progress for Watch<'_> {
    fn began(&self, bytes: u64) {
        self.progress.began(bytes);
    }

    fn bytes(&self, count: u64) {
        self.progress.bytes(count);
    }

    fn cancelled(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.progress.cancelled()
    }
}

impl Outcome {
    /// Adds to `report` what was checked of `subject`, and what is wrong with it.
    fn report(
        &self,
        subject: &Subject,
        references: &BTreeMap<String, References>,
        is_thin: bool,
        report: &mut VerifyReport,
    ) {
        let Subject { volumes, entries, unreadable, .. } = subject;
        report.size += volumes.sizes().iter().sum::<u64>();
        report.files += volumes.count();
        report.blobs += entries.len();
        report.damages.extend(unreadable.as_ref().map(|error| Damage::of_structure(volumes, error)));
        self.report_sums(subject, report);
        for (index, actual) in &self.wrong {
            let Entry { repository, digest, offset, size } = &entries[*index];
            let files = volumes.paths_of(*offset, *size);
            let mut damage = references[&**repository].damage(digest, actual, files);
            if is_thin {
                // A blob of a thin bundle is for every repository that needs it.
                damage.images = references.values().flat_map(|it| it.images(digest)).collect();
                damage.images.sort();
            }
            report.damages.push(damage);
        }
    }

    /// Compares with the sums that are stated.
    fn report_sums(&self, Subject { volumes, stated, .. }: &Subject, report: &mut VerifyReport) {
        let mut parts_wrong = false;
        for (number, file, sum) in &stated.parts {
            let Some(actual) = self.parts.get(&(*number as usize)) else {
                continue;
            };
            report.sums.push(CheckedSum { file: file.clone(), sum: *actual });
            if actual == sum {
                continue;
            }
            parts_wrong = true;
            let swapped = stated.parts.iter().find(|(other, _, sum)| other != number && sum == actual);
            let reason = match swapped {
                Some((other, ..)) => format!(
                    "it contains the content of {}: the parts are swapped (GOST checksum {actual})",
                    volumes.path(*other as usize).display()
                ),
                None => format!(
                    "damaged, or a part of another bundle: the GOST checksum is {actual} instead of {sum}"
                ),
            };
            report.damages.push(Damage::of_file(volumes.path(*number as usize), reason));
        }
        for (file, sum) in &stated.whole {
            let Some(actual) = self.whole else { continue };
            report.sums.push(CheckedSum { file: file.clone(), sum: actual });
            if actual == *sum {
                continue;
            }
            let mut reason = format!("damaged: the GOST checksum is {actual} instead of {sum}");
            if !parts_wrong && stated.parts.len() == volumes.count() {
                reason +=
                    "; each part matches its own checksum, so a part is swapped or belongs to another bundle";
            }
            report.damages.push(Damage::of_file(&file.with_extension(""), reason));
        }
    }
}
