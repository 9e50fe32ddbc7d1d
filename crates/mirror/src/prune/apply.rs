//! Applying a plan: one deletion after the other, each decided again right before it.

use std::{collections::BTreeSet, time::Duration};

use deckhouse::{channel::Channel, repositories::RELEASE_CHANNEL};
use futures_util::{
    future::try_join_all,
    stream::{self, StreamExt as _, TryStreamExt as _},
};
use oci::{Digest, Tag};
use registry::client::{Client, Deletion as Outcome, ErrorKind, Refusal, Repository, check::probe_upload};

use super::{
    changes::{Expected, check, check_clusters, lost},
    file::{Deletion, PlanFile},
    plan::{ClusterNeeds, PruneError},
    references::is_named,
    survey::survey,
};
use crate::{Error, Event, Observer, Root, Stage, contents, listed::PLATFORM};

/// How often a deleted manifest is read until it does not exist any more: registries with several replicas need some time.
const READS: u32 = 6;
/// The wait before each further read.
const WAIT: Duration = Duration::from_millis(500);

/// Tags that are read at the same time.
const AT_ONCE: usize = 16;

/// The content of the manifest whose deletion only asks whether deletions are allowed.
const ABSENT_CONTENT: &[u8] = b"dhctl asks whether manifests can be deleted; no manifest has this content";

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Applied {
    /// Manifests that were deleted.
    pub deleted: usize,
    /// Manifests that did not exist any more, as after an interrupted run.
    pub absent: usize,
}

/// Why an application stopped, and what was done before.
#[derive(Debug)]
pub struct Stopped<E> {
    /// What was done.
    pub applied: Applied,
    /// Why it stopped.
    pub error: E,
}

/// Deletes exactly what the plan says. `clusters` reads what the clusters need, again before each release.
///
/// # Errors
/// [`Stopped`] with [`PruneError::Outgrown`], [`PruneError::InUse`] or [`PruneError::Unclear`] if the plan does not fit any
/// more; [`PruneError::NotDeleted`]; [`PruneError::Lost`] if the registry deleted more than it was asked for;
/// [`PruneError::DeletionRefused`]; [`PruneError::Mirror`] if the registry cannot be read or refuses; what `clusters` fails
/// with.
pub async fn apply<E: From<PruneError>>(
    client: &Client,
    root: &Root,
    plan: &PlanFile,
    clusters: impl AsyncFn() -> Result<Vec<ClusterNeeds>, E>,
    observer: &dyn Observer,
) -> Result<Applied, Stopped<E>> {
    let mut applied = Applied::default();
    let place = Place { client, root, expected: Expected::of(plan) };
    match apply_to(&place, plan, clusters, &mut applied, observer).await {
        Ok(()) => Ok(applied),
        Err(error) => Err(Stopped { applied, error }),
    }
}

/// Counts in `applied` what was done.
async fn apply_to<E: From<PruneError>>(
    place: &Place<'_>,
    plan: &PlanFile,
    clusters: impl AsyncFn() -> Result<Vec<ClusterNeeds>, E>,
    applied: &mut Applied,
    observer: &dyn Observer,
) -> Result<(), E> {
    let Place { client, root, .. } = *place;
    let removed = plan.removed().map_err(|error| PruneError::Outgrown(error.to_string()))?;
    check_deletion(client, root).await?;
    let surveyed = survey(client, root, observer).await.map_err(PruneError::from)?;
    check(plan, &removed, &surveyed, &clusters().await?)?;
    let items = plan.delete.len() as u64;
    observer.event(Event::StageBegan { stage: Stage::Delete, bytes: 0, items });
    let mut release = "";
    for deletion in &plan.delete {
        if deletion.release != release {
            release = &deletion.release;
            check_clusters(plan, &removed, &clusters().await?)?;
            place.check_named_tags().await?;
            place.check_kept_images(plan).await?;
        }
        if place.delete(deletion).await? {
            applied.deleted += 1;
            let repository = contents::place(&deletion.repository);
            observer.event(Event::Detail(format!("deleted {repository}@{}", deletion.digest)));
        } else {
            applied.absent += 1;
        }
        observer.event(Event::Items(1));
    }
    place.check_named_tags().await?;
    place.check_kept_images(plan).await?;
    observer.event(Event::StageEnded(Stage::Delete));
    Ok(())
}

/// Checks whether the registry allows deletions, by the deletion of a manifest that does not exist, and whether it is a
/// proxy cache, by the request that asks whether uploads are accepted.
///
/// # Errors
/// [`PruneError::ProxyCache`]; [`PruneError::DeletionRefused`]; [`Error::Registry`] if the registry cannot be reached.
pub async fn check_deletion(client: &Client, root: &Root) -> Result<(), PruneError> {
    let repository = client.repository(root.name().clone());
    match probe_upload(&repository).await {
        // A full disk does not answer the question; a deletion shows what it allows.
        Ok(()) => {}
        Err(error) => match error.kind() {
            ErrorKind::Refused { reason: Refusal::ProxyCache | Refusal::MethodNotAllowed, .. } => {
                return Err(PruneError::ProxyCache(format!("{}/{}", client.host(), root.name())));
            }
            ErrorKind::Refused { reason: Refusal::ReadOnly, .. } => {
                return Err(PruneError::DeletionRefused(error));
            }
            ErrorKind::Refused { .. } | ErrorKind::Server { .. } => {}
            _ => return Err(Error::from(error).into()),
        },
    }
    match repository.delete_manifest(&Digest::of(ABSENT_CONTENT)).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_refused_access() || matches!(error.kind(), ErrorKind::Refused { .. }) => {
            Err(PruneError::DeletionRefused(error))
        }
        Err(error) => Err(Error::from(error).into()),
    }
}

/// The registry, and what the plan expects there.
struct Place<'a> {
    client: &'a Client,
    root: &'a Root,
    expected: Expected<'a>,
}

impl Place<'_> {
    fn repository(&self, path: &str) -> Result<Repository, PruneError> {
        let name = self.root.repository(path).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.client.repository(name))
    }

    /// Whether all tags that stay point where the plan says, as far as they name more than a digest.
    async fn check_named_tags(&self) -> Result<(), PruneError> {
        let tags =
            PLATFORM.iter().flat_map(|path| self.expected.kept(path).map(move |(tag, it)| (*path, tag, it)));
        let named = tags.filter(|(_, tag, digest)| is_named(tag, digest));
        let checks = named.map(|(path, tag, _)| async move {
            if self.check_tag(path, tag).await? { Ok(()) } else { Err(lost(path, tag)) }
        });
        stream::iter(checks).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Whether the images that only pods or tags keep are still there.
    async fn check_kept_images(&self, plan: &PlanFile) -> Result<(), PruneError> {
        let checks = plan.kept_images.iter().map(|image| async move {
            let repository = self.repository(&image.repository)?;
            if exists(&repository, &image.digest).await? {
                return Ok(());
            }
            Err(PruneError::Lost {
                object: format!("{}@{}", repository.name(), image.digest),
                because: image.because.clone(),
            })
        });
        stream::iter(checks).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Deletes one manifest, and reads whether it is gone; false if it did not exist.
    async fn delete(&self, deletion: &Deletion) -> Result<bool, PruneError> {
        let paths = BTreeSet::from([deletion.repository.as_str(), RELEASE_CHANNEL]);
        try_join_all(paths.into_iter().map(|path| self.check_repository(path))).await?;
        try_join_all(deletion.tags.iter().map(|tag| self.check_tag(&deletion.repository, tag))).await?;
        let repository = self.repository(&deletion.repository)?;
        let outcome = repository.delete_manifest(&deletion.digest).await.map_err(Error::from)?;
        if outcome == Outcome::Absent {
            return Ok(false);
        }
        for _ in 0..READS {
            if !exists(&repository, &deletion.digest).await? {
                return Ok(true);
            }
            tokio::time::sleep(WAIT).await;
        }
        Err(PruneError::NotDeleted(format!("{}@{}", repository.name(), deletion.digest)))
    }

    /// Whether the repository has no tag that the plan does not know, and its channels are where the plan says.
    async fn check_repository(&self, path: &str) -> Result<(), PruneError> {
        let listed = self.repository(path)?.tags().await.map_err(Error::from)?.unwrap_or_default();
        listed.iter().try_for_each(|tag| self.expected.check_known(path, tag))?;
        let channels = self.expected.kept(path).filter(|(tag, _)| tag.parse::<Channel>().is_ok());
        try_join_all(channels.map(|(tag, _)| async move {
            if self.check_tag(path, tag).await? { Ok(()) } else { Err(lost(path, tag)) }
        }))
        .await
        .map(drop)
    }

    /// Whether a tag points where the plan says; false if it does not exist.
    async fn check_tag(&self, path: &str, tag: &str) -> Result<bool, PruneError> {
        let reference: Tag = tag.parse().map_err(|error| PruneError::Outgrown(format!("{error}")))?;
        let found =
            self.repository(path)?.manifest_if_present(&reference.into()).await.map_err(Error::from)?;
        match found {
            Some(manifest) => self.expected.check_tag(path, tag, &manifest.digest()).map(|()| true),
            None => Ok(false),
        }
    }
}

async fn exists(repository: &Repository, digest: &Digest) -> Result<bool, PruneError> {
    let found = repository.manifest_if_present(&(*digest).into()).await.map_err(Error::from)?;
    Ok(found.is_some())
}
