//! What lies beside a bundle: `deckhousereleases.yaml` and a copy of `dhctl` itself.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use deckhouse::release_list::RELEASES_FILE;

use crate::{exit_code::Exit, failure::Failure, settings};

/// Name of the copy of this program.
pub(crate) const BINARY_FILE: &str = "dhctl";

/// Whether this build runs on any Linux of its architecture.
pub(crate) const IS_STATIC: bool = cfg!(all(target_os = "linux", target_feature = "crt-static"));

/// What is to lie beside a bundle, written in full where no one looks for it.
///
/// It gets its names only when the bundle has its own, so that a pull that is killed leaves neither a
/// stray file nor a list of other releases than the bundle has.
pub(crate) struct Delivery {
    /// Where each file lies, and where it belongs.
    files: Vec<(PathBuf, PathBuf)>,
    /// The running program, if it is itself what belongs beside the bundle.
    in_place: Option<PathBuf>,
}

impl Delivery {
    /// Writes `deckhousereleases.yaml` with this text, and a copy of the running program, into the directory
    /// `stage`, which is on the file system of `bundle`.
    pub(crate) fn stage(
        bundle: &Path,
        stage: &Path,
        releases: &str,
        executable: Option<&Path>,
    ) -> Result<Self, Failure> {
        let mut delivery = Self { files: Vec::new(), in_place: None };
        let staged = stage.join(RELEASES_FILE);
        write(&staged, 0o644, &mut releases.as_bytes()).map_err(|error| Failure::file(&staged, &error))?;
        delivery.files.push((staged, bundle.with_file_name(RELEASES_FILE)));

        let Some(executable) = executable else { return Ok(delivery) };
        let path = bundle.with_file_name(BINARY_FILE);
        let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
        let running = identity(executable).map_err(|error| Failure::file(executable, &error))?;
        if identity(&path).is_ok_and(|there| there == running) {
            delivery.in_place = Some(path);
            return Ok(delivery);
        }
        let staged = stage.join(BINARY_FILE);
        File::open(executable)
            .and_then(|mut program| write(&staged, 0o755, &mut program))
            .map_err(|error| Failure::file(&staged, &error))?;
        delivery.files.push((staged, path));
        Ok(delivery)
    }

    /// Gives the files their names, and tells these.
    pub(crate) fn publish(self) -> Result<Vec<PathBuf>, Failure> {
        let mut names = Vec::new();
        for (staged, path) in self.files {
            fs::rename(&staged, &path).map_err(|error| Failure::file(&path, &error))?;
            names.push(path);
        }
        names.extend(self.in_place);
        Ok(names)
    }
}

/// Refuses directories that have the name of a file which goes next to `bundle`. For before the pull: a file cannot take the
/// place of a directory, and that would show only when the whole bundle is there.
pub(crate) fn refuse_directories(bundle: &Path, with_executable: bool) -> Result<(), Failure> {
    let names = [Some(RELEASES_FILE), with_executable.then_some(BINARY_FILE)];
    names.into_iter().flatten().try_for_each(|name| refuse_directory(&bundle.with_file_name(name)))
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
        let message = format!("{}: is a directory, and the pull writes a file of that name", path.display());
        return Err(Failure::new(Exit::Files, message)
            .hint("move it away, or write the bundle into another directory"));
    }
    Ok(())
}

fn write(path: &Path, mode: u32, content: &mut dyn Read) -> io::Result<()> {
    let mut file = File::create(path)?;
    io::copy(content, &mut file)?;
    // FAT has no modes, and the copy is as useful there without.
    drop(file.set_permissions(Permissions::from_mode(mode)));
    file.sync_all()
}

/// The lines that tell what a pull has written, and the GOST sums by file name.
pub(crate) fn files_text(files: &[PathBuf], gost_sums: &BTreeMap<PathBuf, String>) -> String {
    let sums = gost_sums.iter().map(|(file, sum)| format!("gost       {sum}  {}\n", file.display()));
    sums.chain(files.iter().map(|file| format!("written    {}\n", file.display()))).collect()
}
