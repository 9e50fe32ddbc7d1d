//! Patterns of tag and repository rules in Harbor (`doublestar`: `*`, `**`, `?`, `{a,b}`).

/// Whether a pattern matches a text. A pattern with a character class (`[…]`) or an escape counts as matching, since it is
/// used to find rules that could do harm.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    if pattern.contains(['[', '\\']) {
        return true;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    alternatives(&pattern).iter().any(|pattern| plain(pattern, &text))
}

/// The patterns that a pattern with braces stands for. Braces that do not close are ordinary characters.
fn alternatives(pattern: &[char]) -> Vec<Vec<char>> {
    /// A rule of a person has few; more are not looked at.
    const MOST: usize = 256;
    let mut done = Vec::new();
    let mut open = vec![pattern.to_vec()];
    while let Some(pattern) = open.pop() {
        let begin = pattern.iter().rposition(|&it| it == '{');
        let inner = begin.and_then(|begin| {
            let length = pattern[begin..].iter().position(|&it| it == '}')?;
            Some((begin, begin + length))
        });
        match inner {
            Some((begin, end)) if done.len() + open.len() < MOST => {
                for part in pattern[begin + 1..end].split(|&it| it == ',') {
                    open.push([&pattern[..begin], part, &pattern[end + 1..]].concat());
                }
            }
            _ => done.push(pattern),
        }
    }
    done
}

/// With `*`, `**` and `?` only. The work is at most the product of both lengths.
fn plain(pattern: &[char], text: &[char]) -> bool {
    // `reached[n]`: the pattern so far matches the first n characters.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut rest = pattern;
    while let Some((&first, after)) = rest.split_first() {
        let mut next = vec![false; text.len() + 1];
        if first == '*' {
            let double = after.first() == Some(&'*');
            rest = if double { &after[1..] } else { after };
            // `**/` also matches nothing.
            if double && rest.first() == Some(&'/') && reached[0] {
                let without: &[char] = &rest[1..];
                if plain(without, text) {
                    return true;
                }
            }
            for n in 0..=text.len() {
                let grows = n > 0 && next[n - 1] && (double || text[n - 1] != '/');
                next[n] = reached[n] || grows;
            }
        } else {
            rest = after;
            for n in 1..=text.len() {
                let fits = if first == '?' { text[n - 1] != '/' } else { text[n - 1] == first };
                next[n] = reached[n - 1] && fits;
            }
        }
        reached = next;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_doublestar_does() {
        for (pattern, text, expected) in [
            ("**", "stable", true),
            ("**", "deckhouse/ee/release-channel", true),
            ("*", "deckhouse/ee", false),
            ("*", "stable", true),
            ("v*", "stable", false),
            ("v*", "v1.58.3", true),
            ("{stable,alpha}", "alpha", true),
            ("{stable,alpha}", "beta", false),
            ("deckhouse/**", "deckhouse/ee/install", true),
            ("**/release-channel", "deckhouse/ee/release-channel", true),
            ("**/release-channel", "release-channel", true),
            ("deckhouse/{ee,fe}/*", "deckhouse/fe/install", true),
            ("s?able", "stable", true),
            ("s?able", "sable", false),
            ("", "a", false),
            ("[a-z]*", "stable", true),
            ("{a", "{a", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn edited_patterns_end() {
        fuzzing::fuzz!(["**/{a,b}*?", "{{a,b},{c,d}}"], |bytes: &[u8]| {
            if let Ok(text) = std::str::from_utf8(bytes)
                && text.len() < 200
            {
                matches(text, "deckhouse/ee/release-channel");
            }
        });
    }
}
