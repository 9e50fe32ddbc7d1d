//! The one static binary: built, and checked to need nothing of the machine that it will run on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    shell::{cargo, output, root, run, target_directory},
    tools::is_root,
};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds the binary, checks it and returns its path.
pub(crate) fn build() -> Result<PathBuf> {
    // An explicit target keeps the flags off build scripts and procedural macros, which cannot be static.
    // Symbols stay until they have been looked at.
    let mut build = cargo(&["build", "--release", "--package", "cli", "--bin", "dhctl", "--target", TARGET]);
    run(build.env("RUSTFLAGS", "-C target-feature=+crt-static").env("CARGO_PROFILE_RELEASE_STRIP", "none"))?;
    let unstripped = target_directory().join(TARGET).join("release/dhctl");
    check_symbols(&unstripped)?;
    let stripped = target_directory().join("static/dhctl");
    fs::create_dir_all(stripped.parent().context("the target directory")?)?;
    run(Command::new("strip").arg("-o").args([&stripped, &unstripped]))?;
    check_is_static(&stripped)?;
    check_in_empty_root(&stripped)?;
    Ok(stripped)
}

/// Links the program of the tests once more, statically, and checks it. A release build has the same libraries and takes
/// six minutes. `messages` are cargo's, from the build of the tests.
pub(crate) fn check_with(messages: &str) -> Result<()> {
    let [cli, libc] = ["cli", "libc"].map(|name| library(messages, name));
    let (cli, libc) = (cli?, libc?);
    let binary = target_directory().join("static/dhctl-check");
    fs::create_dir_all(binary.parent().context("the target directory")?)?;
    let mut link = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    link.current_dir(root()).args(["--edition", "2024", "--crate-name", "dhctl", "--crate-type", "bin"]);
    link.args(["-C", "target-feature=+crt-static", "crates/cli/src/main.rs", "-L"]);
    link.arg(format!("dependency={}", cli.parent().context("the folder of libraries")?.display()));
    link.args([
        "--extern",
        &format!("cli={}", cli.display()),
        "--extern",
        &format!("libc={}", libc.display()),
    ]);
    run(link.arg("-o").arg(&binary))?;
    check_symbols(&binary)?;
    check_is_static(&binary)?;
    check_in_empty_root(&binary)
}

/// The compiled library of a crate, from cargo's messages.
fn library(messages: &str, name: &str) -> Result<PathBuf> {
    let of_crate = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_library = message["target"]["name"] == name
            && message["target"]["kind"].as_array()?.contains(&"lib".into())
            && message["profile"]["test"] == false;
        let files = message["filenames"].as_array().filter(|_| is_library)?;
        let mut paths = files.iter().filter_map(Value::as_str).map(PathBuf::from);
        paths.find(|path| path.extension().is_some_and(|it| it == "rlib"))
    };
    messages.lines().find_map(of_crate).with_context(|| format!("cargo reports no library of {name}"))
}

/// Nothing of the name service switch is linked in: it would load libraries of the host into the process.
/// Only definitions count: a name may be left over from code that the linker has thrown out.
fn check_symbols(binary: &Path) -> Result<()> {
    let symbols = output(Command::new("nm").arg("--defined-only").arg(binary))?;
    ensure!(symbols.contains("main"), "{}: nm shows no symbols to check", binary.display());
    let nss: Vec<&str> =
        symbols.lines().filter(|line| line.contains(" __nss_") || line.contains(" _nss_")).collect();
    ensure!(nss.is_empty(), "{}: NSS symbols in the static binary:\n{}", binary.display(), nss.join("\n"));
    Ok(())
}

fn check_is_static(binary: &Path) -> Result<()> {
    let headers = output(Command::new("readelf").args(["-lW"]).arg(binary))?;
    ensure!(!headers.contains("INTERP"), "{}: asks for a dynamic loader", binary.display());
    Ok(())
}

/// Runs it where nothing else is: no libc, no /etc, no certificates.
fn check_in_empty_root(binary: &Path) -> Result<()> {
    let root = tempfile::tempdir()?;
    fs::copy(binary, root.path().join("dhctl"))?;
    let version = output(in_root(root.path()).args(["/dhctl", "--version"]))?;
    ensure!(version.starts_with("dhctl "), "in an empty root: {version}");
    // A port on which nobody listens: TLS, trust and names are set up, and the answer is a clean error.
    let mut pull = in_root(root.path());
    pull.args(["/dhctl", "mirror", "--dry-run", "-i", "/d8.tar", "--source", "127.0.0.1:9/deckhouse/ee"]);
    let refused = pull.output()?;
    let stderr = String::from_utf8_lossy(&refused.stderr);
    ensure!(
        refused.status.code() == Some(5),
        "in an empty root, a pull ended with {}:\n{stderr}",
        refused.status
    );
    Ok(())
}

fn in_root(root: &Path) -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.arg("--mount").arg(format!("--root={}", root.display()));
    command
}
