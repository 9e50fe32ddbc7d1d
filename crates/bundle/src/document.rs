//! Files of our own that are next to bundles or in them: JSON with an `apiVersion` and a `kind`, strict when it is read.

use foreign_text::ForeignText;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The version of the formats.
pub(crate) const API_VERSION: &str = "dhctl.deckhouse.io/v1alpha1";

/// Why bytes are not a document of the expected kind.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or not of the known shape.
    #[error("is not {word}: {reason}")]
    Malformed {
        /// What it should be.
        word: &'static str,
        /// What is wrong.
        reason: ForeignText,
    },
    /// Another version or kind of file.
    #[error(
        "has the apiVersion '{api_version}' and kind '{kind}'; this version of dhctl reads {API_VERSION} {expected}"
    )]
    Version {
        /// What the file says, shortened.
        api_version: ForeignText,
        /// What the file says, shortened.
        kind: ForeignText,
        /// The kind that is read.
        expected: &'static str,
    },
}

/// Only the fields that say what the file is: another version may have other fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    api_version: String,
    kind: String,
}

/// Reads a document of this kind. `word` says what it is for a person.
///
/// # Errors
/// [`DocumentError`].
pub(crate) fn parse<T: DeserializeOwned>(
    bytes: &[u8],
    kind: &'static str,
    word: &'static str,
) -> Result<T, DocumentError> {
    let malformed = |error: serde_json::Error| DocumentError::malformed(word, &error.to_string());
    let found: Header = serde_json::from_slice(bytes).map_err(|error| {
        // The JSON library describes what it found in terms of our types, which says nothing about the file.
        if error.is_data() {
            DocumentError::malformed(word, "it has no apiVersion and no kind")
        } else {
            malformed(error)
        }
    })?;
    if found.api_version != API_VERSION || found.kind != kind {
        let line = |text: &str| ForeignText::limited(text, 80);
        let (api_version, found) = (line(&found.api_version), line(&found.kind));
        return Err(DocumentError::Version { api_version, kind: found, expected: kind });
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

/// Indented JSON with a newline at the end.
pub(crate) fn write(document: &impl Serialize) -> String {
    #[expect(clippy::expect_used, reason = "maps with string keys and numbers can always be written")]
    let text = serde_json::to_string_pretty(document).expect("JSON of strings and numbers");
    text + "\n"
}

impl DocumentError {
    pub(crate) fn malformed(word: &'static str, reason: &str) -> Self {
        Self::Malformed { word, reason: ForeignText::limited(reason, 200) }
    }
}
