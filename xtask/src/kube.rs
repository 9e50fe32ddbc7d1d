//! The Kubernetes API that tests run against, built from its Go modules.
//!
//! The modules' versions and sums are in `crates/testkit/kube/*/go.mod` and `go.sum`. The first build takes minutes
//! and 3 GB of Go's caches; what it makes is kept outside the tree, a folder for each set of versions.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use testkit::kube::assets::{self, PROGRAMS, Program};

use crate::shell::{output, root, run};

/// Makes sure that the programs are there, and returns their folder.
///
/// # Errors
/// If Go is missing or cannot build one; if `KUBEBUILDER_ASSETS` names a folder that lacks one.
pub(crate) fn ensure() -> Result<PathBuf> {
    if std::env::var_os(assets::VARIABLE).is_none_or(|named| named.is_empty()) {
        let directory = assets::cache()?;
        for program in PROGRAMS.iter().filter(|program| !program.is_in(&directory)) {
            build(program, &directory)?;
        }
    }
    assets::directory()
}

fn build(program: &Program, directory: &Path) -> Result<()> {
    output(Command::new("go").arg("version")).with_context(|| {
        format!("{} is built from source: install Go, or set {}", program.name, assets::VARIABLE)
    })?;
    fs::create_dir_all(directory)?;
    // A name of its own until it is whole: others may look, or build, at the same time.
    let unfinished = directory.join(format!("{}.{}", program.name, std::process::id()));
    let version = format!("-s -w -X k8s.io/component-base/version.gitVersion={}", program.version());
    let mut go = Command::new("go");
    go.current_dir(root().join("crates/testkit").join(program.folder))
        .env("CGO_ENABLED", "0")
        .args(["build", "-mod=readonly", "-trimpath", "-ldflags", &version, "-o"])
        .arg(&unfinished)
        .arg(program.package);
    run(&mut go)?;
    fs::rename(&unfinished, directory.join(program.name))?;
    Ok(())
}
