//! What a release contains besides the binary, and that nothing of it is missing anywhere.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shell::{cargo, output, root};

/// Single files, below the root.
const FILES: [&str; 8] = [
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs/guide.md",
    "docs/ru/guide.md",
    "docs/benchmarks.md",
    "docs/reference/delivery.schema.json",
];
/// Folders whose files are all packed.
const FOLDERS: [&str; 2] = ["docs/man", "docs/completions"];

/// The contents of each file, by its path below the root.
pub(super) fn files() -> Result<BTreeMap<String, Vec<u8>>> {
    let mut paths: Vec<String> = FILES.map(str::to_owned).into();
    for folder in FOLDERS {
        for entry in fs::read_dir(root().join(folder)).context(folder)? {
            paths.push(format!("{folder}/{}", entry?.file_name().to_string_lossy()));
        }
    }
    let read = |path: String| {
        let content = fs::read(root().join(&path)).with_context(|| path.clone())?;
        ensure!(!content.is_empty(), "{path} is empty");
        Ok((path, content))
    };
    paths.into_iter().map(read).collect()
}

/// Fails if a file is missing, or if a package would not contain one.
pub(crate) fn check() -> Result<()> {
    let files = files()?;
    let package = package()?;
    for (tool, assets) in [
        ("cargo-deb", sources(&package["metadata"]["deb"]["assets"])),
        ("cargo-generate-rpm", sources(&package["metadata"]["generate-rpm"]["assets"])),
    ] {
        let listed = |path: &str| assets.iter().any(|asset| matches(asset, path));
        for path in files.keys().map(String::as_str).chain([super::STAGED]) {
            ensure!(listed(path), "crates/cli/Cargo.toml: the assets of {tool} do not contain {path}");
        }
    }
    Ok(())
}

/// What cargo knows of the crate `cli`.
pub(super) fn package() -> Result<Value> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"]))?;
    let mut metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array_mut().context("cargo reports no packages")?;
    let cli = packages.iter_mut().find(|package| package["name"] == "cli").map(Value::take);
    cli.context("cargo reports no crate cli")
}

/// The sources of assets, which are written as lists or as tables.
fn sources(assets: &Value) -> Vec<&str> {
    let assets = assets.as_array().map(Vec::as_slice).unwrap_or_default();
    assets.iter().filter_map(|asset| asset[0].as_str().or_else(|| asset["source"].as_str())).collect()
}

/// Whether an asset of `crates/cli`, in which `*` stands for the rest of a name, contains a file.
fn matches(asset: &str, path: &str) -> bool {
    let asset = asset.strip_prefix("../../").unwrap_or(asset);
    match asset.split_once('*') {
        None => asset == path,
        Some((before, after)) => {
            let name = path.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            name.is_some_and(|name| !name.contains('/'))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_is_in_every_package() {
        check().unwrap();
    }

    #[test]
    fn an_asset_contains_what_cargo_deb_takes_from_it() {
        let assets = json!([["../../LICENSE", "x", "644"], { "source": "../../docs/man/*.1", "dest": "x" }]);
        let listed = |path| sources(&assets).into_iter().any(|asset| matches(asset, path));
        assert_eq!(["LICENSE", "docs/man/a.1"].map(listed), [true; 2]);
        assert_eq!(["README.md", "docs/man/a.txt", "docs/man/x/a.1"].map(listed), [false; 3]);
    }
}
