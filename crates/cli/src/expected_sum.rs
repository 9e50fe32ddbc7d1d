//! `--expect-sum`: the sum of a bundle and the files next to it.

use std::{fmt, str::FromStr};

use mirror::set_sum::SetList;

use crate::{exit_code::Exit, failure::Failure};

/// Hexadecimal digits of a sum.
const DIGITS: usize = 64;

/// A SHA-256 or GOST R 34.11-2012 sum: both have 64 digits, and whichever is right counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedSum(String);

impl FromStr for ExpectedSum {
    type Err = String;

    /// Takes the digits in any case, with blanks, dashes or colons between them.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | ':')).collect();
        sum_digits(&digits).map(Self).ok_or_else(|| {
            format!("expected {DIGITS} hexadecimal digits, as the pull prints them after the word \"sum\"")
        })
    }
}

impl fmt::Display for ExpectedSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(&self.0))
    }
}

impl ExpectedSum {
    /// Compares it with what is here; `files` are the names of the files that were found next to the bundle.
    pub(crate) fn check(&self, list: &SetList, files: &[&str]) -> Result<(), Failure> {
        let actual = list.sha256();
        if self.0 == actual || self.0 == list.gost() {
            return Ok(());
        }
        let files = if files.is_empty() { "no files next to it".to_owned() } else { files.join(", ") };
        let message =
            format!("the sum is {}, not {self} (of {} images, {files})", grouped(&actual), list.images());
        Err(Failure::new(Exit::Incomplete, message).hint(
            "compare the digits again with those that the pull printed; copy all files that the pull wrote: the bundle, \
             deckhousereleases.yaml and dhctl; if the sum still differs, do not use this bundle",
        ))
    }
}

/// The digits of a sum in lower case, if `text` consists of the digits of one sum.
pub(crate) fn sum_digits(text: &str) -> Option<String> {
    let is_sum = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| text.to_ascii_lowercase())
}

/// The lines with the sums.
pub(crate) fn sums_text(sha256: Option<&str>, gost: Option<&str>) -> String {
    let lines = [("sum", sha256), ("gost sum", gost)];
    lines.iter().filter_map(|(name, sum)| Some(format!("{name:<10} {}\n", grouped((*sum)?)))).collect()
}

/// A sum in groups of four digits, to be read out.
fn grouped(sum: &str) -> String {
    let mut text = String::with_capacity(sum.len() + sum.len() / 4);
    for (number, digit) in sum.chars().enumerate() {
        if number > 0 && number % 4 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_read_with_or_without_spaces() {
        let list = SetList::default();
        for sum in [list.sha256(), list.gost()] {
            let spelled = [sum.clone(), grouped(&sum), sum.to_uppercase(), grouped(&sum).replace(' ', "-")];
            for text in spelled {
                text.parse::<ExpectedSum>().unwrap().check(&list, &[]).unwrap();
            }
        }
        for wrong in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
            assert!(wrong.parse::<ExpectedSum>().is_err(), "{wrong}");
        }
        let failure = "0".repeat(64).parse::<ExpectedSum>().unwrap().check(&list, &["dhctl"]).unwrap_err();
        assert_eq!(failure.exit, Exit::Incomplete);
        assert!(failure.message.to_string().contains(&grouped(&list.sha256())), "{}", failure.message);
    }

    #[test]
    fn edited_sums_never_panic() {
        fuzzing::fuzz!(["c286 e8f1-06F5:487f", &"a".repeat(64)], |bytes: &[u8]| {
            drop(std::str::from_utf8(bytes).map(str::parse::<ExpectedSum>));
        });
    }
}
