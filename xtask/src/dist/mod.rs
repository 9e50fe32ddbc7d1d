//! The files of a release (`RELEASING.md`), the same bytes each time.

mod archive;
mod contents;
mod image;
mod packages;
mod sbom;
mod sums;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

pub(crate) use contents::check as check_inputs;

use crate::{
    shell::{output, root},
    static_binary,
};

/// Where the files are written, below the root. The packages' lists of files name it too.
const FOLDER: &str = "target/dist";
/// The binary before it is packed.
const STAGED: &str = "target/dist-stage/dhctl";

/// `cargo xtask dist`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Pack this static binary instead of a release build
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What all files of a release have in common.
struct Release {
    version: String,
    /// Seconds since 1970: the time of everything that is packed.
    time: u64,
    folder: PathBuf,
}

/// Builds, packs, and lists what was written.
pub(crate) fn run(options: &Options) -> Result<()> {
    contents::check()?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => static_binary::build()?,
    };
    let release = Release { version: version()?, time: time()?, folder: root().join(FOLDER) };
    if release.folder.exists() {
        fs::remove_dir_all(&release.folder)?;
    }
    fs::create_dir_all(&release.folder)?;
    let binary = stage(&binary)?;
    let files = [
        archive::write(&release, &binary)?,
        packages::deb(&release)?,
        packages::rpm(&release)?,
        image::write(&release, &binary)?,
        sbom::write(&release)?,
    ];
    for file in files.iter().chain(&sums::write(&release, &files)?) {
        println!("{}", file.display());
    }
    Ok(())
}

/// Copies the binary to where the packages look for it, and returns its bytes.
fn stage(binary: &Path) -> Result<Vec<u8>> {
    let staged = root().join(STAGED);
    fs::create_dir_all(staged.parent().context("a file has a folder")?)?;
    fs::copy(binary, &staged).with_context(|| binary.display().to_string())?;
    Ok(fs::read(staged)?)
}

/// The version of the workspace.
fn version() -> Result<String> {
    let version = contents::package()?["version"].as_str().map(str::to_owned);
    version.context("cargo reports no version of cli")
}

/// `SOURCE_DATE_EPOCH`, or the time of the commit.
fn time() -> Result<u64> {
    let time = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(given) => given,
        Err(_) => output(Command::new("git").current_dir(root()).args(["log", "-1", "--format=%ct"]))?,
    };
    time.trim().parse().with_context(|| format!("SOURCE_DATE_EPOCH: {time}"))
}
