//! Types of files that cannot be read or replaced as a bundle.

use std::{fmt, fs::FileType, os::unix::fs::FileTypeExt as _};

/// The type of a file that is not a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialFile {
    /// A named pipe (FIFO), or the end of a pipe of a shell (`/dev/fd/63`).
    NamedPipe,
    /// A Unix domain socket.
    Socket,
    /// A character device, such as `/dev/zero` or a tape.
    CharacterDevice,
    /// A block device: a disk or one of its partitions.
    BlockDevice,
    /// A directory.
    Directory,
    /// Any other type.
    Other,
}

impl SpecialFile {
    /// From the type that the system reports; `None` for a regular file.
    pub(crate) fn of(kind: FileType) -> Option<Self> {
        match kind {
            kind if kind.is_file() => None,
            kind if kind.is_fifo() => Some(Self::NamedPipe),
            kind if kind.is_socket() => Some(Self::Socket),
            kind if kind.is_char_device() => Some(Self::CharacterDevice),
            kind if kind.is_block_device() => Some(Self::BlockDevice),
            kind if kind.is_dir() => Some(Self::Directory),
            _ => Some(Self::Other),
        }
    }
}

impl fmt::Display for SpecialFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NamedPipe => "a named pipe",
            Self::Socket => "a socket",
            Self::CharacterDevice => "a character device",
            Self::BlockDevice => "a block device",
            Self::Directory => "a directory",
            Self::Other => "a special file",
        })
    }
}
