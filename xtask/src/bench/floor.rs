//! The floor of a pull: curl brings the same blobs into files, and does nothing else.

use std::{
    fmt::{Display, Write as _},
    fs,
    path::Path,
    process::Command,
};

use anyhow::Result;

use super::ground::Ground;

/// Transfers at once.
pub(crate) const CONNECTIONS: usize = 8;

/// A command that downloads every blob into `directory`.
pub(crate) fn curl(ground: &Ground, from: impl Display, directory: &Path) -> Result<Command> {
    let mut list = String::new();
    for blob in &ground.blobs {
        let output = directory.join(blob.digest.hex());
        writeln!(list, "url = \"http://{from}/v2/{}/blobs/{}\"", blob.repository, blob.digest)?;
        writeln!(list, "output = \"{}\"", output.display())?;
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
