//! The files of a bundle as one address space, for reading.
//!
//! A bundle is one file or several parts; parts are in one directory or spread over several (sticks
//! mounted side by side). Nothing is ever written: read-only media are the usual case.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use oci::BlobSource;

use crate::{
    BundleError, names,
    on_demand::OnDemand,
    on_media::{self, Readable},
    spelling,
};

/// One file and the range of the address space that it holds.
#[derive(Debug, Clone)]
struct Volume {
    file: Arc<OnDemand>,
    start: u64,
}

/// All files of a bundle, ready to be read.
#[derive(Debug)]
pub(crate) struct Volumes {
    files: Vec<Volume>,
    size: u64,
    in_parts: bool,
    /// What the bundle was called by: the whole's name in each of its directories.
    named: Vec<PathBuf>,
}

impl Volumes {
    /// Finds and opens the bundle that `paths` name, one path per directory; each names the whole
    /// (`d8.tar`), whether it is whole or in parts.
    ///
    /// # Errors
    /// [`BundleError`], as when a part is missing or the bundle exists twice.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self, BundleError> {
        let found = find(paths)?;
        let files = found.paths.into_iter().map(OnDemand::open).collect::<Result<_, _>>()?;
        Ok(Self { in_parts: found.in_parts, named: found.named, ..Self::of(files) })
    }

    /// Files that are no parts of an archive, one after the other.
    pub(crate) fn of(files: Vec<Arc<OnDemand>>) -> Self {
        let mut size = 0_u64;
        let place = |file: Arc<OnDemand>| {
            let start = size;
            size = size.saturating_add(file.size());
            Volume { file, start }
        };
        let files = files.into_iter().map(place).collect();
        Self { files, size, in_parts: false, named: Vec::new() }
    }

    /// The name of the whole in each directory that it or its parts were looked for in.
    pub(crate) fn named(&self) -> &[PathBuf] {
        &self.named
    }

    /// File number `index`.
    pub(crate) fn path(&self, index: usize) -> &Path {
        self.files[index].file.path()
    }

    /// The sizes of the files in bytes.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        self.files.iter().map(|volume| volume.file.size()).collect()
    }

    /// How many files there are.
    pub(crate) fn count(&self) -> usize {
        self.files.len()
    }

    /// Whether the bundle is in parts.
    pub(crate) fn in_parts(&self) -> bool {
        self.in_parts
    }

    /// The file that holds the byte at `offset`; the last one for an offset beyond the end.
    pub(crate) fn path_at(&self, offset: u64) -> &Path {
        let index = self.index_at(offset).min(self.files.len() - 1);
        self.files[index].file.path()
    }

    /// As if files `a` and `b` stood in each other's place.
    pub(crate) fn swapped(&self, a: usize, b: usize) -> Self {
        let mut files: Vec<_> = self.files.iter().map(|volume| Arc::clone(&volume.file)).collect();
        files.swap(a, b);
        Self { in_parts: self.in_parts, named: self.named.clone(), ..Self::of(files) }
    }

    /// The files that hold the `size` bytes from `offset`, at least one.
    pub(crate) fn paths_of(&self, offset: u64, size: u64) -> Vec<PathBuf> {
        let last_file = self.files.len() - 1;
        let first = self.index_at(offset).min(last_file);
        let last = self.index_at(offset + size.saturating_sub(1)).min(last_file);
        let files = &self.files[first..=last];
        files.iter().map(|volume| volume.file.path().to_owned()).collect()
    }

    /// Whether `file` is one of its files.
    pub(crate) fn has(&self, file: &Path) -> bool {
        self.files.iter().any(|volume| volume.file.path() == file)
    }

    /// Puts the name of the file that failed to an error of [`BlobSource::read_at`].
    pub(crate) fn failed(&self, error: io::Error) -> BundleError {
        match error.downcast::<ReadFailed>() {
            Ok(ReadFailed { path, source }) => BundleError::Io { path, source },
            Err(source) => BundleError::io(self.path_at(0))(source),
        }
    }

    /// The number of the file that holds the byte at `offset`; the number of files if it is after the end.
    pub(crate) fn index_at(&self, offset: u64) -> usize {
        self.files.partition_point(|volume| volume.start + volume.file.size() <= offset)
    }
}

impl BlobSource for Volumes {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, mut offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        let first = self.index_at(offset);
        for volume in &self.files[first..] {
            let within = offset - volume.start;
            let room = usize::try_from(volume.file.size() - within).unwrap_or(usize::MAX);
            let count = room.min(buf.len() - done);
            let read =
                volume.file.get().and_then(|file| file.read_exact_at(&mut buf[done..done + count], within));
            read.map_err(|source| ReadFailed::wrap(volume.file.path(), source))?;
            done += count;
            offset += count as u64;
            if done == buf.len() {
                break;
            }
        }
        Ok(done)
    }
}

/// Carries the file's name through [`BlobSource`], which has no room for it: which stick failed is the
/// thing to know.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
struct ReadFailed {
    path: PathBuf,
    source: io::Error,
}

impl ReadFailed {
    fn wrap(path: &Path, source: io::Error) -> io::Error {
        let kind = source.kind();
        let path = path.to_owned();
        io::Error::new(kind, Self { path, source })
    }
}

struct Found {
    paths: Vec<PathBuf>,
    in_parts: bool,
    named: Vec<PathBuf>,
}

/// The parts that are there of the bundle that `paths` name, by number. Some may be missing.
///
/// # Errors
/// [`BundleError::NotInParts`] if the bundle is one file; otherwise as [`Volumes::open`].
pub(crate) fn parts_of(paths: &[PathBuf]) -> Result<BTreeMap<u32, PathBuf>, BundleError> {
    let Files { whole, parts, .. } = files(paths)?;
    match whole {
        Some(path) => Err(BundleError::NotInParts { path }),
        None => Ok(parts),
    }
}

/// What is there of a bundle: one file, or at least one part.
struct Files {
    whole: Option<PathBuf>,
    parts: BTreeMap<u32, PathBuf>,
    named: Vec<PathBuf>,
}

fn find(paths: &[PathBuf]) -> Result<Found, BundleError> {
    let Files { whole, parts, named } = files(paths)?;
    if let Some(whole) = whole {
        return Ok(Found { paths: vec![whole], in_parts: false, named });
    }
    check_complete(&paths[0], &parts)?;
    Ok(Found { paths: parts.into_values().collect(), in_parts: true, named })
}

fn files(paths: &[PathBuf]) -> Result<Files, BundleError> {
    let Some(first) = paths.first() else {
        return Err(BundleError::NotABundle { path: PathBuf::new(), reason: "no file is named".to_owned() });
    };
    let mut wholes = BTreeMap::new();
    let mut parts = BTreeMap::new();
    let mut seen = Vec::new();
    let mut named = Vec::new();
    for path in paths {
        check_name(path, first)?;
        let directory = names::directory(path);
        let id = identity(directory).map_err(BundleError::io(directory))?;
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        named.push(path.clone());
        for (file, found) in on_media::files_of(path)? {
            match file {
                Readable::Whole => match fs::metadata(&found) {
                    Ok(data) if data.is_dir() => {
                        return Err(not_a_bundle(&found, "it is a directory; name the file in it"));
                    }
                    Ok(_) => put(&mut wholes, 0, found)?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(BundleError::io(&found)(error)),
                },
                Readable::Part(number) => put(&mut parts, number, found)?,
                Readable::Sum | Readable::PartSum(_) => {}
            }
        }
    }
    match (wholes.into_values().next(), parts.values().next()) {
        (Some(whole), Some(part)) => Err(BundleError::Ambiguous { first: whole, second: part.clone() }),
        (Some(whole), None) => Ok(Files { whole: Some(whole), parts, named }),
        (None, Some(_)) => Ok(Files { whole: None, parts, named }),
        (None, None) => Err(BundleError::NotFound {
            path: first.clone(),
            unfinished: paths.iter().any(|path| names::is_begun(path)),
        }),
    }
}

fn not_a_bundle(path: &Path, reason: &str) -> BundleError {
    BundleError::NotABundle { path: path.to_owned(), reason: reason.to_owned() }
}

fn check_name(path: &Path, first: &Path) -> Result<(), BundleError> {
    let Some(name) = path.file_name() else {
        return Err(not_a_bundle(path, "it is a directory; name the file in it"));
    };
    if names::looks_like_part(name) {
        let reason = "it is one part; name the whole, without .NNNN.chunk";
        return Err(not_a_bundle(path, reason));
    }
    if !spelling::is_same(Some(name), first.file_name()) {
        let reason = format!("its name is not {}", first.display());
        return Err(not_a_bundle(path, &reason));
    }
    Ok(())
}

/// Device and inode: the same directory may be given by two spellings.
fn identity(directory: &Path) -> io::Result<(u64, u64)> {
    let data = fs::metadata(directory)?;
    Ok((data.dev(), data.ino()))
}

fn put(found: &mut BTreeMap<u32, PathBuf>, number: u32, path: PathBuf) -> Result<(), BundleError> {
    match found.insert(number, path.clone()) {
        None => Ok(()),
        Some(first) => Err(BundleError::Ambiguous { first, second: path }),
    }
}

fn check_complete(bundle: &Path, parts: &BTreeMap<u32, PathBuf>) -> Result<(), BundleError> {
    let Some((first, _)) = parts.iter().enumerate().find_map(|(place, (number, path))| {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        (place != *number).then_some((place, path))
    }) else {
        return Ok(());
    };
    let last = parts.keys().next_back().copied().unwrap_or_default();
    let missing = last as usize + 1 - parts.len();
    Err(BundleError::MissingPart { path: names::part(bundle, first), others: missing - 1 })
}
