//! Why a manifest is not written.

/// What is wrong. No text holds more of a value than one character of a part that is no secret.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A value that the platform, or the program that reads the file, would refuse.
    #[error("{object}: {reason}")]
    Refused {
        /// The field, or what the value is.
        object: String,
        /// What it does not allow.
        reason: String,
        /// What to write instead.
        instead: String,
    },
    /// The document cannot be put into YAML.
    #[error("{kind} cannot be written as YAML")]
    Write {
        /// The document.
        kind: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ManifestError {
    pub(super) fn refused(
        object: impl Into<String>,
        reason: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self::Refused { object: object.into(), reason: reason.into(), instead: instead.into() }
    }
}
