//! A bundle being written: any byte at any time from any thread, and no final name before all is there.
//!
//! Work in progress is `NAME.partial`, or `NAME.NNNN.chunk.partial` for each part. `NAME.partial` is there
//! in either case, since its lock is what keeps a second writer out; for parts it is otherwise empty.

use std::{
    fs::{File, OpenOptions},
    io, iter,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
    BundleError, disk,
    lock::lock,
    names,
    owned::{self, Readers},
    regular, replace,
};

/// The most parts of one bundle: they are all open at the same time, and a process may open 1024 files by default.
const MAX_PARTS: u64 = 768;

/// A bundle that is being written. Dropped without [`Writer::finish`] or [`Writer::discard`], the partial
/// files stay for [`Writer::reopen`].
#[derive(Debug)]
pub struct Writer {
    bundle: PathBuf,
    /// Keeps the lock on `NAME.partial`, which for a whole bundle is also the only volume.
    lock: File,
    volumes: Vec<Volume>,
    size: u64,
    part_size: u64,
    in_parts: bool,
}

#[derive(Debug)]
struct Volume {
    partial: PathBuf,
    file: File,
    size: u64,
    /// Whether something was written that no [`Writer::sync`] has brought to the disk. A sync of a file costs time also
    /// where nothing was written.
    is_unsynced: AtomicBool,
}

impl Writer {
    /// Begins the bundle `path` (`…/d8.tar`) of `size` bytes, whole, or in parts of `part_size` bytes each
    /// but the last (zero means whole). What an earlier run left unfinished is removed.
    ///
    /// # Errors
    /// [`BundleError::Locked`] while another writer is at it; [`BundleError::FileTooLarge`],
    /// [`BundleError::TooManyParts`]; [`BundleError::NotAFile`] if a name stands for something else that would be
    /// replaced; [`BundleError::NotOurs`] if others could change a file; [`BundleError::Io`] if the files cannot be made.
    pub fn create(path: &Path, size: u64, part_size: Option<u64>) -> Result<Self, BundleError> {
        Self::open(path, size, part_size, false)
    }

    /// Whether a bundle of `size` bytes could be started, as far as can be checked without writing anything.
    ///
    /// # Errors
    /// [`BundleError::FileTooLarge`], [`BundleError::TooManyParts`], [`BundleError::NotAFile`].
    pub fn check(path: &Path, size: u64, part_size: Option<u64>) -> Result<(), BundleError> {
        let part_size = part_size.filter(|size| *size > 0);
        refuse_special(path, volume_sizes(path, size, part_size)?.len(), part_size.is_some())
    }

    /// Goes on with what an earlier run left, keeping its bytes; what is not there reads as zeros.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn reopen(path: &Path, size: u64, part_size: Option<u64>) -> Result<Self, BundleError> {
        Self::open(path, size, part_size, true)
    }

    fn open(path: &Path, size: u64, part_size: Option<u64>, keep: bool) -> Result<Self, BundleError> {
        let part_size = part_size.filter(|size| *size > 0);
        let volume_sizes = volume_sizes(path, size, part_size)?;
        refuse_special(path, volume_sizes.len(), part_size.is_some())?;
        let lock = lock(&names::partial(path))?;
        if keep && part_size.is_some() {
            replace::roll_back(path, &lock)?;
        }
        if !keep || part_size.is_some() {
            lock.set_len(0).map_err(BundleError::io(names::partial(path)))?;
        }
        let mut volumes = Vec::with_capacity(volume_sizes.len());
        for (number, volume_size) in volume_sizes.into_iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let partial = match part_size {
                Some(_) => names::partial(&names::part(path, number)),
                None => names::partial(path),
            };
            let file = begin(&partial, volume_size, keep).map_err(|error| error.of_writing(size))?;
            volumes.push(Volume { partial, file, size: volume_size, is_unsynced: AtomicBool::new(false) });
        }
        let writer = Self {
            bundle: path.to_owned(),
            lock,
            volumes,
            size,
            part_size: part_size.unwrap_or(size),
            in_parts: part_size.is_some(),
        };
        replace::remove_partial_parts(path, writer.part_count())?;
        Ok(writer)
    }

    /// The name that the bundle will have.
    pub fn path(&self) -> &Path {
        &self.bundle
    }

    /// The size of the bundle in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether the bundle is written in parts, even if it is only one.
    pub(crate) fn is_in_parts(&self) -> bool {
        self.in_parts
    }

    /// The sizes of its files in bytes, in order.
    pub(crate) fn file_sizes(&self) -> Vec<u64> {
        self.volumes.iter().map(|volume| volume.size).collect()
    }

    /// Allocates the disk space ahead, so that a full disk shows before the first byte. Does nothing where
    /// the file system cannot.
    ///
    /// # Errors
    /// [`BundleError::DiskFull`], or [`BundleError::Io`].
    pub fn reserve(&self) -> Result<(), BundleError> {
        // The system would take all that is free before it finds that this is not enough, from everybody else too.
        let missing = |volume: &Volume| volume.size.saturating_sub(disk::taken(&volume.partial));
        let missing = self.volumes.iter().map(missing).fold(0, u64::saturating_add);
        let Some(volume) = self.volumes.first() else { return Ok(()) };
        let directory = names::directory(&volume.partial);
        let free = disk::free_space(directory).map_err(BundleError::io(directory))?;
        if free < missing {
            return Err(BundleError::DiskFull { path: volume.partial.clone(), needed: self.size, free });
        }
        for volume in self.volumes.iter().filter(|volume| volume.size > 0) {
            disk::allocate(&volume.file, volume.size).map_err(|error| self.failed(volume, error))?;
        }
        Ok(())
    }

    /// Writes `bytes` at `offset`, across parts if need be.
    ///
    /// # Errors
    /// [`BundleError::DiskFull`], or [`BundleError::Io`], as for bytes beyond the end.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), BundleError> {
        let mut bytes = bytes;
        self.each(offset, bytes.len(), |volume, within, count| {
            let (now, later) = bytes.split_at(count);
            bytes = later;
            volume.file.write_all_at(now, within)?;
            volume.is_unsynced.store(true, Ordering::Release);
            Ok(())
        })
    }

    /// Reads `bytes` back from `offset`: what was written, or zeros.
    ///
    /// # Errors
    /// [`BundleError::Io`], as for bytes beyond the end.
    pub fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), BundleError> {
        let mut done = 0;
        self.each(offset, bytes.len(), |volume, within, count| {
            done += count;
            volume.file.read_exact_at(&mut bytes[done - count..done], within)
        })
    }

    /// Gives the disk space of a range back; it reads as zeros then. Returns whether the file system can.
    pub fn release(&self, offset: u64, count: u64) -> bool {
        let mut position = offset;
        let end = offset.saturating_add(count).min(self.size);
        while position < end {
            let within = position % self.part_size.max(1);
            let index = usize::try_from(position / self.part_size.max(1)).unwrap_or(usize::MAX);
            let Some(volume) = self.volumes.get(index) else {
                return false;
            };
            let now = (end - position).min(volume.size - within);
            if !disk::release(&volume.file, within, now) {
                return false;
            }
            position += now;
        }
        true
    }

    /// Brings everything written so far to the disk.
    ///
    /// # Errors
    /// [`BundleError::DiskFull`] where space is only now taken, or [`BundleError::Io`].
    pub fn sync(&self) -> Result<(), BundleError> {
        for volume in &self.volumes {
            if volume.is_unsynced.swap(false, Ordering::AcqRel)
                && let Err(error) = volume.file.sync_data()
            {
                volume.is_unsynced.store(true, Ordering::Release);
                return Err(self.failed(volume, error));
            }
        }
        Ok(())
    }

    /// Brings everything to the disk, gives the files their final names and returns these. An older bundle
    /// of this name stays valid until then; its parts and GOST sums are removed. What was written can still
    /// be read through the writer, and nothing may be written any more.
    ///
    /// # Errors
    /// As [`Writer::sync`]; the partial files are kept. [`BundleError::NotOurs`] if another file got a final name.
    pub fn finish(&self) -> Result<Vec<PathBuf>, BundleError> {
        for volume in &self.volumes {
            volume.file.sync_all().map_err(|error| self.failed(volume, error))?;
        }
        let files = if self.in_parts {
            replace::with_parts(&self.bundle, &self.lock, self.part_count())?
        } else {
            replace::with_whole(&self.bundle)?
        };
        for (path, volume) in files.iter().zip(&self.volumes) {
            owned::confirm(path, &volume.file).inspect_err(|error| {
                if matches!(error, BundleError::NotOurs { .. }) {
                    // Nobody may take it for the bundle.
                    drop(replace::remove(path));
                }
            })?;
        }
        Ok(files)
    }

    /// Removes the partial files.
    ///
    /// # Errors
    /// [`BundleError::Io`] if one cannot be removed.
    pub fn discard(self) -> Result<(), BundleError> {
        replace::remove_unfinished(&self.bundle)
    }

    fn part_count(&self) -> u32 {
        if self.in_parts { u32::try_from(self.volumes.len()).unwrap_or(u32::MAX) } else { 0 }
    }

    /// Calls `act` with each volume that contains a piece of the range, the offset in it, and the number of bytes.
    fn each(
        &self,
        mut offset: u64,
        mut count: usize,
        mut act: impl FnMut(&Volume, u64, usize) -> io::Result<()>,
    ) -> Result<(), BundleError> {
        while count > 0 {
            let index = usize::try_from(offset / self.part_size.max(1)).unwrap_or(usize::MAX);
            let within = offset % self.part_size.max(1);
            let volume = self.volumes.get(index).filter(|volume| within < volume.size);
            let Some(volume) = volume else {
                let reason = format!("offset {offset} is beyond the {} bytes of the bundle", self.size);
                return Err(BundleError::io(&self.bundle)(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    reason,
                )));
            };
            let room = usize::try_from(volume.size - within).unwrap_or(usize::MAX);
            let now = room.min(count);
            act(volume, within, now).map_err(|error| self.failed(volume, error))?;
            offset += now as u64;
            count -= now;
        }
        Ok(())
    }

    fn failed(&self, volume: &Volume, error: io::Error) -> BundleError {
        BundleError::of_write(volume.partial.clone(), self.size, error)
    }
}

/// Opens a partial file of `size` bytes; what it holds stays if `keep`.
fn begin(partial: &Path, size: u64, keep: bool) -> Result<File, BundleError> {
    let file = owned::open(partial, OpenOptions::new().read(true).write(true).create(true), Readers::All)?;
    if !keep {
        file.set_len(0).map_err(BundleError::io(partial))?;
    }
    file.set_len(size).map_err(BundleError::io(partial))?;
    Ok(file)
}

/// Refuses names that the finished bundle could not take from what has them.
fn refuse_special(path: &Path, files: usize, in_parts: bool) -> Result<(), BundleError> {
    let parts = (0..).take(if in_parts { files } else { 0 }).map(|number| names::part(path, number));
    iter::once(path.to_owned()).chain(parts).try_for_each(|name| regular::refuse_special(&name))
}

/// The sizes of the files to make.
pub(crate) fn volume_sizes(path: &Path, size: u64, part_size: Option<u64>) -> Result<Vec<u64>, BundleError> {
    let largest = part_size.map_or(size, |part_size| part_size.min(size));
    if let Some(limit) = disk::file_size_limit(names::directory(path)).filter(|limit| largest > *limit) {
        return Err(BundleError::FileTooLarge { path: path.to_owned(), size: largest, limit: Some(limit) });
    }
    let Some(part_size) = part_size else {
        return Ok(vec![size]);
    };
    let parts = size.div_ceil(part_size).max(1);
    if parts > MAX_PARTS {
        return Err(BundleError::TooManyParts { path: path.to_owned(), part_size, parts, limit: MAX_PARTS });
    }
    Ok((0..parts).map(|number| part_size.min(size - number * part_size)).collect())
}
