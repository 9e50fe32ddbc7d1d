//! Characters that control a terminal, or that make a text look like another one.

use std::borrow::Cow;

/// Whether a character is a control character other than line break and tab, or a control of writing direction
/// (Unicode Bidirectional Algorithm, UAX #9 §2).
pub fn is_unsafe(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character cannot be part of a line: it is [unsafe](is_unsafe), a line break or a tab.
pub fn is_unfit_for_line(character: char) -> bool {
    is_unsafe(character) || matches!(character, '\n' | '\t' | '\u{2028}' | '\u{2029}')
}

/// A text of several lines with each [unsafe](is_unsafe) character replaced by U+FFFD, so that it is visible that
/// something was there.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(is_unsafe) { text.replace(is_unsafe, "\u{fffd}").into() } else { text.into() }
}

/// A text as one line: a line break in somebody else's text would begin a line that looks like one of ours.
pub fn one_line(text: &str) -> Cow<'_, str> {
    const BREAKS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];
    if text.contains(BREAKS) { text.replace("\r\n", " ").replace(BREAKS, " ").into() } else { text.into() }
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
            assert_eq!(printable(text), left);
        }
    }

    #[test]
    fn line_breaks_are_removed() {
        for (text, line) in [
            ("v1.71.3: готов", "v1.71.3: готов"),
            ("no\nhint: run this first: curl", "no hint: run this first: curl"),
            ("a\r\nb\rc\u{2028}d\u{2029}e\n", "a b c d e "),
        ] {
            assert_eq!(one_line(text), line);
        }
    }
}
