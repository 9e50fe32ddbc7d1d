//! What lies beside a bundle: `deckhousereleases.yaml` and a copy of `dhctl` itself.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use deckhouse::release_list::RELEASES_FILE;

use crate::{exit_code::Exit, failure::Failure};

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
        let names = [Some(RELEASES_FILE), executable.map(|_| BINARY_FILE)];
        for path in names.into_iter().flatten().map(|name| bundle.with_file_name(name)) {
            refuse_directory(&path)?;
        }
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

/// A file cannot take the place of a directory, which would show only when the whole bundle is there.
fn refuse_directory(path: &Path) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_ok_and(|data| data.is_dir()) {
        let message =
            format!("{}: is a directory; a file of that name goes beside the bundle", path.display());
        return Err(
            Failure::new(Exit::Files, message).hint("move it away, or name another directory with -i")
        );
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
