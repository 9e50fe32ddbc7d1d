//! Sizes, counts, lists and next steps as text.

use std::fmt::Write as _;

use commands::Sentence;

/// The width of lists, in columns. Digests and addresses may be longer than what is left of it.
const WIDTH: usize = 80;

/// A size in binary units with three figures: `512 B`, `4.20 GiB`.
#[expect(clippy::cast_precision_loss, reason = "three figures are shown")]
pub(crate) fn human(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A count with its noun: `1 blob`, `2 blobs`.
pub(crate) fn count(n: impl TryInto<u64>, noun: &str) -> String {
    match n.try_into() {
        Ok(1) => format!("1 {noun}"),
        // `day` keeps its letter.
        Ok(n) if noun.ends_with('y') && !noun.ends_with("ay") => {
            format!("{n} {}ies", &noun[..noun.len() - 1])
        }
        Ok(n) => format!("{n} {noun}s"),
        Err(_) => format!("many {noun}s"),
    }
}

/// The number of files of a bundle, to follow its size; empty for one.
pub(crate) fn in_files(archives: usize, files: usize) -> String {
    match (archives, files) {
        (1, 1) => String::new(),
        (1, files) => format!(" in {}", count(files, "part")),
        (archives, files) if archives == files => format!(" in {}", count(archives, "archive")),
        (archives, files) => format!(" in {} ({})", count(archives, "archive"), count(files, "file")),
    }
}

/// The width of the names in front of values, in columns.
pub(crate) const NAMES: usize = 10;

/// A line with a name, and a list that continues below itself.
pub(crate) fn named_list(name: &str, words: &[String]) -> String {
    wrapped(&format!("{name:<NAMES$} "), NAMES + 1, words)
}

/// The words, or `none`.
pub(crate) fn or_none(words: impl Iterator<Item = String>) -> Vec<String> {
    let words: Vec<String> = words.collect();
    if words.is_empty() { vec!["none".to_owned()] } else { words }
}

/// A list behind `begin`, in lines of [`WIDTH`] columns, each further one indented.
pub(crate) fn wrapped(begin: &str, indent: usize, words: &[String]) -> String {
    let comma = |number: usize| if number + 1 < words.len() { "," } else { "" };
    let words = words.iter().enumerate().map(|(number, word)| format!("{word}{}", comma(number)));
    filled(begin, indent, words)
}

/// A text behind `begin`, in lines of [`WIDTH`] columns, each further one indented.
pub(crate) fn paragraph(begin: &str, indent: usize, text: &str) -> String {
    filled(begin, indent, text.split_whitespace().map(str::to_owned))
}

fn filled(begin: &str, indent: usize, words: impl Iterator<Item = String>) -> String {
    let (mut text, mut column) = (begin.to_owned(), begin.chars().count());
    for (number, word) in words.enumerate() {
        let (width, is_first) = (word.chars().count(), number == 0);
        if !is_first && column + 1 + width > WIDTH {
            let _ = write!(text, "\n{:indent$}", "");
            column = indent;
        } else if !is_first {
            text.push(' ');
            column += 1;
        }
        text.push_str(&word);
        column += width;
    }
    text.push('\n');
    text
}

/// What to do after success: numbered steps, or one line.
pub(crate) fn next_steps(steps: &[Sentence]) -> String {
    match steps {
        [] => String::new(),
        [step] => format!("next       {step}\n"),
        steps => {
            let numbered = (1..).zip(steps).map(|(number, step)| format!("  {number}. {step}\n"));
            format!("next:\n{}", numbered.collect::<String>())
        }
    }
}

/// Vulnerability databases without the folder that all of them are in.
pub(crate) fn database_names(paths: &[String]) -> Vec<String> {
    paths.iter().map(|path| path.strip_prefix("security/").unwrap_or(path).to_owned()).collect()
}

/// `2026-11-24 10:00 UTC`
pub(crate) fn minute(time: cluster::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Time of day of something that happens within hours: `10:00:05 UTC`
pub(crate) fn clock(time: cluster::Timestamp) -> String {
    time.strftime("%H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_wide_as_a_terminal() {
        let text = paragraph("   impact   ", 12, &format!("{} {}", "word ".repeat(20), "x".repeat(90)));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0].chars().count() <= WIDTH && lines[1].starts_with(&format!("{}word", " ".repeat(12)))
        );
        assert_eq!(lines[2].trim(), "x".repeat(90));
        assert_eq!(wrapped("a: ", 3, &["b".to_owned(), "c".to_owned()]), "a: b, c\n");
    }

    #[test]
    fn sizes() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (10 * 1024 * 1024, "10.0 MiB"),
            (1_073_741_823, "1.00 GiB"),
            (27_000_000_000, "25.1 GiB"),
            (u64::MAX, "16384 PiB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(human(bytes), expected);
        }
        assert_eq!(
            (count(1_u64, "blob"), count(2_usize, "repository")),
            ("1 blob".into(), "2 repositories".into())
        );
        assert_eq!((count(1_u64, "day"), count(40_u64, "day")), ("1 day".into(), "40 days".into()));
    }
}
