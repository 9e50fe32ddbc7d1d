//! How the reading is dealt out: ranges of the bundle that can be checked side by side.
//!
//! The sum of the whole is one chain through everything, and the slowest thing to be done: where it is
//! stated, all is read once in file order, with the sum of the whole and those of the parts on threads of
//! their own. Where only parts have sums, parts are read side by side. Blobs that are in no such range
//! (all of them, without sums) are read one by one, by as many threads as there are cores.

use std::{ops::Range, sync::Arc};

use oci::{Digest, Hasher};

use crate::sums::RecordedSums;

/// A blob or manifest in the archive.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Path of its repository.
    pub(crate) repository: Arc<str>,
    pub(crate) digest: Digest,
    /// Offset of its content.
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Entry {
    fn end(&self) -> u64 {
        self.offset + self.size
    }
}

/// A range to be read in order, and what to check on the way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) range: Range<u64>,
    /// Entries that are completely within, by their numbers.
    pub(crate) entries: Vec<usize>,
    /// The sum of the whole is wanted.
    pub(crate) whole: bool,
    /// Parts whose sums are wanted.
    pub(crate) parts: Range<usize>,
}

/// Deals out `entries`, which are in file order, and the `stated` sums of a bundle in files of `sizes`
/// bytes; in file order.
pub(crate) fn deal(entries: &[Entry], sizes: &[u64], stated: &RecordedSums) -> Vec<Job> {
    let size = sizes.iter().sum();
    if !stated.whole.is_empty() {
        let parts = if stated.parts.is_empty() { 0..0 } else { 0..sizes.len() };
        return vec![Job { range: 0..size, entries: (0..entries.len()).collect(), whole: true, parts }];
    }
    let mut jobs = Vec::new();
    let mut dealt = vec![false; entries.len()];
    let mut start = 0;
    for (number, size) in sizes.iter().enumerate() {
        let range = start..start + size;
        start = range.end;
        if !stated.parts.iter().any(|(part, ..)| *part as usize == number) {
            continue;
        }
        let first = entries.partition_point(|entry| entry.offset < range.start);
        let within: Vec<usize> = (first..entries.len())
            .take_while(|index| entries[*index].end() <= range.end)
            .filter(|index| !std::mem::replace(&mut dealt[*index], true))
            .collect();
        jobs.push(Job { range, entries: within, whole: false, parts: number..number + 1 });
    }
    for (index, entry) in entries.iter().enumerate().filter(|(index, _)| !dealt[*index]) {
        jobs.push(Job { range: entry.offset..entry.end(), entries: vec![index], ..Job::default() });
    }
    jobs.sort_by_key(|job| job.range.start);
    jobs
}

/// Hashes the entries of a job as its bytes come.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    entries: &'a [Entry],
    wanted: std::slice::Iter<'a, usize>,
    current: Option<(usize, Hasher)>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(entries: &'a [Entry], job: &'a Job) -> Self {
        Self { entries, wanted: job.entries.iter(), current: None }
    }

    /// Takes the bytes at `offset`, which follow those before, and calls `ended` with each entry that is
    /// complete and the digest that it has.
    pub(crate) fn take(&mut self, mut offset: u64, mut bytes: &[u8], mut ended: impl FnMut(usize, Digest)) {
        loop {
            let next = || self.wanted.next().map(|index| (*index, self.entries[*index].digest.hasher()));
            let Some((index, mut hasher)) = self.current.take().or_else(next) else {
                return;
            };
            let entry = &self.entries[index];
            let skip = split(bytes, entry.offset.saturating_sub(offset));
            let before = skip.0.len() as u64;
            let (now, later) = split(skip.1, entry.end().saturating_sub(offset + before));
            hasher.update(now);
            offset += before + now.len() as u64;
            bytes = later;
            if offset < entry.end() {
                self.current = Some((index, hasher));
                return;
            }
            ended(index, hasher.finish());
        }
    }
}

/// At most `count` bytes, and the rest.
fn split(bytes: &[u8], count: u64) -> (&[u8], &[u8]) {
    bytes.split_at(usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::GostSum;

    fn sums(whole: bool, parts: &[u32]) -> RecordedSums {
        let sum = GostSum::of(b"");
        RecordedSums {
            whole: if whole { vec![(PathBuf::new(), sum)] } else { vec![] },
            parts: parts.iter().map(|part| (*part, PathBuf::new(), sum)).collect(),
        }
    }

    fn entries(places: &[(u64, u64)], content: &[u8]) -> Vec<Entry> {
        let at = |n: u64| usize::try_from(n).unwrap();
        places
            .iter()
            .map(|(offset, size)| Entry {
                repository: "".into(),
                digest: Digest::of(&content[at(*offset)..at(offset + size)]),
                offset: *offset,
                size: *size,
            })
            .collect()
    }

    proptest! {
        #[test]
        fn every_entry_is_hashed_once_and_right(
            gaps in proptest::collection::vec((0_u64..50, 0_u64..90), 0..12),
            part in 20_u64..400,
            stated in proptest::collection::vec(0_u32..10, 0..6),
            whole: bool,
            block in 1_usize..120,
        ) {
            let mut places = Vec::new();
            let mut end = 0;
            for (gap, size) in gaps {
                places.push((end + gap, size));
                end += gap + size;
            }
            let content: Vec<u8> = (0..end).map(|n| u8::try_from(n % 253).unwrap()).collect();
            let entries = entries(&places, &content);
            let count = end.div_ceil(part).max(1);
            let sizes: Vec<u64> = (0..count).map(|n| part.min(end - n * part)).collect();
            let jobs = deal(&entries, &sizes, &sums(whole, &stated));
            let mut seen = vec![0; entries.len()];
            for job in &jobs {
                let mut cursor = Cursor::new(&entries, job);
                let mut offset = job.range.start;
                cursor.take(offset, &[], |index, digest| {
                    seen[index] += 1;
                    assert_eq!(digest, entries[index].digest);
                });
                let from = usize::try_from(job.range.start).unwrap();
                let to = usize::try_from(job.range.end).unwrap();
                for bytes in content[from..to].chunks(block) {
                    cursor.take(offset, bytes, |index, digest| {
                        seen[index] += 1;
                        assert_eq!(digest, entries[index].digest);
                    });
                    offset += bytes.len() as u64;
                }
            }
            prop_assert!(seen.iter().all(|count| *count == 1), "{:?}", seen);
            prop_assert!(jobs.is_sorted_by_key(|job| job.range.start));
        }
    }
}
