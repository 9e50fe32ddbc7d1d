//! The modules of a directory: archives `module-NAME.tar`, and image layouts as plain files.
//!
//! The old `dhctl mirror-modules` wrote `DIR/NAME/`, `DIR/NAME/release/` and `DIR/NAME/extra/EXTRA/` (`dhctl/pkg/operations/mirror/modules.go`).
//! Whatever could be a module must be a complete one: nobody would notice that a directory was skipped.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use oci::{
    RepositoryName,
    layout::{INDEX_FILE, OCI_LAYOUT_FILE},
};

use crate::{
    BundleError,
    archive::{self, Archive, Found},
    layout::entry_path,
    names,
    on_demand::OnDemand,
    spelling,
    tar_index::{TarEntry, TarError},
    volumes::Volumes,
};

/// Where the modules of a bundle are.
const MODULES: &str = "modules";
/// Where the blobs of a layout are, below a directory for each algorithm.
const BLOBS: &str = "blobs";
/// How deep layouts are below that of their module: `extra/EXTRA`. More is a link that leads in a circle.
const MAX_DEPTH: usize = 4;

/// Opens all modules in `directory`, those in archives first, in the order of their names.
///
/// # Errors
/// [`BundleError`] if one cannot be opened or exists in both forms, or if there is none.
pub(crate) fn open(directory: &Path) -> Result<Vec<Archive>, BundleError> {
    let (mut files, mut layouts) = (BTreeMap::new(), BTreeSet::new());
    for entry in fs::read_dir(directory).map_err(BundleError::io(directory))? {
        let name = entry.map_err(BundleError::io(directory))?.file_name();
        let path = directory.join(&name);
        if let Some(archive) = names::archive_of(&name) {
            if let Some(module) = module_of(archive) {
                files.insert(module, directory.join(archive));
            }
        } else if let Some(module) = name.to_str().filter(|name| could_be_module(name))
            && fs::metadata(&path).map_err(BundleError::io(&path))?.is_dir()
        {
            layouts.insert((module.to_owned(), path));
        }
    }
    if files.is_empty() && layouts.is_empty() {
        let reason = "there is no module in it: no module-NAME.tar, and no directory with an image layout";
        return Err(not_a_bundle(directory, reason.to_owned()));
    }
    for (module, path) in &layouts {
        if let Some(archive) = files.get(module) {
            return Err(BundleError::Ambiguous { first: archive.clone(), second: path.clone() });
        }
    }
    let mut archives = Vec::new();
    for path in files.values() {
        archives.push(read_archive(path)?);
    }
    for (module, path) in layouts {
        if !has_any(&path)? {
            let reason = format!(
                "it contains no image layout ({INDEX_FILE}); if it is not a module, move it to another directory"
            );
            return Err(not_a_bundle(&path, reason));
        }
        read_layouts(&path, &format!("{MODULES}/{module}"), 0, &mut archives)?;
    }
    Ok(archives)
}

/// The module that an archive is for.
fn module_of(archive: &OsStr) -> Option<String> {
    Some(spelling::plain(archive).to_str()?.strip_prefix("module-")?.strip_suffix(".tar")?.to_owned())
}

/// Whether a registry could have a module of this name: not what systems leave on disks (`lost+found`,
/// `System Volume Information`, `.Trash-0`).
fn could_be_module(name: &str) -> bool {
    name.parse::<RepositoryName>().is_ok()
}

fn read_archive(path: &Path) -> Result<Archive, BundleError> {
    let archive = Archive::read(Arc::new(Volumes::open(&[path.to_owned()])?))?;
    let is_module = |path: &str| path.strip_prefix(MODULES).is_some_and(|below| below.starts_with('/'));
    match archive.layouts.iter().find(|layout| !is_module(&layout.path)) {
        None => Ok(archive),
        Some(other) => Err(not_a_bundle(
            path,
            format!("it also contains '{}', which does not belong to a module", other.path),
        )),
    }
}

/// Whether a directory has any file of a layout.
fn has_any(directory: &Path) -> Result<bool, BundleError> {
    let is_there = |name: &str| {
        let path = directory.join(name);
        path.try_exists().map_err(BundleError::io(&path))
    };
    Ok(is_there(INDEX_FILE)? || is_there(OCI_LAYOUT_FILE)? || is_there(BLOBS)?)
}

/// Reads the layout in `directory`, if it is one, and those below.
fn read_layouts(
    directory: &Path,
    repository: &str,
    depth: usize,
    archives: &mut Vec<Archive>,
) -> Result<(), BundleError> {
    if depth > MAX_DEPTH {
        return Err(not_a_bundle(
            directory,
            "directories are nested deeper here than in any module".to_owned(),
        ));
    }
    if has_any(directory)? {
        archives.push(read_layout(directory, repository)?);
    }
    for (name, path, _) in children(directory)?.into_iter().filter(|(_, _, metadata)| metadata.is_dir()) {
        if name != BLOBS && could_be_module(&name) {
            read_layouts(&path, &format!("{repository}/{name}"), depth + 1, archives)?;
        }
    }
    Ok(())
}

/// One layout as if it were an archive of its files, the index first.
fn read_layout(directory: &Path, repository: &str) -> Result<Archive, BundleError> {
    let damaged = |entry: &str, reason: &str| BundleError::Damaged {
        path: directory.to_owned(),
        entry: entry.to_owned(),
        reason: reason.to_owned(),
    };
    let mut files = Vec::new();
    for name in [INDEX_FILE, OCI_LAYOUT_FILE] {
        let path = directory.join(name);
        match OnDemand::open(path) {
            Ok(file) if file.size() == 0 => return Err(damaged(name, "the file is empty")),
            Ok(file) => files.push((entry_path(repository, name), file)),
            Err(error) if error.is_not_found() => return Err(damaged(name, "the file is missing")),
            Err(error) => return Err(error),
        }
    }
    let blobs = directory.join(BLOBS);
    let algorithms = if blobs.is_dir() { children(&blobs)? } else { Vec::new() };
    for (algorithm, path, _) in algorithms.into_iter().filter(|(_, _, metadata)| metadata.is_dir()) {
        for (digits, path, metadata) in children(&path)?.into_iter().filter(|(_, _, it)| it.is_file()) {
            let entry = entry_path(repository, &format!("{BLOBS}/{algorithm}/{digits}"));
            files.push((entry, OnDemand::known(path, &metadata)));
        }
    }
    let volumes = Volumes::of(files.iter().map(|(_, file)| Arc::clone(file)).collect());
    let mut found = Found::default();
    let mut offset = 0;
    for (path, file) in &files {
        let entry = TarEntry { path, offset, size: file.size() };
        found.add(&entry).map_err(|error| archive::name(&volumes, error))?;
        offset += file.size();
    }
    let layouts = found.read_indexes(&volumes).map_err(|error: TarError| archive::name(&volumes, error))?;
    Ok(Archive { volumes: Arc::new(volumes), layouts, thin: None })
}

/// What is in a directory, in the order of names; what has no name in UTF-8 is no file of ours.
fn children(directory: &Path) -> Result<Vec<(String, PathBuf, fs::Metadata)>, BundleError> {
    let mut children = Vec::new();
    for entry in fs::read_dir(directory).map_err(BundleError::io(directory))? {
        let path = entry.map_err(BundleError::io(directory))?.path();
        if let Some(name) = path.file_name().and_then(OsStr::to_str) {
            let metadata = fs::metadata(&path).map_err(BundleError::io(&path))?;
            children.push((name.to_owned(), path, metadata));
        }
    }
    children.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    Ok(children)
}

fn not_a_bundle(path: &Path, reason: String) -> BundleError {
    BundleError::NotABundle { path: path.to_owned(), reason }
}
