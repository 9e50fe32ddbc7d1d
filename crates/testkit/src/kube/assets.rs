//! Where the programs are that make the API: built once from their Go modules, kept outside the tree.

use std::path::{Path, PathBuf};

use anyhow::bail;

/// The variable that names a folder which holds the programs already, as everywhere in Kubernetes.
pub const VARIABLE: &str = "KUBEBUILDER_ASSETS";

/// A program, and the Go module that it is built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The name of the executable.
    pub name: &'static str,
    /// The package to build.
    pub package: &'static str,
    /// The folder with `go.mod` and `go.sum`, below this crate's.
    pub folder: &'static str,
    /// The module whose version is the program's.
    module: &'static str,
    go_mod: &'static str,
}

/// All that is needed.
pub const PROGRAMS: [Program; 2] = [
    Program {
        name: "etcd",
        package: "go.etcd.io/etcd/server/v3",
        folder: "kube/etcd",
        module: "go.etcd.io/etcd/server/v3",
        go_mod: include_str!("../../kube/etcd/go.mod"),
    },
    Program {
        name: "kube-apiserver",
        package: "k8s.io/kubernetes/cmd/kube-apiserver",
        folder: "kube/apiserver",
        module: "k8s.io/kubernetes",
        go_mod: include_str!("../../kube/apiserver/go.mod"),
    },
];

impl Program {
    /// The version that `go.mod` asks for, as `v1.35.4`.
    pub fn version(&self) -> &'static str {
        let mut lines = self.go_mod.lines().map(|line| line.trim().trim_start_matches("require "));
        let version = |line: &'static str| line.strip_prefix(self.module)?.strip_prefix(' ');
        lines.find_map(version).unwrap_or("unknown")
    }
}

/// The folder that `cargo xtask kube` builds into: a user's cache, with a folder for each set of versions.
///
/// # Errors
/// If there is neither `XDG_CACHE_HOME` nor a home directory.
pub fn cache() -> anyhow::Result<PathBuf> {
    let versions = PROGRAMS.map(|program| format!("{}-{}", program.name, program.version())).join("_");
    Ok(crate::cache::directory()?.join("kube").join(versions))
}

/// The folder with the programs: that of `KUBEBUILDER_ASSETS`, or the cache.
///
/// # Errors
/// If a program is not there; the error says how to get it.
pub fn directory() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let directory = match &named {
        Some(directory) => directory.clone(),
        None => cache()?,
    };
    let missing = PROGRAMS.iter().find(|program| !program.is_in(&directory));
    match (missing, named) {
        (None, _) => Ok(directory),
        (Some(program), Some(_)) => bail!("{VARIABLE}={} has no {}", directory.display(), program.name),
        (Some(program), None) => bail!(
            "{} is not in {}: run `cargo xtask kube` (needs Go), or set {VARIABLE}",
            program.name,
            directory.display()
        ),
    }
}

impl Program {
    /// Whether this folder has it.
    pub fn is_in(&self, directory: &Path) -> bool {
        directory.join(self.name).is_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_go_mod() {
        for program in PROGRAMS {
            assert!(program.version().starts_with('v'), "{program:?}");
        }
    }
}
