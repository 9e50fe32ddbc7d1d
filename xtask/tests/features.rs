//! What `cargo xtask` compiles is what the tests need, so that nothing is compiled twice.

use std::{collections::BTreeSet, process::Command};

/// Each package that is built, with its features.
fn built(selection: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--no-dedupe", "--format", "{p} {f}"])
        .args(selection)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

#[test]
fn xtask_and_tests_share_what_is_compiled() -> anyhow::Result<()> {
    let tests = built(&["--workspace"])?;
    for selection in [
        &["--package", "xtask", "--edges", "normal,build"][..],
        &["--package", "cli", "--edges", "normal,build,dev"],
    ] {
        let other = built(selection)?;
        assert!(!other.is_empty());
        let different: Vec<_> = other.difference(&tests).collect();
        assert_eq!(different, <[&String; 0]>::default(), "{selection:?}");
    }
    Ok(())
}
