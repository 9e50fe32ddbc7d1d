//! `SECURITY.md`: each promise names a test, and that test exists.

use std::fs;

use anyhow::{Context, Result, ensure};
use regex::Regex;

use crate::shell::root;

const FILE: &str = "SECURITY.md";

/// Fails with a list of the promises whose test is not there.
pub(crate) fn run() -> Result<()> {
    let text = fs::read_to_string(root().join(FILE)).context(FILE)?;
    let promises = promises(&text)?;
    ensure!(!promises.is_empty(), "{FILE}: no promises found");
    let mut broken = Vec::new();
    for (promise, test) in promises {
        let Some((path, name)) = test else {
            broken.push(format!("no test: {promise}"));
            continue;
        };
        let source = fs::read_to_string(root().join(path)).unwrap_or_default();
        if !source.contains(&format!("fn {name}(")) {
            broken.push(format!("no test {name} in {path}: {promise}"));
        }
    }
    ensure!(broken.is_empty(), "{FILE}:\n{}", broken.join("\n"));
    Ok(())
}

/// A promise, and file and name of its test.
type Promise<'a> = (&'a str, Option<(&'a str, &'a str)>);

/// The rows of the tables whose head is `| promise | test |`.
fn promises(text: &str) -> Result<Vec<Promise<'_>>> {
    let row = Regex::new(r"^\| (.+) \| (.*) \|$")?;
    let cell_of_test = Regex::new(r"^`([^`]+)`: `([^`]+)`$")?;
    let mut found = Vec::new();
    let mut in_table = false;
    for line in text.lines() {
        if line == "| promise | test |" {
            in_table = true;
        } else if !line.starts_with('|') {
            in_table = false;
        } else if in_table
            && line != "|---|---|"
            && let Some(row) = row.captures(line)
        {
            let (promise, cell) =
                (row.get(1).map_or("", |it| it.as_str()), row.get(2).map_or("", |it| it.as_str()));
            let named =
                cell_of_test.captures(cell).and_then(|it| Some((it.get(1)?.as_str(), it.get(2)?.as_str())));
            found.push((promise, named));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_without_a_test_is_found() {
        let text = "| who | controls |\n|---|---|\n| a | b |\n\n| promise | test |\n|---|---|\n\
                    | Kept. | `a/b.rs`: `holds` |\n| Empty. |  |\n\n| x | y |\n";
        assert_eq!(promises(text).unwrap(), [("Kept.", Some(("a/b.rs", "holds"))), ("Empty.", None)]);
    }
}
