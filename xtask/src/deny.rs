//! What the workspace may depend on (`deny.toml`), checked with cargo-deny; known vulnerabilities too, where their
//! database can be downloaded.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::shell::{cargo, root, run};

const VERSION: &str = "0.20.2";

/// Checks bans, licences and sources, which needs no network, and advisories if their database can be had.
pub(crate) fn run_checks() -> Result<()> {
    let program = ensure()?;
    let deny = || {
        let mut command = Command::new(&program);
        command.current_dir(root());
        command
    };
    run(deny().args(["--offline", "check", "bans", "licenses", "sources"]))?;
    // A host that answers nothing would be waited for without end.
    let fetched =
        Command::new("timeout").arg("60").arg(&program).args(["fetch", "db"]).current_dir(root()).status();
    if fetched.is_ok_and(|status| status.success()) {
        run(deny().args(["check", "--disable-fetch", "advisories"]))
    } else {
        println!("advisories: not checked, since their database cannot be downloaded");
        Ok(())
    }
}

/// The program, built if it is not there. Without optimisation: it runs for some seconds.
fn ensure() -> Result<PathBuf> {
    let folder = testkit::cache_directory()?.join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        install(&folder)?;
    }
    Ok(program)
}

fn install(folder: &Path) -> Result<()> {
    let mut install =
        cargo(&["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--root"]);
    // A target directory of the workspace would be shared with builds of other features.
    run(install.arg(folder).env_remove("CARGO_TARGET_DIR"))
}
