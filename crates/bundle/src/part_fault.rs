//! Which part is to blame when parts do not add up to an archive.
//!
//! Only the parts themselves are known, so this is an inference, made after reading has failed: from their
//! sizes, since all parts but the last are equally large, and from tar headers, since one must stand where
//! the entry before ends. A part is never refused by it that reads well.

use std::{collections::BTreeMap, path::PathBuf};

use oci::BlobSource;
use tar_core::{HEADER_SIZE, Header};

use crate::{
    BundleError, PartFault, names,
    on_media::{self, Readable},
    tar_index::{TarError, visit_entries},
    volumes::Volumes,
};

/// By how much parts of other tools may differ in size, in bytes: they close a part after the write that
/// reaches the limit.
const OVERSHOOT: u64 = 512 * 1024;

/// The part that causes `error`, which was met while the archive in `volumes` was read. `None` if the parts give no clue.
pub(crate) fn explain(volumes: &Volumes, error: &TarError) -> Option<BundleError> {
    let TarError::Malformed { offset: at, entry, reason, truncated } = error else { return None };
    let (at, truncated) = (*at, *truncated);
    let sizes = volumes.sizes();
    let last = sizes.len().checked_sub(1).filter(|_| volumes.in_parts())?;
    if next_is_known(volumes, sizes.len()) {
        return Some(missing(volumes, sizes.len()));
    }
    let (expected, tolerance) = expected_size(&sizes)?;
    let here = volumes.index_at(at).min(last);
    let wrong = |index: usize, fault| {
        let path = volumes.path(index).to_owned();
        Some(BundleError::WrongPart { path, fault })
    };
    let swapped = |place: usize, other: usize| {
        let with = volumes.path(other).to_owned();
        wrong(place, PartFault::Swapped { with })
    };
    // Where the archive ends too early, the cut may be anywhere in the last content.
    let reach = if truncated { last } else { here };
    let short = (0..last).find(|index| *index <= reach && sizes[*index] + tolerance < expected);
    if let Some(index) = short {
        if reads_well(&volumes.swapped(index, last)) {
            return swapped(index, last);
        }
        let size = sizes[index];
        return wrong(index, PartFault::Cut { size, expected });
    }
    if let Some(index) = (0..=last).find(|index| sizes[*index] > expected + tolerance) {
        let size = sizes[index];
        return wrong(index, PartFault::Larger { size, expected });
    }
    if truncated && sizes[last] + tolerance >= expected {
        return Some(missing(volumes, sizes.len()));
    }
    if truncated {
        return None;
    }
    // A header may begin at the end of one part and continue in the next.
    let until = volumes.index_at(at + HEADER_SIZE as u64 - 1).min(last);
    for place in here..=until {
        let fits = |other: &usize| *other != place && header_at(&volumes.swapped(place, *other), at);
        let other = (0..=last).filter(fits).find(|other| reads_well(&volumes.swapped(place, *other)));
        if let Some(other) = other {
            return swapped(place, other);
        }
    }
    let (entry, reason) = (entry.clone(), reason.clone());
    wrong(until, PartFault::Foreign { entry, reason })
}

/// The part whose size is not that of the others, where the archive reads well and its content is damaged:
/// what is cut off may be just one whole entry.
pub(crate) fn odd_size(volumes: &Volumes) -> Option<(usize, PartFault)> {
    let sizes = volumes.sizes();
    let last = sizes.len().checked_sub(1).filter(|_| volumes.in_parts())?;
    let (expected, tolerance) = expected_size(&sizes)?;
    let short = (0..last).find(|index| sizes[*index] + tolerance < expected);
    let size = sizes[short?];
    Some((short?, PartFault::Cut { size, expected }))
}

/// The size that all parts but the last have, and by how much they may fall short of it.
fn expected_size(sizes: &[u64]) -> Option<(u64, u64)> {
    let (last, others) = sizes.split_last()?;
    if let [only] = others {
        return Some((*only.max(last), 0));
    }
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for size in others {
        *counts.entry(*size).or_default() += 1;
    }
    // Of equally frequent sizes the largest: parts are cut more often than they grow.
    let (size, count) = counts.into_iter().max_by_key(|(size, count)| (*count, *size))?;
    Some((size, if count > 1 { 0 } else { OVERSHOOT }))
}

/// Whether there is a sum of a part `number`.
fn next_is_known(volumes: &Volumes, number: usize) -> bool {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let has_sum = |bundle: &PathBuf| {
        on_media::files_of(bundle).is_ok_and(|files| files.contains_key(&Readable::PartSum(number)))
    };
    volumes.named().iter().any(has_sum)
}

fn missing(volumes: &Volumes, number: usize) -> BundleError {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    BundleError::MissingPart { path: names::part(&volumes.named()[0], number), others: 0 }
}

fn reads_well(volumes: &Volumes) -> bool {
    visit_entries(volumes, |_| Ok::<(), TarError>(())).is_ok()
}

fn header_at(volumes: &Volumes, offset: u64) -> bool {
    let mut bytes = [0; HEADER_SIZE];
    let read = volumes.read_at(offset, &mut bytes);
    read.is_ok_and(|count| count == HEADER_SIZE) && Header::from_bytes(&bytes).verify_checksum().is_ok()
}
