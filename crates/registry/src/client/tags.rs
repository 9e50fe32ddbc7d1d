//! The tags of a repository, page by page.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
};

use http::{Method, header};
use oci::Digest;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use url::Url;

use super::{
    attempts::Attempts,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    location,
    reply::Reply,
    repository::Repository,
};

/// Tags asked for in one page: the most that ECR allows.
const PAGE: usize = 1000;

/// The largest page in bytes. Some registries send all tags in one page, whatever is asked for.
const MAX_PAGE_SIZE: u64 = 16 * 1024 * 1024;

/// The most pages of one list: a registry may continue without end, with a new link on every page.
pub const MAX_TAG_PAGES: usize = 2000;

/// The most tags of one repository.
pub const MAX_TAGS: usize = 200_000;

/// The longest name of a tag in bytes (OCI distribution specification, "Pulling manifests").
const MAX_TAG_LENGTH: usize = 128;

/// The longest link to the next page in bytes: all of a list are kept, to see whether it goes in circles.
const MAX_LINK: usize = 8 * 1024;

#[derive(Deserialize)]
struct Page {
    /// Registries written in Go send null for an empty list.
    tags: Option<Tags>,
}

/// The tags of one page: without nulls (Nexus), names that no tag can have, and digests (Artifactory lists those as
/// tags). One more than [`MAX_TAGS`] at most.
struct Tags(Vec<String>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TagsVisitor)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Tags;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tags")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tags, A::Error> {
        let mut tags = Vec::new();
        while let Some(tag) = list.next_element::<Option<String>>()? {
            let is_tag = |tag: &String| {
                !tag.is_empty() && tag.len() <= MAX_TAG_LENGTH && tag.parse::<Digest>().is_err()
            };
            if tags.len() <= MAX_TAGS {
                tags.extend(tag.filter(is_tag));
            }
        }
        Ok(Tags(tags))
    }
}

impl Repository {
    /// All tags, sorted, each once; `None` if the repository certainly does not exist.
    ///
    /// A proxy cache lists only what it has been asked for, so that an empty list proves nothing there.
    ///
    /// # Errors
    /// Whatever keeps a true answer from coming; [`ErrorKind::NotARegistry`]; [`ErrorKind::OverLimit`] above
    /// [`MAX_TAG_PAGES`] or [`MAX_TAGS`].
    pub async fn tags(&self) -> Result<Option<Vec<String>>, Error> {
        let mut attempts = self.attempts();
        match self.all_tags(&mut attempts).await {
            Ok(tags) => Ok(Some(tags.into_iter().collect())),
            Err(Fault { kind: ErrorKind::NotFound { .. }, .. }) => Ok(None),
            Err(fault) => Err(attempts.error("list tags of", self.full_name(), fault)),
        }
    }

    async fn all_tags(&self, attempts: &mut Attempts) -> Result<BTreeSet<String>, Fault> {
        let first = self.path(&format!("tags/list?n={PAGE}"));
        let mut next = Some(self.connection.url(&first)?);
        let mut seen = HashSet::new();
        let mut tags = BTreeSet::new();
        while let Some(url) = next {
            let outgoing = Outgoing::new(Method::GET, url);
            let reply = self.connection.fetch(attempts, &outgoing, &self.pull(), MAX_PAGE_SIZE).await?;
            if !reply.status.is_success() {
                return Err(Self::page_refusal(&reply, seen.is_empty()));
            }
            tags.extend(tags_of(&reply)?);
            if tags.len() > MAX_TAGS {
                return Err(ErrorKind::OverLimit {
                    what: format!("the tag list has more than {MAX_TAGS} tags"),
                }
                .into());
            }
            attempts.progress();
            seen.insert(outgoing.url);
            if seen.len() > MAX_TAG_PAGES {
                return Err(ErrorKind::OverLimit {
                    what: format!("the tag list has more than {MAX_TAG_PAGES} pages"),
                }
                .into());
            }
            next = next_page(&reply, "tags")?;
            if next.as_ref().is_some_and(|url| seen.contains(url)) {
                return Err(ErrorKind::Protocol("the pages of the tag list form a loop".to_owned()).into());
            }
        }
        Ok(tags)
    }

    /// Only the first page can show that there is no such repository.
    fn page_refusal(reply: &Reply, is_first: bool) -> Fault {
        let fault = reply.refusal(Missing::Repository);
        match fault.kind {
            ErrorKind::NotFound { .. } if !is_first => {
                ErrorKind::Protocol("a page of the tag list is missing".to_owned()).into()
            }
            _ => fault,
        }
    }
}

/// The tags of one page.
fn tags_of(reply: &Reply) -> Result<Vec<String>, Fault> {
    let page: Page = serde_json::from_slice(&reply.body)
        .map_err(|_| ErrorKind::NotARegistry { answer: reply.describe() })?;
    Ok(page.tags.map(|tags| tags.0).unwrap_or_default())
}

/// The address of the next page of a list of `what`, if there is one.
pub(super) fn next_page(reply: &Reply, what: &str) -> Result<Option<Url>, Fault> {
    let Some(link) = reply.header(header::LINK).and_then(location::next_link) else {
        return Ok(None);
    };
    if link.len() > MAX_LINK {
        let what = format!("the link to the next page of {what} is longer than {MAX_LINK} bytes");
        return Err(ErrorKind::OverLimit { what }.into());
    }
    let next = location::resolve(&reply.url, link);
    next.map(Some).ok_or_else(|| {
        ErrorKind::Protocol(format!("the link to the next page of {what} is not valid")).into()
    })
}
