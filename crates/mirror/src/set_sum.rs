//! One sum over everything that is delivered: the images of a bundle and the files beside it.
//!
//! It is the sum of a list of lines, sorted, each ended by a line feed:
//!
//! ```text
//! file deckhousereleases.yaml sha256:…
//! image release-channel v1.58.3 sha256:… application/vnd.oci.image.manifest.v1+json
//! repository release-channel
//! ```
//!
//! An image is named by its repository (`(root)` for the root), its tag, the digest of its manifest, from which the
//! digests of everything else in it follow, and the media type that `index.json` gives it. Every entry of an index
//! counts, also one whose tag a later one takes. Repositories count on their own, since those of modules become
//! entries in a list of the registry, images or not. So the sum is the same for a bundle that was cut into parts, joined or
//! packed in another order, and it takes no reading of the bundle's blobs.

use std::collections::BTreeSet;

use bundle::{Bundle, GostSum};
use oci::{Digest, TagOrDigest, layout::SHORT_TAG};

use crate::{contents::place, wanted::Wanted};

/// What is summed up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetList {
    lines: BTreeSet<String>,
}

impl SetList {
    /// The repositories and images of a bundle.
    pub fn of_bundle(bundle: &Bundle) -> Self {
        let mut list = Self::default();
        for repository in bundle.repositories() {
            list.add_repository(&repository.path);
            for descriptor in &repository.index {
                let digest = &descriptor.digest;
                let tag = descriptor.annotations.get(SHORT_TAG).cloned().unwrap_or_else(|| digest.hex());
                list.add_image(&repository.path, &tag, digest, &descriptor.media_type);
            }
        }
        list
    }

    /// The images that a pull is to bring.
    pub fn of_wanted(wanted: &Wanted) -> Self {
        let mut list = Self::default();
        for ((path, reference), image) in wanted.images() {
            let tag = match reference {
                TagOrDigest::Tag(tag) => tag.to_string(),
                TagOrDigest::Digest(digest) => digest.hex(),
            };
            list.add_repository(path);
            list.add_image(path, &tag, &image.manifest.digest(), image.manifest.media_type());
        }
        list
    }

    fn add_repository(&mut self, path: &str) {
        self.lines.insert(format!("repository {}\n", place(path)));
    }

    fn add_image(&mut self, path: &str, tag: &str, digest: &Digest, media_type: &str) {
        self.lines.insert(format!("image {} {tag} {digest} {media_type}\n", place(path)));
    }

    /// Adds a file beside the bundle.
    pub fn add_file(&mut self, name: &str, digest: &Digest) {
        self.lines.insert(format!("file {name} {digest}\n"));
    }

    /// Number of images.
    pub fn images(&self) -> usize {
        self.lines.iter().filter(|line| line.starts_with("image ")).count()
    }

    /// The SHA-256 sum: 64 hexadecimal digits.
    pub fn sha256(&self) -> String {
        Digest::of(self.text().as_bytes()).hex()
    }

    /// The GOST R 34.11-2012 sum (256 bits): 64 hexadecimal digits.
    pub fn gost(&self) -> String {
        GostSum::of(self.text().as_bytes()).to_string()
    }

    fn text(&self) -> String {
        self.lines.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use oci::RawManifest;

    use super::*;
    use crate::WantedBy;

    #[test]
    fn a_list_is_sorted_and_its_sum_is_that_of_its_text() {
        let manifest =
            RawManifest::new(None, Bytes::from_static(br#"{"schemaVersion":2,"manifests":[]}"#)).unwrap();
        let (digest, media_type) = (manifest.digest(), oci::media_type::OCI_INDEX);
        let mut wanted = Wanted::default();
        for (path, reference) in [("", "v1.58.3".to_owned()), ("install", digest.to_string())] {
            let reference = reference.parse().unwrap();
            wanted.add((path.to_owned(), reference), manifest.clone(), &WantedBy::Installer);
        }
        let mut list = SetList::of_wanted(&wanted);
        list.add_file("dhctl", &digest);
        let text = format!(
            "file dhctl {digest}\nimage (root) v1.58.3 {digest} {media_type}\n\
             image install {} {digest} {media_type}\nrepository (root)\nrepository install\n",
            digest.hex()
        );
        assert_eq!((list.text(), list.images()), (text.clone(), 2));
        assert_eq!(list.sha256(), Digest::of(text.as_bytes()).hex());
        assert_eq!(list.gost(), GostSum::of(text.as_bytes()).to_string());
    }
}
