//! Which parts of a bundle are missing or damaged.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use foreign_text::ForeignText;
use oci::BlobSource as _;

use super::{KnownPart, PartsRequest, remake::digest};
use crate::{
    BundleError, GostSum,
    on_demand::OnDemand,
    on_media::{self, Readable},
    progress::Progress,
    stream,
    sums::{SumThread, read_sum},
    verify,
    volumes::{Volumes, parts_of},
};

/// What is missing of a bundle in parts.
#[derive(Debug)]
pub struct MissingParts {
    /// The request; `None` if nothing is missing or damaged.
    pub request: Option<PartsRequest>,
    /// Parts that are there and damaged.
    pub damaged: BTreeSet<u32>,
    /// Parts that are there and were not checked, since there is no checksum of them and other parts are missing.
    pub unchecked: BTreeSet<u32>,
}

/// Looks which parts of the bundle that `paths` name are missing or damaged. `paths` are the same as for
/// [`crate::Bundle::open`], except directories. Each part is compared with the GOST checksum next to it. Without
/// checksums parts are checked only if all are there.
///
/// # Errors
/// [`BundleError::NotInParts`]; [`BundleError::UnknownPartSize`]; as [`crate::Bundle::open`] if there is no part;
/// [`BundleError::Io`], [`BundleError::Cancelled`].
pub fn missing_parts(paths: &[PathBuf], progress: &dyn Progress) -> Result<MissingParts, BundleError> {
    let parts = parts_of(paths)?;
    let files = parts.values().cloned().map(OnDemand::open).collect::<Result<Vec<_>, _>>()?;
    let sizes: BTreeMap<u32, u64> = parts.keys().copied().zip(files.iter().map(|it| it.size())).collect();
    let sums = sums(paths)?;
    let highest = *sizes.keys().next_back().unwrap_or(&0);
    let part_size = part_size(&sizes, highest)
        .ok_or_else(|| BundleError::UnknownPartSize { path: parts[&highest].clone() })?;
    let last = sums.keys().next_back().copied().unwrap_or_default().max(highest);
    let is_last_known = last > highest || sizes[&highest] < part_size;

    let mut missing: BTreeSet<u32> = (0..last).filter(|number| !sizes.contains_key(number)).collect();
    if last > highest {
        missing.insert(last);
    }
    let opened: BTreeMap<u32, Volumes> =
        parts.keys().copied().zip(files.into_iter().map(|file| Volumes::of(vec![file]))).collect();
    let with_sum = || opened.iter().filter_map(|(number, part)| Some((*number, part, *sums.get(number)?)));
    progress.began(with_sum().map(|(_, part, _)| part.size()).sum());
    let mut damaged: BTreeSet<u32> = sizes
        .iter()
        .filter(|(number, size)| **size != part_size && **number != highest)
        .map(|(number, _)| *number)
        .collect();
    for (number, part, sum) in with_sum() {
        if gost_sum(part, progress)? != sum {
            damaged.insert(number);
        }
    }
    let mut unchecked: BTreeSet<u32> =
        parts.keys().filter(|number| !sums.contains_key(number)).copied().collect();
    damaged.extend((sizes[&highest] > part_size).then_some(highest));
    let mut from = (!is_last_known).then_some(last + 1);
    if missing.is_empty() && !unchecked.is_empty() {
        // The digests of the blobs tell as much as a checksum, if the whole bundle is there.
        let (files, is_complete) = damaged_files(paths, progress)?;
        damaged.extend(parts.iter().filter(|(_, path)| files.contains(*path)).map(|(number, _)| *number));
        // A part that is cut looks like a last part.
        from = from.or_else(|| damaged.contains(&highest).then_some(highest + 1));
        unchecked.retain(|_| !is_complete);
    }
    missing.extend(&damaged);
    unchecked.retain(|number| !damaged.contains(number));
    let known = opened.iter().find(|(number, _)| !missing.contains(number));
    // While nothing is missing, the end of the last part is the end of the archive.
    let from = from.filter(|_| !missing.is_empty() || !is_whole(paths));
    let request = match known {
        _ if missing.is_empty() && from.is_none() => None,
        None => return Err(BundleError::NoPartIntact { path: paths[0].clone() }),
        Some((number, part)) => {
            progress.began(part.size());
            let digest = digest(part, 0..part.size(), progress)?;
            let known = KnownPart { part: *number, size: part.size(), digest };
            let name = paths[0].file_name().unwrap_or_default().to_string_lossy();
            Some(PartsRequest::new(ForeignText::from(&*name), part_size, (missing, from), known))
        }
    };
    Ok(MissingParts { request, damaged, unchecked })
}

/// The files that `verify` finds damaged, and whether it has read all of them: the archive may not be followed to its end.
fn damaged_files(
    paths: &[PathBuf],
    progress: &dyn Progress,
) -> Result<(BTreeSet<PathBuf>, bool), BundleError> {
    match verify::verify(paths, progress) {
        Ok(report) => Ok((report.damages.into_iter().flat_map(|damage| damage.files).collect(), true)),
        Err(BundleError::Damaged { path, .. } | BundleError::WrongPart { path, .. }) => {
            Ok(([path].into(), false))
        }
        Err(BundleError::MissingPart { .. }) => Ok((BTreeSet::new(), false)),
        Err(error) => Err(error),
    }
}

fn gost_sum(part: &Volumes, progress: &dyn Progress) -> Result<GostSum, BundleError> {
    std::thread::scope(|scope| {
        let thread = SumThread::start(scope, vec![part.size()]).map_err(|error| part.failed(error))?;
        stream::blocks(part, 0..part.size(), progress, |_, block| {
            thread.send(block);
            Ok(())
        })?;
        Ok(thread.finish()[0])
    })
}

/// The size of all parts but the last: that of a part which is not the last one, or of the only one that is there.
fn part_size(sizes: &BTreeMap<u32, u64>, highest: u32) -> Option<u64> {
    let earlier = sizes.iter().filter(|(number, _)| **number != highest).map(|(_, size)| *size).max();
    earlier.or_else(|| (highest == 0).then(|| sizes[&0]))
}

/// The GOST checksums of parts that are next to them, by number; those of missing parts too.
fn sums(paths: &[PathBuf]) -> Result<BTreeMap<u32, GostSum>, BundleError> {
    let mut sums = BTreeMap::new();
    for bundle in paths {
        for (file, path) in on_media::files_of(bundle)? {
            if let Readable::PartSum(number) = file {
                sums.extend(read_sum(&path)?.map(|sum| (number, sum)));
            }
        }
    }
    Ok(sums)
}

/// Whether the parts that are there make up a whole archive.
fn is_whole(paths: &[PathBuf]) -> bool {
    let volumes = Volumes::open(paths).map(Arc::new);
    volumes.and_then(crate::archive::Archive::read).is_ok()
}
