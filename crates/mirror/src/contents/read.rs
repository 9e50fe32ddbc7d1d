//! Reading the contents of a bundle, manifests checked.

use std::collections::{BTreeMap, BTreeSet};

use bundle::{Bundle, Stored};
use foreign_text::is_unfit_for_line;
use oci::{Descriptor, Manifest, RawManifest, Tag, layout, manifest::MAX_NESTING};

use super::{Contents, Repository, channel_tags, place};
use crate::{
    Cause, Error, MissingItem, WantedBy,
    error::Place,
    limits::{ManifestTotal, check_blobs},
};

impl Contents {
    /// Reads every manifest of the bundle.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with every manifest and blob that is missing.
    pub fn read(bundle: &Bundle) -> Result<Self, Error> {
        let (contents, items) = Self::read_what_is_there(bundle)?;
        if items.is_empty() { Ok(contents) } else { Err(Error::Incomplete { place: Place::Bundle, items }) }
    }

    /// Reads every manifest of the bundle that can be read, and returns what is missing too.
    ///
    /// # Errors
    /// [`Error::OverLimit`] if there is more than is kept in memory.
    pub fn read_what_is_there(bundle: &Bundle) -> Result<(Self, Vec<MissingItem>), Error> {
        let mut missing = Vec::new();
        let mut repositories = Vec::new();
        let mut total = Total::default();
        let is_tagged = |descriptor: &Descriptor| descriptor.annotations.contains_key(layout::SHORT_TAG);
        let has_tags = bundle.repositories().iter().flat_map(|it| &it.index).any(is_tagged);
        for source in bundle.repositories() {
            repositories.push(Repository::read((bundle, has_tags), source, &mut total, &mut missing));
            if let Some(error) = total.over {
                return Err(error);
            }
        }
        missing.sort();
        missing.dedup();
        let mut contents = Self { repositories, derived_tags: Vec::new() };
        contents.derived_tags = channel_tags::derive(bundle, &mut contents);
        Ok((contents, missing))
    }
}

impl Repository {
    fn read(
        (bundle, has_tags): (&Bundle, bool),
        source: &bundle::Repository,
        total: &mut Total,
        missing: &mut Vec<MissingItem>,
    ) -> Self {
        let mut repository = Self {
            path: source.path.clone(),
            tags: BTreeMap::new(),
            untagged: BTreeSet::new(),
            manifests: BTreeMap::new(),
            blobs: BTreeMap::new(),
            referrers: BTreeMap::new(),
        };
        for descriptor in &source.index {
            let name = descriptor.annotations.get(layout::SHORT_TAG).cloned();
            let name = name.unwrap_or_else(|| descriptor.digest.to_string());
            match tag_of(descriptor, has_tags) {
                Ok(Some(tag)) => {
                    repository.tags.insert(tag, descriptor.digest);
                }
                Ok(None) => {
                    repository.untagged.insert(descriptor.digest);
                }
                Err(reason) => missing.push(item(&repository.path, &name, &name, reason)),
            }
            repository.add((bundle, source), descriptor, (&name, 0), total, missing);
        }
        repository.find_referrers();
        repository
    }

    /// `level` is the number of indexes above.
    fn add(
        &mut self,
        (bundle, source): (&Bundle, &bundle::Repository),
        descriptor: &Descriptor,
        (image, level): (&str, usize),
        total: &mut Total,
        missing: &mut Vec<MissingItem>,
    ) {
        if total.over.is_some() || self.manifests.contains_key(&descriptor.digest) {
            return;
        }
        let reference = descriptor.digest.to_string();
        let parsed = bundle.manifest(&self.path, descriptor).map_err(|error| error.to_string());
        let parsed = parsed.and_then(|raw| Ok((raw.parse().map_err(|error| error.to_string())?, raw)));
        let (manifest, raw) = match parsed {
            Ok(parsed) => parsed,
            Err(reason) => return missing.push(item(&self.path, &reference, image, reason)),
        };
        let Some(raw) = total.keep(raw) else { return };
        self.manifests.insert(descriptor.digest, raw);
        if let Manifest::Index { manifests } = &manifest {
            if level == MAX_NESTING {
                let reason = format!("indexes are nested deeper than {MAX_NESTING}");
                return missing.push(item(&self.path, &reference, image, reason));
            }
            for child in manifests {
                self.add((bundle, source), child, (image, level + 1), total, missing);
            }
        }
        for blob in manifest.blobs() {
            if total.over.is_some() {
                return;
            }
            match bundle.stored(source, &blob.digest) {
                Some(Stored::Here(size) | Stored::LeftOut(size)) if size == blob.size => {
                    if self.blobs.insert(blob.digest, blob.size).is_none() {
                        total.add_blob();
                    }
                }
                found => {
                    total.add_blob();
                    let reason = match found {
                        None => "the blob is not in the bundle".to_owned(),
                        Some(Stored::Here(size)) => {
                            format!("{size} bytes in the bundle instead of {}", blob.size)
                        }
                        Some(Stored::LeftOut(size)) => {
                            format!("left out of the bundle with {size} bytes instead of {}", blob.size)
                        }
                    };
                    missing.push(item(&self.path, &blob.digest.to_string(), image, reason));
                }
            }
        }
    }
}

/// What has been read of a bundle, against limits on memory.
#[derive(Default)]
struct Total {
    manifests: ManifestTotal,
    /// Blobs that are there, and places where one is missing.
    blobs: usize,
    /// The limit that was reached: nothing more is read.
    over: Option<Error>,
}

impl Total {
    fn keep(&mut self, raw: RawManifest) -> Option<RawManifest> {
        self.manifests.keep(raw).map_err(|error| self.over = Some(error)).ok()
    }

    fn add_blob(&mut self) {
        self.blobs += 1;
        if let Err(error) = check_blobs(self.blobs) {
            self.over = Some(error);
        }
    }
}

/// The tag of an image, or why it is unclear.
///
/// No digest covers `index.json`, so what it says twice must be the same: tools write the tag, or the digits
/// of the digest, at the end of the reference too, and give every image a tag or none.
fn tag_of(descriptor: &Descriptor, others_have_tags: bool) -> Result<Option<Tag>, String> {
    let reference = descriptor.annotations.get(layout::REF_NAME);
    if descriptor.media_type.contains(is_unfit_for_line) {
        return Err("its media type has control characters".to_owned());
    }
    let Some(tag) = descriptor.annotations.get(layout::SHORT_TAG) else {
        return if others_have_tags {
            Err("it has no tag, but other manifests have one".to_owned())
        } else {
            Ok(None)
        };
    };
    if let Some(reference) = reference.filter(|it| it.rsplit(':').next() != Some(tag)) {
        return Err(format!("index.json gives it two names: the tag {tag} and the reference {reference}"));
    }
    tag.parse().map(Some).map_err(|error| format!("{error}"))
}

fn item(path: &str, reference: &str, image: &str, reason: String) -> MissingItem {
    let repository = place(path);
    MissingItem {
        reference: reference.to_owned(),
        wanted_by: vec![WantedBy::Image(format!("{repository}:{image}"))],
        repository: repository.to_owned(),
        reason,
        cause: Cause::Missing,
    }
}

#[cfg(test)]
mod tests {
    use oci::Digest;

    use super::*;

    #[test]
    fn a_tag_and_a_reference_say_the_same() {
        let tag = |tag: &str, reference: &str| {
            let annotations = [(layout::SHORT_TAG, tag), (layout::REF_NAME, reference)];
            let annotations = annotations.iter().filter(|(_, value)| !value.is_empty());
            let annotations = annotations.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            let digest = Digest::of(b"x");
            let media_type = oci::media_type::OCI_MANIFEST.to_owned();
            Descriptor { media_type, size: 1, digest, platform: None, annotations: annotations.collect() }
        };
        for (tag, reference, others, expected) in [
            ("v1.58.3", "r.example:5000/ee:v1.58.3", true, Some(Some("v1.58.3"))),
            ("0a", "r.example/ee@sha256:0a", true, Some(Some("0a"))),
            ("v1.58.3", "v1.58.3", true, Some(Some("v1.58.3"))),
            ("v1.58.3", "", true, Some(Some("v1.58.3"))),
            ("", "r.example/ee:v1", false, Some(None)),
            ("v1.58.2", "r.example/ee:v1.58.3", true, None),
            ("0", "r.example/ee:2", true, None),
            ("", "", true, None),
            ("a b", "", true, None),
        ]
        .map(|(short, reference, others, expected)| (tag(short, reference), reference, others, expected))
        {
            let found = tag_of(&tag, others);
            let found = found.as_ref().ok().map(|tag| tag.as_ref().map(Tag::as_str));
            assert_eq!(found, expected, "{reference}");
        }
    }
}
