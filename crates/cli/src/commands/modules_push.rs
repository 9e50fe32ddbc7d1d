//! `dhctl mirror-modules --registry …`: archives of modules into a registry, and the proof that they arrived.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use bundle::Bundle;
use mirror::{
    Contents, Root, complete,
    error::Place,
    push::{PushReport, push},
    read_back::{Depth, Target},
    verify::VerifyReport,
};
use serde::Serialize;

use super::{mirror_push::sentence, mirror_verify::figures, modules_manifest::ForCluster};
use crate::{
    Environment, args::MirrorModulesArgs, exit_code::Exit, failure::Failure, logins::Login, printer::Printer,
    progress::Progress, settings,
};

#[derive(Serialize)]
struct Pushed {
    registry: String,
    /// What was done and read back, by archive.
    archives: BTreeMap<PathBuf, PushedArchive>,
    /// The `ModuleSource` for the cluster.
    manifest: PathBuf,
}

#[derive(Serialize)]
struct PushedArchive {
    written: PushReport,
    verified: VerifyReport,
}

pub(crate) async fn run(args: MirrorModulesArgs, environment: Environment) -> Result<(), Failure> {
    let Some(registry) = &args.registry else {
        return Err(Failure::internal("a push without registry"));
    };
    let credentials = Login::to_target(&args.login).resolve(registry, &environment).await?;
    let manifest = ForCluster::new(&args, registry, credentials.as_ref())?;
    let archives = read(&args.modules_dir).await?;
    let client = settings::client(registry, credentials, &args.connection, None, &environment)?;
    let target = Target::new(client, Root::Modules(registry.repository.clone()));
    let progress = Progress::new(&args.output, environment.stderr_is_terminal);
    let mut pushed =
        Pushed { registry: registry.to_string(), archives: BTreeMap::new(), manifest: args.out.clone() };
    let mut text = String::new();
    for (path, bundle, contents) in &archives {
        let written =
            push(bundle, contents, &target, usize::from(args.connection.parallel), &progress).await?;
        // Modules share layers: what is there of one need not be sent for the next.
        target.remember(contents);
        let verified = VerifyReport::of(contents, Depth::Size);
        text += &format!(
            "{}: {}\nread back from {registry}: {}\n",
            path.display(),
            sentence(&written),
            figures(&verified)
        );
        pushed.archives.insert(path.clone(), PushedArchive { written, verified });
    }
    text += &manifest.write()?;
    Printer::new(&args.output).result("mirror-modules push", &pushed, &text)
}

/// Reads every archive before anything is sent.
async fn read(directory: &Path) -> Result<Vec<(PathBuf, Bundle, Contents)>, Failure> {
    let mut archives = Vec::new();
    let mut missing = Vec::new();
    for path in archives_in(directory)? {
        let bundle = Bundle::open(std::slice::from_ref(&path))?;
        match complete::read(&bundle, &BTreeSet::new()).await {
            Ok((contents, found)) => {
                missing.extend(found.missing);
                archives.push((path, bundle, contents));
            }
            Err(mirror::Error::Incomplete { items, .. }) => missing.extend(items),
            Err(error) => return Err(error.into()),
        }
    }
    if missing.is_empty() {
        return Ok(archives);
    }
    let error = mirror::Error::Incomplete { place: Place::Bundle, items: missing };
    Err(Failure::from(error).hint("nothing was sent"))
}

/// The archives of modules in a directory, each named as the whole.
fn archives_in(directory: &Path) -> Result<BTreeSet<PathBuf>, Failure> {
    let failed = |error: std::io::Error| Failure::file(directory, &error);
    let mut archives = BTreeSet::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        archives.extend(archive_name(&name).map(|name| directory.join(name)));
    }
    if archives.is_empty() {
        let message = format!("{}: there is no archive of a module (module-NAME.tar)", directory.display());
        return Err(Failure::new(Exit::Incomplete, message)
            .hint("name the directory that 'dhctl mirror-modules --module-source' has written"));
    }
    Ok(archives)
}

/// `module-NAME.tar` for that file, and for `module-NAME.tar.NNNN.chunk`.
fn archive_name(file: &OsString) -> Option<&str> {
    let name = file.to_str()?;
    let whole = match name.strip_suffix(".chunk").and_then(|name| name.rsplit_once('.')) {
        Some((whole, digits)) if digits.len() >= 4 && digits.bytes().all(|it| it.is_ascii_digit()) => whole,
        _ => name,
    };
    (whole.starts_with("module-") && whole.strip_suffix(".tar").is_some()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_told_by_name() {
        for (file, archive) in [
            ("module-console.tar", Some("module-console.tar")),
            ("module-console.tar.0000.chunk", Some("module-console.tar")),
            ("module-console.tar.gostsum", None),
            ("module-console.tar.0000.chunk.gostsum", None),
            ("module-console.tar.partial", None),
            ("module-console.tar.partial.d", None),
            ("module_source.yml", None),
            ("d8.tar", None),
        ] {
            assert_eq!(archive_name(&file.into()), archive, "{file}");
        }
    }
}
