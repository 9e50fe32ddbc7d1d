//! What the workspace may depend on (`deny.toml`), checked with cargo-deny; known vulnerabilities too, where their
//! database can be downloaded.

use std::process::Command;

use anyhow::Result;

use crate::{
    cargo_tool,
    shell::{root, run},
};

const VERSION: &str = "0.20.2";

/// Checks bans, licences and sources, which needs no network, and advisories if their database can be had.
pub(crate) fn run_checks() -> Result<()> {
    let program = cargo_tool::ensure("cargo-deny", VERSION)?;
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
