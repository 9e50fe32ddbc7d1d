//! Lines of the documentation: at most 100 columns wide, but for code, tables and what cannot be wrapped; and none that
//! stands for text which was never written, such as `@OUTPUT@`.

use std::{fs, process::Command};

use anyhow::{Context, Result, ensure};

use crate::shell::{output, root};

const WIDTH: usize = 100;

/// Not checked.
const GENERATED: &str = "docs/reference/";

/// Fails with a list of the lines that are too long or placeholders.
pub(crate) fn run() -> Result<()> {
    let listed = output(Command::new("git").current_dir(root()).args(["ls-files", "*.md", ".github/*.md"]))?;
    let (mut long, mut unwritten) = (Vec::new(), Vec::new());
    for path in listed.lines().filter(|path| !path.starts_with(GENERATED)) {
        let text = fs::read_to_string(root().join(path)).with_context(|| path.to_owned())?;
        long.extend(too_long(&text).into_iter().map(|line| format!("{path}:{line}")));
        let placeholders = (1..).zip(text.lines()).filter(|(_, line)| is_placeholder(line));
        unwritten.extend(placeholders.map(|(line, _)| format!("{path}:{line}")));
    }
    ensure!(unwritten.is_empty(), "replace these placeholders: {}", unwritten.join(", "));
    ensure!(long.is_empty(), "wrap these lines at {WIDTH} columns: {}", long.join(", "));
    Ok(())
}

/// Whether a line is a placeholder, as a script leaves it.
fn is_placeholder(line: &str) -> bool {
    let name = line.trim().strip_prefix('@').and_then(|rest| rest.strip_suffix('@'));
    name.is_some_and(|name| name.chars().all(|it| it.is_ascii_uppercase() || it == '_'))
}

/// The numbers of lines that are longer and could be wrapped.
fn too_long(text: &str) -> Vec<usize> {
    let mut in_code = false;
    let mut long = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        // One word, such as an address, or the one word of a list item.
        let can_wrap = line.trim_start_matches(['-', ' ', '>', '#']).contains(' ');
        if !in_code
            && !fence
            && !line.trim_start().starts_with('|')
            && can_wrap
            && line.chars().count() > WIDTH
        {
            long.push(number);
        }
    }
    long
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_can_be_wrapped_count() {
        let word = "x".repeat(60);
        let line = format!("{word} {word}");
        let text = format!("{line}\n```text\n{line}\n```\n| {line} |\n- {word}{word}\n{word}\n{line}\n");
        assert_eq!(too_long(&text), [1, 8]);
    }

    #[test]
    fn placeholders() {
        for (line, expected) in
            [("@MISSING@", true), ("  @A_B@", true), ("user@HOST", false), ("@media@", false), ("@", false)]
        {
            assert_eq!(is_placeholder(line), expected, "{line}");
        }
    }
}
