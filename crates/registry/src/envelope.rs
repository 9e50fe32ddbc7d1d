//! The error document of the distribution specification, which server and client share.
//!
//! `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"…","detail":…}]}`

use serde::{Deserialize, Serialize};

/// An error code of the specification (section "Error Codes") or of Docker distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    TooManyRequests,
    Unknown,
}

impl Code {
    /// The code as it stands in the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Denied => "DENIED",
            Self::Unsupported => "UNSUPPORTED",
            Self::TooManyRequests => "TOOMANYREQUESTS",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The error document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// What went wrong; more than one where several blobs are missing.
    pub errors: Vec<Problem>,
}

/// One entry of the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The code; registries also send codes of their own.
    #[serde(default)]
    pub code: String,
    /// For people.
    #[serde(default)]
    pub message: String,
    /// Anything, often the digest in question.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub detail: serde_json::Value,
}

impl Problem {
    /// A problem without detail.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into(), detail: serde_json::Value::Null }
    }
}

impl Envelope {
    /// A document with one entry.
    pub fn of(code: Code, message: impl Into<String>) -> Self {
        Self { errors: vec![Problem::new(code, message)] }
    }

    /// Reads a document; `None` if the bytes are something else (a proxy's page, an empty body).
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether `code` is among the entries.
    pub fn has(&self, code: Code) -> bool {
        self.errors.iter().any(|problem| problem.code == code.as_str())
    }

    /// The bytes of the document.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_else(|_| unreachable!("strings and JSON values"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_reads_leniently() {
        let made = Envelope::of(Code::ManifestUnknown, "manifest unknown");
        assert_eq!(Envelope::parse(&made.to_bytes()), Some(made.clone()));
        assert!(made.has(Code::ManifestUnknown) && !made.has(Code::NameUnknown));
        let lean = Envelope::parse(br#"{"errors":[{"code":"DENIED"}],"x":1}"#).unwrap();
        assert!(lean.has(Code::Denied));
        assert_eq!(Envelope::parse(b"<html>"), None);
    }
}
