//! Where the files of a tar are, found by its headers alone.
//!
//! `tar-core` parses, this module reads the bytes: it jumps over contents, so that indexing 30 GB reads a
//! few megabytes. The archive is foreign: sizes, names and extensions are checked before they are used,
//! and memory does not grow with what it claims.

use std::io;

use oci::BlobSource;
use tar_core::{
    HEADER_SIZE, PaxExtensions,
    parse::{Limits, ParseEvent, ParsedEntry, Parser},
};

use crate::tar_header::{END, padding};

/// Read at a time where headers stand close together, in bytes: the metadata in front of a bundle.
const READ_AHEAD: usize = 64 * 1024;
/// Read at a time after a jump, in bytes: a header with a long name.
const PROBE: usize = 2 * 1024;
/// The most that the extensions of one entry (long names, PAX records) may take, in bytes.
const MAX_EXTENSIONS: u32 = 64 * 1024;
/// The most that all headers of one entry may take, in bytes, sparse maps included.
const MAX_HEADERS: usize = 256 * 1024;
/// What may follow the end of an archive, in bytes: tar pads to its record size. More is another file's.
const MAX_TAIL: u64 = 1024 * 1024;
/// Longest path, in bytes, as in Linux.
const MAX_PATH: u32 = 4096;

/// A regular file in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TarEntry<'a> {
    /// The path without leading `./`: relative, no empty, `.` or `..` segment.
    pub path: &'a str,
    /// Offset of the content in bytes.
    pub offset: u64,
    /// Size of the content in bytes; it is within the archive.
    pub size: u64,
}

/// Why an archive cannot be indexed.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// Reading failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The archive is not well formed, or ends too early.
    #[error("{entry}: {reason}")]
    Malformed {
        /// Offset of the header in bytes.
        offset: u64,
        /// The entry's path, or `offset N` where none is known.
        entry: String,
        /// What is wrong.
        reason: String,
        /// Whether the archive just ends too early.
        truncated: bool,
    },
}

impl TarError {
    /// An archive that is wrong at `offset`, in the entry `entry`.
    pub fn malformed(offset: u64, entry: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Malformed { offset, entry: entry.into(), reason: reason.into(), truncated: false }
    }

    fn at(offset: u64, reason: impl Into<String>) -> Self {
        Self::malformed(offset, format!("offset {offset}"), reason)
    }

    fn truncated(offset: u64, entry: String, reason: impl Into<String>) -> Self {
        Self::Malformed { offset, entry, reason: reason.into(), truncated: true }
    }
}

/// Calls `visit` for each regular file of `archive`, in file order. Directories, links and devices are
/// skipped, as the platform's own readers do.
///
/// # Errors
/// [`TarError`], or what `visit` returns.
pub fn visit_entries(
    archive: &dyn BlobSource,
    mut visit: impl FnMut(TarEntry<'_>) -> Result<(), TarError>,
) -> Result<(), TarError> {
    let mut limits = Limits::new();
    limits.max_metadata_size = MAX_EXTENSIONS;
    limits.max_path_len = Some(MAX_PATH);
    let mut parser = Parser::new(limits);
    let mut window = Window::new(archive);
    let mut offset = 0;
    let mut want = HEADER_SIZE;
    loop {
        let bytes = window.read(offset, want)?;
        if is_zero(bytes) && bytes.len() >= HEADER_SIZE {
            return check_end(archive, offset);
        }
        match parser.parse(bytes).map_err(|error| TarError::at(offset, error.to_string()))? {
            ParseEvent::NeedData { min_bytes } => {
                if bytes.len() < want {
                    let reason = "the archive ends within or before a header";
                    return Err(TarError::truncated(offset, format!("offset {offset}"), reason));
                }
                // The parser may ask for what it has already: a sparse map without an end.
                if min_bytes <= want || min_bytes > MAX_HEADERS {
                    return Err(TarError::at(offset, "the headers of this entry have no end"));
                }
                want = min_bytes;
            }
            ParseEvent::Entry { consumed, entry } => {
                let data = offset + consumed as u64;
                let next = check(archive, &entry, offset, data)?;
                if entry.is_file() {
                    let path = clean(&entry.path).map_err(|reason| {
                        TarError::malformed(offset, entry.path_lossy().escape_debug().to_string(), reason)
                    })?;
                    if let Some(path) = path {
                        visit(TarEntry { path, offset: data, size: entry.size })?;
                    }
                }
                offset = next;
                want = HEADER_SIZE;
            }
            ParseEvent::GlobalExtensions { consumed, pax_data } => {
                let first_type = bytes[156];
                check_global(pax_data, first_type).map_err(|reason| TarError::at(offset, reason))?;
                offset += consumed as u64;
                want = HEADER_SIZE;
            }
            ParseEvent::SparseEntry { entry, .. } => {
                let name = entry.path_lossy().escape_debug().to_string();
                return Err(TarError::malformed(offset, name, "sparse files are not supported"));
            }
            ParseEvent::End { .. } => return check_end(archive, offset),
        }
    }
}

/// Checks what an entry claims and returns the offset of the next header.
fn check(archive: &dyn BlobSource, entry: &ParsedEntry<'_>, header: u64, data: u64) -> Result<u64, TarError> {
    let name = || entry.path_lossy().escape_debug().to_string();
    if !entry.is_file() && entry.size != 0 {
        // Readers disagree on whether content follows, so two of them would see two archives.
        let reason = "an entry that is no regular file has a size";
        return Err(TarError::malformed(header, name(), reason));
    }
    let stated = entry.header.entry_size().unwrap_or_default();
    let fits_header = entry.size < 1 << 33;
    if fits_header && stated != entry.size {
        let reason = format!("two sizes: {stated} in the header, {} in its extension", entry.size);
        return Err(TarError::malformed(header, name(), reason));
    }
    let next = data.checked_add(entry.size).and_then(|end| end.checked_add(padding(entry.size)));
    next.filter(|next| *next <= archive.size()).ok_or_else(|| {
        let left = archive.size().saturating_sub(data);
        let reason = format!("the header states {} bytes, but the archive ends after {left}", entry.size);
        TarError::truncated(header, name(), reason)
    })
}

/// The path without leading `./`; `None` for a directory that an old writer marked by a slash only.
fn clean(path: &[u8]) -> Result<Option<&str>, &'static str> {
    let path = std::str::from_utf8(path).map_err(|_| "the path is not UTF-8")?;
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    if path.starts_with('/') {
        return Err("the path is absolute");
    }
    if path.is_empty() || path.ends_with('/') {
        return Ok(None);
    }
    if path.contains('\0') {
        return Err("the path has a zero byte");
    }
    for segment in path.split('/') {
        match segment {
            ".." => return Err("the path leads outside"),
            "" | "." => return Err("the path has an empty segment"),
            _ => {}
        }
    }
    Ok(Some(path))
}

/// Global headers carry comments (`git archive`). One that renames or resizes what follows is refused,
/// since readers disagree on it; so is one between an extension and its entry.
fn check_global(data: &[u8], first_type: u8) -> Result<(), String> {
    if first_type != b'g' {
        return Err("a global header is between an extension and its entry".to_owned());
    }
    for extension in PaxExtensions::new(data) {
        let extension = extension.map_err(|error| error.to_string())?;
        let key = extension.key_bytes();
        if matches!(key, b"path" | b"size" | b"linkpath") || key.starts_with(b"GNU.sparse") {
            let key = String::from_utf8_lossy(key);
            return Err(format!("a global header sets '{key}' for all entries"));
        }
    }
    Ok(())
}

/// Checks that `archive` ends at `offset`: two blocks of zeros, then at most a record's padding.
fn check_end(archive: &dyn BlobSource, offset: u64) -> Result<(), TarError> {
    let left = archive.size() - offset;
    if left < END {
        let reason = "the end mark is cut off";
        return Err(TarError::truncated(offset, format!("offset {offset}"), reason));
    }
    if left > MAX_TAIL {
        let reason = format!("the archive ends here, but {left} bytes follow");
        return Err(TarError::at(offset, reason));
    }
    let mut tail = vec![0; usize::try_from(left).unwrap_or(usize::MAX)];
    let count = archive.read_at(offset, &mut tail)?;
    if is_zero(&tail[..count]) {
        Ok(())
    } else if is_zero(&tail[..usize::try_from(END).unwrap_or_default()]) {
        Err(TarError::at(offset, "there is data after the end of the archive"))
    } else {
        Err(TarError::at(offset, "a single block of zeros"))
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// The last bytes read, so that headers that stand close together take one read.
struct Window<'a> {
    archive: &'a dyn BlobSource,
    start: u64,
    bytes: Vec<u8>,
}

impl<'a> Window<'a> {
    fn new(archive: &'a dyn BlobSource) -> Self {
        Self { archive, start: 0, bytes: Vec::new() }
    }

    /// `want` bytes from `offset`; fewer only at the end of the archive.
    fn read(&mut self, offset: u64, want: usize) -> io::Result<&[u8]> {
        let end = self.start + self.bytes.len() as u64;
        if offset < self.start || offset.saturating_add(want as u64) > end {
            // After a jump over a layer the next header is most likely followed by another layer.
            let near = offset.saturating_sub(end) < READ_AHEAD as u64;
            let size = want.max(if near { READ_AHEAD } else { PROBE });
            self.bytes.resize(size, 0);
            let count = self.archive.read_at(offset, &mut self.bytes)?;
            self.bytes.truncate(count);
            self.start = offset;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let bytes = &self.bytes[from.min(self.bytes.len())..];
        Ok(&bytes[..want.min(bytes.len())])
    }
}
