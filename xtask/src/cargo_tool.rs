//! Subcommands of cargo that are programs of their own, built once from pinned versions and kept outside the tree.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::shell::{cargo, root, run};

/// The path of the program `name`, which is also the name of its package. Builds it if it is not there: without
/// optimisation, since each runs for seconds, and with the lowest priority, since tests may run meanwhile.
pub(crate) fn ensure(name: &str, version: &str) -> Result<PathBuf> {
    let folder = testkit::cache_directory()?.join(format!("{name}-{version}"));
    let program = folder.join("bin").join(name);
    if !program.is_file() {
        let cargo = cargo(&["install", name, "--version", version, "--locked", "--debug", "--root"]);
        let mut install = Command::new("nice");
        install.args(["-n", "19"]).arg(cargo.get_program()).args(cargo.get_args()).arg(&folder);
        // A target directory of the workspace would be shared with builds of other features.
        install.current_dir(root()).env_remove("CARGO_TARGET_DIR");
        run(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(program)
}
