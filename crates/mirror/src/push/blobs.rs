//! Uploading blobs: each once, taken over by its other repositories, and read back at once.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use bundle::Bundle;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::Digest;
use registry::client::{ErrorKind, Mount, NEVER_KEPT, UploadSession};

use super::PushReport;
use crate::{
    Contents, Error, Event, Observer, Stage,
    read_back::{Gaps, Target, blob_by_size, blob_descriptor},
};

/// After so many refused mounts without one success the registry is not asked again.
const MOUNT_MISSES: u32 = 3;
/// Below this size, in bytes, sending a blob again is as cheap as asking for it.
const WORTH_ASKING: u64 = 256 * 1024;
/// Blobs in work for each that may be in transfer: mounts and looks go on while uploads wait their turn.
const MOUNTS_PER_UPLOAD: usize = 2;

/// One blob that some repositories lack.
struct Work<'a> {
    digest: Digest,
    size: u64,
    /// A repository of the bundle that has it.
    have: Option<&'a str>,
    lack: Vec<&'a str>,
}

struct Uploader<'a> {
    bundle: &'a Bundle,
    target: &'a Target,
    observer: &'a dyn Observer,
    misses: AtomicU32,
    mounts: AtomicU64,
    report: Mutex<PushReport>,
    lost: Mutex<Gaps>,
}

/// Brings every missing blob into every repository that lacks it. What was written and is not there
/// afterwards is in the second result.
pub(super) async fn upload(
    bundle: &Bundle,
    contents: &Contents,
    target: &Target,
    gaps: &Gaps,
    parallel: usize,
    observer: &dyn Observer,
) -> Result<(PushReport, Gaps), Error> {
    let work = work(contents, gaps);
    let bytes = work.iter().filter(|work| work.have.is_none()).map(|work| work.size).sum();
    observer.event(Event::StageBegan { stage: Stage::Upload, bytes, items: work.len() as u64 });
    if work.iter().any(|work| work.size > NEVER_KEPT)
        && let Err(reason) = target.prepare_sessions()
    {
        observer.event(Event::Note(format!(
            "if this push is interrupted, the next one begins unfinished blobs again: uploads under way \
             cannot be noted: {reason}"
        )));
    }
    let uploader = Uploader {
        bundle,
        target,
        observer,
        misses: AtomicU32::new(0),
        mounts: AtomicU64::new(0),
        report: Mutex::default(),
        lost: Mutex::default(),
    };
    stream::iter(work)
        .map(Ok)
        .try_for_each_concurrent(MOUNTS_PER_UPLOAD * parallel, |work| {
            let uploader = &uploader;
            async move { uploader.process(work).await }
        })
        .await?;
    observer.event(Event::StageEnded(Stage::Upload));
    let lost = uploader.lost.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((uploader.report.into_inner().unwrap_or_else(PoisonError::into_inner), lost))
}

/// The missing blobs, the largest first: what begins last should be short.
fn work<'a>(contents: &'a Contents, gaps: &Gaps) -> Vec<Work<'a>> {
    let mut work: Vec<Work<'a>> = contents
        .unique_blobs()
        .into_iter()
        .map(|(digest, (size, paths))| {
            let lacks = |path: &&str| gaps.blobs.contains_key(&((*path).to_owned(), digest));
            let (lack, have): (Vec<_>, Vec<_>) = paths.into_iter().partition(lacks);
            Work { digest, size, have: have.first().copied(), lack }
        })
        .filter(|work| !work.lack.is_empty())
        .collect();
    work.sort_by_key(|work| std::cmp::Reverse(work.size));
    work
}

impl Uploader<'_> {
    async fn process(&self, work: Work<'_>) -> Result<(), Error> {
        let mut from = work.have;
        for path in &work.lack {
            match from {
                None => self.begin(path, &work).await?,
                Some(sibling) => match self.mount(path, sibling, &work).await? {
                    Mount::Mounted => self.count(|report| report.blobs_mounted += 1),
                    Mount::Upload(session) => self.send(path, &work, Some(session), false).await?,
                    Mount::Refused => self.send(path, &work, None, false).await?,
                },
            }
            self.read_back(path, &work).await?;
            from = Some(path);
        }
        self.observer.event(Event::Items(1));
        self.observer.event(Event::Detail(format!("{} ({} bytes)", work.digest, work.size)));
        Ok(())
    }

    /// Brings the blob into its first repository. Mounting it from that very repository asks in one
    /// request whether it is there, as after a push that broke off, and opens the upload if not.
    async fn begin(&self, path: &str, work: &Work<'_>) -> Result<(), Error> {
        if work.size < WORTH_ASKING {
            return self.send(path, work, None, true).await;
        }
        let repository = self.target.repository(path)?;
        match repository.mount_blob(&work.digest, repository.name()).await? {
            Mount::Mounted => {
                self.observer.event(Event::Bytes(work.size));
                Ok(())
            }
            Mount::Upload(session) => self.send(path, work, Some(session), true).await,
            Mount::Refused => self.send(path, work, None, true).await,
        }
    }

    /// Other blobs are still being sent meanwhile, so this costs no time of its own.
    async fn read_back(&self, path: &str, work: &Work<'_>) -> Result<(), Error> {
        if let Some(reason) = blob_by_size(self.target, path, &work.digest, work.size).await? {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.blobs.insert((path.to_owned(), work.digest), reason);
        }
        Ok(())
    }

    async fn mount(&self, path: &str, sibling: &str, work: &Work<'_>) -> Result<Mount, Error> {
        if self.mounts.load(Ordering::Relaxed) == 0 && self.misses.load(Ordering::Relaxed) >= MOUNT_MISSES {
            return Ok(Mount::Refused);
        }
        let sibling = self.target.repository(sibling)?;
        let mount = self.target.repository(path)?.mount_blob(&work.digest, sibling.name()).await?;
        match mount {
            Mount::Mounted => self.mounts.fetch_add(1, Ordering::Relaxed),
            Mount::Upload(_) | Mount::Refused => u64::from(self.misses.fetch_add(1, Ordering::Relaxed)),
        };
        Ok(mount)
    }

    /// Uploads from the bundle. `planned` tells whether the bytes are in the total that was announced.
    async fn send(
        &self,
        path: &str,
        work: &Work<'_>,
        session: Option<UploadSession>,
        planned: bool,
    ) -> Result<(), Error> {
        let source = self
            .bundle
            .blob(path, &work.digest)
            .ok_or_else(|| Error::Internal(format!("{path} has no blob {}", work.digest)))?;
        let reported = AtomicU64::new(0);
        let progress = |sent: u64| {
            let before = reported.fetch_max(sent, Ordering::Relaxed);
            if planned && sent > before {
                self.observer.event(Event::Bytes(sent - before));
            }
        };
        let descriptor = blob_descriptor(&work.digest, work.size);
        let repository = self.target.repository(path)?;
        let upload = repository.upload_blob(&descriptor, source, session, &progress);
        let resumed = upload.await.map_err(|error| self.told(path, &work.digest, error))?;
        self.count(|report| {
            report.blobs_uploaded += 1;
            report.bytes_uploaded += work.size - resumed;
            report.bytes_resumed += resumed;
        });
        Ok(())
    }

    /// What was wrong in the bundle is told of the bundle: entry, files and the images that need it.
    fn told(&self, path: &str, digest: &Digest, error: registry::client::Error) -> Error {
        let ErrorKind::SourceMismatch { actual } = error.kind() else {
            return error.into();
        };
        match self.bundle.damaged_blob(path, digest, actual) {
            Some(damage) => Error::Damaged(Box::new(damage)),
            None => error.into(),
        }
    }

    fn count(&self, change: impl FnOnce(&mut PushReport)) {
        change(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
