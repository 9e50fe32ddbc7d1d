//! Packages for Debian and for RPM-based systems. Their files and descriptions are in `crates/cli/Cargo.toml`.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use super::Release;
use crate::{
    cargo_tool,
    shell::{root, run},
};

/// `dhctl_VERSION-1_amd64.deb`
pub(super) fn deb(release: &Release) -> Result<PathBuf> {
    let path = release.folder.join(format!("dhctl_{}-1_amd64.deb", release.version));
    let mut tool = Command::new(cargo_tool::ensure("cargo-deb", "3.8.0")?);
    tool.args(["--package", "cli", "--no-build", "--no-strip", "--output"]).arg(&path);
    run(tool.current_dir(root()).env("SOURCE_DATE_EPOCH", release.time.to_string()))?;
    Ok(path)
}

/// `dhctl-VERSION-1.x86_64.rpm`
pub(super) fn rpm(release: &Release) -> Result<PathBuf> {
    let path = release.folder.join(format!("dhctl-{}-1.x86_64.rpm", release.version));
    let mut tool = Command::new(cargo_tool::ensure("cargo-generate-rpm", "0.21.1")?);
    tool.args(["generate-rpm", "--package", "crates/cli", "--payload-compress", "gzip", "--source-date"]);
    run(tool.arg(release.time.to_string()).arg("--output").arg(&path).current_dir(root()))?;
    Ok(path)
}
