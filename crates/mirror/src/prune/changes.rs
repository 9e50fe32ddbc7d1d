//! Whether a plan still fits what a registry contains and what clusters need.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::version::tag_of;
use oci::Digest;
use semver::Version;

use super::{
    file::{Deletion, PlanFile},
    plan::{ClusterNeeds, Keep, PruneError, check_clear, check_releases, reasons},
    references::{Keeper, References},
    survey::Surveyed,
};
use crate::contents::place;

/// What a plan expects of the tags of a registry.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    /// The tags that stay, by repository.
    kept: &'a BTreeMap<String, BTreeMap<String, Digest>>,
    /// The tags that go, by repository.
    going: BTreeMap<&'a str, BTreeMap<&'a str, Digest>>,
}

impl<'a> Expected<'a> {
    pub(super) fn of(plan: &'a PlanFile) -> Self {
        let mut going: BTreeMap<&str, BTreeMap<&str, Digest>> = BTreeMap::new();
        for deletion in &plan.delete {
            let tags = deletion.tags.iter().map(|tag| (tag.as_str(), deletion.digest));
            going.entry(&deletion.repository).or_default().extend(tags);
        }
        Self { kept: &plan.kept_tags, going }
    }

    /// The tags of a repository that stay, and where each points.
    pub(super) fn kept(&self, path: &str) -> impl Iterator<Item = (&'a str, &'a Digest)> + use<'a> {
        self.kept.get(path).into_iter().flatten().map(|(tag, digest)| (tag.as_str(), digest))
    }

    /// # Errors
    /// [`PruneError::Unplanned`] if the plan does not know the tag.
    pub(super) fn check_known(&self, path: &str, tag: &str) -> Result<(), PruneError> {
        self.digest(path, tag)
            .map(drop)
            .ok_or_else(|| PruneError::Unplanned(format!("{}:{tag}", place(path))))
    }

    /// # Errors
    /// [`PruneError::Outgrown`] if the tag does not point where the plan says.
    pub(super) fn check_tag(&self, path: &str, tag: &str, found: &Digest) -> Result<(), PruneError> {
        self.check_known(path, tag)?;
        if self.digest(path, tag) == Some(*found) {
            return Ok(());
        }
        Err(PruneError::Outgrown(format!("the tag {}:{tag} now points to {found}", place(path))))
    }

    fn digest(&self, path: &str, tag: &str) -> Option<Digest> {
        let kept = self.kept.get(path).and_then(|tags| tags.get(tag));
        kept.or_else(|| self.going.get(path).and_then(|tags| tags.get(tag))).copied()
    }
}

/// The failure for a tag that stays and does not exist any more.
pub(super) fn lost(path: &str, tag: &str) -> PruneError {
    PruneError::Outgrown(format!("the tag {}:{tag} does not exist any more", place(path)))
}

/// Whether no cluster needs what goes: a release, or an image that a pod runs.
///
/// # Errors
/// [`PruneError::InUse`].
pub(super) fn check_clusters(
    plan: &PlanFile,
    removed: &BTreeSet<Version>,
    clusters: &[ClusterNeeds],
) -> Result<(), PruneError> {
    for cluster in clusters {
        if let Some(version) = removed.range(&cluster.release..).next() {
            return Err(PruneError::InUse {
                object: format!("release {}", tag_of(version)),
                by: format!("cluster {}, which runs {}", cluster.name, tag_of(&cluster.release)),
            });
        }
        if let Some(it) = plan.delete.iter().find(|it| cluster.images.contains(&it.digest)) {
            return Err(PruneError::InUse {
                object: format!("{}@{}", place(&it.repository), it.digest),
                by: Keeper::Pods(cluster.name.clone()).to_string(),
            });
        }
    }
    Ok(())
}

/// Whether the plan can be applied to what the registry contains now: its tags are those of the plan, less what was
/// deleted already, and nothing that stays refers to what goes.
///
/// # Errors
/// [`PruneError::Outgrown`], [`PruneError::Unplanned`], [`PruneError::InUse`], [`PruneError::Unclear`].
pub(super) fn check(
    plan: &PlanFile,
    removed: &BTreeSet<Version>,
    surveyed: &Surveyed,
    clusters: &[ClusterNeeds],
) -> Result<(), PruneError> {
    check_clusters(plan, removed, clusters)?;
    let survey = &surveyed.survey.with_running(clusters);
    check_releases(survey, clusters)?;
    let expected = Expected::of(plan);
    for ((path, tag), digest) in &survey.tags {
        expected.check_tag(path, tag.as_str(), digest)?;
    }
    let found: BTreeSet<(&str, &str)> =
        survey.tags.keys().map(|(path, tag)| (path.as_str(), tag.as_str())).collect();
    for (path, tags) in &plan.kept_tags {
        if let Some(tag) = tags.keys().find(|tag| !found.contains(&(path.as_str(), tag.as_str()))) {
            return Err(lost(path, tag));
        }
    }
    let keep = Keep { from: None, clusters: clusters.to_vec() };
    for version in removed {
        if let Some(by) = reasons(version, surveyed, &keep).into_iter().next() {
            return Err(PruneError::InUse { object: format!("release {}", tag_of(version)), by });
        }
    }
    let going = expected
        .going
        .iter()
        .flat_map(|(path, tags)| tags.keys().map(move |tag| format!("{}:{tag}", place(path))));
    check_clear(surveyed, removed, &going.collect())?;
    let is_going =
        |path: &str, tag: &str| expected.going.get(path).is_some_and(|tags| tags.contains_key(tag));
    let tags = survey.tags.keys().filter(|(path, tag)| is_going(path, tag.as_str())).cloned().collect();
    let references = References::with_tags(survey, removed, &tags);
    for Deletion { repository, digest, .. } in &plan.delete {
        if let Some(by) = references.kept.get(&(repository.clone(), *digest)) {
            let object = format!("{}@{digest}", place(repository));
            return Err(PruneError::InUse { object, by: by.to_string() });
        }
    }
    Ok(())
}
