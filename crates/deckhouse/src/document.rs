//! Files of our own: YAML with an `apiVersion` and a `kind`, strict when it is read.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::yaml;

/// The version of the formats. It changes when a field is added, removed or changes its meaning.
pub const API_VERSION: &str = "dhctl.deckhouse.io/v1alpha1";

/// The largest file that is read, in bytes. A list of 100,000 images has 8 MB.
const LARGEST: usize = 32 << 20;

/// Which file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileKind {
    /// The `kind` of the document.
    pub(crate) kind: &'static str,
    /// What it is for a person, such as `a want list`.
    pub(crate) word: &'static str,
    /// The first lines of a file.
    pub(crate) head: &'static str,
}

/// Why a text is not a file of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not YAML, or not of the known shape.
    #[error("is not {word}: {reason}")]
    Malformed {
        /// What it should be, such as `a want list`.
        word: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Another kind of document.
    #[error("has the kind '{found}' instead of {expected}")]
    Kind {
        /// What the file says, shortened.
        found: String,
        /// What it should say.
        expected: &'static str,
    },
    /// Another version of the format.
    #[error("has the apiVersion '{found}'; this version of dhctl reads {API_VERSION}")]
    Version {
        /// What the file says, shortened.
        found: String,
    },
    /// Larger than any such file.
    #[error("is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
}

/// What says how the rest is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    api_version: String,
    kind: String,
}

impl FileKind {
    /// Reads a file of this kind, version and shape.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub(crate) fn parse<T: DeserializeOwned>(self, text: &[u8]) -> Result<T, DocumentError> {
        if text.len() > LARGEST {
            return Err(DocumentError::TooLarge);
        }
        let malformed = |error: serde_saphyr::Error| {
            self.malformed(&error.render_with_formatter(&serde_saphyr::UserMessageFormatter))
        };
        let Versioned { api_version, kind } = yaml::parse_as(text).map_err(malformed)?;
        if kind != self.kind {
            return Err(DocumentError::Kind { found: shortened(&kind), expected: self.kind });
        }
        if api_version != API_VERSION {
            return Err(DocumentError::Version { found: shortened(&api_version) });
        }
        yaml::parse_as(text).map_err(malformed)
    }

    /// Writes a document, which has the fields `apiVersion` and `kind`.
    ///
    /// # Errors
    /// [`DocumentError::Malformed`], which does not happen.
    pub(crate) fn write(self, document: &impl Serialize) -> Result<String, DocumentError> {
        let text = yaml::write(document).map_err(|error| self.malformed(&error.to_string()))?;
        Ok(self.head.to_owned() + &text)
    }

    fn malformed(self, reason: &str) -> DocumentError {
        DocumentError::Malformed { word: self.word, reason: shortened(reason) }
    }
}

/// A text of somebody else, in one line of limited length.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(200).collect()
}
