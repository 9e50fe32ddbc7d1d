//! The floor of a pull: curl brings the same blobs into files, and does nothing else.

use std::{
    fmt::{Display, Write as _},
    fs,
    path::Path,
    process::Command,
};

use anyhow::Result;
use oci::media_type;

use super::setup::Setup;

/// Transfers at once.
pub(crate) const CONNECTIONS: usize = 8;

/// A command that downloads every blob into `directory`.
pub(crate) fn curl(setup: &Setup, from: impl Display, directory: &Path) -> Result<Command> {
    fetch(blobs(setup), from, directory)
}

/// A command that downloads every blob, and these manifests (`REPOSITORY/manifests/REFERENCE`), into `directory`.
pub(crate) fn curl_all(
    setup: &Setup,
    manifests: &[String],
    from: impl Display,
    directory: &Path,
) -> Result<Command> {
    let manifests = manifests.iter().enumerate();
    let manifests = manifests.map(|(number, path)| (path.clone(), format!("manifest-{number}")));
    let mut command = fetch(manifests.chain(blobs(setup)), from, directory)?;
    command.arg("--header").arg(format!("Accept: {}", media_type::MANIFESTS.join(", ")));
    Ok(command)
}

fn blobs(setup: &Setup) -> impl Iterator<Item = (String, String)> {
    setup.blobs.iter().map(|blob| (format!("{}/blobs/{}", blob.repository, blob.digest), blob.digest.hex()))
}

/// Downloads each path below `/v2/` into the file of that name.
fn fetch(
    files: impl Iterator<Item = (String, String)>,
    from: impl Display,
    directory: &Path,
) -> Result<Command> {
    let mut list = String::new();
    for (path, name) in files {
        writeln!(list, "url = \"http://{from}/v2/{path}\"")?;
        writeln!(list, "output = \"{}\"", directory.join(name).display())?;
    }
    let config = directory.with_extension("curl");
    fs::write(&config, list)?;
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--fail", "--noproxy", "*"])
        .args(["--parallel", "--parallel-max", &CONNECTIONS.to_string()])
        .arg("--config")
        .arg(config);
    Ok(command)
}
