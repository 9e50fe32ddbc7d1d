//! The entries of the tar.

use bytes::Bytes;

/// A file in the archive.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) size: u64,
    /// Offset of the content.
    pub(super) data: u64,
    pub(super) content: Content,
}

/// What an entry contains.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Known now, written as part of a fixed segment.
    Inline(Bytes),
    /// Fetched later.
    Blob,
}
