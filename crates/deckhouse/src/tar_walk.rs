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

/// Why a walk cannot continue.
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
    /// Whether the tar must end with its mark, since nothing else would show that it was cut.
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
            return if self.needs_end_mark { Err(self.cut()) } else { Ok(None) };
        }
        loop {
            let available = &self.buffer[self.start..self.end];
            let step = self
                .parser
                .parse(available)
                .map_err(|source| TarError::Header { at: self.position, source })?;
            match Step::from(step) {
                Step::Pass(consumed) => self.advance(consumed),
                Step::Entry(consumed, entry) => {
                    self.advance(consumed);
                    self.content = entry.size.checked_next_multiple_of(BLOCK).ok_or_else(|| self.cut())?;
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
        TarError::Cut { at: self.position + (self.end - self.start) as u64 }
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
        // Before there was a type for directories, they were marked by the slash.
        EntryType::Regular | EntryType::Continuous if entry.path.ends_with(b"/") => EntryKind::Directory,
        EntryType::Regular | EntryType::Continuous => EntryKind::File,
        EntryType::Directory => EntryKind::Directory,
        EntryType::Link | EntryType::Symlink => {
            EntryKind::Link { target: entry.link_target_lossy().unwrap_or_default().into_owned() }
        }
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
    Entry { size: if is_header_only { 0 } else { entry.size }, path: entry.path.into_owned(), kind }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(name: &str, kind: u8, size: &str) -> Vec<u8> {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        for (field, text) in
            [(100, "0000644"), (108, "0000000"), (116, "0000000"), (124, size), (136, "00000000000")]
        {
            block[field..field + text.len()].copy_from_slice(text.as_bytes());
        }
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    fn padded(content: &[u8]) -> Vec<u8> {
        let mut block = content.to_vec();
        block.resize(content.len().next_multiple_of(512), 0);
        block
    }

    /// The paths of all entries, read in pieces of some size.
    fn paths(tar: &[u8], piece: usize) -> Result<Vec<String>, TarError> {
        struct Pieces<'a>(&'a [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
                let count = self.1.min(target.len());
                self.0.read(&mut target[..count])
            }
        }
        let mut walk = TarWalk::new(Pieces(tar, piece), 100_000_000, false);
        let mut paths = Vec::new();
        while let Some(entry) = walk.next_entry()? {
            paths.push(String::from_utf8_lossy(&entry.path).into_owned());
        }
        Ok(paths)
    }

    #[test]
    fn content_is_skipped_for_any_chunk_sizes() {
        let content = vec![7; 200_000];
        let tar = [
            header("global", b'g', "00000000012"),
            padded(b"10 a=bcd\n\n"),
            header("a", b'0', "00000606500"),
            padded(&content),
            header("link", b'1', "00000606500"),
            header("dir/", b'5', "00000000007"),
            vec![0; 512],
            header("b", b'0', "00000000000"),
            vec![0; 1024],
            header("behind the end", b'0', "00000000000"),
        ]
        .concat();
        for piece in [1, 511, 512, 4096, 1_000_000] {
            assert_eq!(paths(&tar, piece).unwrap(), ["a", "link", "dir/", "b"], "{piece}");
        }
    }

    #[test]
    fn endless_headers_end_in_an_error() {
        let sparse = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n27 GNU.sparse.realsize=999\n";
        let no_newline = [
            header("x", b'x', "00000000107"),
            padded(sparse),
            header("a", b'0', "77777777777"),
            vec![b'1'; 5_000_000],
        ]
        .concat();
        let mut extended = header("a", b'S', "00000000000");
        extended[257..265].copy_from_slice(b"ustar  \0");
        extended[482] = 1;
        extended[148..156].fill(b' ');
        let sum: u32 = extended.iter().map(|&byte| u32::from(byte)).sum();
        extended[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut more = vec![0; 512];
        more[504] = 1;
        let no_end = [extended, more.repeat(10_000)].concat();
        for tar in [no_newline, no_end] {
            let error = paths(&tar, 1 << 20).unwrap_err();
            assert!(matches!(error, TarError::HeaderTooLarge { .. }), "{error:?}");
        }
        let long_name = [header("x", b'L', "00010000000"), vec![b'a'; 5_000_000]].concat();
        let error = paths(&long_name, 1 << 20).unwrap_err();
        assert!(matches!(error, TarError::Header { at: 0, .. }), "{error:?}");
    }

    #[test]
    fn a_size_beyond_the_stream_is_a_truncation() {
        let tar = [header("a", b'0', "77777777777"), vec![0; 4096]].concat();
        assert!(matches!(paths(&tar, 512).unwrap_err(), TarError::Cut { at: 4608 }));
        let mut huge = header("a", b'0', "00000000000");
        huge[124..136].fill(0xff);
        huge[148..156].fill(b' ');
        let sum: u32 = huge.iter().map(|&byte| u32::from(byte)).sum();
        huge[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert!(paths(&huge, 512).is_err());
    }

    proptest! {
        #[test]
        fn entries_are_those_that_the_tar_library_wrote(
            files in prop::collection::vec(("[a-z]{1,8}(/[a-z]{1,60}){0,4}", 0..3000_usize), 0..12),
            piece in 1..3000_usize,
        ) {
            let mut builder = tar::Builder::new(Vec::new());
            for (path, size) in &files {
                let mut header = tar::Header::new_gnu();
                header.set_size(*size as u64);
                builder.append_data(&mut header, path, &vec![b'x'; *size][..]).unwrap();
            }
            let tar = builder.into_inner().unwrap();
            let expected: Vec<String> = files.into_iter().map(|(path, _)| path).collect();
            prop_assert_eq!(paths(&tar, piece).unwrap(), expected);
        }
    }
}
