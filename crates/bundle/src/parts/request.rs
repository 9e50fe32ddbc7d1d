//! The request for parts: written inside, read outside.

use std::{collections::BTreeSet, ffi::OsStr, path::Path};

use foreign_text::ForeignText;
use oci::Digest;
use serde::{Deserialize, Serialize};

use crate::document::{self, API_VERSION, DocumentError};

const KIND: &str = "PartsRequest";
/// What it is for a person.
const WORD: &str = "a request for parts of a bundle";

/// Largest file that is read, in bytes: a bundle has at most some hundred parts.
const LARGEST: usize = 1024 * 1024;

/// Which parts of a bundle are needed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartsRequest {
    api_version: String,
    kind: String,
    /// The name of the whole bundle, such as `d8.tar`.
    pub bundle: ForeignText,
    /// Size of every part except the last, in bytes.
    pub part_size: u64,
    /// The parts, by number.
    pub parts: BTreeSet<u32>,
    /// Every part from this number on, too, if it is unknown which part is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u32>,
    /// A part that is there: it tells whether a bundle is the right one.
    pub known: KnownPart,
}

/// A part that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownPart {
    /// Its number.
    pub part: u32,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of its content.
    pub digest: Digest,
}

impl PartsRequest {
    /// A request for these parts of `bundle`.
    pub fn new(
        bundle: ForeignText,
        part_size: u64,
        (parts, from): (BTreeSet<u32>, Option<u32>),
        known: KnownPart,
    ) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            bundle,
            part_size,
            parts,
            from,
            known,
        }
    }

    /// Whether part `number` is requested.
    pub fn includes(&self, number: u32) -> bool {
        self.parts.contains(&number) || self.from.is_some_and(|from| number >= from)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`DocumentError`] for a file of another kind or version, for unknown fields and impossible values.
    pub fn parse(text: &[u8]) -> Result<Self, DocumentError> {
        let malformed = |reason: &str| DocumentError::malformed(WORD, reason);
        if text.len() > LARGEST {
            return Err(malformed("it is larger than 1 MiB"));
        }
        let request: Self = document::parse(text, KIND, WORD)?;
        if !is_file_name(&request.bundle) {
            return Err(malformed("the name of the bundle is not a file name, such as d8.tar"));
        }
        if request.part_size == 0 {
            return Err(malformed("partSize is 0"));
        }
        if request.includes(request.known.part) {
            return Err(malformed("the known part is among the requested ones"));
        }
        if request.known.size > request.part_size {
            return Err(malformed("the known part is larger than partSize"));
        }
        Ok(request)
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        document::write(self)
    }
}

/// Whether the text is the name of a file, without a directory: whoever wrote it must not decide where the parts go.
fn is_file_name(text: &str) -> bool {
    Path::new(text).file_name() == Some(OsStr::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(parts: &[u32], from: Option<u32>) -> PartsRequest {
        let known = KnownPart { part: 0, size: 100, digest: Digest::of(b"0") };
        PartsRequest::new("d8.tar".into(), 100, (parts.iter().copied().collect(), from), known)
    }

    #[test]
    fn what_is_written_is_read() {
        for request in [request(&[3, 7], None), request(&[], Some(9)), request(&[1], Some(4))] {
            let text = request.to_text();
            assert_eq!(PartsRequest::parse(text.as_bytes()).unwrap(), request, "{text}");
        }
        let request = request(&[3], Some(9));
        let requested: Vec<u32> = (0..12).filter(|number| request.includes(*number)).collect();
        assert_eq!(requested, [3, 9, 10, 11]);
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        fuzzing::fuzz!([request(&[3], Some(9)).to_text()], |bytes: &[u8]| {
            if let Ok(request) = PartsRequest::parse(bytes) {
                assert!(request.part_size > 0 && !request.includes(request.known.part));
                assert!(!request.bundle.contains('/'));
            }
        });
    }

    #[test]
    fn the_name_of_a_bundle_has_no_directory() {
        for name in ["", ".", "..", "/", "../d8.tar", "/tmp/d8.tar", "a/d8.tar", "d8.tar/", "d8.tar/."] {
            let text = request(&[3], None).to_text().replace("\"d8.tar\"", &format!("\"{name}\""));
            let error = PartsRequest::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("is not a file name"), "{name}: {error}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let good = request(&[3], None).to_text();
        for (from, to, reason) in [
            ("PartsRequest", "Parts", "kind 'Parts'"),
            ("v1alpha1", "v9", "apiVersion 'dhctl.deckhouse.io/v9'"),
            ("\"partSize\": 100", "\"partSize\": 0", "partSize is 0"),
            ("\"partSize\": 100", "\"partSize\": 50", "larger than partSize"),
            ("\"part\": 0", "\"part\": 3", "among the requested ones"),
            ("\"bundle\":", "\"more\": 1, \"bundle\":", "unknown field `more`"),
            ("\"partSize\": 100", "\"partSize\": [", "is not a request"),
        ] {
            assert!(good.contains(from), "{good}");
            let error = PartsRequest::parse(good.replace(from, to).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
