//! The bytes of the tar that are no blob, made as they are asked for: a plan of 40 000 blobs would have 20 MB
//! of headers.

use std::borrow::Cow;

use super::entry::{Content, Entry};
use crate::tar_header;

/// Segments are not joined beyond this, in bytes: the memory that writing them takes.
const SEGMENT: usize = 1024 * 1024;

/// Walks the entries; each item reaches from the end of one blob to the begin of the next.
pub(super) struct FixedSegments<'a> {
    entries: &'a [Entry],
    /// Entry whose header comes next.
    next: usize,
    offset: u64,
    done: bool,
}

impl<'a> FixedSegments<'a> {
    pub(super) fn new(entries: &'a [Entry]) -> Self {
        Self { entries, next: 0, offset: 0, done: false }
    }
}

impl<'a> Iterator for FixedSegments<'a> {
    type Item = (u64, Cow<'a, [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let start = self.offset;
        let mut bytes = Vec::new();
        if let Some(before) = self.next.checked_sub(1).map(|index| &self.entries[index])
            && matches!(before.content, Content::Blob)
        {
            zeros(&mut bytes, tar_header::padding(before.size));
        }
        while let Some(entry) = self.entries.get(self.next) {
            self.next += 1;
            bytes.extend_from_slice(&tar_header::header(&entry.path, entry.size));
            match &entry.content {
                Content::Blob => {
                    self.offset = entry.data + entry.size;
                    return Some((start, Cow::Owned(bytes)));
                }
                Content::Inline(content) => {
                    bytes.extend_from_slice(content);
                    zeros(&mut bytes, tar_header::padding(entry.size));
                    if bytes.len() >= SEGMENT {
                        self.offset = start + bytes.len() as u64;
                        return Some((start, Cow::Owned(bytes)));
                    }
                }
            }
        }
        self.done = true;
        zeros(&mut bytes, tar_header::END);
        Some((start, Cow::Owned(bytes)))
    }
}

fn zeros(bytes: &mut Vec<u8>, count: u64) {
    const ZEROS: [u8; 1024] = [0; 1024];
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    bytes.extend_from_slice(&ZEROS[..count]);
}
