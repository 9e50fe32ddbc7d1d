//! Text of others, as a cluster's messages or a registry's names, made harmless for a terminal.

use std::borrow::Cow;

/// The text without what a terminal obeys or what lets a line look like another one: control characters but line
/// break and tab, and the controls of writing direction (Unicode Bidirectional Algorithm, UAX #9 §2). Each becomes
/// U+FFFD, so that it is seen that something was there.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.contains(harms) { text.replace(harms, "\u{fffd}").into() } else { text.into() }
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
}
