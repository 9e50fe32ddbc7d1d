//! The names of a bundle's files: the whole, its parts, work in progress, sums.
//!
//! Parts are `NAME.0000.chunk`, at least four digits, as the platform's other tools write them; a final
//! name means complete, work in progress ends in `.partial`.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use crate::spelling;

/// The directory that `bundle` is in.
pub(crate) fn directory(bundle: &Path) -> &Path {
    match bundle.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// `bundle` with `suffix` put to its end.
fn with_suffix(bundle: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(bundle);
    name.push(suffix);
    PathBuf::from(name)
}

/// The name of part `number` of `bundle`.
pub fn part(bundle: &Path, number: u32) -> PathBuf {
    with_suffix(bundle, &format!(".{number:04}.chunk"))
}

/// The name of `file` while it is being written.
pub(crate) fn partial(file: &Path) -> PathBuf {
    with_suffix(file, ".partial")
}

/// Whether there is work in progress of `bundle`, even if it is only the journal of a pull.
pub(crate) fn is_begun(bundle: &Path) -> bool {
    partial(bundle).exists() || with_suffix(bundle, ".partial.d").exists()
}

/// The name of the GOST sum of `file`.
pub(crate) fn sum(file: &Path) -> PathBuf {
    with_suffix(file, ".gostsum")
}

/// The number in a part's name, if `name` is `BUNDLE.NNNN.chunk`.
pub(crate) fn part_number(bundle: &OsStr, name: &OsStr) -> Option<u32> {
    let rest = name.as_encoded_bytes().strip_prefix(bundle.as_encoded_bytes())?;
    let digits = rest.strip_prefix(b".")?.strip_suffix(b".chunk")?;
    // One spelling per number: what this function accepts is what `part` makes.
    let padded = digits.len() == 4 || (digits.len() > 4 && digits[0] != b'0');
    if !padded || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether `name` is that of any bundle's part: `….NNNN.chunk`, however a medium spells it.
pub(crate) fn looks_like_part(name: &OsStr) -> bool {
    let name = spelling::plain(name);
    let path = Path::new(&name);
    let number = path.file_stem().map(Path::new).and_then(Path::extension);
    path.extension() == Some(OsStr::new("chunk"))
        && number.is_some_and(|digits| {
            digits.len() >= 4 && digits.as_encoded_bytes().iter().all(u8::is_ascii_digit)
        })
}

/// The archive that the file `name` belongs to, as a whole, part, sum or unfinished work; `None` for other
/// files, and for hidden ones, which systems leave on sticks (`._d8.tar`). It is spelled as in `name`.
pub fn archive_of(name: &OsStr) -> Option<&OsStr> {
    if name.as_encoded_bytes().starts_with(b".") {
        return None;
    }
    let mut archive = Path::new(spelling::without_version(name));
    let ends = |path: &Path, with: &str| path.extension().is_some_and(|it| it.eq_ignore_ascii_case(with));
    // The journal of a pull, which may be there before the first byte of the archive.
    if ends(archive, "d") && ends(Path::new(archive.file_stem()?), "partial") {
        archive = Path::new(archive.file_stem()?);
    }
    while ends(archive, "partial") || ends(archive, "gostsum") {
        archive = Path::new(archive.file_stem()?);
    }
    if looks_like_part(archive.as_os_str()) {
        archive = Path::new(Path::new(archive.file_stem()?).file_stem()?);
    }
    ends(archive, "tar").then_some(archive.as_os_str())
}

/// The role of a file in a bundle, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A finished part.
    Part(u32),
    /// A part in progress.
    PartialPart(u32),
    /// A GOST sum of the whole.
    Sum,
    /// A GOST sum of a part.
    PartSum(u32),
    /// A GOST sum that is being written.
    PartialSum,
}

impl Kind {
    /// Whether it is a GOST sum, finished or not.
    pub(crate) fn is_sum(self) -> bool {
        matches!(self, Self::Sum | Self::PartSum(_) | Self::PartialSum)
    }
}

/// The files beside `bundle` that belong to it, the whole itself and its partial not among them.
pub(crate) fn siblings(bundle: &Path) -> io::Result<Vec<(Kind, PathBuf)>> {
    let Some(own) = bundle.file_name() else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory(bundle))? {
        let entry = entry?;
        if let Some(kind) = kind(own, &entry.file_name()) {
            found.push((kind, bundle.with_file_name(entry.file_name())));
        }
    }
    found.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(found)
}

/// What the file `name` is to `bundle`; `None` for the whole itself, its partial, and other files.
pub(crate) fn kind(bundle: &OsStr, name: &OsStr) -> Option<Kind> {
    if let Some(number) = part_number(bundle, name) {
        return Some(Kind::Part(number));
    }
    let path = Path::new(name);
    let stem = path.file_stem()?;
    match path.extension()?.as_encoded_bytes() {
        b"partial" => match part_number(bundle, stem) {
            Some(number) => Some(Kind::PartialPart(number)),
            None => kind(bundle, stem)
                .filter(|kind| matches!(kind, Kind::Sum | Kind::PartSum(_)))
                .map(|_| Kind::PartialSum),
        },
        b"gostsum" if stem == bundle => Some(Kind::Sum),
        b"gostsum" => part_number(bundle, stem).map(Kind::PartSum),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_bundle_are_classified() {
        let cases = [
            ("d8.tar.0000.chunk", Some(Kind::Part(0))),
            ("d8.tar.9999.chunk", Some(Kind::Part(9999))),
            ("d8.tar.10000.chunk", Some(Kind::Part(10000))),
            ("d8.tar.0007.chunk.partial", Some(Kind::PartialPart(7))),
            ("d8.tar.gostsum", Some(Kind::Sum)),
            ("d8.tar.0007.chunk.gostsum", Some(Kind::PartSum(7))),
            ("d8.tar.gostsum.partial", Some(Kind::PartialSum)),
            ("d8.tar.0007.chunk.gostsum.partial", Some(Kind::PartialSum)),
            ("d8.tar", None),
            ("d8.tar.partial", None),
            ("d8.tar.001.chunk", None),
            ("d8.tar.00001.chunk", None),
            ("d8.tar.+001.chunk", None),
            ("d8.tar.99999999999.chunk", None),
            ("other.tar.0000.chunk", None),
            ("d8.tar.0000.chunk.bak", None),
            ("d8.tar.bak.gostsum", None),
        ];
        for (name, expected) in cases {
            assert_eq!(kind(OsStr::new("d8.tar"), OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn an_archive_is_found_by_any_of_its_files() {
        for name in [
            "platform.tar",
            "platform.tar.0000.chunk",
            "platform.tar.gostsum",
            "platform.tar.12345.chunk.gostsum",
            "platform.tar.partial",
            "platform.tar.0001.chunk.partial",
            "platform.tar.gostsum.partial",
            "platform.tar.partial.d",
        ] {
            assert_eq!(archive_of(OsStr::new(name)), Some(OsStr::new("platform.tar")), "{name}");
        }
        for name in ["PLATFORM.TAR", "PLATFORM.TAR;1", "PLATFORM.TAR.0000.CHUNK;1", "PLATFORM.TAR.GOSTSUM"] {
            assert_eq!(archive_of(OsStr::new(name)), Some(OsStr::new("PLATFORM.TAR")), "{name}");
        }
        for name in [
            "._d8.tar",
            ".tar",
            "tar",
            "d8.tar.d",
            "d8.tgz",
            "dhctl",
            "d8.tar.chunk",
            "d8.chunk",
            "x.gostsum",
        ] {
            assert_eq!(archive_of(OsStr::new(name)), None, "{name}");
        }
    }

    #[test]
    fn created_names_are_read_back() {
        for number in [0, 1, 9999, 10_000, u32::MAX] {
            let path = part(Path::new("/a/d8.tar"), number);
            assert_eq!(part_number(OsStr::new("d8.tar"), path.file_name().unwrap()), Some(number));
            assert!(looks_like_part(path.file_name().unwrap()));
        }
        assert!(!looks_like_part(OsStr::new("d8.tar")));
    }
}
