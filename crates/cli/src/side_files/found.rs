//! Reading the files next to a bundle.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use deckhouse::release_list::RELEASES_FILE;
use mirror::{Cause, MissingItem, set_sum::SetList};
use oci::Digest;

use super::{BINARY_FILE, BINARY_SUM_FILE, digest_of, recorded};
use crate::failure::Failure;

/// The files next to a bundle.
#[derive(Debug, Default)]
pub(crate) struct SideFiles {
    /// Name and digest of each file.
    files: BTreeSet<(&'static str, Digest)>,
    /// Copies of `dhctl` that do not have the digest that is recorded next to them.
    pub(crate) changed: Vec<MissingItem>,
}

impl SideFiles {
    /// Reads the files in the directories of a bundle, which is named once for each of them.
    pub(crate) fn next_to(bundle: &[PathBuf]) -> Result<Self, Failure> {
        let mut found = Self::default();
        let directory = |path: &PathBuf| if path.is_dir() { path.clone() } else { path.with_file_name("") };
        let directories: BTreeSet<PathBuf> = bundle.iter().map(directory).collect();
        for directory in directories {
            for name in [RELEASES_FILE, BINARY_FILE] {
                let Some(path) = bundle::as_spelled(&directory.join(name))? else { continue };
                let failed = |error: io::Error| Failure::file(&path, &error);
                let digest = digest_of(&mut bundle::open_file(&path)?).map_err(failed)?;
                found.files.insert((name, digest));
                if name == BINARY_FILE {
                    found.changed.extend(changed(&path, &digest)?);
                }
            }
        }
        Ok(found)
    }

    /// Adds them to the list that the sum is computed of.
    pub(crate) fn add_to(&self, list: &mut SetList) {
        for (name, digest) in &self.files {
            list.add_file(name, digest);
        }
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.files.iter().map(|(name, _)| *name).collect()
    }
}

/// What is wrong with a copy of `dhctl`, if its digest is recorded.
fn changed(path: &Path, digest: &Digest) -> Result<Option<MissingItem>, Failure> {
    let Some(record) = bundle::as_spelled(&path.with_file_name(BINARY_SUM_FILE))? else { return Ok(None) };
    let Some(bytes) = bundle::read_file(&record)? else { return Ok(None) };
    let reason = match recorded(&bytes) {
        Some(expected) if expected == digest.hex() => return Ok(None),
        Some(expected) => {
            format!("its SHA-256 sum is {}, but {BINARY_SUM_FILE} has {expected}", digest.hex())
        }
        None => format!("{BINARY_SUM_FILE} does not contain a SHA-256 sum"),
    };
    Ok(Some(MissingItem {
        repository: path.display().to_string(),
        reference: String::new(),
        wanted_by: Vec::new(),
        reason,
        cause: Cause::Damaged,
    }))
}
