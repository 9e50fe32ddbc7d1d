//! Text that somebody else wrote: a message of a cluster, the reason that a registry gave, a name in a bundle.
//!
//! The author of such a text must not control a terminal or the look of our own lines. [`ForeignText`] is created where
//! the text is read, so that later code does not need to know where it came from.

#![forbid(unsafe_code)]

mod characters;
mod json;

use std::{
    borrow::Borrow,
    fmt::{self, Display, Formatter},
    ops::Deref,
};

use serde::{Deserialize, Deserializer, Serialize};

pub use characters::{is_unfit_for_line, is_unsafe, one_line, printable};
pub use json::escaped_json;

/// A text of at most [`ForeignText::LIMIT`] characters, in one line, without characters that control a terminal.
///
/// ```
/// use foreign_text::ForeignText;
///
/// let message = ForeignText::from("not ready\nhint: run this first\u{1b}[2J");
/// assert_eq!(message.as_str(), "not ready hint: run this first\u{fffd}[2J");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ForeignText(String);

impl ForeignText {
    /// The longest text in characters. A longer one is cut and ends with `...`.
    pub const LIMIT: usize = 4096;

    /// The text, of at most `limit` characters.
    pub fn limited(text: &str, limit: usize) -> Self {
        // Every input character becomes one character or none, so nothing after the limit has to be read.
        let mut kept = String::with_capacity(text.len().min(limit));
        let mut count = 0;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            if count == limit {
                kept.push_str("...");
                break;
            }
            match character {
                '\r' if characters.peek() == Some(&'\n') => continue,
                '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => kept.push(' '),
                _ if is_unsafe(character) => kept.push('\u{fffd}'),
                _ => kept.push(character),
            }
            count += 1;
        }
        Self(kept)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ForeignText {
    fn from(text: &str) -> Self {
        Self::limited(text, Self::LIMIT)
    }
}

impl From<String> for ForeignText {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<ForeignText> for String {
    fn from(text: ForeignText) -> Self {
        text.0
    }
}

impl Display for ForeignText {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Deref for ForeignText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ForeignText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ForeignText {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ForeignText {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for ForeignText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'de> Deserialize<'de> for ForeignText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_one_line_without_control_characters() {
        for (text, shown) in [
            ("v1.71.3: готов", "v1.71.3: готов"),
            ("no\nhint: run this first: curl", "no hint: run this first: curl"),
            ("a\r\nb\rc\u{2028}d\u{2029}e\tf", "a b c d e f"),
            ("\u{1b}[31mred\u{1b}]0;title\u{7}", "\u{fffd}[31mred\u{fffd}]0;title\u{fffd}"),
            ("v1\u{202e}3.2", "v1\u{fffd}3.2"),
        ] {
            assert_eq!(ForeignText::from(text), shown);
            let read: ForeignText = serde_json::from_str(&serde_json::to_string(text).unwrap()).unwrap();
            assert_eq!(read, shown);
        }
        assert_eq!(ForeignText::limited("abcd", 4), "abcd");
        assert_eq!(ForeignText::limited("abcde", 4), "abcd...");
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_printable_line(text in any::<String>()) {
            let foreign = ForeignText::from(text.as_str());
            prop_assert!(!foreign.contains(['\n', '\r', '\t']));
            prop_assert!(!foreign.contains(is_unfit_for_line));
            prop_assert_eq!(&ForeignText::from(foreign.as_str()), &foreign);
        }
    }
}
