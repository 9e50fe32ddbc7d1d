//! What a target registry really holds of a bundle's content.
//!
//! Tags and manifests are read by GET and compared by digest, blobs by HEAD and size in every
//! repository. The same look serves twice: before a push it tells what is missing, after a push (and
//! alone, as `mirror verify`) it is the proof. The answer of an upload is never taken for proof.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use futures_util::{
    future::BoxFuture,
    stream::{self, StreamExt as _, TryStreamExt as _},
};
use oci::{Descriptor, Digest, Tag, TagOrDigest};
use registry::client::{Client, Repository as Remote};

use crate::{
    Contents, Error, Event, MissingItem, Observer, Root, Stage,
    contents::{Repository, place},
    source::RegistryImages,
};

/// Requests that may wait for an answer at once; the client bounds what really runs.
const CONCURRENT_LOOKS: usize = 64;

/// A registry root that is pushed to.
#[derive(Debug, Clone)]
pub struct Target {
    client: Client,
    root: Root,
}

/// How closely blobs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// HEAD and size.
    Size,
    /// Download and digest.
    Digest,
}

/// What the target lacks.
#[derive(Debug, Default)]
pub struct Gaps {
    /// Tags that are absent or point elsewhere, with the reason.
    pub(crate) tags: BTreeMap<(String, Tag), String>,
    /// Manifests that cannot be read by digest.
    pub(crate) manifests: BTreeMap<(String, Digest), String>,
    /// Blobs that a repository does not have, or has in another size.
    pub(crate) blobs: BTreeMap<(String, Digest), String>,
    /// Names of modules and the like, each with its list, that have no tag there.
    pub(crate) listed: BTreeSet<(&'static str, String)>,
}

impl Target {
    /// A target whose repositories are below `root`.
    pub fn new(client: Client, root: impl Into<Root>) -> Self {
        Self { client, root: root.into() }
    }

    /// A repository's name for a user.
    pub(crate) fn name(&self, path: &str) -> String {
        self.root.describe(self.client.host(), path)
    }

    /// Makes ready the place where uploads under way are noted for a later push.
    pub(crate) fn prepare_sessions(&self) -> std::io::Result<()> {
        self.client.prepare_sessions()
    }

    /// What it holds, to be read as a source is.
    pub(crate) fn images(&self) -> RegistryImages {
        RegistryImages::new(self.client.clone(), self.root.clone(), None)
    }

    pub(crate) fn repository(&self, path: &str) -> Result<Remote, Error> {
        let name = self.root.repository(path).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(self.client.repository(name))
    }
}

impl Gaps {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.manifests.is_empty() && self.blobs.is_empty() && self.listed.is_empty()
    }

    /// The list for a user.
    pub fn items(&self, contents: &Contents, target: &Target) -> Vec<MissingItem> {
        let item = |path: &str, reference: String, wanted_by: Vec<String>, reason: &str| MissingItem {
            repository: target.name(path),
            reference,
            wanted_by,
            reason: reason.to_owned(),
        };
        let find = |path: &str| contents.repository(path);
        let users = |path: &str, digest: &Digest| {
            find(path).map(|repository| repository.users(digest)).unwrap_or_default()
        };
        let tags = self.tags.iter().map(|((path, tag), reason)| {
            // The tag of an image that is known by digest only repeats the digest.
            let digest = find(path).and_then(|repository| repository.tags.get(tag));
            let by_digest = digest.filter(|digest| digest.hex() == tag.as_str());
            item(path, by_digest.map_or_else(|| tag.to_string(), Digest::to_string), vec![], reason)
        });
        let by_digest = self.manifests.iter().chain(&self.blobs);
        let by_digest = by_digest
            .map(|((path, digest), reason)| item(path, digest.to_string(), users(path, digest), reason));
        let listed = self.listed.iter().map(|(list, name)| {
            let by = vec![format!("{list}/{name}")];
            item(list, name.clone(), by, "the tag that it is found by is missing")
        });
        tags.chain(by_digest).chain(listed).collect()
    }
}

impl Repository {
    /// The tags (or digests) of this repository whose images need a manifest or blob.
    fn users(&self, digest: &Digest) -> Vec<String> {
        let needs = |image: &Digest| self.needs(image, digest, &mut BTreeSet::new());
        let tagged = self.tags.iter().filter(|(_, image)| needs(image)).map(|(tag, _)| tag.to_string());
        let untagged = self.untagged.iter().filter(|image| needs(image)).map(Digest::to_string);
        let place = place(&self.path);
        tagged.chain(untagged).map(|name| format!("{place}:{name}")).collect()
    }

    /// `seen` keeps indexes that share their children from being followed again and again.
    fn needs(&self, image: &Digest, digest: &Digest, seen: &mut BTreeSet<Digest>) -> bool {
        if !seen.insert(*image) {
            return false;
        }
        let Some(Ok(manifest)) = self.manifests.get(image).map(oci::RawManifest::parse) else {
            return false;
        };
        image == digest
            || manifest.blobs().any(|blob| blob.digest == *digest)
            || manifest.children().iter().any(|child| self.needs(&child.digest, digest, seen))
    }
}

/// Looks at everything that `contents` names.
///
/// # Errors
/// [`Error::Registry`] if the target cannot be read; what it lacks is no error but the result.
pub async fn read_back(
    contents: &Contents,
    target: &Target,
    depth: Depth,
    stage: Stage,
    observer: &dyn Observer,
) -> Result<Gaps, Error> {
    take_all(looks(contents), target, depth, stage, observer).await
}

/// Takes every look and returns what was not in place.
pub(crate) async fn take_all(
    looks: Vec<Look<'_>>,
    target: &Target,
    depth: Depth,
    stage: Stage,
    observer: &dyn Observer,
) -> Result<Gaps, Error> {
    let bytes = match depth {
        Depth::Size => 0,
        Depth::Digest => looks.iter().map(Look::blob_size).sum(),
    };
    observer.event(Event::StageBegan { stage, bytes, items: looks.len() as u64 });
    let gaps = Mutex::new(Gaps::default());
    stream::iter(looks)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENT_LOOKS, |look| {
            let gaps = &gaps;
            async move {
                if let Some(reason) = look.take(target, depth, observer).await? {
                    look.record(&mut gaps.lock().unwrap_or_else(PoisonError::into_inner), reason);
                }
                observer.event(Event::Items(1));
                Ok::<_, Error>(())
            }
        })
        .await?;
    observer.event(Event::StageEnded(stage));
    Ok(gaps.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// One thing to look at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Look<'a> {
    Tag(&'a str, &'a Tag, &'a Digest),
    Manifest(&'a str, &'a Digest),
    Blob(&'a str, &'a Digest, u64),
    Listed(&'static str, &'a str),
}

/// Everything that `contents` names. A manifest with a tag is read by its tag: the digest of what comes
/// is compared, so that proves it under both names.
pub(crate) fn looks(contents: &Contents) -> Vec<Look<'_>> {
    let mut looks = Vec::new();
    for repository in &contents.repositories {
        let path = repository.path.as_str();
        looks.extend(repository.tags.iter().map(|(tag, digest)| Look::Tag(path, tag, digest)));
        let tagged: BTreeSet<&Digest> = repository.tags.values().collect();
        let untagged = repository.manifests.keys().filter(|digest| !tagged.contains(digest));
        looks.extend(untagged.map(|digest| Look::Manifest(path, digest)));
        looks.extend(repository.blobs.iter().map(|(digest, size)| Look::Blob(path, digest, *size)));
    }
    looks.extend(contents.listed().map(|(list, name)| Look::Listed(list, name)));
    looks
}

impl Look<'_> {
    /// The repository that is looked at.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Tag(path, ..) | Self::Manifest(path, _) | Self::Blob(path, ..) => path,
            Self::Listed(list, _) => list,
        }
    }

    /// Size in bytes of the blob that is looked at; 0 for anything else.
    pub(crate) fn blob_size(&self) -> u64 {
        match self {
            Self::Blob(_, _, size) => *size,
            _ => 0,
        }
    }

    /// Whether this is a look at a blob that `gaps` lists.
    pub(crate) fn is_blob_in(&self, gaps: &Gaps) -> bool {
        matches!(*self, Self::Blob(path, digest, _) if gaps.blobs.contains_key(&(path.to_owned(), *digest)))
    }

    /// Notes that the thing is not in place.
    pub(crate) fn record(&self, gaps: &mut Gaps, reason: String) {
        match *self {
            Self::Tag(path, tag, _) => drop(gaps.tags.insert((path.to_owned(), tag.clone()), reason)),
            Self::Manifest(path, digest) => drop(gaps.manifests.insert((path.to_owned(), *digest), reason)),
            Self::Blob(path, digest, _) => drop(gaps.blobs.insert((path.to_owned(), *digest), reason)),
            Self::Listed(list, name) => drop(gaps.listed.insert((list, name.to_owned()))),
        }
    }

    /// `None` if the thing is in place, else why it does not count as such.
    async fn take(
        &self,
        target: &Target,
        depth: Depth,
        observer: &dyn Observer,
    ) -> Result<Option<String>, Error> {
        match *self {
            Look::Tag(path, tag, digest) => manifest(target, path, &tag.clone().into(), digest).await,
            Look::Manifest(path, digest) => manifest(target, path, &(*digest).into(), digest).await,
            Look::Blob(path, digest, size) => match depth {
                Depth::Size => blob_by_size(target, path, digest, size).await,
                Depth::Digest => blob_by_digest(target, path, digest, size, observer).await,
            },
            Look::Listed(list, name) => {
                let reference: Tag = name.parse().map_err(|error| Error::Internal(format!("{error}")))?;
                let index = target.repository(list)?;
                let found = index.manifest_if_present(&reference.into()).await?;
                Ok(found.is_none().then(|| "not found".to_owned()))
            }
        }
    }
}

/// `None` if the reference has the manifest with this digest, else why not.
async fn manifest(
    target: &Target,
    path: &str,
    reference: &TagOrDigest,
    digest: &Digest,
) -> Result<Option<String>, Error> {
    match target.repository(path)?.manifest_if_present(reference).await {
        Ok(Some(found)) if found.digest() == *digest => Ok(None),
        Ok(Some(found)) => Ok(Some(format!("points to {} instead of {digest}", found.digest()))),
        Ok(None) => Ok(Some("not found".to_owned())),
        Err(error) => told(error.into()),
    }
}

/// A target that holds something wrong lacks the right thing; one that cannot be read is a failure.
fn told(error: Error) -> Result<Option<String>, Error> {
    if error.is_bad_content() { Ok(Some(error.to_string())) } else { Err(error) }
}

/// `None` if the repository has the blob in this size, else why that does not count as there.
pub(crate) async fn blob_by_size(
    target: &Target,
    path: &str,
    digest: &Digest,
    size: u64,
) -> Result<Option<String>, Error> {
    match target.repository(path)?.blob_size(digest).await {
        Ok(Some(found)) if found == size => Ok(None),
        Ok(Some(found)) => Ok(Some(format!("{found} bytes instead of {size}"))),
        Ok(None) => Ok(Some("not found".to_owned())),
        Err(error) => Err(error.into()),
    }
}

fn blob_by_digest<'a>(
    target: &'a Target,
    path: &'a str,
    digest: &'a Digest,
    size: u64,
    observer: &'a dyn Observer,
) -> BoxFuture<'a, Result<Option<String>, Error>> {
    Box::pin(async move {
        let mut blob = target.repository(path)?.read_blob(*digest, size, 0);
        let mut hasher = digest.hasher();
        loop {
            match blob.next().await {
                Ok(Some(chunk)) => {
                    observer.event(Event::Bytes(chunk.len() as u64));
                    hasher.update(&chunk);
                }
                Ok(None) => break,
                Err(error) => return told(error.into()),
            }
        }
        let found = hasher.finish();
        Ok((found != *digest).then(|| format!("the content has the digest {found}")))
    })
}

/// A descriptor for a blob that is known by digest and size only.
pub(crate) fn blob_descriptor(digest: &Digest, size: u64) -> Descriptor {
    Descriptor {
        media_type: "application/octet-stream".to_owned(),
        size,
        digest: *digest,
        platform: None,
        annotations: BTreeMap::new(),
    }
}
