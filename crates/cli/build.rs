//! Tells the program which commit it is built from and for which target; and the tests which foreign
//! counterparts are there, so that a test without its counterpart counts as ignored and never as passed.

use std::{path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-env-changed=DHCTL_COMMIT");
    let given = std::env::var("DHCTL_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| git(&["rev-parse", "--short=12", "HEAD"])).unwrap_or_default();
    println!("cargo::rustc-env=DHCTL_COMMIT={commit}");
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=DHCTL_TARGET={target}");
    // The file that changes with each commit, also in a worktree.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists()) {
        println!("cargo::rerun-if-changed={log}");
    }
    println!("cargo::rustc-check-cfg=cfg(as_root)");
    if is_root() {
        println!("cargo::rustc-cfg=as_root");
    }
    for name in ["DHCTL_TEST_D8", "DHCTL_TEST_HARBOR"] {
        println!("cargo::rerun-if-env-changed={name}");
        println!("cargo::rustc-check-cfg=cfg({})", name.to_lowercase());
        if std::env::var_os(name).is_some() {
            println!("cargo::rustc-cfg={}", name.to_lowercase());
        }
    }
}

/// Whether tests can act as two users.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
