//! What can go wrong with a bundle on disk, one variant per thing that a user would do about it.

use std::{io, path::PathBuf};

use crate::{NotOurs, SpecialFile, sums::GostSum};

/// Why a bundle cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The operating system refused an operation on a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What has this name cannot be read or replaced as a file.
    #[error("{} is {kind}, not a file", path.display())]
    NotAFile {
        /// The name that was given or derived.
        path: PathBuf,
        /// What it is.
        kind: SpecialFile,
    },
    /// Somebody else could change a file or directory that is worked with.
    #[error("{}: {why}", path.display())]
    NotOurs {
        /// Its name.
        path: PathBuf,
        /// Who, and how.
        why: NotOurs,
    },
    /// There is neither a file of this name nor parts of it.
    #[error("{}: the file does not exist, and there are no parts of it{}", path.display(), if *unfinished { " (only an unfinished pull)" } else { "" })]
    NotFound {
        /// The bundle's name.
        path: PathBuf,
        /// Whether there is work in progress of this name.
        unfinished: bool,
    },
    /// What is there was never a bundle.
    #[error("{}: not a bundle: {reason}", path.display())]
    NotABundle {
        /// The file.
        path: PathBuf,
        /// What it is instead, or what it lacks.
        reason: String,
    },
    /// A bundle whose content is not what it should be.
    #[error("{}: damaged at {entry}: {reason}", path.display())]
    Damaged {
        /// The file or part that the damage was seen in.
        path: PathBuf,
        /// The entry of the archive, or the offset where an entry should be.
        entry: String,
        /// What is wrong.
        reason: String,
    },
    /// Parts are numbered without gaps, and some numbers are not there.
    #[error("{}: missing from the bundle's parts{}", path.display(), more(*others))]
    MissingPart {
        /// The first part that is not there.
        path: PathBuf,
        /// How many more are not there.
        others: usize,
    },
    /// A part that is not the one that belongs in its place.
    #[error("{}: {fault}", path.display())]
    WrongPart {
        /// The part.
        path: PathBuf,
        /// What is wrong with it.
        fault: PartFault,
    },
    /// Two files that both claim to be the same thing: a whole and parts of it, or a part twice.
    #[error("{} and {}: both exist, but only one of them is allowed", first.display(), second.display())]
    Ambiguous {
        /// One of them.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// Work in progress, of which nothing is certain but that it is not whole.
    #[error("{} is an unfinished bundle", path.display())]
    Unfinished {
        /// The file, `….partial`.
        path: PathBuf,
    },
    /// Another process writes this bundle.
    #[error("{}: another process is writing this bundle", path.display())]
    Locked {
        /// The file that holds the lock.
        path: PathBuf,
    },
    /// The quota is used up: of the user, the group or the project (`EDQUOT`). What is free on the disk is no help.
    #[error("{}: the disk quota of this user or group is used up: the bundle needs {needed} bytes", path.display())]
    QuotaExceeded {
        /// The file that could not grow.
        path: PathBuf,
        /// Size of the whole bundle in bytes.
        needed: u64,
    },
    /// The disk is full.
    #[error("{}: no space left: the bundle needs {needed} bytes, {free} are free", path.display())]
    DiskFull {
        /// The file that could not grow.
        path: PathBuf,
        /// Size of the whole bundle in bytes.
        needed: u64,
        /// What is free now, in bytes; what the bundle holds already is not counted.
        free: u64,
    },
    /// A file that should hold a GOST sum does not.
    #[error("{}: contains no GOST checksum (64 hex digits), or more than one", path.display())]
    BadSumFile {
        /// The `.gostsum` file.
        path: PathBuf,
    },
    /// A file or the whole bundle does not have the GOST sum in the file next to it.
    #[error("{}: damaged: the GOST checksum is {actual} instead of {stated}", path.display())]
    WrongSum {
        /// The file; for a bundle in parts, the name of the whole.
        path: PathBuf,
        /// What its `.gostsum` says.
        stated: GostSum,
        /// What it has.
        actual: GostSum,
    },
    /// A bundle would be written over itself.
    #[error("{}: this is the bundle that is being read", path.display())]
    OntoItself {
        /// The name that was given for the output.
        path: PathBuf,
    },
    /// A bundle in one file, of which parts were looked for.
    #[error("{}: the bundle is one file, not in parts", path.display())]
    NotInParts {
        /// The file.
        path: PathBuf,
    },
    /// Only the last part is there, which is smaller than the others.
    #[error("{}: no other part is there, so the size of the parts is unknown", path.display())]
    UnknownPartSize {
        /// The part.
        path: PathBuf,
    },
    /// Every part that is there is damaged.
    #[error("{}: every part that is there is damaged", path.display())]
    NoPartIntact {
        /// The name of the whole bundle.
        path: PathBuf,
    },
    /// A bundle that is not the one whose parts are requested.
    #[error("{} is not the bundle whose parts are requested: {reason}", path.display())]
    OtherBundle {
        /// The bundle.
        path: PathBuf,
        /// How that shows.
        reason: String,
    },
    /// A planned blob that none of the inputs has.
    #[error("no input has the blob {digest}")]
    NoSuchBlob {
        /// The blob.
        digest: oci::Digest,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Cancelled,
    /// The file system cannot hold a file of this size.
    #[error("{}: {size} bytes are more than the file system allows in one file{}", path.display(), in_brackets(*limit))]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// The size that it would get, in bytes.
        size: u64,
        /// The largest size that fits, in bytes, if the system reports it.
        limit: Option<u64>,
    },
    /// The part size asked for would make more parts than can be open at the same time.
    #[error("{}: parts of {part_size} bytes would be {parts} files, at most {limit} are possible", path.display())]
    TooManyParts {
        /// The bundle's name.
        path: PathBuf,
        /// The part size asked for, in bytes.
        part_size: u64,
        /// How many parts that makes.
        parts: u64,
        /// How many are possible.
        limit: u64,
    },
}

/// What is wrong with a part, as far as it can be determined without the right one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartFault {
    /// It ends too early.
    #[error("the part is truncated: it has {size} bytes, the other parts have {expected}")]
    Cut {
        /// Its size in bytes.
        size: u64,
        /// The size that it should have, in bytes.
        expected: u64,
    },
    /// It has the content of another part.
    #[error("it contains the content of {}: the parts are swapped", with.display())]
    Swapped {
        /// The part whose content it has.
        with: PathBuf,
    },
    /// It is larger than the parts of this bundle.
    #[error("it is a part of another bundle: it has {size} bytes, the other parts have {expected}")]
    Larger {
        /// Its size in bytes.
        size: u64,
        /// The size that the other parts have, in bytes.
        expected: u64,
    },
    /// Its content does not continue that of the part before.
    #[error("damaged, or a part of another bundle: {reason} (at {entry})")]
    Foreign {
        /// The entry where it shows, or the offset.
        entry: String,
        /// What is wrong there.
        reason: String,
    },
}

impl BundleError {
    /// Whether the content is wrong, so that sums may give more information.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. }
                | Self::NotABundle { .. }
                | Self::WrongPart { .. }
                | Self::MissingPart { .. }
        )
    }

    /// Whether the system says that there is no such file.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    pub(crate) fn wrong_sum(path: PathBuf, stated: &GostSum, actual: &GostSum) -> Self {
        Self::WrongSum { path, stated: *stated, actual: *actual }
    }

    /// Puts the file's name to an error of the system.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.into(), source }
    }
}

fn in_brackets(limit: Option<u64>) -> String {
    limit.map_or_else(String::new, |limit| format!(" ({limit})"))
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (1 more is missing)".to_owned(),
        _ => format!(" ({others} more are missing)"),
    }
}
