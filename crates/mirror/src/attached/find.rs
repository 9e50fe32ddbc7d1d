//! The search for everything that is attached to images that were found.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
};

use deckhouse::repositories::Attachment;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::{Digest, Manifest, RawManifest, Referrer, Tag, TagOrDigest, manifest::MAX_NESTING};
use registry::client::ErrorKind;

use super::kind::{Kind, kind};
use crate::{
    Cause, Error, MissingItem, WantedBy,
    source::{Found, Images, Need, Source},
    wanted::Wanted,
};

/// Images whose attachments are read at the same time; the client limits the requests.
const AT_ONCE: usize = 32;

/// How far it is followed that something is attached to something attached. A signature of an SBOM is 2.
const MAX_DEPTH: usize = 4;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Signatures, SBOMs, and everything that the referrers API or its tag lists.
    pub signatures: bool,
    /// Attestations with a tag `sha256-HEX.att`, such as VEX documents.
    pub attestations: bool,
}

/// Everything.
impl Default for Choice {
    fn default() -> Self {
        Self::ALL
    }
}

impl Choice {
    /// Everything.
    pub(crate) const ALL: Self = Self { signatures: true, attestations: true };

    fn takes(self, attachment: Attachment) -> bool {
        match attachment {
            Attachment::Attestation => self.attestations,
            Attachment::Signature | Attachment::Sbom | Attachment::List => self.signatures,
        }
    }
}

/// A registry in which attached objects can be looked for.
pub(crate) trait Attachable: Images {
    /// The tags of a repository, if a tag that is not among them certainly does not exist. Otherwise `None`: each must be
    /// requested.
    fn all_tags(&self, path: &str) -> impl Future<Output = Result<Option<BTreeSet<Tag>>, Error>> + Send;

    /// What is attached to a manifest, by the referrers API; `None` if the registry does not have it.
    fn referrers(
        &self,
        path: &str,
        subject: &Digest,
    ) -> impl Future<Output = Result<Option<BTreeSet<Digest>>, Error>> + Send;
}

/// A manifest in a repository.
type Subject = (String, Digest);

/// The manifests that something may be attached to, and what needs each.
type Subjects = BTreeMap<Subject, BTreeSet<WantedBy>>;

/// Wants everything that is attached to `wanted`, and to what is attached.
///
/// # Errors
/// Whatever keeps the registry from being read. Something that is listed and not there is missing, and so is a list that
/// the registry cannot return.
pub(crate) async fn find<I: Attachable>(
    source: &Source<I>,
    wanted: &Wanted,
    choice: Choice,
) -> Result<Found, Error> {
    let mut found = Found::default();
    if choice == (Choice { signatures: false, attestations: false }) {
        return Ok(found);
    }
    let (mut subjects, mut seen) = (subjects(wanted), BTreeSet::new());
    let search = Search { choice, failed: AtomicBool::new(false) };
    for _ in 0..MAX_DEPTH {
        subjects.retain(|subject, _| seen.insert(subject.clone()));
        let level = Box::pin(search.level(source, wanted, &subjects)).await?;
        subjects = self::subjects(&level.wanted);
        found.merge(level);
    }
    subjects.retain(|subject, _| seen.insert(subject.clone()));
    let below = Box::pin(search.level(source, wanted, &subjects)).await?;
    for ((path, digest), by) in self::subjects(&below.wanted).into_iter().filter(|(it, _)| !seen.contains(it))
    {
        let reason = format!("it is attached more than {MAX_DEPTH} levels below an image");
        found.miss(missing(source, (&path, &digest.to_string()), &by, reason));
    }
    Ok(found)
}

struct Search {
    choice: Choice,
    /// Whether a list of referrers could not be read. One such failure is reported, and no more are requested.
    failed: AtomicBool,
}

impl Search {
    async fn level<I: Attachable>(
        &self,
        source: &Source<I>,
        wanted: &Wanted,
        subjects: &Subjects,
    ) -> Result<Found, Error> {
        let paths: BTreeSet<&str> = subjects.keys().map(|(path, _)| path.as_str()).collect();
        let lists = stream::iter(paths)
            .map(|path| async move { Ok::<_, Error>((path, trusted_tags(source, wanted, path).await?)) });
        let lists: BTreeMap<&str, Option<BTreeSet<Tag>>> = lists.buffered(AT_ONCE).try_collect().await?;
        let mut each = subjects.iter().map(|(subject, by)| {
            let list = lists[subject.0.as_str()].as_ref();
            self.of_subject(source, subject, by, list)
        });
        let mut found = Found::default();
        // The first one alone: if lists of referrers cannot be read, each request would use up its attempts.
        if let Some(first) = each.next() {
            found.merge(first.await?);
        }
        let steps: Vec<Found> = stream::iter(each).buffered(AT_ONCE).try_collect().await?;
        for step in steps {
            found.merge(step);
        }
        Ok(found)
    }

    async fn of_subject<I: Attachable>(
        &self,
        source: &Source<I>,
        (path, digest): &Subject,
        by: &BTreeSet<WantedBy>,
        list: Option<&BTreeSet<Tag>>,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        for attachment in Attachment::ALL.into_iter().filter(|it| self.choice.takes(*it)) {
            let Some(tag) = attachment.tag(digest) else { continue };
            let need = match list {
                Some(list) if !list.contains(&tag) => continue,
                Some(_) => Need::Required,
                None => Need::Optional,
            };
            let tag = TagOrDigest::from(tag);
            found.merge(want(source, path, &tag, need, by).await?);
            if attachment == Attachment::List {
                found.merge(entries(source, (path, &tag), by).await?);
            }
        }
        if self.choice.signatures && !self.failed.load(Ordering::Relaxed) {
            let tagged = tagged(&found);
            found.merge(self.referrers(source, (path, digest), by, &tagged).await?);
        }
        Ok(found)
    }

    /// `tagged`: what need not be found by its digest too.
    async fn referrers<I: Attachable>(
        &self,
        source: &Source<I>,
        (path, subject): (&str, &Digest),
        by: &BTreeSet<WantedBy>,
        tagged: &BTreeSet<Digest>,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        let referrers = match source.images().referrers(path, subject).await {
            Ok(referrers) => referrers.unwrap_or_default(),
            Err(Error::Registry(error)) if is_about_the_list(error.kind()) => {
                // The other requests that are under way report the same.
                if !self.failed.swap(true, Ordering::Relaxed) {
                    let reason = format!("what is attached to it is unknown: {error}");
                    found.miss(missing(source, (path, &subject.to_string()), by, reason));
                }
                return Ok(found);
            }
            Err(error) => return Err(error),
        };
        for referrer in referrers.difference(tagged) {
            found.merge(want(source, path, &(*referrer).into(), Need::Required, by).await?);
        }
        Ok(found)
    }
}

/// Signatures and the like that only their tag attaches: Harbor lists those by the referrers API too.
fn tagged(found: &Found) -> BTreeSet<Digest> {
    let images = found.wanted.images().map(|(_, image)| &image.manifest);
    images.filter(|manifest| Referrer::of(manifest).subject.is_none()).map(RawManifest::digest).collect()
}

/// Wants what a list of attached objects has. As its children they are found already; as images of their own they are also
/// found without it.
async fn entries<I: Attachable>(
    source: &Source<I>,
    (path, list): (&str, &TagOrDigest),
    by: &BTreeSet<WantedBy>,
) -> Result<Found, Error> {
    let mut found = Found::default();
    let Some(first) = by.first() else { return Ok(found) };
    let list = source.look(path, list, first).await?.value;
    let parsed = list.filter(RawManifest::is_index).and_then(|list| list.parse().ok());
    for entry in parsed.iter().flat_map(Manifest::children) {
        found.merge(want(source, path, &entry.digest.into(), Need::Required, by).await?);
    }
    Ok(found)
}

/// Wants something attached, for everything that needs the image. If it is missing, it can be left out.
async fn want<I: Attachable>(
    source: &Source<I>,
    path: &str,
    reference: &TagOrDigest,
    need: Need,
    by: &BTreeSet<WantedBy>,
) -> Result<Found, Error> {
    let mut found = Found::default();
    for by in by {
        let step = source.want(path, reference.clone(), need, by).await?;
        found.merge(step.found);
    }
    found.missing.set_cause(Cause::Attached);
    Ok(found)
}

/// Whether a failure concerns the list of referrers, and not the whole registry. The same login has just read the image.
pub(crate) fn is_about_the_list(kind: &ErrorKind) -> bool {
    !matches!(kind, ErrorKind::Network(_) | ErrorKind::RateLimited { .. })
}

/// The tags of a repository if they prove that a tag does not exist. A list without any of the tags that were found in the
/// repository is not complete.
async fn trusted_tags<I: Attachable>(
    source: &Source<I>,
    wanted: &Wanted,
    path: &str,
) -> Result<Option<BTreeSet<Tag>>, Error> {
    let Some(list) = source.images().all_tags(path).await? else { return Ok(None) };
    let mut known = wanted.images().filter_map(|((in_path, reference), _)| match reference {
        TagOrDigest::Tag(tag) if in_path == path => Some(tag),
        _ => None,
    });
    let first = known.next();
    let is_complete = first.is_none_or(|first| list.contains(first) || known.any(|tag| list.contains(tag)));
    Ok(is_complete.then_some(list))
}

/// The manifests of these images and of their children. The lists of what is attached are not among them: nothing is
/// attached to a list.
fn subjects(wanted: &Wanted) -> Subjects {
    let children: BTreeMap<(&str, Digest), &RawManifest> =
        wanted.children().map(|(path, manifest)| ((path, manifest.digest()), manifest)).collect();
    let mut subjects = Subjects::new();
    for ((path, reference), image) in wanted.images() {
        let mut level = vec![&image.manifest];
        for depth in 0..=MAX_NESTING {
            let mut below = Vec::new();
            for manifest in level {
                let is_list = depth == 0 && kind(reference, manifest) == Some(Kind::List);
                if !is_list {
                    let by = subjects.entry((path.clone(), manifest.digest())).or_default();
                    by.extend(image.wanted_by.iter().cloned());
                }
                let Ok(parsed) = manifest.parse() else { continue };
                let of_index = parsed.children().iter();
                below.extend(
                    of_index.filter_map(|child| children.get(&(path.as_str(), child.digest)).copied()),
                );
            }
            level = below;
        }
    }
    subjects
}

fn missing<I: Attachable>(
    source: &Source<I>,
    (path, reference): (&str, &str),
    by: &BTreeSet<WantedBy>,
    reason: String,
) -> MissingItem {
    let mut wanted_by: Vec<WantedBy> = by.iter().cloned().collect();
    wanted_by.sort_by_cached_key(ToString::to_string);
    MissingItem {
        repository: source.name(path),
        reference: reference.to_owned(),
        wanted_by,
        reason,
        cause: Cause::Attached,
    }
}
