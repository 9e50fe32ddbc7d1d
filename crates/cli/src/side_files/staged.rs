//! Writing the files next to a bundle.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use bundle::{Access, BundleError, NotOurs, PrivateDirectory, owned};
use deckhouse::release_list::RELEASES_FILE;
use mirror::set_sum::SetList;
use oci::{Algorithm, Digest, Hasher};

use crate::{exit_code::Exit, expected_sum::sum_digits, failure::Failure, settings};

/// Name of the copy of this program.
pub(crate) const BINARY_FILE: &str = "dhctl";

/// Name of the file with the SHA-256 sum of the copy, as `sha256sum` writes and checks it.
pub(crate) const BINARY_SUM_FILE: &str = "dhctl.sha256";

const BLOCK: usize = 256 * 1024;

/// Whether this build runs on any Linux of its architecture.
pub(crate) const IS_STATIC: bool = cfg!(all(target_os = "linux", target_feature = "crt-static"));

/// The files that go next to a bundle, written in full where nobody else can change them.
///
/// They get their names only when the bundle has its own, so that a killed pull leaves neither a stray file nor a list of
/// releases that differ from those of the bundle.
pub(crate) struct StagedFiles {
    directory: Arc<PrivateDirectory>,
    files: Vec<Staged>,
    /// The running program, if it is already the file next to the bundle, and its digest.
    in_place: Option<(PathBuf, Digest)>,
}

/// A file that has been written and gets its name later.
struct Staged {
    /// Its temporary name.
    name: &'static str,
    file: File,
    /// What was written.
    digest: Digest,
    /// Its size in bytes, and when it was last changed.
    state: (u64, SystemTime),
    /// Its final path.
    path: PathBuf,
}

/// The sizes of the files that a pull writes next to a bundle, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SideSizes {
    /// Each of them, to be copied.
    pub(crate) all: Vec<u64>,
    /// The bytes of those that do not exist yet.
    pub(crate) to_write: u64,
}

impl SideSizes {
    /// Next to `bundle`: a copy of `executable`, if it is known, with its checksum, and `releases`, if there are any.
    pub(crate) fn of(bundle: &Path, executable: Option<&Path>, releases: Option<&str>) -> Self {
        let mut sizes = Self::default();
        let mut add = |size: u64| {
            sizes.all.push(size);
            sizes.to_write += size;
        };
        if let Some(releases) = releases {
            add(releases.len() as u64);
        }
        if let Some(data) = executable.and_then(|path| fs::metadata(path).ok()) {
            add(data.len());
            add(SUM_FILE_SIZE);
            if is_in_place(&data, &bundle.with_file_name(BINARY_FILE)) {
                sizes.to_write -= data.len();
            }
        }
        sizes
    }
}

/// 64 digits, two spaces, the name and the end of the line.
const SUM_FILE_SIZE: u64 = 64 + 2 + BINARY_FILE.len() as u64 + 1;

/// Whether the program is the file at `path` already.
fn is_in_place(program: &Metadata, path: &Path) -> bool {
    let identity = |data: &Metadata| (data.dev(), data.ino());
    fs::symlink_metadata(path).is_ok_and(|there| identity(&there) == identity(program))
}

impl StagedFiles {
    /// Writes a copy of the running program, if it is known, into `directory`, which is on the file system of `bundle`.
    pub(crate) async fn stage(
        bundle: PathBuf,
        directory: Arc<PrivateDirectory>,
        executable: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let mut staged = Self { directory, files: Vec::new(), in_place: None };
        let Some(executable) = executable else { return Ok(staged) };
        let copy = move || staged.add_program(&bundle, &executable).map(|()| staged);
        tokio::task::spawn_blocking(copy).await.map_err(Failure::internal)?
    }

    /// Writes `deckhousereleases.yaml` with this text.
    pub(crate) fn add_releases(&mut self, bundle: &Path, releases: &str) -> Result<(), Failure> {
        self.write(RELEASES_FILE, 0o644, &mut releases.as_bytes(), bundle)?;
        // It is listed before the program.
        self.files.rotate_right(1);
        Ok(())
    }

    fn add_program(&mut self, bundle: &Path, executable: &Path) -> Result<(), Failure> {
        let path = bundle.with_file_name(BINARY_FILE);
        let running = fs::metadata(executable).map_err(|error| Failure::file(executable, &error))?;
        if is_in_place(&running, &path) {
            let failed = |error: io::Error| Failure::file(&path, &error);
            let digest = digest_of(&mut File::open(&path).map_err(failed)?).map_err(failed)?;
            self.in_place = Some((path, digest));
            return self.record(&digest, bundle);
        }
        let mut program = File::open(executable).map_err(|error| Failure::file(executable, &error))?;
        let digest = self.write(BINARY_FILE, 0o755, &mut program, bundle)?;
        self.record(&digest, bundle)
    }

    /// Records the digest of the program.
    fn record(&mut self, digest: &Digest, bundle: &Path) -> Result<(), Failure> {
        let line = format!("{}  {BINARY_FILE}\n", digest.hex());
        self.write(BINARY_SUM_FILE, 0o644, &mut line.as_bytes(), bundle).map(drop)
    }

    /// Adds `deckhousereleases.yaml` and the program to the list that the sum is computed of.
    pub(crate) fn add_to(&self, list: &mut SetList) {
        for Staged { name, digest, .. } in self.files.iter().filter(|file| file.name != BINARY_SUM_FILE) {
            list.add_file(name, digest);
        }
        if let Some((_, digest)) = &self.in_place {
            list.add_file(BINARY_FILE, digest);
        }
    }

    fn write(
        &mut self,
        name: &'static str,
        mode: u32,
        content: &mut dyn Read,
        bundle: &Path,
    ) -> Result<Digest, Failure> {
        let mut write = || {
            // What an interrupted run left.
            self.directory.remove_file(name)?;
            let mut file = self.directory.open_file(name, Access::New)?;
            let digest = copy(content, &mut file)?;
            // FAT has no modes, and the copy is as useful there without.
            drop(file.set_permissions(Permissions::from_mode(mode)));
            file.sync_all()?;
            let state = state_of(&file)?;
            Ok((file, digest, state))
        };
        let (file, digest, state) =
            write().map_err(|error: io::Error| Failure::file(&self.directory.path_of(name), &error))?;
        self.files.push(Staged { name, file, digest, state, path: bundle.with_file_name(name) });
        Ok(digest)
    }

    /// Gives the files their names, makes sure that the names have what was written, and returns them.
    pub(crate) fn publish(self) -> Result<Vec<PathBuf>, Failure> {
        let mut names = Vec::new();
        for Staged { name, file, digest, state, path } in self.files {
            let failed = |error: io::Error| Failure::file(&path, &error);
            self.directory.move_out(name, &path).map_err(failed)?;
            owned::confirm(&path, &file)?;
            // Some file systems change the time of a file that nobody has written to.
            let is_as_written = state_of(&file).map_err(failed)? == state;
            if !is_as_written && digest_of(&mut bundle::open_file(&path)?).map_err(failed)? != digest {
                return Err(BundleError::NotOurs { path, why: NotOurs::Replaced }.into());
            }
            names.push(path);
        }
        names.extend(self.in_place.map(|(path, _)| path));
        Ok(names)
    }
}

/// The size of a file in bytes, and when it was last changed.
fn state_of(file: &File) -> io::Result<(u64, SystemTime)> {
    let data = file.metadata()?;
    Ok((data.len(), data.modified()?))
}

/// The SHA-256 digest of all of `from`.
pub(crate) fn digest_of(from: &mut dyn Read) -> io::Result<Digest> {
    copy(from, &mut io::sink())
}

/// The sum that a file of `sha256sum` states for a file, in lower case.
pub(crate) fn recorded(file: &[u8]) -> Option<String> {
    sum_digits(std::str::from_utf8(file).ok()?.split_whitespace().next()?)
}

/// Copies all of `from`, and returns the digest of what was copied.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<Digest> {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut block = vec![0; BLOCK];
    loop {
        match from.read(&mut block) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(count) => {
                hasher.update(&block[..count]);
                to.write_all(&block[..count])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Refuses directories that have the name of a file which goes next to `bundle`. Done before the pull: a file cannot
/// replace a directory, and the error would come only when the whole bundle is downloaded.
pub(crate) fn refuse_directories(bundle: &Path, with_executable: bool) -> Result<(), Failure> {
    let of_program: &[&str] = if with_executable { &[BINARY_FILE, BINARY_SUM_FILE] } else { &[] };
    [RELEASES_FILE]
        .iter()
        .chain(of_program)
        .try_for_each(|name| refuse_directory(&bundle.with_file_name(name)))
}

/// Refuses what cannot be a program for Linux or macOS, such as the archive that a program came in.
pub(crate) fn refuse_other_files(program: &Path) -> Result<(), Failure> {
    // ELF, and Mach-O for one and for several architectures.
    const BEGINNINGS: [[u8; 4]; 3] = [*b"\x7fELF", [0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe]];
    let mut beginning = Vec::new();
    let read = bundle::open_file(program)?.take(4).read_to_end(&mut beginning);
    read.map_err(|error| Failure::file(program, &error))?;
    if BEGINNINGS.iter().any(|it| beginning == it) {
        return Ok(());
    }
    let message = format!("--with-binary {}: not a program for Linux or macOS", program.display());
    Err(Failure::usage(message).hint("name the dhctl itself; if it is in an archive, unpack it first"))
}

/// The same for the files of an archive itself: the whole, its parts, its sums, and all of them while they are written.
pub(crate) fn refuse_directories_of(archive: &Path) -> Result<(), Failure> {
    let directory = settings::directory(archive);
    let entries = fs::read_dir(directory).map_err(|error| Failure::file(directory, &error))?;
    let own = archive.file_name().unwrap_or_default().as_encoded_bytes();
    for name in entries.filter_map(|entry| Some(entry.ok()?.file_name())) {
        let rest = name.as_encoded_bytes().strip_prefix(own);
        let endings: [&[u8]; 3] = [b".chunk", b".gostsum", b".partial"];
        if rest.is_some_and(|rest| rest.is_empty() || endings.iter().any(|end| rest.ends_with(end))) {
            refuse_directory(&archive.with_file_name(name))?;
        }
    }
    Ok(())
}

/// Refuses a directory where a file goes.
pub(crate) fn refuse_directory(path: &Path) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_ok_and(|data| data.is_dir()) {
        let message = format!("{} is a directory, but the pull writes a file of that name", path.display());
        return Err(
            Failure::new(Exit::Files, message).hint("move it, or write the bundle into another directory")
        );
    }
    Ok(())
}

/// The lines with the files that were written, and the GOST sums by file name.
pub(crate) fn files_text(files: &[PathBuf], gost_sums: &BTreeMap<PathBuf, String>) -> String {
    let sums = gost_sums.iter().map(|(file, sum)| format!("gost       {sum}  {}\n", file.display()));
    sums.chain(files.iter().map(|file| format!("written    {}\n", file.display()))).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Seek as _, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_file_that_has_changed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let (bundle, program) = (folder.path().join("d8.tar"), folder.path().join("program"));
        fs::write(&program, [1; 1000]).unwrap();
        let stage = || {
            let directory = Arc::new(PrivateDirectory::open(&folder.path().join("private")).unwrap());
            let mut staged = StagedFiles { directory, files: Vec::new(), in_place: None };
            staged.add_program(&bundle, &program).unwrap();
            staged
        };
        let written = stage().publish().unwrap();
        assert_eq!(written.len(), 2);
        assert_eq!(fs::read(folder.path().join(BINARY_FILE)).unwrap(), [1; 1000]);

        // Another time alone is what a file server may cause.
        let staged = stage();
        staged.files[0].file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        staged.publish().unwrap();

        let mut staged = stage();
        staged.files[0].file.write_all(&[2]).unwrap();
        let error = staged.publish().unwrap_err();
        assert!(error.message.to_string().contains("replaced by another file"), "{}", error.message);
        let mut staged = stage();
        staged.files[0].file.rewind().unwrap();
        staged.files[0].file.write_all(&[2]).unwrap();
        staged.files[0].file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(staged.publish().is_err());
    }

    #[test]
    fn sizes_of_the_files_next_to_a_bundle() {
        let folder = tempfile::tempdir().unwrap();
        let (bundle, program) = (folder.path().join("d8.tar"), folder.path().join("program"));
        fs::write(&program, [0; 1000]).unwrap();
        let of = |executable: Option<&Path>, releases| SideSizes::of(&bundle, executable, releases);
        assert_eq!(of(None, None), SideSizes::default());
        let both = of(Some(&program), Some("text"));
        assert_eq!((both.all.as_slice(), both.to_write), (&[4, 1000, 72][..], 1076));
        // The running program is the copy.
        let copy = folder.path().join(BINARY_FILE);
        fs::rename(&program, &copy).unwrap();
        symlink(&copy, &program).unwrap();
        assert_eq!(of(Some(&program), None).to_write, 72);
    }
}
