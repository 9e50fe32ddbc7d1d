//! Walking a tar that comes as a stream, in bounded memory, skipping content.
//!
//! The parsing itself is `tar-core`'s, which does no I/O. As to what has content, the walk follows Go's
//! `archive/tar`: the programs that unpack layers are written with it.

use std::io::{self, Read};

use tar_core::{
    EntryType,
    parse::{Limits, ParseError, ParseEvent, ParsedEntry, Parser},
};

/// Room for one block of a stream at first.
const BUFFER: usize = 64 * 1024;
/// The most that one header with all its extensions may take: twice what the parser allows for names and
/// attributes, so that its own error comes first wherever it has one.
const MAX_HEADER: usize = 2 * 1024 * 1024;
const BLOCK: u64 = 512;

/// What an entry is, as far as a reader of files must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A regular file with all its content.
    File,
    /// A file stored with holes.
    Sparse,
    /// A directory.
    Directory,
    /// A hard or symbolic link.
    Link {
        /// What it points to.
        target: String,
    },
    /// A device, a pipe, or something unheard of.
    Other,
}

/// An entry, whose content comes next.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The path as it is spelled.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    /// Length of the content in bytes.
    pub(crate) size: u64,
}

/// Why a walk cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TarError {
    #[error("stream cannot be read")]
    Read(#[from] io::Error),
    #[error("invalid tar header at byte {at}")]
    Header {
        at: u64,
        #[source]
        source: ParseError,
    },
    #[error("tar header at byte {at} is larger than {MAX_HEADER} bytes")]
    HeaderTooLarge { at: u64 },
    #[error("tar ends in the middle, at byte {at}")]
    Cut { at: u64 },
    #[error("tar is longer than {limit} bytes")]
    TooLong { limit: u64 },
}

/// A walk over the entries of a tar.
pub(crate) struct TarWalk<R> {
    reader: R,
    parser: Parser,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes given out so far.
    position: u64,
    limit: u64,
    /// Whether the tar must end with its mark, since nothing else would tell that it was cut.
    needs_end_mark: bool,
    /// What is left of the present entry's content, padding included.
    content: u64,
}

/// What the parser said, without its borrow of the buffer.
enum Step {
    Need(usize),
    Pass(usize),
    Entry(usize, Entry),
    End(usize),
}

impl<R: Read> TarWalk<R> {
    /// A walk that gives up when the tar is longer than `limit` bytes.
    pub(crate) fn new(reader: R, limit: u64, needs_end_mark: bool) -> Self {
        let mut parser = Parser::new(Limits::default());
        // Attributes that do not matter here are malformed in real images now and then: times before
        // 1970, names that are not UTF-8.
        parser.set_ignore_pax_errors(true);
        Self {
            reader,
            parser,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            position: 0,
            limit,
            needs_end_mark,
            content: 0,
        }
    }

    /// The next entry, after whatever is left of the last one's content.
    pub(crate) fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        self.skip(self.content)?;
        self.content = 0;
        if self.fill(1)? == 0 {
            return if self.needs_end_mark {
                Err(self.cut())
            } else {
                Ok(None)
            };
        }
        loop {
            let available = &self.buffer[self.start..self.end];
            let step = self.parser.parse(available).map_err(|source| TarError::Header {
                at: self.position,
                source,
            })?;
            match Step::from(step) {
                Step::Pass(consumed) => self.advance(consumed),
                Step::Entry(consumed, entry) => {
                    self.advance(consumed);
                    self.content = entry
                        .size
                        .checked_next_multiple_of(BLOCK)
                        .ok_or_else(|| self.cut())?;
                    return Ok(Some(entry));
                }
                Step::End(consumed) => {
                    self.advance(consumed);
                    return Ok(None);
                }
                Step::Need(least) => {
                    if !self.grow(least)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The content of the entry that came last.
    pub(crate) fn read_content(&mut self, entry: &Entry) -> Result<Vec<u8>, TarError> {
        let mut content = Vec::new();
        let mut left = entry.size;
        while left > 0 {
            let available = self.fill(1)?;
            let count = usize::try_from(left).map_or(available, |left| left.min(available));
            if count == 0 {
                return Err(self.cut());
            }
            content.extend_from_slice(&self.buffer[self.start..self.start + count]);
            self.advance(count);
            left -= count as u64;
        }
        self.content -= entry.size;
        Ok(content)
    }

    /// Reads what follows the last entry, so that the reader has seen all and its own checks are made.
    pub(crate) fn drain(&mut self) -> Result<(), TarError> {
        while self.fill(1)? > 0 {
            self.advance(self.end - self.start);
        }
        Ok(())
    }

    fn skip(&mut self, mut count: u64) -> Result<(), TarError> {
        while count > 0 {
            let available = self.fill(1)?;
            if available == 0 {
                return Err(self.cut());
            }
            let step = usize::try_from(count).map_or(available, |count| count.min(available));
            self.advance(step);
            count -= step as u64;
        }
        Ok(())
    }

    /// Gets the parser at least `least` bytes, or more than it had; false if the tar has ended instead.
    fn grow(&mut self, least: usize) -> Result<bool, TarError> {
        let had = self.end - self.start;
        if least > MAX_HEADER || had >= MAX_HEADER {
            return Err(TarError::HeaderTooLarge { at: self.position });
        }
        // The parser sometimes asks for no more than it has. Growing by half keeps its rereading linear.
        let has = self.fill(least.max(had + had / 2 + 512).min(MAX_HEADER))?;
        if has >= least && has > had {
            return Ok(true);
        }
        let half_an_end_mark = has == 512 && self.buffer[self.start..self.end].iter().all(|&byte| byte == 0);
        if half_an_end_mark {
            self.advance(has);
            return Ok(false);
        }
        Err(self.cut())
    }

    /// Has at least `least` bytes in the buffer unless the stream ends before; gives the number there is.
    fn fill(&mut self, least: usize) -> Result<usize, TarError> {
        if self.end - self.start < least && self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < least {
            self.buffer.resize(least, 0);
        }
        while self.end - self.start < least {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
            if self.position + (self.end - self.start) as u64 > self.limit {
                return Err(TarError::TooLong { limit: self.limit });
            }
        }
        Ok(self.end - self.start)
    }

    fn advance(&mut self, count: usize) {
        self.start += count;
        self.position += count as u64;
    }

    fn cut(&self) -> TarError {
        TarError::Cut {
            at: self.position + (self.end - self.start) as u64,
        }
    }
}

impl From<ParseEvent<'_>> for Step {
    fn from(event: ParseEvent<'_>) -> Self {
        match event {
            ParseEvent::NeedData { min_bytes } => Self::Need(min_bytes),
            ParseEvent::Entry { consumed, entry } => {
                let kind = kind_of(&entry);
                Self::Entry(consumed, entry_of(entry, kind))
            }
            ParseEvent::SparseEntry { consumed, entry, .. } => {
                Self::Entry(consumed, entry_of(entry, EntryKind::Sparse))
            }
            ParseEvent::GlobalExtensions { consumed, .. } => Self::Pass(consumed),
            ParseEvent::End { consumed } => Self::End(consumed),
        }
    }
}

fn kind_of(entry: &ParsedEntry<'_>) -> EntryKind {
    match entry.entry_type {
        // Before there was a type for directories, they were told by the slash.
        EntryType::Regular | EntryType::Continuous if entry.path.ends_with(b"/") => EntryKind::Directory,
        EntryType::Regular | EntryType::Continuous => EntryKind::File,
        EntryType::Directory => EntryKind::Directory,
        EntryType::Link | EntryType::Symlink => EntryKind::Link {
            target: entry.link_target_lossy().unwrap_or_default().into_owned(),
        },
        _ => EntryKind::Other,
    }
}

fn entry_of(entry: ParsedEntry<'_>, kind: EntryKind) -> Entry {
    let is_header_only = matches!(
        entry.entry_type,
        EntryType::Directory
            | EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo
    );
    Entry {
        size: if is_header_only { 0 } else { entry.size },
        path: entry.path.into_owned(),
        kind,
    }
}
