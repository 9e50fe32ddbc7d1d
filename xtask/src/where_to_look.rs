//! `ARCHITECTURE.md`: the paths in the table "Where to look" exist.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use regex::Regex;

use crate::shell::root;

const FILE: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Where to look";

/// Fails with a list of the paths that do not exist.
pub(crate) fn run() -> Result<()> {
    let text = fs::read_to_string(root().join(FILE)).context(FILE)?;
    let rows = rows(&text)?;
    ensure!(!rows.is_empty(), "{FILE}: no table below '{HEADING}'");
    let exists = |path: &Path| root().join(path).exists();
    let missing: Vec<String> = rows.iter().flat_map(|row| missing(row, &exists)).collect();
    ensure!(missing.is_empty(), "{FILE}: these paths do not exist: {}", missing.join(", "));
    Ok(())
}

/// The paths of each row, in their order.
fn rows(text: &str) -> Result<Vec<Vec<String>>> {
    let path = Regex::new(r"`([\w./{},-]+(?:\.rs|\.sh|/))`")?;
    let section = text.split_once(HEADING).map(|(_, after)| after).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    Ok(cells.map(|(_, files)| path.captures_iter(files).map(|it| it[1].to_owned()).collect()).collect())
}

/// Those that do not exist. A path begins with the name of a crate, whose `src` it is in, or with `crates` or `xtask`; or
/// it continues the path before it in the row, from the same folder or from one that is further up in the crate.
fn missing(row: &[String], exists: &impl Fn(&Path) -> bool) -> Vec<String> {
    let mut folder = PathBuf::new();
    let mut missing = Vec::new();
    for path in row.iter().flat_map(|path| alternatives(path)) {
        let in_crate =
            path.split_once('/').map(|(name, rest)| Path::new("crates").join(name).join("src").join(rest));
        let continued = folder.ancestors().filter(|it| it.components().count() > 2).map(|it| it.join(&path));
        let found = in_crate.into_iter().chain([PathBuf::from(&path)]).chain(continued).find(|it| exists(it));
        match found {
            Some(found) if path.ends_with('/') => folder = found,
            Some(found) => folder = found.parent().map(Path::to_owned).unwrap_or_default(),
            None => missing.push(path),
        }
    }
    missing
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn alternatives(path: &str) -> Vec<String> {
    let parts = path.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match parts {
        Some((before, (names, after))) => {
            names.split(',').map(|name| format!("{before}{name}{after}")).collect()
        }
        None => vec![path.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_does_not_exist_is_found() {
        let text = "## Where to look\n\n| question | file |\n|---|---|\n| a | `x/a/b.rs`, `c.rs`; `{d,e}.rs` |\n\
                    | `q.rs` | `x/f.rs` and `xtask/src/g.rs` in `Name` |\n\n## Tests\n\n| a | `x/z.rs` |\n";
        let there = ["crates/x/src/a/b.rs", "crates/x/src/c.rs", "crates/x/src/d.rs", "xtask/src/g.rs"];
        let exists = |path: &Path| there.iter().any(|it| path == Path::new(it));
        let rows = rows(text).unwrap();
        let found: Vec<String> = rows.iter().flat_map(|row| missing(row, &exists)).collect();
        assert_eq!(found, ["e.rs", "x/f.rs"]);
    }
}
