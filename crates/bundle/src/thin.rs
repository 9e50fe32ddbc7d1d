//! What a thin bundle says about itself.
//!
//! A thin bundle lacks the blobs that the target already has. It has all manifests, and each blob that is in it once, in
//! the first repository that has it. The list of the blobs left out is the file `thin-bundle/left-out.json`. It has a
//! repository of its own, whose index names an image that does not exist: so tools that know nothing of thin bundles find that
//! something is missing, and never report success.

use bytes::Bytes;
use foreign_text::ForeignText;
use oci::{
    Descriptor, Digest,
    layout::{LayoutIndex, REF_NAME, SHORT_TAG},
    media_type,
};
use serde::{Deserialize, Serialize};

use crate::{
    HeldBlobs,
    document::{self, API_VERSION},
};

/// The repository of the record, which is never pushed.
pub(crate) const REPOSITORY: &str = "thin-bundle";
/// The path of the record in the tar.
pub(crate) const RECORD_PATH: &str = "thin-bundle/left-out.json";
/// The tag of the image that does not exist.
const TAG: &str = "needs-base";
/// Largest record that is read, in bytes: many times that of a full delivery.
pub(crate) const MAX_RECORD: u64 = 64 * 1024 * 1024;

const KIND: &str = "ThinBundle";

/// What a thin bundle lacks, and what has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thin {
    /// What the blobs left out were found in.
    pub bases: Vec<Base>,
    /// The blobs left out.
    pub left_out: HeldBlobs,
}

/// Something that has blobs which a bundle leaves out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Base {
    /// What it is.
    pub kind: BaseKind,
    /// [`HeldBlobs::sum`] of its blobs.
    pub sum: Digest,
    /// The platform's releases in it, ascending.
    pub releases: Vec<ForeignText>,
}

/// What a base is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BaseKind {
    /// A bundle that was delivered earlier.
    Bundle,
    /// A registry, as a want list describes it.
    Registry,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Record {
    api_version: String,
    kind: String,
    bases: Vec<Base>,
    left_out: HeldBlobs,
}

impl Thin {
    /// The bytes of the record.
    pub(crate) fn record(&self) -> Bytes {
        let record = Record {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            bases: self.bases.clone(),
            left_out: self.left_out.clone(),
        };
        document::write(&record).into()
    }

    /// The index of [`REPOSITORY`]: the digest and size of the record, as those of a manifest that is not there.
    pub(crate) fn index(record: &[u8]) -> LayoutIndex {
        LayoutIndex::new(vec![Descriptor {
            media_type: media_type::OCI_MANIFEST.to_owned(),
            digest: Digest::of(record),
            size: record.len() as u64,
            annotations: [
                (REF_NAME.to_owned(), format!("{REPOSITORY}:{TAG}")),
                (SHORT_TAG.to_owned(), TAG.to_owned()),
            ]
            .into(),
            platform: None,
        }])
    }

    /// Reads the record, which the index of its repository covers.
    ///
    /// # Errors
    /// Why it is not a record, or not the one of this index.
    pub(crate) fn parse(record: &[u8], index: &[Descriptor]) -> Result<Self, String> {
        let [expected] = index else {
            return Err(format!("the index of {REPOSITORY} has {} entries instead of 1", index.len()));
        };
        let actual = Digest::of(record);
        if expected.digest != actual {
            return Err(format!("the content has the digest {actual} instead of {}", expected.digest));
        }
        let record: Record = document::parse(record, KIND, "the record of a thin bundle")
            .map_err(|error| format!("it {error}; a newer dhctl may be needed"))?;
        Ok(Self { bases: record.bases, left_out: record.left_out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thin() -> Thin {
        let mut left_out = HeldBlobs::default();
        left_out.add(Digest::of(b"1"), 10, "");
        left_out.add(Digest::of(b"2"), 20, "modules/console");
        let sum = left_out.sum();
        let base = Base { kind: BaseKind::Bundle, sum, releases: vec!["v1.58.3".into()] };
        Thin { bases: vec![base], left_out }
    }

    #[test]
    fn the_record_is_read_back_and_covered_by_the_index() {
        let record = thin().record();
        let index = Thin::index(&record).manifests;
        assert_eq!(Thin::parse(&record, &index).unwrap(), thin());
        let other = Thin::index(b"other").manifests;
        assert!(Thin::parse(&record, &other).unwrap_err().starts_with("the content has the digest"));
        assert!(Thin::parse(&record, &[]).unwrap_err().contains("0 entries instead of 1"));
    }

    #[test]
    fn any_record_is_read_or_refused() {
        fuzzing::fuzz!([thin().record()], |bytes: &[u8]| {
            if let Ok(thin) = Thin::parse(bytes, &Thin::index(bytes).manifests) {
                assert!(
                    thin.left_out.size() >= thin.left_out.iter().map(|(_, it)| it.size).max().unwrap_or(0)
                );
            }
        });
    }
}
