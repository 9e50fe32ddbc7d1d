//! Blobs that exist elsewhere, and so need not be in a bundle: as values, and as the file of `dhctl bundle digests`.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use foreign_text::ForeignText;
use oci::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::document::{self, API_VERSION, DocumentError};

/// Blobs by digest: the size of each in bytes, and one repository that has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldBlobs(HashMap<Digest, HeldBlob>);

/// Where a blob is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBlob {
    /// Size in bytes.
    pub size: u64,
    /// A repository that has it, as a path below the root; empty for the root.
    pub repository: String,
}

impl HeldBlobs {
    /// Adds a blob of `repository`. Of a blob that several repositories have the first one counts.
    pub fn add(&mut self, digest: Digest, size: u64, repository: &str) {
        if let Entry::Vacant(vacant) = self.0.entry(digest) {
            vacant.insert(HeldBlob { size, repository: repository.to_owned() });
        }
    }

    /// Adds all blobs of `other`.
    pub fn extend(&mut self, other: Self) {
        for (digest, blob) in other.0 {
            self.0.entry(digest).or_insert(blob);
        }
    }

    /// The blob, if it is among these.
    pub fn get(&self, digest: &Digest) -> Option<&HeldBlob> {
        self.0.get(digest)
    }

    /// All blobs, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &HeldBlob)> {
        self.0.iter()
    }

    /// The number of blobs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no blob.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of all blobs.
    pub fn size(&self) -> u64 {
        self.0.values().fold(0, |sum, blob| sum.saturating_add(blob.size))
    }

    /// A digest over the digests of all blobs. Equal exactly if the blobs are the same, wherever they are.
    pub fn sum(&self) -> Digest {
        let mut digests: Vec<String> = self.0.keys().map(|digest| format!("{digest}\n")).collect();
        digests.sort_unstable();
        Digest::of(digests.concat().as_bytes())
    }
}

/// By repository, then by digest, so that each digest takes one line.
impl Serialize for HeldBlobs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut repositories: BTreeMap<&str, BTreeMap<&Digest, u64>> = BTreeMap::new();
        for (digest, blob) in &self.0 {
            repositories.entry(&blob.repository).or_default().insert(digest, blob.size);
        }
        repositories.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for HeldBlobs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut blobs = Self::default();
        for (repository, held) in BTreeMap::<String, BTreeMap<Digest, u64>>::deserialize(deserializer)? {
            if !repository.is_empty() && repository.parse::<oci::RepositoryName>().is_err() {
                return Err(D::Error::custom(format!("'{repository}' is not a repository path")));
            }
            for (digest, size) in held {
                if blobs.get(&digest).is_some() {
                    return Err(D::Error::custom(format!("{digest} occurs twice")));
                }
                blobs.add(digest, size, &repository);
            }
        }
        Ok(blobs)
    }
}

/// The file that `dhctl bundle digests` writes: what a bundle has, for a later pull that leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BundleDigests {
    api_version: String,
    kind: String,
    /// The platform's releases in the bundle, ascending. For people: nothing depends on it.
    pub releases: Vec<ForeignText>,
    /// Every blob of the bundle, each once.
    pub blobs: HeldBlobs,
}

const DIGESTS_KIND: &str = "BundleDigests";

impl BundleDigests {
    /// The file for a bundle with these releases and blobs.
    pub fn new(releases: Vec<ForeignText>, blobs: HeldBlobs) -> Self {
        Self { api_version: API_VERSION.to_owned(), kind: DIGESTS_KIND.to_owned(), releases, blobs }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`DocumentError`] for a file of another kind or version, and for unknown fields.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        document::parse(bytes, DIGESTS_KIND, "a file with the digests of a bundle")
    }

    /// The text of the file: JSON, one digest per line, the same for the same value.
    pub fn to_text(&self) -> String {
        document::write(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> HeldBlobs {
        let mut blobs = HeldBlobs::default();
        blobs.add(Digest::of(b"1"), 10, "");
        blobs.add(Digest::of(b"2"), 20, "modules/console");
        blobs.add(Digest::of(b"1"), 10, "install");
        blobs
    }

    #[test]
    fn the_file_names_each_blob_once_and_is_read_back() {
        let file = BundleDigests::new(vec!["v1.58.3".into()], blobs());
        let text = file.to_text();
        assert_eq!(BundleDigests::parse(text.as_bytes()).unwrap(), file);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "apiVersion": "dhctl.deckhouse.io/v1alpha1",
                "kind": "BundleDigests",
                "releases": ["v1.58.3"],
                "blobs": {
                    "": {Digest::of(b"1").to_string(): 10},
                    "modules/console": {Digest::of(b"2").to_string(): 20},
                },
            })
        );
        assert_eq!((file.blobs.len(), file.blobs.size()), (2, 30));
    }

    #[test]
    fn the_sum_depends_on_the_digests_alone() {
        let mut other = HeldBlobs::default();
        other.add(Digest::of(b"2"), 20, "");
        other.add(Digest::of(b"1"), 10, "");
        assert_eq!(other.sum(), blobs().sum());
        other.add(Digest::of(b"3"), 1, "");
        assert_ne!(other.sum(), blobs().sum());
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        let file = BundleDigests::new(vec!["v1.58.3".into()], blobs()).to_text();
        fuzzing::fuzz!([file], |bytes: &[u8]| {
            if let Ok(file) = BundleDigests::parse(bytes) {
                assert_eq!(BundleDigests::parse(file.to_text().as_bytes()).unwrap(), file);
                assert!(file.blobs.size() > 0 || file.blobs.iter().all(|(_, blob)| blob.size == 0));
            }
        });
    }

    #[test]
    fn other_files_are_refused() {
        let digest = Digest::of(b"1");
        let file = |fields: &str| {
            format!(r#"{{"apiVersion":"dhctl.deckhouse.io/v1alpha1","kind":"BundleDigests",{fields}}}"#)
        };
        for (text, reason) in [
            ("[]".to_owned(), "is not a file"),
            (r#"{"apiVersion":"v2","kind":"BundleDigests","new":1}"#.to_owned(), "apiVersion 'v2'"),
            (r#"{"apiVersion":"dhctl.deckhouse.io/v1alpha1","kind":"X"}"#.to_owned(), "kind 'X'"),
            (file(r#""releases":[],"blobs":{},"more":1"#), "unknown field `more`"),
            (file(r#""releases":[],"blobs":{"../x":{}}"#), "'../x' is not a repository path"),
            (
                file(&format!(r#""releases":[],"blobs":{{"":{{"{digest}":1}},"a":{{"{digest}":1}}}}"#)),
                "occurs twice",
            ),
            (file(r#""releases":[],"blobs":{"":{"sha256:1":1}}"#), "is not a file"),
        ] {
            let error = BundleDigests::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
