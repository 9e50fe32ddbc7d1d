//! The words of one command, each made of a value.

use crate::word::word;

/// One word: a beginning that needs no quotes, and mostly a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    begin: &'static str,
    value: Option<String>,
}

impl Word {
    /// As it stands in a line.
    pub(crate) fn quoted(&self) -> String {
        self.begin.to_owned() + &self.value.as_deref().map(word).unwrap_or_default()
    }

    /// As a program gets it.
    pub(crate) fn plain(&self) -> String {
        self.begin.to_owned() + self.value.as_deref().unwrap_or_default()
    }
}

/// Words in their order. An operand that begins with `-` stands behind `--`, so that no program takes it for an
/// option.
#[derive(Debug, Default)]
pub(crate) struct Words {
    words: Vec<Word>,
    operands: Vec<Word>,
}

impl Words {
    /// Words that are always the same.
    pub(crate) fn fixed(mut self, words: &[&'static str]) -> Self {
        self.words.extend(words.iter().map(|begin| Word { begin, value: None }));
        self
    }

    /// A value that is no option.
    pub(crate) fn operand(mut self, value: &str) -> Self {
        let word = Word { begin: "", value: Some(value.to_owned()) };
        // Behind one that was put off, all are: their order counts.
        if value.starts_with('-') || !self.operands.is_empty() {
            self.operands.push(word);
        } else {
            self.words.push(word);
        }
        self
    }

    /// A file that is no option. `-` is not standard input here.
    pub(crate) fn file(mut self, path: &str) -> Self {
        let begin = if path.starts_with('-') { "./" } else { "" };
        self.words.push(Word { begin, value: Some(path.to_owned()) });
        self
    }

    /// An option and its value in a word of its own, unless the value would be taken for an option: `assigned` is the
    /// option with `=`.
    pub(crate) fn option(self, flag: &'static str, assigned: &'static str, value: &str) -> Self {
        if value.starts_with('-') {
            return self.joined(assigned, value);
        }
        self.fixed(&[flag]).joined("", value)
    }

    /// One word of a beginning and a value.
    pub(crate) fn joined(mut self, begin: &'static str, value: &str) -> Self {
        self.words.push(Word { begin, value: Some(value.to_owned()) });
        self
    }

    /// All of them.
    pub(crate) fn all(self) -> Vec<Word> {
        let end = if self.operands.is_empty() { Vec::new() } else { Self::default().fixed(&["--"]).words };
        [self.words, end, self.operands].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: Words) -> String {
        words.all().iter().map(Word::quoted).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn no_value_is_taken_for_an_option() {
        let words =
            |name: &str| Words::default().fixed(&["get", "module"]).operand(name).fixed(&["-o", "yaml"]);
        assert_eq!(line(words("a b")), "get module 'a b' -o yaml");
        assert_eq!(line(words("-oyaml")), "get module -o yaml -- -oyaml");
        assert_eq!(line(words("-a").operand("b")), "get module -o yaml -- -a b");
        assert_eq!(line(Words::default().option("--node", "--node=", "w 1")), "--node 'w 1'");
        assert_eq!(line(Words::default().option("--node", "--node=", "-x")), "--node=-x");
        assert_eq!(line(Words::default().joined("--context=", "")), "--context=''");
        assert_eq!(line(Words::default().file("-")), "./-");
    }
}
