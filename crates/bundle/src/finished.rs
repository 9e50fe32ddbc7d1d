//! Whether an archive that is to be written already exists: in a directory that was started, the archives
//! that are done need not be done again.

use std::path::{Path, PathBuf};

use oci::BlobSource as _;

use crate::{Layout, names, volumes::Volumes, writer};

/// The files of the archive `path`, if it has the size, the parts and everything but blobs that `layout` and
/// `part_size` (bytes; `None` means whole) say, under exactly its names. Its blobs have not been
/// read.
pub fn finished(path: &Path, layout: &Layout, part_size: Option<u64>) -> Option<Vec<PathBuf>> {
    let volumes = Volumes::open(&[path.to_owned()]).ok()?;
    let files: Vec<PathBuf> = (0..volumes.count()).map(|number| volumes.path(number).to_owned()).collect();
    let exact = |number| if volumes.in_parts() { names::part(path, number) } else { path.to_owned() };
    if (0..).zip(&files).any(|(number, file)| *file != exact(number)) {
        return None;
    }
    let sizes = writer::volume_sizes(path, layout.size(), part_size).ok()?;
    if volumes.sizes() != sizes || volumes.in_parts() != part_size.is_some() {
        return None;
    }
    let mut there = Vec::new();
    for (offset, bytes) in layout.fixed_segments() {
        there.resize(bytes.len(), 0);
        let count = volumes.read_at(offset, &mut there).ok()?;
        if there[..count] != *bytes {
            return None;
        }
    }
    Some(files)
}
