//! `NAME.gostsum`: one sum in a file beside what it is of.
//!
//! The platform's tools write the bare digits. Users make such files with `gost12sum`, `openssl` or
//! `d8 tools gostsum` too, which add a file name before or after; the name is ignored, since bundles
//! are renamed.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use super::GostSum;
use crate::{BundleError, names, owned, regular};

/// The most that a sum file may have, in bytes: a sum and the longest path.
const MAX_FILE: u64 = 8 * 1024;

/// The sums of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GostSums {
    /// Of the whole: of all parts, one after the other.
    pub whole: GostSum,
    /// Of each part in order; empty for a bundle in one file.
    pub parts: Vec<GostSum>,
}

impl GostSums {
    /// Writes the sum of the whole and of each part beside the bundle `path`, and returns the files.
    ///
    /// # Errors
    /// [`BundleError::Io`] or [`BundleError::DiskFull`].
    pub fn write(&self, path: &Path) -> Result<Vec<PathBuf>, BundleError> {
        let mut files = vec![write_sum(path, &self.whole)?];
        for (number, sum) in (0..).zip(&self.parts) {
            files.push(write_sum(&names::part(path, number), sum)?);
        }
        Ok(files)
    }

    /// The sums as text by the file that each is of: the bundle `path`, and its parts, whose files are `parts`.
    pub fn by_name(&self, path: &Path, parts: &[PathBuf]) -> BTreeMap<PathBuf, String> {
        let of_parts = parts.iter().cloned().zip(self.parts.iter().map(ToString::to_string));
        [(path.to_owned(), self.whole.to_string())].into_iter().chain(of_parts).collect()
    }
}

/// The sum that the file `path` states (`NAME.gostsum`); `None` if there is no such file.
///
/// # Errors
/// [`BundleError::BadSumFile`] if it holds anything but one sum; [`BundleError::NotAFile`], [`BundleError::Io`].
pub fn read_sum(path: &Path) -> Result<Option<GostSum>, BundleError> {
    let mut text = String::new();
    let file = match regular::open_file(path) {
        Ok(file) => file,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.take(MAX_FILE + 1).read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => text.clear(),
        Err(error) => return Err(BundleError::io(path)(error)),
    }
    match parse(&text) {
        Some(sum) => Ok(Some(sum)),
        None => Err(BundleError::BadSumFile { path: path.to_owned() }),
    }
}

/// The one sum in `text`: alone, or first or last on its line.
fn parse(text: &str) -> Option<GostSum> {
    let line = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if line.contains('\n') || text.len() as u64 > MAX_FILE {
        return None;
    }
    let mut words = line.split_ascii_whitespace();
    let (first, last) = (words.next()?, words.next_back());
    let first = first.parse();
    first.ok().or_else(|| last?.parse().ok())
}

/// Writes `NAME.gostsum` for the file `name`, in one step, and returns its path.
///
/// # Errors
/// [`BundleError::Io`] or [`BundleError::DiskFull`].
pub fn write_sum(name: &Path, sum: &GostSum) -> Result<PathBuf, BundleError> {
    let path = names::sum(name);
    let partial = names::partial(&path);
    let write = || {
        regular::refuse_special(&path)?;
        let mut file = owned::create(&partial)?;
        let written = write!(file, "{sum}").and_then(|()| file.sync_all());
        written.and_then(|()| fs::rename(&partial, &path)).map_err(BundleError::io(&path))?;
        owned::confirm(&path, &file)
    };
    match write() {
        Ok(()) => Ok(path),
        Err(error @ (BundleError::NotAFile { .. } | BundleError::NotOurs { .. })) => Err(error),
        Err(error) => {
            // The first failure is the one to report.
            drop(fs::remove_file(&partial));
            Err(error.of_writing(64))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let sum = GostSum::of(b"a");
        let forms = [
            format!("{sum}"),
            format!("{sum}\n"),
            format!("{sum}\r\n"),
            format!("\u{feff}{sum}\r\n"),
            format!("{sum}  /mnt/a name/d8.tar\n"),
            format!("{sum} *d8.tar\n"),
            format!("d8.tar: {sum}\n"),
            format!("md_gost12_256(d8.tar)= {sum}\n").to_uppercase(),
        ];
        for form in forms {
            assert_eq!(parse(&form), Some(sum), "{form}");
        }
        let wrong = [
            String::new(),
            "\n".to_owned(),
            sum.to_string()[1..].to_owned(),
            format!("{sum}0"),
            format!("{sum}  a\n{sum}  b\n"),
            format!("{sum} {}", "n".repeat(9000)),
        ];
        for form in wrong {
            assert_eq!(parse(&form), None, "{form}");
        }
    }

    #[test]
    fn sums_are_written_without_a_name_and_atomically() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d8.tar");
        let sums = GostSums { whole: GostSum::of(b"ab"), parts: vec![GostSum::of(b"a"), GostSum::of(b"b")] };
        assert_eq!(read_sum(&names::sum(&path)).unwrap(), None);
        for _ in 0..2 {
            let files = sums.write(&path).unwrap();
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
            assert_eq!(fs::read_to_string(&files[0]).unwrap(), sums.whole.to_string());
            assert!(files[2].ends_with("d8.tar.0001.chunk.gostsum"));
        }
        assert_eq!(read_sum(&names::sum(&path)).unwrap(), Some(sums.whole));
        assert_eq!(read_sum(&names::sum(&names::part(&path, 1))).unwrap(), Some(sums.parts[1]));
        for bytes in [&b"hello"[..], &[0xff; 64]] {
            fs::write(names::sum(&path), bytes).unwrap();
            let error = read_sum(&names::sum(&path)).unwrap_err();
            assert!(matches!(error, BundleError::BadSumFile { .. }), "{error}");
            assert!(error.to_string().contains("d8.tar.gostsum"), "{error}");
        }
        assert!(write_sum(&dir.path().join("absent/d8.tar"), &sums.whole).is_err());
    }
}
