//! Searches what users read for the phrases that `docs/style.md` tells us to avoid.
//!
//! Searched: documentation, string literals of the product's crates, and the doc comments of the arguments, which are
//! the help texts. Test code is not searched.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use regex::Regex;

use crate::shell::{output, root};

/// The table of phrases is under this heading, to the end of the file.
const HEADING: &str = "## Phrases we avoid";
const GUIDE: &str = "docs/style.md";
const EXCEPTIONS: &str = "docs/style-exceptions.txt";

/// Their text is read by developers only.
const NOT_SHIPPED: [&str; 2] = ["crates/testkit/", "crates/fuzzing/"];

/// A phrase to avoid.
#[derive(Debug)]
struct Phrase {
    pattern: Regex,
    text: String,
    instead: String,
}

/// Text that users read, and the line of the file that it begins at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Fails with a list of all places where a phrase is used.
pub(crate) fn run() -> Result<()> {
    let read = |path: &str| fs::read_to_string(root().join(path)).with_context(|| path.to_owned());
    let phrases = phrases(&read(GUIDE)?)?;
    let exceptions = read(EXCEPTIONS)?;
    let mut unused: Vec<(&str, &str)> = exceptions.lines().filter_map(|line| line.split_once('\t')).collect();
    let mut found = Vec::new();
    for path in files()? {
        let shown = path.to_string_lossy();
        for text in texts(&path, &read(&shown)?)? {
            for (line, phrase, around) in search(&phrases, &text) {
                let excepted = unused.iter().position(|(file, part)| *file == shown && around.contains(part));
                match excepted {
                    Some(place) => drop(unused.remove(place)),
                    None => found.push(format!("{shown}:{line}: '{}': {}", phrase.text, phrase.instead)),
                }
            }
        }
    }
    found.extend(unused.iter().map(|(file, part)| format!("{EXCEPTIONS}: not found in {file}: {part}")));
    if found.is_empty() {
        return Ok(());
    }
    bail!("phrases to avoid ({GUIDE}):\n{}", found.join("\n"))
}

/// The Rust sources of the product, each with its path and content, but for tests.
pub(crate) fn product_sources() -> Result<Vec<(String, String)>> {
    let sources = files()?.into_iter().filter(|path| path.extension().is_some_and(|it| it == "rs"));
    sources
        .map(|path| {
            let shown = path.to_string_lossy().into_owned();
            Ok((shown, fs::read_to_string(root().join(&path)).with_context(|| path.display().to_string())?))
        })
        .collect()
}

/// The string literals of a Rust source, but for what is compiled for tests only.
pub(crate) fn literals(path: &str, content: &str) -> Result<Vec<Text>> {
    let tokens: TokenStream = content.parse().map_err(|error| anyhow::anyhow!("{path}: {error}"))?;
    let mut texts = Vec::new();
    collect(tokens, false, &mut texts);
    Ok(texts)
}

/// The files that git tracks and users or readers of the documentation see.
fn files() -> Result<Vec<PathBuf>> {
    let listed = output(Command::new("git").current_dir(root()).args(["ls-files"]))?;
    let is_read = |path: &&str| {
        let is_source = path.starts_with("crates/") && path.contains("/src/");
        let is_generated = ["docs/reference/", "docs/man/"].iter().any(|folder| path.starts_with(folder));
        let name = path.rsplit('/').next().unwrap_or(path);
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("md") => *path != GUIDE && !is_generated,
            Some("rs") => {
                is_source
                    && !NOT_SHIPPED.iter().any(|crate_| path.starts_with(crate_))
                    && !["tests.rs", "laws.rs", "fuzz.rs"].contains(&name)
                    && !name.ends_with("_tests.rs")
                    && !path.contains("/tests/")
            }
            Some("sh") => is_source,
            _ => false,
        }
    };
    Ok(listed.lines().filter(is_read).map(PathBuf::from).collect())
}

fn texts(path: &Path, content: &str) -> Result<Vec<Text>> {
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Ok(vec![Text { line: 1, text: content.to_owned() }]);
    }
    let is_help = path.starts_with("crates/cli/src/args");
    let tokens: TokenStream =
        content.parse().map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    let mut texts = Vec::new();
    collect(tokens, is_help, &mut texts);
    Ok(texts)
}

/// Adds the string literals of `tokens`, and the doc comments if `with_docs`, but for what is compiled for tests only.
fn collect(tokens: TokenStream, with_docs: bool, texts: &mut Vec<Text>) {
    let mut is_test = false;
    let mut previous_is_hash = false;
    for token in tokens {
        // `#[…]` and `#![…]`.
        let is_hash = is_punct(&token, '#') || previous_is_hash && is_punct(&token, '!');
        let was_hash = std::mem::replace(&mut previous_is_hash, is_hash);
        match token {
            TokenTree::Group(group) if was_hash && group.delimiter() == Delimiter::Bracket => {
                match attribute(&group) {
                    Attribute::Test => is_test = true,
                    Attribute::Doc if !with_docs => {}
                    Attribute::Doc | Attribute::Other => collect(group.stream(), with_docs, texts),
                }
            }
            TokenTree::Group(group) => {
                let is_body = group.delimiter() == Delimiter::Brace;
                if !is_test {
                    collect(group.stream(), with_docs, texts);
                }
                is_test &= !is_body;
            }
            TokenTree::Literal(literal) if !is_test => {
                let line = literal.span().start().line;
                if let Ok(text) = syn::parse2::<syn::LitStr>(TokenTree::Literal(literal).into()) {
                    texts.push(Text { line, text: text.value() });
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_test = false,
            TokenTree::Punct(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => {}
        }
    }
}

enum Attribute {
    /// `cfg(test)` or `test`.
    Test,
    Doc,
    Other,
}

fn attribute(group: &Group) -> Attribute {
    match group.stream().to_string().replace(' ', "") {
        text if text == "test" || text == "cfg(test)" => Attribute::Test,
        text if text.starts_with("doc=") => Attribute::Doc,
        _ => Attribute::Other,
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// The table of phrases in the style guide.
fn phrases(guide: &str) -> Result<Vec<Phrase>> {
    let table = guide.split_once(HEADING).with_context(|| format!("{GUIDE} has no '{HEADING}'"))?.1;
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let mut phrases = Vec::new();
    for row in rows.filter_map(|row| row.split_once(" | ")).filter(|(phrase, _)| *phrase != "phrase") {
        for text in row.0.split(", ") {
            let words: Vec<String> = text
                .split(' ')
                .map(|word| if word == "…" { r"\w+".to_owned() } else { regex::escape(word) })
                .collect();
            let pattern = Regex::new(&format!(r"(?i)\b{}\b", words.join(r"\s+")))?;
            phrases.push(Phrase { pattern, text: text.to_owned(), instead: row.1.trim().to_owned() });
        }
    }
    if phrases.is_empty() {
        bail!("{GUIDE} has no phrases below '{HEADING}'");
    }
    Ok(phrases)
}

/// Each use of a phrase: the line, the phrase, and the lines that it is on.
fn search<'a>(phrases: &'a [Phrase], text: &Text) -> Vec<(usize, &'a Phrase, String)> {
    let mut found = Vec::new();
    for phrase in phrases {
        for place in phrase.pattern.find_iter(&text.text) {
            let before = text.text[..place.start()].matches('\n').count();
            let begin = text.text[..place.start()].rfind('\n').map_or(0, |at| at + 1);
            let end = text.text[place.end()..].find('\n').map_or(text.text.len(), |at| place.end() + at);
            found.push((text.line + before, phrase, text.text[begin..end].to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE_TEXT: &str = "# x\n\n## Phrases we avoid\n\n| phrase | write instead |\n|---|---|\n| just now | currently |\n| is … told, be told | is informed |\n";

    fn found(path: &str, content: &str) -> Vec<(usize, String)> {
        let phrases = phrases(GUIDE_TEXT).unwrap();
        let texts = texts(Path::new(path), content).unwrap();
        let found = texts.iter().flat_map(|text| search(&phrases, text));
        found.map(|(line, phrase, _)| (line, phrase.text.clone())).collect()
    }

    #[test]
    fn phrases_are_found_in_what_users_read() {
        for (path, content, expected) in [
            ("a.md", "It came Just\nnow.", vec![(1, "just now".to_owned())]),
            ("a.md", "adjust nowhere", vec![]),
            ("a.md", "x\nit is being told", vec![(2, "is … told".to_owned())]),
            ("crates/x/src/a.rs", "fn f() {\n    g(\"just now\");\n}", vec![(2, "just now".to_owned())]),
            ("crates/x/src/a.rs", "fn f() { g(\"just \\\n       now\") }", vec![(1, "just now".to_owned())]),
            ("crates/x/src/a.rs", "//! just now\n/// just now\nfn f() {} // just now", vec![]),
            ("crates/cli/src/args/a.rs", "/// just now\nstruct A;", vec![(1, "just now".to_owned())]),
            (
                "crates/x/src/a.rs",
                "#[cfg(test)]\nmod tests { const A: &str = \"just now\"; }\nconst B: u8 = 0;",
                vec![],
            ),
            (
                "crates/x/src/a.rs",
                "#[cfg(test)]\nmod tests;\nconst A: &str = \"just now\";",
                vec![(3, "just now".to_owned())],
            ),
            ("crates/x/src/a.rs", "#[error(\"just now\")]\nstruct A;", vec![(1, "just now".to_owned())]),
        ] {
            assert_eq!(found(path, content), expected, "{content}");
        }
    }
}
