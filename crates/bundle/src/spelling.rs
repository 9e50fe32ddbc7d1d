//! File names as a medium spells them.
//!
//! A disc without Rock Ridge or Joliet (ISO 9660) has names in upper case, and some systems show them with the
//! version that each has there: `D8.TAR.0000.CHUNK;1`. A copy of such a disc keeps these names on any file system.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
};

/// The name as it was before a medium changed it: in lower case and without a version.
pub(crate) fn plain(name: &OsStr) -> OsString {
    OsString::from_vec(without_version(name).as_bytes().to_ascii_lowercase())
}

/// The name without the version of ISO 9660, `;1`.
pub(crate) fn without_version(name: &OsStr) -> &OsStr {
    let bytes = name.as_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b';').filter(|end| {
        let version = &bytes[end + 1..];
        !version.is_empty() && version.iter().all(u8::is_ascii_digit)
    });
    OsStr::from_bytes(&bytes[..end.unwrap_or(bytes.len())])
}

/// Whether both names may be spellings of one.
pub(crate) fn is_same(one: Option<&OsStr>, other: Option<&OsStr>) -> bool {
    one.map(plain) == other.map(plain)
}
