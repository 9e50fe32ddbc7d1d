//! The reason that a server gives for a refusal: its error document, that of an object store, or a web page.

use foreign_text::ForeignText;
use serde_json::Value;

use crate::envelope::{Envelope, Problem};

/// Text of a server is cut to this many characters before it is shown.
const MAX_SHOWN: usize = 300;

/// What a server says in the body of a refusal, safe to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The code of the error document; may be empty.
    pub(crate) code: String,
    /// The words of the document or page; may be empty.
    pub(crate) words: String,
    /// Whether the body is a registry's error document.
    pub(crate) is_document: bool,
}

impl Reason {
    /// Reads a body: the error document of the distribution specification with the first problem's detail, the
    /// `<Error>` of S3, the title of an HTML page, or the beginning of a text.
    pub(crate) fn of(body: &[u8]) -> Self {
        if let Some(problem) = Envelope::parse(body).and_then(|envelope| envelope.errors.into_iter().next()) {
            return Self { code: displayable(&problem.code), words: words(&problem), is_document: true };
        }
        let text = String::from_utf8_lossy(body);
        if let Some(code) = element(&text, "Code").filter(|_| text.contains("<Error>")) {
            let words = element(&text, "Message").unwrap_or_default();
            return Self { code, words, is_document: false };
        }
        Self { words: page(&text), ..Self::default() }
    }

    /// Code and words in one.
    pub(crate) fn text(&self) -> String {
        match (self.code.is_empty(), self.words.is_empty()) {
            (false, false) => format!("{}: {}", self.code, self.words),
            _ => format!("{}{}", self.code, self.words),
        }
    }
}

/// The message of a problem, and its detail if that adds anything.
fn words(problem: &Problem) -> String {
    let message = displayable(&problem.message);
    let detail = match &problem.detail {
        Value::Null => String::new(),
        Value::String(text) => displayable(text),
        Value::Object(fields) if fields.is_empty() => String::new(),
        Value::Array(items) if items.is_empty() => String::new(),
        other => displayable(&other.to_string()),
    };
    match (message.is_empty(), detail.is_empty() || message.contains(&detail)) {
        (_, true) => message,
        (true, false) => detail,
        (false, false) => displayable(&format!("{message}: {detail}")),
    }
}

/// The title of an HTML page, or the beginning of a plain text.
pub(crate) fn page(text: &str) -> String {
    let is_markup = text.trim_start().starts_with('<');
    match element(text, "title") {
        Some(title) => title,
        None if is_markup => String::new(),
        None => displayable(text),
    }
}

/// The text of the first element with this name. Names are compared without case, as HTML has them.
fn element(text: &str, name: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    let begin = lower.find(&format!("<{name}"))?;
    let begin = begin + lower[begin..].find('>')? + 1;
    let end = begin + lower[begin..].find(&format!("</{name}>"))?;
    Some(displayable(&text[begin..end]))
}

/// A server's text as one short line that is safe to print.
pub(crate) fn displayable(text: &str) -> String {
    ForeignText::limited(text.trim(), MAX_SHOWN).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons() {
        for (body, expected) in [
            (r#"{"errors":[{"code":"DENIED","message":"no"}]}"#, "DENIED: no"),
            (
                r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{}}]}"#,
                "UNKNOWN: unknown error",
            ),
            (
                r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{"Op":"mkdir","Err":28}}]}"#,
                r#"UNKNOWN: unknown error: {"Err":28,"Op":"mkdir"}"#,
            ),
            (
                r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":"no space left on device"}]}"#,
                "UNKNOWN: unknown error: no space left on device",
            ),
            (
                r#"{"errors":[{"code":"UNAUTHORIZED","detail":[{"Name":"a"}]}]}"#,
                r#"UNAUTHORIZED: [{"Name":"a"}]"#,
            ),
            (r#"{"errors":[{"code":"X","message":"gone: a","detail":"a"}]}"#, "X: gone: a"),
            (
                "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
                "AccessDenied: Access Denied",
            ),
            ("<html><head><TITLE lang=ru>502 Bad\nGateway</TITLE></head></html>", "502 Bad Gateway"),
            ("<html>no title</html>", ""),
            ("404 page not found\n", "404 page not found"),
            ("", ""),
        ] {
            let reason = Reason::of(body.as_bytes());
            assert_eq!(reason.text(), expected);
            assert_eq!(reason.is_document, body.starts_with('{'), "{body}");
        }
    }

    #[test]
    fn the_text_of_others_is_one_line_without_controls() {
        assert_eq!(displayable("a\u{1b}[31mb\r\nc\u{202e}d "), "a\u{fffd}[31mb c\u{fffd}d");
        assert_eq!(displayable(&"x".repeat(1000)), "x".repeat(MAX_SHOWN) + "...");
    }
}
