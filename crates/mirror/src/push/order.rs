//! In which order manifests are written, so that a push that breaks off is never seen as a release.
//!
//! Children before the index that names them; what only a digest names before what a cluster looks
//! for; the release channels, which a cluster polls, last of all.

use std::collections::BTreeMap;

use deckhouse::{channel::Channel, repositories::RELEASE_CHANNEL};
use oci::{Digest, RawManifest, TagOrDigest};

use crate::{Contents, contents::Repository, read_back::Gaps};

/// One write to the target.
#[derive(Debug)]
pub(crate) enum Write<'a> {
    /// A manifest under a tag or its digest.
    Manifest { path: &'a str, reference: TagOrDigest, manifest: &'a RawManifest },
    /// The tag of a module or the like in its list.
    Listed(&'static str, &'a str),
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
    /// Tags of lists: modules and the like.
    Lists,
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
        let mut heights = BTreeMap::new();
        for (digest, manifest) in &repository.manifests {
            let tagged = repository.tags.values().any(|tagged| tagged == digest);
            if !tagged && gaps.manifests.contains_key(&(path.to_owned(), *digest)) {
                let step = Step::ByDigest { height: height(repository, digest, &mut heights) };
                let reference = (*digest).into();
                steps.entry(step).or_default().push(Write::Manifest { path, reference, manifest });
            }
        }
        for (tag, digest) in &repository.tags {
            let key = (path.to_owned(), tag.clone());
            let absent = gaps.tags.contains_key(&key) || gaps.manifests.contains_key(&(key.0, *digest));
            if let Some(manifest) = repository.manifests.get(digest).filter(|_| absent) {
                let step = tag_step(path, tag.as_str());
                let reference = tag.clone().into();
                steps.entry(step).or_default().push(Write::Manifest { path, reference, manifest });
            }
        }
    }
    let lacking = |(list, name): &(&'static str, &str)| gaps.listed.contains(&(*list, (*name).to_owned()));
    let listed = contents.listed().filter(lacking).map(|(list, name)| Write::Listed(list, name));
    steps.entry(Step::Lists).or_default().extend(listed);
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

/// 0 for an image, one more than its highest child for an index. `known` are those that were computed:
/// indexes that share their children would be followed again and again.
fn height(repository: &Repository, digest: &Digest, known: &mut BTreeMap<Digest, usize>) -> usize {
    if let Some(height) = known.get(digest) {
        return *height;
    }
    let Some(Ok(manifest)) = repository.manifests.get(digest).map(RawManifest::parse) else {
        return 0;
    };
    let children = manifest.children().iter();
    let height = children.map(|child| 1 + height(repository, &child.digest, known)).max().unwrap_or(0);
    known.insert(*digest, height);
    height
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;
    use oci::{Tag, media_type};

    use super::*;
    use crate::read_back::Gap;

    fn image(name: &str) -> RawManifest {
        let config = Digest::of(name.as_bytes());
        let text = format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"x","size":1,"digest":"{config}"}},"layers":[]}}"#
        );
        RawManifest::new(None, Bytes::from(text)).unwrap()
    }

    fn index(children: &[&RawManifest]) -> RawManifest {
        let children: Vec<_> = children.iter().map(|child| child.descriptor()).collect();
        let text = serde_json::json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children});
        RawManifest::new(None, Bytes::from(text.to_string())).unwrap()
    }

    fn repository(path: &str, tags: &[(&str, &RawManifest)], untagged: &[&RawManifest]) -> Repository {
        let all = tags.iter().map(|(_, manifest)| *manifest).chain(untagged.iter().copied());
        Repository {
            path: path.to_owned(),
            tags: tags.iter().map(|(tag, it)| (tag.parse().unwrap(), it.digest())).collect(),
            untagged: BTreeSet::new(),
            manifests: all.map(|manifest| (manifest.digest(), manifest.clone())).collect(),
            blobs: BTreeMap::new(),
        }
    }

    /// A target that has nothing.
    fn everything(contents: &Contents) -> Gaps {
        let mut gaps = Gaps::default();
        for repository in &contents.repositories {
            let path = &repository.path;
            let tag = |tag: &Tag| ((path.clone(), tag.clone()), Gap::not_found());
            gaps.tags.extend(repository.tags.keys().map(tag));
            gaps.manifests
                .extend(repository.manifests.keys().map(|it| ((path.clone(), *it), Gap::not_found())));
        }
        gaps.listed.extend(contents.listed().map(|(list, name)| (list, name.to_owned())));
        gaps
    }

    fn names(steps: &[Vec<Write<'_>>]) -> Vec<Vec<String>> {
        let name = |write: &Write<'_>| match write {
            Write::Manifest { path, reference, .. } => format!("{path}:{reference}"),
            Write::Listed(list, name) => format!("{list}:{name}"),
        };
        let steps = steps.iter().filter(|step| !step.is_empty());
        steps.map(|step| step.iter().map(name).collect()).collect()
    }

    #[test]
    fn leaves_first_and_release_channels_last() {
        let (leaf, release, module) = (image("leaf"), image("release"), image("module"));
        let inner = index(&[&leaf]);
        let outer = index(&[&inner]);
        let contents = Contents {
            derived_tags: Vec::new(),
            repositories: vec![
                repository(
                    "",
                    &[("v1.58.3", &release), ("stable", &release), ("aa", &outer)],
                    &[&inner, &leaf],
                ),
                repository("modules/console", &[("v1.0.0", &module)], &[]),
                repository("modules/console/release", &[("alpha", &module), ("v1.0.0", &module)], &[]),
                repository("packages/console", &[("v1.0.0", &module)], &[]),
                repository("release-channel", &[("v1.58.3", &release), ("stable", &release)], &[]),
            ],
        };
        let steps = steps(&contents, &everything(&contents));
        assert_eq!(
            names(&steps),
            [
                vec![format!(":{}", leaf.digest())],
                vec![format!(":{}", inner.digest())],
                vec![
                    ":aa".to_owned(),
                    ":v1.58.3".to_owned(),
                    "modules/console:v1.0.0".to_owned(),
                    "modules/console/release:v1.0.0".to_owned(),
                    "packages/console:v1.0.0".to_owned(),
                ],
                vec!["release-channel:v1.58.3".to_owned()],
                vec!["modules:console".to_owned(), "packages:console".to_owned()],
                vec![":stable".to_owned(), "modules/console/release:alpha".to_owned()],
                vec!["release-channel:stable".to_owned()],
            ]
        );
    }

    #[test]
    fn only_what_is_missing_is_written() {
        let (release, other) = (image("release"), image("other"));
        let contents = Contents {
            derived_tags: Vec::new(),
            repositories: vec![repository("", &[("v1.58.3", &release), ("v1.58.4", &other)], &[])],
        };
        assert_eq!(names(&steps(&contents, &Gaps::default())), Vec::<Vec<String>>::new());
        let mut gaps = Gaps::default();
        gaps.manifests.insert((String::new(), other.digest()), Gap::not_found());
        assert_eq!(names(&steps(&contents, &gaps)), [[":v1.58.4"]]);
    }
}
