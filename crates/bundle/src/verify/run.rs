//! Carrying a verification through.

use std::{
    collections::{BTreeMap, HashSet},
    num::NonZero,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    jobs::{Cursor, Entry, Job, deal},
    references::References,
    report::{CheckedSum, Damage, VerifyReport},
};
use crate::{
    Bundle, BundleError, GostSum, part_fault,
    progress::Progress,
    stream,
    sums::{Lane, StatedSums},
    volumes::Volumes,
};

/// Reads the bundle that `paths` name, as for [`Bundle::open`], and checks its structure, what its
/// manifests name, the digest of every blob and manifest, and the GOST sums that lie beside it. Whether the
/// images make up whole releases is not looked at.
///
/// # Errors
/// As [`Bundle::open`] where there is nothing more to be told than that; [`BundleError::BadSumFile`],
/// [`BundleError::Io`], [`BundleError::Cancelled`].
pub fn verify(paths: &[PathBuf], progress: &dyn Progress) -> Result<VerifyReport, BundleError> {
    let volumes = Arc::new(Volumes::open(paths)?);
    let stated = StatedSums::read(&volumes)?;
    match Bundle::read(Arc::clone(&volumes)) {
        Ok(bundle) => check(&bundle, &stated, progress),
        // With sums it can be told which part is to blame.
        Err(error) if stated.is_empty() || !error.is_damage() => Err(error),
        Err(error) => {
            let mut report = run(&volumes, &[], &stated, progress)?.report(&volumes, &stated);
            report.damages.insert(0, Damage::of_structure(&volumes, error));
            Ok(report)
        }
    }
}

fn check(bundle: &Bundle, stated: &StatedSums, progress: &dyn Progress) -> Result<VerifyReport, BundleError> {
    let volumes = bundle.volumes();
    let mut entries: Vec<Entry> = Vec::new();
    for (number, repository) in bundle.repositories().iter().enumerate() {
        entries.extend(repository.places().map(|(digest, offset, size)| Entry {
            repository: number,
            digest,
            offset,
            size,
        }));
    }
    entries.sort_by_key(|entry| entry.offset);
    let outcome = run(volumes, &entries, stated, progress)?;
    let mut report = outcome.report(volumes, stated);
    report.blobs = entries.len();

    let mut missing = Vec::new();
    let references: Vec<References> = bundle
        .repositories()
        .iter()
        .map(|repository| References::read(bundle, repository, &mut missing))
        .collect();
    for (index, actual) in outcome.wrong {
        let Entry { repository, digest, .. } = &entries[index];
        let (repository, references) = (&bundle.repositories()[*repository], &references[*repository]);
        report.damages.push(Damage::of_content(bundle, repository, references, digest, &actual));
    }
    let known: HashSet<Option<String>> = report.damages.iter().map(|it| it.entry.clone()).collect();
    missing.retain(|damage| !known.contains(&damage.entry));
    report.damages.extend(missing);
    if !report.damages.is_empty()
        && let Some((part, fault)) = part_fault::odd_size(volumes)
    {
        let damage = Damage::of_file(volumes.path(part), fault.to_string());
        report.damages.insert(0, damage);
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

/// Does all jobs on all cores.
fn run(
    volumes: &Volumes,
    entries: &[Entry],
    stated: &StatedSums,
    progress: &dyn Progress,
) -> Result<Outcome, BundleError> {
    let jobs = deal(entries, &volumes.sizes(), stated);
    progress.began(jobs.iter().map(|job| job.range.end - job.range.start).sum());
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let watch = Watch { progress, failed: &failed };
    let outcome = Mutex::new(Outcome::default());
    let work = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = do_job(volumes, entries, job, &watch, &outcome) {
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
    // A thread that only stopped because another one failed has nothing to tell.
    let mut errors = results.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    errors.sort_by_key(|error| matches!(error, BundleError::Cancelled));
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(outcome.into_inner().unwrap_or_else(PoisonError::into_inner)),
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
        let lane = |wanted: bool, sizes: Vec<u64>| {
            let start = || Lane::start(scope, sizes).map_err(|error| volumes.failed(error));
            wanted.then(start).transpose()
        };
        let whole = lane(job.whole, vec![job.range.end])?;
        let parts = lane(!job.parts.is_empty(), volumes.sizes()[job.parts.clone()].to_vec())?;
        stream::blocks(volumes, job.range.clone(), progress, |offset, block| {
            for lane in [&whole, &parts].into_iter().flatten() {
                lane.send(block);
            }
            cursor.take(offset, block, &mut ended);
            Ok(())
        })?;
        let sums = |lane: Option<Lane<'_>>| lane.map(Lane::finish).unwrap_or_default();
        Ok::<_, BundleError>((sums(whole), sums(parts)))
    })?;
    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
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
    /// Compares with what is stated.
    fn report(&self, volumes: &Volumes, stated: &StatedSums) -> VerifyReport {
        let mut report = VerifyReport {
            size: volumes.sizes().iter().sum(),
            files: volumes.count(),
            ..VerifyReport::default()
        };
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
                    "it holds the content of {}: the parts are swapped (GOST sum {actual})",
                    volumes.path(*other as usize).display()
                ),
                None => format!(
                    "damaged, or the part of another bundle: the GOST sum is {actual}, {sum} is stated"
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
            let mut reason = format!("damaged: the GOST sum is {actual}, {sum} is stated");
            if !parts_wrong && stated.parts.len() == volumes.count() {
                reason += "; each part has its sum, so a part with its sum is swapped or of another bundle";
            }
            report.damages.push(Damage::of_file(&file.with_extension(""), reason));
        }
        report
    }
}
