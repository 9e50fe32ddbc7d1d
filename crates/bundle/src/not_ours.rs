//! The reason why other users could change a file or directory.

use std::fmt;

/// Who else could change a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOurs {
    /// The name is a symbolic link, which may lead elsewhere.
    Link,
    /// It is not a directory.
    NotADirectory,
    /// The user with this ID owns it.
    Owner(u32),
    /// These permissions give other users access.
    Mode(u32),
    /// The file has this many names, and others can change it by another one.
    HardLinks(u64),
    /// Another file was put in its place during this run.
    Replaced,
}

impl fmt::Display for NotOurs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link => f.write_str("is a symbolic link"),
            Self::NotADirectory => f.write_str("is not a directory"),
            Self::Owner(id) => write!(f, "belongs to another user (ID {id})"),
            Self::Mode(mode) => write!(f, "other users have access to it (mode {mode:04o})"),
            Self::HardLinks(count) => write!(f, "the file has {count} names (hard links)"),
            Self::Replaced => f.write_str("it was replaced by another file during this run"),
        }
    }
}
