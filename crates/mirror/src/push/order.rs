//! In which order manifests are written, so that a push that breaks off is never seen as a release.
//!
//! Children before the index that names them; what only a digest names before what a cluster looks
//! for; the release channels, which a cluster polls, last of all.

use std::collections::BTreeMap;

use deckhouse::{
    channel::Channel,
    repositories::{MODULES, RELEASE_CHANNEL},
};
use oci::{Digest, RawManifest, TagOrDigest};

use crate::{Contents, contents::Repository, read_back::Gaps};

/// The repository whose tags are the names of the modules.
pub(crate) const MODULES_INDEX: &str = MODULES;

/// One write to the target.
#[derive(Debug)]
pub(crate) enum Write<'a> {
    /// A manifest under a tag or its digest.
    Manifest {
        path: &'a str,
        reference: TagOrDigest,
        manifest: &'a RawManifest,
    },
    /// The index tag of a module.
    Module(&'a str),
}

/// The steps of a push; each must be done before the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Children of indexes and images without a tag; the deepest first.
    ByDigest { height: usize },
    /// Tags of everything but releases and channels.
    Tags,
    /// Versions in `release-channel`, from which a cluster learns that a release exists.
    Releases,
    /// Index tags of modules.
    Modules,
    /// Channel tags outside `release-channel`.
    Channels,
    /// Channel tags of `release-channel`.
    ReleaseChannels,
}

/// Everything that is to be written, step by step.
pub(crate) fn steps<'a>(contents: &'a Contents, gaps: &Gaps) -> Vec<Vec<Write<'a>>> {
    let mut steps: BTreeMap<Step, Vec<Write<'a>>> = BTreeMap::new();
    for repository in &contents.repositories {
        let path = repository.path.as_str();
        for (digest, manifest) in &repository.manifests {
            let tagged = repository.tags.values().any(|tagged| tagged == digest);
            if !tagged && gaps.manifests.contains_key(&(path.to_owned(), *digest)) {
                let step = Step::ByDigest {
                    height: height(repository, digest),
                };
                let reference = (*digest).into();
                steps.entry(step).or_default().push(Write::Manifest {
                    path,
                    reference,
                    manifest,
                });
            }
        }
        for (tag, digest) in &repository.tags {
            let key = (path.to_owned(), tag.clone());
            let absent = gaps.tags.contains_key(&key) || gaps.manifests.contains_key(&(key.0, *digest));
            if let Some(manifest) = repository.manifests.get(digest).filter(|_| absent) {
                let step = tag_step(path, tag.as_str());
                let reference = tag.clone().into();
                steps.entry(step).or_default().push(Write::Manifest {
                    path,
                    reference,
                    manifest,
                });
            }
        }
    }
    let modules = contents
        .modules()
        .filter(|name| gaps.modules.contains(*name))
        .map(Write::Module);
    steps.entry(Step::Modules).or_default().extend(modules);
    steps.into_values().collect()
}

fn tag_step(path: &str, tag: &str) -> Step {
    match (path == RELEASE_CHANNEL, tag.parse::<Channel>().is_ok()) {
        (false, false) => Step::Tags,
        (true, false) => Step::Releases,
        (false, true) => Step::Channels,
        (true, true) => Step::ReleaseChannels,
    }
}

/// 0 for an image, one more than its highest child for an index.
fn height(repository: &Repository, digest: &Digest) -> usize {
    let Some(Ok(manifest)) = repository.manifests.get(digest).map(RawManifest::parse) else {
        return 0;
    };
    manifest
        .children()
        .iter()
        .map(|child| 1 + height(repository, &child.digest))
        .max()
        .unwrap_or(0)
}
