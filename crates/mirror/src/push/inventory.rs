//! What a target has before a push.
//!
//! Unlike the proof afterwards this may be wrong in one direction: what is taken for missing is offered
//! again, and an upload begins by asking whether the blob is there. So nothing is asked about a repository
//! that the registry does not know, or may not show as long as nothing was pushed to it, nothing about a
//! tag that the registry does not list, and nothing about a small blob that only missing manifests name.

use std::collections::{BTreeMap, BTreeSet};

use bundle::Bundle;
use futures_util::future::try_join_all;
use oci::{Digest, Tag};

use registry::client::Existence;

use super::blobs::WORTH_ASKING;
use crate::{
    Contents, Error, Event, Observer, Stage,
    read_back::{Check, Checked, Depth, Gap, Gaps, Target, When, begin, checks, run_into, skip_unnamed},
};

/// Finds what the target lacks.
pub(super) async fn inventory(
    bundle: &Bundle,
    contents: &Contents,
    target: &Target,
    depth: Depth,
    observer: &dyn Observer,
) -> Result<Checked, Error> {
    let checks = checks(contents);
    let paths: BTreeSet<&str> = checks.iter().map(Check::path).collect();
    let shown = try_join_all(
        paths.iter().map(|path| async { Ok::<_, Error>((*path, shown(target, path, &checks).await?)) }),
    );
    let shown: BTreeMap<&str, Shown> = shown.await?.into_iter().collect();
    begin(checks.iter(), depth, Stage::Inventory, observer);
    let mut checked = Checked::default();
    let (mut blobs, others): (Vec<_>, Vec<_>) = checks.iter().partition(|check| check.is_blob());
    let (asked, assumed) = partition(others, |check| shown[check.path()].may_have(check));
    assume_missing(assumed, depth, &mut checked.gaps, observer);
    run_into(&mut checked, asked, target, depth, observer).await?;
    skip_unnamed(&mut blobs, contents, &mut checked, observer);
    let named = named(contents, &checked.gaps);
    let is_left_out = |digest: &Digest| bundle.thin().is_some_and(|thin| thin.left_out.get(digest).is_some());
    let is_asked = |check: &Check<'_>| match *check {
        // What a thin bundle leaves out is never offered.
        Check::Blob(path, digest, size) => {
            let is_offered = size < WORTH_ASKING && !is_left_out(digest);
            shown[path].may_have(check) && (named.contains(&(path, *digest)) || !is_offered)
        }
        _ => true,
    };
    let (asked, assumed) = partition(blobs, is_asked);
    assume_missing(assumed, depth, &mut checked.gaps, observer);
    run_into(&mut checked, asked, target, depth, observer).await?;
    observer.event(Event::StageEnded(Stage::Inventory));
    Ok(checked)
}

/// Those that are asked for, as before a push, and the others.
fn partition<'a>(
    checks: Vec<&Check<'a>>,
    is_asked: impl Fn(&Check<'a>) -> bool,
) -> (Vec<(Check<'a>, When)>, Vec<Check<'a>>) {
    let (asked, others): (Vec<Check<'a>>, Vec<_>) = checks.into_iter().copied().partition(is_asked);
    (asked.into_iter().map(|check| (check, When::BeforePush)).collect(), others)
}

fn assume_missing(checks: Vec<Check<'_>>, depth: Depth, gaps: &mut Gaps, observer: &dyn Observer) {
    observer.event(Event::Items(checks.len() as u64));
    if depth == Depth::Digest {
        observer.event(Event::Bytes(checks.iter().map(Check::blob_size).sum()));
    }
    for check in checks {
        check.record(gaps, Gap::not_found());
    }
}

/// The blobs, each with its repository, of the manifests that the target has.
pub(super) fn named<'a>(contents: &'a Contents, gaps: &Gaps) -> BTreeSet<(&'a str, Digest)> {
    let mut named = BTreeSet::new();
    for repository in &contents.repositories {
        let path = repository.path.as_str();
        let has_tag = |tag: &Tag| !gaps.tags.contains_key(&(path.to_owned(), tag.clone()));
        let has = |digest: &Digest| !gaps.manifests.contains_key(&(path.to_owned(), *digest));
        let by_tag = repository.fixed_tags().filter(|(tag, _)| has_tag(tag)).map(|(_, digest)| digest);
        let tagged: BTreeSet<&Digest> = repository.tags.values().collect();
        let untagged = repository.manifests.keys().filter(|digest| !tagged.contains(digest) && has(digest));
        let there: BTreeSet<&Digest> = by_tag.chain(untagged).collect();
        let manifests = there.into_iter().filter_map(|digest| repository.manifests.get(digest)?.parse().ok());
        named.extend(manifests.flat_map(|it| it.blobs().map(|blob| (path, blob.digest)).collect::<Vec<_>>()));
    }
    named
}

/// What the registry shows of a repository.
enum Shown {
    /// Not the repository.
    Nothing,
    /// Its tags.
    Tags(BTreeSet<String>),
    /// It exists, or may exist; its tags are unknown.
    Unknown,
}

impl Shown {
    /// Whether the repository may have what is checked.
    fn may_have(&self, check: &Check<'_>) -> bool {
        match self {
            Self::Nothing => false,
            Self::Tags(tags) => check.tag().is_none_or(|tag| tags.contains(tag)),
            Self::Unknown => true,
        }
    }
}

async fn shown(target: &Target, path: &str, checks: &[Check<'_>]) -> Result<Shown, Error> {
    let tags: BTreeSet<String> = match target.repository(path)?.tags().await {
        Ok(Some(tags)) => tags.into_iter().collect(),
        Ok(None) => return Ok(Shown::Nothing),
        // Quay and others refuse what does not exist yet; whether a push is allowed the first upload shows.
        Err(error) if error.is_refused_access() => return Ok(Shown::Nothing),
        // Its objects can be asked for one by one.
        Err(error) if error.is_isolated() => return Ok(Shown::Unknown),
        Err(error) => return Err(error.into()),
    };
    // A list may be old, or cut: then most likely at its end.
    let in_path = checks.iter().filter(|check| check.path() == path).filter_map(Check::tag);
    let Some(last) = in_path.filter(|tag| !tags.contains(*tag)).max() else { return Ok(Shown::Tags(tags)) };
    let last: Tag = last.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    match target.repository(path)?.manifest_exists(&last.into()).await {
        Ok(Existence::Absent) => Ok(Shown::Tags(tags)),
        _ => Ok(Shown::Unknown),
    }
}
