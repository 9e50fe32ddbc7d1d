//! In which order manifests are written, so that a push that breaks off is never seen as a release.
//!
//! Children before the index that names them; what only a digest names before what a cluster looks
//! for; what is attached to an image after the image, and before a cluster looks for it; the release
//! channels, which a cluster polls, last of all.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::{
    channel::Channel,
    repositories::{RELEASE_CHANNEL, attachment},
};
use oci::{Digest, RawManifest, Tag, TagOrDigest, manifest::MAX_NESTING};

use crate::{Contents, contents::Repository, read_back::Gaps};

/// One write to the target.
#[derive(Debug)]
pub(crate) enum Write<'a> {
    /// A manifest under a tag or its digest.
    Manifest { path: &'a str, reference: TagOrDigest, manifest: &'a RawManifest },
    /// A manifest under a tag whose manifest may have more layers in the target.
    Layers { path: &'a str, tag: &'a Tag, manifest: &'a RawManifest },
    /// The list of what is attached to a manifest, where the registry does not keep it.
    Referrers { repository: &'a Repository, subject: &'a Digest },
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
    /// What is attached to others; what is attached to something attached after that.
    Attached { height: usize },
    /// Lists of what is attached.
    Referrers,
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
        let order = RepositoryOrder::of(repository);
        let mut heights = BTreeMap::new();
        let is_tag_absent = |tag: &&Tag| gaps.tags.contains_key(&(path.to_owned(), (**tag).clone()));
        for (digest, manifest) in &repository.manifests {
            let is_gap = gaps.manifests.contains_key(&(path.to_owned(), *digest));
            let step = order.by_digest(digest, &mut heights);
            // Under its tag, the target may have an extended manifest.
            let mut tags = order.tags(digest).iter();
            let is_extensible = is_gap && tags.all(|tag| repository.extensible(tag, digest).is_some());
            let step = step.or_else(|| is_extensible.then(|| order.attached_step(digest)));
            let Some(step) = step else { continue };
            let is_absent = is_gap || order.tags(digest).iter().any(is_tag_absent);
            if is_absent {
                let reference = (*digest).into();
                steps.entry(step).or_default().push(Write::Manifest { path, reference, manifest });
            }
        }
        for (tag, digest) in repository.fixed_tags() {
            let key = (path.to_owned(), tag.clone());
            let absent = gaps.tags.contains_key(&key) || gaps.manifests.contains_key(&(key.0, *digest));
            if let Some(manifest) = repository.manifests.get(digest).filter(|_| absent) {
                let write = match repository.extensible(tag, digest) {
                    Some(manifest) => Write::Layers { path, tag, manifest },
                    None => Write::Manifest { path, reference: tag.clone().into(), manifest },
                };
                steps.entry(order.tag(tag, digest)).or_default().push(write);
            }
        }
        let is_gap = |subject: &&Digest| gaps.referrers.contains_key(&(path.to_owned(), **subject));
        let lists = repository.referrers.keys().filter(is_gap);
        steps
            .entry(Step::Referrers)
            .or_default()
            .extend(lists.map(|subject| Write::Referrers { repository, subject }));
    }
    let lacking = |(list, name): &(&'static str, &str)| gaps.listed.contains(&(*list, (*name).to_owned()));
    let listed = contents.listed().filter(lacking).map(|(list, name)| Write::Listed(list, name));
    steps.entry(Step::Lists).or_default().extend(listed);
    steps.into_values().collect()
}

/// What decides in which step a manifest of one repository is written.
struct RepositoryOrder<'a> {
    repository: &'a Repository,
    /// The tags of each manifest, without those of lists.
    tags: BTreeMap<&'a Digest, Vec<&'a Tag>>,
    /// Lists of what is attached. A registry has lists of its own.
    lists: BTreeSet<&'a Digest>,
    /// What is attached to others, and how many attached objects are between it and an image.
    attached: BTreeMap<Digest, usize>,
    /// What indexes name.
    children: BTreeSet<Digest>,
    /// What has tags, and must be there before them: something is attached to it, or an index names it.
    early: BTreeSet<Digest>,
}

impl<'a> RepositoryOrder<'a> {
    fn of(repository: &'a Repository) -> Self {
        let attached = repository.attached();
        let mut heights = BTreeMap::new();
        for digest in attached.keys() {
            height_of_attached(&attached, digest, (&mut heights, 0));
        }
        let mut tags: BTreeMap<&Digest, Vec<&Tag>> = BTreeMap::new();
        for (tag, digest) in repository.fixed_tags() {
            tags.entry(digest).or_default().push(tag);
        }
        let is_list = |(tag, digest): &(&Tag, &Digest)| repository.list_of(tag, digest).is_some();
        let lists = repository.tags.iter().filter(is_list).map(|(_, digest)| digest);
        let lists: BTreeSet<&Digest> = lists.collect();
        let indexes = repository.manifests.keys().filter(|digest| !lists.contains(digest));
        let children = indexes.flat_map(|index| repository.children(index)).collect();
        let early = BTreeSet::new();
        let mut order = Self { repository, tags, lists, attached: heights, children, early };
        let is_early = |digest: &&Digest| {
            let first = order.first(digest);
            first.is_some_and(|first| first > Step::Referrers || order.children.contains(*digest))
        };
        let subjects = attached.values().flatten();
        order.early = subjects.chain(&order.children).filter(is_early).copied().collect();
        order
    }

    /// The tags of a manifest.
    fn tags(&self, digest: &Digest) -> &[&'a Tag] {
        self.tags.get(digest).map_or(&[], Vec::as_slice)
    }

    /// The step of the first tag of a manifest.
    fn first(&self, digest: &Digest) -> Option<Step> {
        self.tags(digest).iter().map(|tag| self.tag(tag, digest)).min()
    }

    /// The step in which a manifest is written by its digest; `None` if a tag is enough.
    fn by_digest(&self, digest: &Digest, heights: &mut BTreeMap<Digest, usize>) -> Option<Step> {
        let by_tag = self.tags.contains_key(digest) && !self.early.contains(digest);
        if by_tag || self.lists.contains(digest) {
            return None;
        }
        if self.attached.contains_key(digest) && !self.children.contains(digest) {
            return Some(self.attached_step(digest));
        }
        Some(Step::ByDigest { height: height(self.repository, digest, heights) })
    }

    /// The step in which something attached is written.
    fn attached_step(&self, digest: &Digest) -> Step {
        Step::Attached { height: self.attached.get(digest).copied().unwrap_or(0) }
    }

    /// The step in which a tag is written.
    fn tag(&self, tag: &Tag, digest: &Digest) -> Step {
        let is_own = attachment(tag.as_str()).is_some() || tag.as_str() == digest.hex();
        if is_own && self.attached.contains_key(digest) {
            return self.attached_step(digest);
        }
        tag_step(&self.repository.path, tag.as_str())
    }
}

/// The number of attached objects between this one and an image. `known` are those that were computed. Tags can name each
/// other in a circle, so that there is a limit.
fn height_of_attached(
    attached: &BTreeMap<Digest, BTreeSet<Digest>>,
    digest: &Digest,
    (known, depth): (&mut BTreeMap<Digest, usize>, usize),
) -> usize {
    if let Some(height) = known.get(digest) {
        return *height;
    }
    if depth == MAX_NESTING {
        return 0;
    }
    let subjects = attached[digest].iter().filter(|subject| attached.contains_key(*subject));
    let heights = subjects.map(|subject| 1 + height_of_attached(attached, subject, (&mut *known, depth + 1)));
    let height = heights.max().unwrap_or(0);
    known.insert(*digest, height);
    height
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
    use deckhouse::repositories::Attachment;
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
            referrers: BTreeMap::new(),
        }
    }

    /// A manifest that names what it is attached to.
    fn referrer(name: &str, subject: &RawManifest) -> RawManifest {
        let mut text: serde_json::Value = serde_json::from_slice(image(name).bytes()).unwrap();
        text["subject"] = serde_json::to_value(subject.descriptor()).unwrap();
        RawManifest::new(None, Bytes::from(text.to_string())).unwrap()
    }

    /// A target that has nothing.
    fn everything(contents: &Contents) -> Gaps {
        let mut gaps = Gaps::default();
        for repository in &contents.repositories {
            let path = &repository.path;
            let tag = |tag: &Tag| ((path.clone(), tag.clone()), Gap::not_found());
            gaps.tags.extend(repository.tags.keys().map(tag));
            let tagged: BTreeSet<&Digest> = repository.tags.values().collect();
            let untagged = repository.manifests.keys().filter(|it| !tagged.contains(it));
            gaps.manifests.extend(untagged.map(|it| ((path.clone(), *it), Gap::not_found())));
        }
        gaps.listed.extend(contents.listed().map(|(list, name)| (list, name.to_owned())));
        gaps
    }

    fn names(steps: &[Vec<Write<'_>>]) -> Vec<Vec<String>> {
        let name = |write: &Write<'_>| match write {
            Write::Manifest { path, reference, .. } => format!("{path}:{reference}"),
            Write::Layers { path, tag, .. } => format!("{path}:{tag} with its layers"),
            Write::Referrers { repository, subject } => format!("{}: list of {subject}", repository.path),
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
    fn what_is_attached_comes_after_its_image_and_before_releases() {
        let release = image("release");
        let sbom = referrer("sbom", &release);
        let signature = image("signature of the SBOM");
        let signature_tag = Attachment::Signature.tag(&sbom.digest()).unwrap();
        let list = index(&[&sbom]);
        let list_tag = Attachment::List.tag(&release.digest()).unwrap();
        let (sbom_tag, path) = (sbom.digest().hex(), "release-channel");
        let tags = [
            ("v1.58.3", &release),
            ("stable", &release),
            (sbom_tag.as_str(), &sbom),
            (signature_tag.as_str(), &signature),
            (list_tag.as_str(), &list),
        ];
        let mut repository = repository(path, &tags, &[]);
        repository.find_referrers();
        let contents = Contents { derived_tags: Vec::new(), repositories: vec![repository] };
        let mut gaps = everything(&contents);
        gaps.referrers.insert((path.to_owned(), release.digest()), Gap::not_found());
        assert_eq!(
            names(&steps(&contents, &gaps)),
            [
                vec![format!("{path}:{}", release.digest())],
                vec![format!("{path}:{sbom_tag}")],
                vec![format!("{path}:{signature_tag} with its layers")],
                vec![format!("{path}: list of {}", release.digest())],
                vec![format!("{path}:v1.58.3")],
                vec![format!("{path}:stable")],
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
