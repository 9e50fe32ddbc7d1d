//! The program of distribution 3: built once from its Go module, by `cargo xtask test`.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, ensure};

use crate::cache;

/// The package, with its version.
const PACKAGE: &str = "github.com/distribution/distribution/v3/cmd/registry@v3.0.0";

/// A variable that names the program, and wins.
pub const VARIABLE: &str = "DHCTL_TEST_DISTRIBUTION";

/// Where the program is, or will be.
///
/// # Errors
/// If no directory is set.
pub fn program() -> Result<PathBuf> {
    match env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        Some(path) => Ok(path.into()),
        None => Ok(cache::directory()?.join("distribution-v3.0.0/registry")),
    }
}

/// Builds the program if it is not there. Takes some minutes the first time.
///
/// # Errors
/// If Go is missing, or cannot build it.
pub fn ensure() -> Result<()> {
    let program = program()?;
    if program.is_file() {
        return Ok(());
    }
    let directory = program.parent().context("a program is in a directory")?;
    fs::create_dir_all(directory)?;
    // A directory of its own until it is whole: others may look, or build, at the same time.
    let unfinished = tempfile::tempdir_in(directory)?;
    let mut go = Command::new("go");
    go.args(["install", "-trimpath", "-ldflags=-s -w", PACKAGE]).env("GOBIN", unfinished.path());
    let status = go.env("CGO_ENABLED", "0").status();
    let status =
        status.with_context(|| format!("{PACKAGE} is built from source: install Go, or set {VARIABLE}"))?;
    ensure!(status.success(), "go install {PACKAGE}: {status}");
    fs::rename(unfinished.path().join("registry"), &program)?;
    Ok(())
}
