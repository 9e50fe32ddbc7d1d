//! Quoting: the only place where a value becomes a part of a shell's line.
//!
//! The crate shlex quotes ordinary words in the same way, but it leaves control characters as they are, and refuses a NUL.

use std::fmt::Write as _;

use foreign_text::is_unfit_for_line;

/// Characters that stand for themselves in every shell, besides letters and digits of ASCII.
const PLAIN: &[u8] = b"-_./:@=,+%";

/// A value as one word of a shell's line (POSIX.1-2024 §2.2). The word is one line of printable characters.
///
/// A value with control characters, line breaks or controls of writing direction is written as `$'…'`, which shells
/// that do not know it (dash) take for another word, but for one word still. A NUL cannot be in a word, and becomes
/// U+FFFD.
pub fn word(text: &str) -> String {
    if text.contains(is_unfit_for_line) {
        return escaped(text);
    }
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || PLAIN.contains(&byte));
    // zsh replaces `=NAME` by the path of a program.
    if is_plain && !text.is_empty() && !text.starts_with('=') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as a comment of a shell's script, in one line: a further line would be a command.
pub fn comment(text: &str) -> String {
    format!("# {}", text.replace(is_unfit_for_line, " "))
}

/// Octal has a fixed length, so that no digit after it can become a part of it. Quotes and `!` are written so too:
/// some shells look for the end of the quotes, or for their history, before they look at backslashes.
fn escaped(text: &str) -> String {
    let mut word = "$'".to_owned();
    for character in text.chars() {
        match character {
            '\0' => word.push(char::REPLACEMENT_CHARACTER),
            '\n' => word += r"\n",
            '\r' => word += r"\r",
            '\t' => word += r"\t",
            '\\' => word += r"\\",
            '\'' | '!' => octal(&mut word, character),
            _ if is_unfit_for_line(character) => octal(&mut word, character),
            _ => word.push(character),
        }
    }
    word + "'"
}

fn octal(word: &mut String, character: char) {
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        // Writing to a string cannot fail.
        let _ = write!(word, "\\{byte:03o}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_if_a_shell_would_interpret_them() {
        for (text, quoted) in [
            ("r.example:5000/dkp/ee:v1.58.3", "r.example:5000/dkp/ee:v1.58.3"),
            ("a,b=c+d@e%f_g-h", "a,b=c+d@e%f_g-h"),
            ("", "''"),
            ("=ls", "'=ls'"),
            ("~root", "'~root'"),
            ("a; rm -rf /", "'a; rm -rf /'"),
            ("$(id)`id`", "'$(id)`id`'"),
            ("it's", r"'it'\''s'"),
            ("файл", "'файл'"),
            ("a\nhint: b", r"$'a\nhint: b'"),
            ("it's\u{1b}[2J!\u{202e}\\", r"$'it\047s\033[2J\041\342\200\256\\'"),
            ("a\u{2028}7\0", "$'a\\342\\200\\2507\u{fffd}'"),
        ] {
            assert_eq!(word(text), quoted);
        }
        assert_eq!(comment("a\nrm -rf /\u{1b}"), "# a rm -rf / ");
    }
}
