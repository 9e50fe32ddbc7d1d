//! The list of all crates that are in the binary, in the `CycloneDX` format.

use std::{fs, path::PathBuf, process::Command};

use anyhow::Result;

use super::Release;
use crate::{
    cargo_tool,
    shell::{root, run},
};

/// `dhctl-VERSION.cdx.json`
pub(super) fn write(release: &Release) -> Result<PathBuf> {
    let name = format!("dhctl-{}.cdx", release.version);
    let mut tool = Command::new(cargo_tool::ensure("cargo-cyclonedx", "0.5.9")?);
    tool.args(["cyclonedx", "--manifest-path", "crates/cli/Cargo.toml", "--format", "json"]);
    tool.args(["--no-build-deps", "--override-filename", &name]);
    run(tool.current_dir(root()).env("SOURCE_DATE_EPOCH", release.time.to_string()))?;
    let path = release.folder.join(format!("{name}.json"));
    // The tool writes one beside each manifest that it reads.
    fs::copy(root().join("crates/cli").join(format!("{name}.json")), &path)?;
    for folder in ["crates", "."] {
        for entry in fs::read_dir(root().join(folder))? {
            let written = entry?.path().join(format!("{name}.json"));
            if written.is_file() {
                fs::remove_file(written)?;
            }
        }
    }
    Ok(path)
}
