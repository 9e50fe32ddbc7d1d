//! Uploading blobs: each once, mounted into its other repositories, and read back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bundle::Bundle;
use futures_util::{
    future::try_join_all,
    stream::{self, StreamExt as _, TryChunksError, TryStreamExt as _},
};
use oci::{BlobSource, Digest};
use parking_lot::Mutex;
use registry::client::{ErrorKind, Mount, RESUME_THRESHOLD, UploadSession};

use super::{PushOptions, PushReport, mount_rule::MountRule};
use crate::{
    Cause, Contents, Error, Event, Observer, Stage,
    read_back::{Check, Checked, Gaps, Target, When, blob_descriptor, run_one},
    source::Images as _,
};

/// Below this size, in bytes, sending a blob again is as cheap as asking for it.
pub(super) const WORTH_ASKING: u64 = 256 * 1024;
/// Blobs in work for each that may be in transfer: mounts go on while uploads wait their turn.
const MOUNTS_PER_UPLOAD: usize = 2;
/// Small blobs that are read back at the same time, while others are uploaded. `docker-registry` allocates 4 MiB for each read:
/// one at a time, its garbage collector runs after nearly every read, which doubles the CPU time of the read.
const READ_TOGETHER: usize = 16;

/// One blob that some repositories lack.
struct Work<'a> {
    digest: Digest,
    size: u64,
    /// A repository of the target that has it.
    have: Option<&'a str>,
    lack: Vec<MissingIn<'a>>,
}

/// A repository that lacks a blob.
struct MissingIn<'a> {
    path: &'a str,
    /// The registry believes that it has the blob, and cannot deliver it: it must not be mounted.
    is_unreadable: bool,
}

/// How a blob came into a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Sent,
    Mounted,
}

/// A blob in the repositories that lacked it, not yet read back.
struct Written<'a> {
    work: Work<'a>,
    repositories: Vec<(&'a str, Transfer)>,
}

/// What the target lacks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lacks<'a> {
    pub(super) gaps: &'a Gaps,
    /// Blobs that a repository has which the bundle does not have, by that repository.
    pub(super) elsewhere: &'a BTreeMap<Digest, String>,
}

struct Uploader<'a> {
    bundle: &'a Bundle,
    target: &'a Target,
    options: PushOptions,
    observer: &'a dyn Observer,
    mount_rule: MountRule,
    report: Mutex<PushReport>,
    lost: Mutex<Checked>,
}

/// Uploads every missing blob into every repository that lacks it. What was written and is not readable afterwards is
/// in the second result.
pub(super) async fn upload(
    bundle: &Bundle,
    contents: &Contents,
    target: &Target,
    lacks: Lacks<'_>,
    options: PushOptions,
    observer: &dyn Observer,
) -> Result<(PushReport, Checked), Error> {
    let work = work(contents, lacks);
    let bytes = work.iter().filter(|work| work.have.is_none()).map(|work| work.size).sum();
    observer.event(Event::StageBegan { stage: Stage::Upload, bytes, items: work.len() as u64 });
    if work.iter().any(|work| work.size > RESUME_THRESHOLD)
        && let Err(reason) = target.prepare_sessions()
    {
        observer.event(Event::Note(format!(
            "unfinished uploads cannot be recorded, so a push after an interruption starts them over: {reason}"
        )));
    }
    let uploader = Uploader {
        bundle,
        target,
        options,
        observer,
        mount_rule: MountRule::default(),
        report: Mutex::default(),
        lost: Mutex::default(),
    };
    stream::iter(work)
        .map(|work| uploader.write(work))
        .buffer_unordered(MOUNTS_PER_UPLOAD * options.parallel)
        .try_filter_map(async |written| Ok(written))
        .try_chunks(READ_TOGETHER)
        .map_err(|TryChunksError(_, error)| error)
        .try_for_each_concurrent(None, async |written: Vec<Written<'_>>| {
            try_join_all(written.iter().map(|written| uploader.read_back(written))).await.map(drop)
        })
        .await?;
    observer.event(Event::StageEnded(Stage::Upload));
    Ok((uploader.report.into_inner(), uploader.lost.into_inner()))
}

/// The missing blobs, the largest first: what begins last should be short.
fn work<'a>(contents: &'a Contents, Lacks { gaps, elsewhere }: Lacks<'a>) -> Vec<Work<'a>> {
    let mut work = Vec::new();
    for (digest, (size, paths)) in contents.unique_blobs() {
        let (mut have, mut lack) = (None, Vec::new());
        for path in paths {
            match gaps.blobs.get(&(path.to_owned(), digest)) {
                None if gaps.unnamed.contains(&(path.to_owned(), digest)) => {}
                None => have = have.or(Some(path)),
                Some(gap) => lack.push(MissingIn { path, is_unreadable: gap.cause != Cause::Missing }),
            }
        }
        if !lack.is_empty() {
            let have = have.or_else(|| elsewhere.get(&digest).map(String::as_str));
            work.push(Work { digest, size, have, lack });
        }
    }
    work.sort_by_key(|work| std::cmp::Reverse(work.size));
    work
}

impl Uploader<'_> {
    /// Brings a blob into every repository that lacks it. A large one is read back at once, and `None` returned.
    async fn write<'a>(&self, work: Work<'a>) -> Result<Option<Written<'a>>, Error> {
        let mut from = work.have;
        let mut is_planned = work.have.is_none();
        let mut repositories = Vec::new();
        for MissingIn { path, is_unreadable } in &work.lack {
            let way = if *is_unreadable {
                // Registries that share blobs between repositories have healed this one too.
                if from.is_some() && self.is_readable(path, &work).await? {
                    continue;
                }
                self.send(path, &work, None, is_planned).await?;
                Transfer::Sent
            } else {
                match from {
                    None => self.first(path, &work).await?,
                    Some(sibling) => self.other(path, sibling, &work).await?,
                }
            };
            is_planned = false;
            repositories.push((*path, way));
            from = Some(path);
        }
        let is_large = work.size > RESUME_THRESHOLD;
        let written = Written { work, repositories };
        if is_large {
            self.read_back(&written).await?;
        }
        Ok((!is_large).then_some(written))
    }

    /// Brings the blob into its first repository. Mounting it from that very repository asks in one
    /// request whether it is there, as after a push that broke off, and opens the upload if not.
    async fn first(&self, path: &str, work: &Work<'_>) -> Result<Transfer, Error> {
        let session = if work.size < WORTH_ASKING || !self.mount_rule.asks_for_own() {
            None
        } else {
            let repository = self.target.repository(path)?;
            let mount = repository.mount_blob(&work.digest, repository.name()).await?;
            self.mount_rule.learn_own(&mount);
            match mount {
                Mount::Mounted => {
                    self.observer.event(Event::Bytes(work.size));
                    return Ok(Transfer::Mounted);
                }
                Mount::Upload(session) => Some(session),
                Mount::Refused => None,
            }
        };
        self.send(path, work, session, true).await?;
        Ok(Transfer::Sent)
    }

    /// Brings the blob into another repository than the first.
    async fn other(&self, path: &str, sibling: &str, work: &Work<'_>) -> Result<Transfer, Error> {
        let session = match self.mount(path, sibling, work).await? {
            Mount::Mounted => {
                self.count(|report| report.blobs_mounted += 1);
                return Ok(Transfer::Mounted);
            }
            Mount::Upload(session) => Some(session),
            Mount::Refused => None,
        };
        self.send(path, work, session, false).await?;
        Ok(Transfer::Sent)
    }

    /// Reads a blob back from every repository that it was written to.
    async fn read_back(&self, Written { work, repositories }: &Written<'_>) -> Result<(), Error> {
        for (path, way) in repositories {
            self.read_back_from(path, work, *way).await?;
        }
        self.observer.event(Event::Items(1));
        self.observer.event(Event::Detail(format!("{} ({} bytes)", work.digest, work.size)));
        Ok(())
    }

    /// Reads a blob back. A registry may mount from its cache what its storage no longer has: that is uploaded.
    async fn read_back_from(&self, path: &str, work: &Work<'_>, way: Transfer) -> Result<(), Error> {
        let check = Check::Blob(path, &work.digest, work.size);
        let PushOptions { depth, visible_after, .. } = self.options;
        let read = || run_one(check, self.target, depth, When::AfterWrite(visible_after));
        let (mut gap, mut is_size_only) = read().await?;
        if gap.is_some() && way == Transfer::Mounted {
            tracing::info!(path, digest = %work.digest, "mounted, but not readable: uploading it");
            self.send(path, work, None, false).await?;
            (gap, is_size_only) = read().await?;
        }
        let mut lost = self.lost.lock();
        lost.by_size += usize::from(is_size_only);
        if let Some(gap) = gap {
            lost.gaps.blobs.insert((path.to_owned(), work.digest), gap);
        }
        Ok(())
    }

    async fn is_readable(&self, path: &str, work: &Work<'_>) -> Result<bool, Error> {
        let check = Check::Blob(path, &work.digest, work.size);
        Ok(run_one(check, self.target, self.options.depth, When::Alone).await?.0.is_none())
    }

    async fn mount(&self, path: &str, sibling: &str, work: &Work<'_>) -> Result<Mount, Error> {
        if !self.mount_rule.asks_for_other() {
            return Ok(Mount::Refused);
        }
        let sibling = self.target.repository(sibling)?;
        let mount = self.target.repository(path)?.mount_blob(&work.digest, sibling.name()).await?;
        self.mount_rule.learn_other(&mount);
        Ok(mount)
    }

    /// Uploads from the bundle. `is_planned` says whether the bytes are in the total that was announced.
    async fn send(
        &self,
        path: &str,
        work: &Work<'_>,
        session: Option<UploadSession>,
        is_planned: bool,
    ) -> Result<(), Error> {
        let source = match self.bundle.blob(path, &work.digest) {
            Some(source) => source,
            None => self.copy_of(work).await?,
        };
        let reported = AtomicU64::new(0);
        let progress = |sent: u64| {
            let before = reported.fetch_max(sent, Ordering::Relaxed);
            if is_planned && sent > before {
                self.observer.event(Event::Bytes(sent - before));
            }
        };
        let descriptor = blob_descriptor(&work.digest, work.size);
        let repository = self.target.repository(path)?;
        let upload = repository.upload_blob(&descriptor, source, session, &progress);
        let resumed = upload.await.map_err(|error| self.explain(path, &work.digest, error))?;
        self.count(|report| {
            report.blobs_uploaded += 1;
            report.bytes_uploaded += work.size - resumed;
            report.bytes_resumed += resumed;
        });
        Ok(())
    }

    /// A local copy of a blob that a thin bundle leaves out, from the repository of the target that has it: the registry
    /// does not mount it.
    async fn copy_of(&self, work: &Work<'_>) -> Result<Arc<dyn BlobSource>, Error> {
        let lost = || Error::Internal(format!("neither bundle nor target has the blob {}", work.digest));
        let descriptor = blob_descriptor(&work.digest, work.size);
        let copy = self.target.images().layer(work.have.ok_or_else(lost)?, &descriptor).await?;
        copy.ok_or_else(lost)
    }

    /// Damage of the bundle is reported as such: entry, files and the images that need it.
    fn explain(&self, path: &str, digest: &Digest, error: registry::client::Error) -> Error {
        let ErrorKind::SourceMismatch { actual } = error.kind() else {
            return error.into();
        };
        match self.bundle.damaged_blob(path, digest, actual) {
            Some(damage) => Error::Damaged(Box::new(damage)),
            None => error.into(),
        }
    }

    fn count(&self, change: impl FnOnce(&mut PushReport)) {
        change(&mut self.report.lock());
    }
}
