//! Which manifests of a bundle are attached to others, and to which.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::repositories::{Attachment, attachment};
use oci::{Digest, RawManifest, Referrer, Tag, TagOrDigest};

use super::Repository;
use crate::attached::{Kind, kind};

/// A manifest that is attached to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttachedManifest {
    /// The manifest.
    pub digest: Digest,
    /// Whether it names what it is attached to. Otherwise only the list of a registry without the referrers API says so.
    pub names_subject: bool,
}

impl Repository {
    /// Reads from the manifests what is attached to what.
    pub(crate) fn find_referrers(&mut self) {
        let mut found: BTreeMap<Digest, BTreeSet<AttachedManifest>> = BTreeMap::new();
        let subject = |digest: &Digest| Referrer::of(self.manifests.get(digest)?).subject;
        for digest in self.manifests.keys() {
            if let Some(subject) = subject(digest) {
                let attached = AttachedManifest { digest: *digest, names_subject: true };
                found.entry(subject).or_default().insert(attached);
            }
        }
        let lists = self.tags.iter().filter_map(|(tag, digest)| Some((self.list_of(tag, digest)?, digest)));
        for (listed_of, list) in lists {
            let children = self.children(list).into_iter();
            let others = children.filter(|child| subject(child) != Some(listed_of));
            let others = others.map(|digest| AttachedManifest { digest, names_subject: false });
            found.entry(listed_of).or_default().extend(others);
        }
        found.retain(|_, attached| !attached.is_empty());
        self.referrers = found;
    }

    /// The manifest of which this tag lists what is attached to it; `None` for any other tag. In a registry, clients add to
    /// such a list, so that its digest differs.
    pub(crate) fn list_of(&self, tag: &Tag, digest: &Digest) -> Option<Digest> {
        match attachment(tag.as_str()) {
            Some((subject, Attachment::List)) => {
                self.manifests.get(digest).filter(|it| it.is_index()).map(|_| subject)
            }
            _ => None,
        }
    }

    /// The manifest with this tag, if clients add layers to it: signatures or attestations. In a registry, its digest may
    /// differ.
    pub(crate) fn extensible(&self, tag: &Tag, digest: &Digest) -> Option<&RawManifest> {
        match attachment(tag.as_str()) {
            Some((_, Attachment::Signature | Attachment::Attestation)) => {
                self.manifests.get(digest).filter(|it| !it.is_index())
            }
            _ => None,
        }
    }

    /// The manifests that are named by their digest: in indexes, in lists of what is attached, by what is attached to them,
    /// or by the bundle itself.
    pub(crate) fn named_by_digest(&self) -> BTreeSet<Digest> {
        let attached = self.referrers.values().flatten().map(|it| it.digest);
        let subjects = self.attached().into_values().flatten();
        let children = self.manifests.keys().flat_map(|digest| self.children(digest));
        self.untagged.iter().copied().chain(attached).chain(subjects).chain(children).collect()
    }

    /// The tags that point to one manifest. Others are lists of what is attached, see [`Repository::list_of`].
    pub(crate) fn fixed_tags(&self) -> impl Iterator<Item = (&Tag, &Digest)> {
        self.tags.iter().filter(|(tag, digest)| self.list_of(tag, digest).is_none())
    }

    /// The number of manifests that a registry has with the same digest: all but the lists of what is attached.
    pub(crate) fn fixed_manifests(&self) -> usize {
        let lists = self.tags.iter().filter(|(tag, digest)| self.list_of(tag, digest).is_some());
        let lists: BTreeSet<&Digest> = lists.map(|(_, digest)| digest).collect();
        self.manifests.len() - lists.len()
    }

    /// The children of an index.
    pub(crate) fn children(&self, index: &Digest) -> Vec<Digest> {
        let parsed = self.manifests.get(index).and_then(|manifest| manifest.parse().ok());
        parsed.map(|it| it.children().iter().map(|child| child.digest).collect()).unwrap_or_default()
    }

    /// The manifests that are attached to others, and to which: by their subject, their tag or a list.
    pub(crate) fn attached(&self) -> BTreeMap<Digest, BTreeSet<Digest>> {
        let mut attached: BTreeMap<Digest, BTreeSet<Digest>> = BTreeMap::new();
        for (subject, referrers) in &self.referrers {
            for referrer in referrers {
                attached.entry(referrer.digest).or_default().insert(*subject);
            }
        }
        for (tag, digest) in self.fixed_tags() {
            if let Some((subject, _)) = attachment(tag.as_str()) {
                attached.entry(*digest).or_default().insert(subject);
            }
        }
        attached
    }

    /// What is attached to images, each manifest once.
    pub(crate) fn attached_kinds(&self) -> impl Iterator<Item = Kind> + use<> {
        let tagged = self.fixed_tags().map(|(tag, digest)| (TagOrDigest::from(tag.clone()), digest));
        let untagged = self.manifests.keys().map(|digest| (TagOrDigest::from(*digest), digest));
        let mut kinds: BTreeMap<Digest, Kind> = BTreeMap::new();
        for (reference, digest) in tagged.chain(untagged) {
            if let Some(kind) = self.manifests.get(digest).and_then(|manifest| kind(&reference, manifest)) {
                kinds.entry(*digest).or_insert(kind);
            }
        }
        for referrer in self.referrers.values().flatten() {
            kinds.entry(referrer.digest).or_insert(Kind::Other);
        }
        kinds.into_values()
    }

    /// The list of what is attached to `subject` that the bundle has.
    pub(crate) fn list(&self, subject: &Digest) -> Option<&RawManifest> {
        let tag = Attachment::List.tag(subject)?;
        let digest = self.tags.get(&tag)?;
        self.list_of(&tag, digest).and_then(|_| self.manifests.get(digest))
    }
}
