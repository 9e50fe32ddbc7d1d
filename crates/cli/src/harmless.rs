//! Text of others, as a cluster's messages or a registry's names, made harmless for a terminal.

use std::{borrow::Cow, fmt::Write as _};

/// The text without what a terminal obeys or what lets a line look like another one: control characters but line
/// break and tab, and the controls of writing direction (Unicode Bidirectional Algorithm, UAX #9 §2). Each becomes
/// U+FFFD, so that it is seen that something was there.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.contains(harms) { text.replace(harms, "\u{fffd}").into() } else { text.into() }
}

/// The text as one line: a break in a text of others would begin a line that looks like one of ours.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    const BREAKS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];
    if text.contains(BREAKS) { text.replace("\r\n", " ").replace(BREAKS, " ").into() } else { text.into() }
}

/// A JSON document with the same characters escaped: they can only be in its strings, and a program gets them unchanged.
pub(crate) fn escaped_json(document: &str) -> Cow<'_, str> {
    if !document.contains(harms) {
        return document.into();
    }
    let mut escaped = String::with_capacity(document.len() + 16);
    for character in document.chars() {
        if harms(character) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped.into()
}

fn harms(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_is_left() {
        for (text, left) in [
            ("v1.71.3: готов\n\tок", "v1.71.3: готов\n\tок"),
            ("\u{1b}[31mred\u{1b}]0;title\u{7}", "\u{fffd}[31mred\u{fffd}]0;title\u{fffd}"),
            ("a\rb\u{9b}2Jc\u{7f}", "a\u{fffd}b\u{fffd}2Jc\u{fffd}"),
            ("v1\u{202e}3.2", "v1\u{fffd}3.2"),
        ] {
            assert_eq!(harmless(text), left);
        }
    }

    #[test]
    fn no_text_begins_a_line() {
        for (text, line) in [
            ("v1.71.3: готов", "v1.71.3: готов"),
            ("no\nhint: run this first: curl", "no hint: run this first: curl"),
            ("a\r\nb\rc\u{2028}d\u{2029}e\n", "a b c d e "),
        ] {
            assert_eq!(one_line(text), line);
        }
    }

    #[test]
    fn json_means_the_same_afterwards() {
        let value = serde_json::json!({ "text": "a\u{9b}2J\u{7f}\u{202e}\u{1b}[31m\nготов" });
        let document = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escaped_json(&document);
        assert!(!escaped.contains(harms), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        assert!(matches!(escaped_json("{\"a\":1}\n"), Cow::Borrowed(_)));
    }
}
