//! The foreign programs that the tests use, installed where that is possible.

use std::process::Command;

use anyhow::{Result, bail};

use crate::shell::run;

/// Program, and the Debian package that has it.
const TOOLS: [(&str, &str); 11] = [
    ("gost12sum", "gostsum"),
    ("docker-registry", "docker-registry"),
    ("htpasswd", "apache2-utils"),
    ("skopeo", "skopeo"),
    ("squid", "squid-openssl"),
    ("nginx", "nginx-light"),
    ("nsenter", "util-linux"),
    ("tar", "tar"),
    ("curl", "curl"),
    ("nm", "binutils"),
    ("unshare", "util-linux"),
];

/// What a real Harbor needs besides, where the tests are told of one.
const HARBOR_TOOLS: [(&str, &str); 4] = [
    ("pg_ctlcluster", "postgresql"),
    ("redis-server", "redis-server"),
    ("openssl", "openssl"),
    ("python3", "python3"),
];

/// Makes sure that every program is there.
///
/// # Errors
/// Names what is missing if it cannot be installed: tests never skip what they need.
pub(crate) fn ensure() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    let install = format!("apt-get install {}", packages.join(" "));
    if find("apt-get") && is_root() {
        let mut update = Command::new("apt-get");
        run(update.args(["update", "-qq"]))?;
        let mut apt = Command::new("apt-get");
        run(apt.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-qq"]).args(&packages))?;
    }
    let missing = self::missing();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|(program, _)| *program).collect();
    bail!("the tests need {}; on Debian: {install}", names.join(", "))
}

fn missing() -> Vec<(&'static str, &'static str)> {
    let harbor = std::env::var_os("DHCTL_TEST_HARBOR").map(|_| HARBOR_TOOLS);
    TOOLS.into_iter().chain(harbor.into_iter().flatten()).filter(|(program, _)| !find(program)).collect()
}

fn find(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Whether this process may install packages.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
