//! What a verification found.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer};

use crate::{BundleError, GostSum, volumes::Volumes};

/// The result of a verification that could be carried through.
#[derive(Debug, Default, Serialize)]
pub struct VerifyReport {
    /// Size of the bundle in bytes.
    pub size: u64,
    /// The archives that it is made of: 1, or all in a directory.
    pub archives: usize,
    /// The files that contain it.
    pub files: usize,
    /// Blobs and manifests whose digest was checked.
    pub blobs: usize,
    /// Sums from files next to it that were checked.
    pub sums: Vec<CheckedSum>,
    /// Everything that is wrong, in file order; empty for a sound bundle.
    pub damages: Vec<Damage>,
}

/// A GOST sum that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedSum {
    /// The `.gostsum` file.
    #[serde(serialize_with = "path")]
    pub file: PathBuf,
    /// The sum that the bundle or part really has.
    pub sum: GostSum,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The path in the archive; `None` if a file as a whole is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The images that need it, as `install:v1.58.3`; sorted. Empty if none does, or if that is unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// The files that contain it.
    #[serde(serialize_with = "paths")]
    pub files: Vec<PathBuf>,
    /// What is wrong.
    pub reason: String,
}

impl Damage {
    /// A file that is wrong as a whole.
    pub(crate) fn of_file(file: &Path, reason: String) -> Self {
        Self { entry: None, images: Vec::new(), files: vec![file.to_owned()], reason }
    }

    /// An archive that cannot be read as one.
    pub(crate) fn of_structure(volumes: &Volumes, error: &BundleError) -> Self {
        match error {
            BundleError::Damaged { path, entry, reason } => {
                Self { entry: Some(entry.clone()), ..Self::of_file(path, reason.clone()) }
            }
            BundleError::NotABundle { path, reason } => {
                Self::of_file(path, format!("not a bundle: {reason}"))
            }
            BundleError::WrongPart { path, fault } => Self::of_file(path, fault.to_string()),
            error => Self::of_file(volumes.path(0), error.to_string()),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files.iter().map(|file| file.display().to_string());
        let files = files.collect::<Vec<_>>().join(", ");
        match &self.entry {
            Some(entry) => write!(f, "{entry}: {} (in {files})", self.reason)?,
            None => write!(f, "{files}: {}", self.reason)?,
        }
        if self.images.is_empty() {
            return Ok(());
        }
        write!(f, ", needed by {}", self.images.join(", "))
    }
}

/// A path that is not UTF-8 must not make the report unreadable.
fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

fn paths<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.display().to_string()))
}
