//! Lines of YAML in a text such as a log: where a field begins, and which lines below belong to it.

use std::sync::LazyLock;

use regex::Regex;

/// The time before each line of a log of Kubernetes.
static TIME: LazyLock<Regex> =
    LazyLock::new(|| match Regex::new(r"^\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d) ") {
        Ok(regex) => regex,
        Err(error) => unreachable!("it is constant: {error}"),
    });

/// The current line of a text.
#[derive(Debug)]
pub(super) struct Line {
    /// Up to here, the text was searched for line feeds: each part of it once, since a line may have some MiB.
    searched: usize,
    /// Where it begins, behind the time.
    start: usize,
    /// Where its content begins, behind spaces and `- `.
    pub(super) content: usize,
}

impl Line {
    pub(super) fn first(text: &str) -> Self {
        Self { searched: 0, start: 0, content: 0 }.at(text, 0)
    }

    /// Moves on to the line that `at` is in.
    pub(super) fn move_to(&mut self, text: &str, at: usize) {
        if at <= self.searched {
            return;
        }
        if let Some(end) = text.as_bytes()[self.searched..at].iter().rposition(|byte| *byte == b'\n') {
            let start = self.searched + end + 1;
            *self = Self { ..*self }.at(text, start);
        }
        self.searched = at;
    }

    fn at(self, text: &str, start: usize) -> Self {
        let start = start + time(&text[start..]);
        let line = &text[start..];
        let content = start + line.len() - line.trim_start_matches([' ', '\t', '-']).len();
        Self { start, content, ..self }
    }

    /// The spaces before a field that is the first of its line, also of a line of a text within JSON; quotes around its name
    /// are ignored. `from`: where the part of the text begins that was not looked at.
    pub(super) fn spaces_before(&self, text: &str, from: usize, at: usize) -> Option<usize> {
        let is_quoted = at == self.content + 1 && text[self.content..].starts_with(['"', '\'']);
        if at <= self.content || is_quoted {
            return Some(at.min(self.content).saturating_sub(self.start));
        }
        let before = &text[from.max(self.start).min(at)..at];
        let other = before.trim_end_matches([' ', '-']);
        (other.ends_with(r"\n") || other.ends_with('"')).then(|| before.len() - other.len())
    }
}

/// Where the lines from `from` on end that belong to a field: those with more spaces before them, and if it is a list, its
/// items. `from` if there are none. `feed` is what separates lines: in a text within JSON it is escaped.
pub(super) fn lines_below(text: &str, from: usize, spaces: usize, feed: &str, is_list: bool) -> usize {
    let (mut end, mut at) = (from, from);
    for line in text[from..].split(feed) {
        let start = at;
        at += line.len() + feed.len();
        let inside = if feed == "\n" { line.len() } else { end_of_escaped(line) };
        let content = &line[time(line).min(inside)..inside];
        let trimmed = content.trim_start();
        if !trimmed.is_empty() {
            let before = content.len() - trimmed.len();
            let is_item = is_list && before == spaces && (trimmed.starts_with("- ") || trimmed == "-");
            if before <= spaces && !is_item {
                break;
            }
            end = start + inside;
        }
        if inside < line.len() {
            break;
        }
    }
    end
}

/// Where a text within JSON ends: at a quote that is not escaped, or with the line.
fn end_of_escaped(line: &str) -> usize {
    let is_end = |at: &usize| line.as_bytes()[*at] == b'\n' || !line[..*at].ends_with('\\');
    line.match_indices(['"', '\n']).map(|(at, _)| at).find(is_end).unwrap_or(line.len())
}

/// The length of the time before a line.
fn time(line: &str) -> usize {
    TIME.find(line).map_or(0, |time| time.end())
}
