//! JSON that can be printed to a terminal.

use std::{borrow::Cow, fmt::Write as _};

use crate::is_unsafe;

/// A JSON document with its [unsafe](is_unsafe) characters escaped. They can only be inside strings, and a program that
/// reads the document gets them unchanged.
pub fn escaped_json(document: &str) -> Cow<'_, str> {
    if !document.contains(is_unsafe) {
        return document.into();
    }
    let mut escaped = String::with_capacity(document.len() + 16);
    for character in document.chars() {
        if is_unsafe(character) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_escaped_document_has_the_same_value() {
        let value = serde_json::json!({ "text": "a\u{9b}2J\u{7f}\u{202e}\u{1b}[31m\nготов" });
        let document = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escaped_json(&document);
        assert!(!escaped.contains(is_unsafe), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        assert!(matches!(escaped_json("{\"a\":1}\n"), Cow::Borrowed(_)));
    }
}
