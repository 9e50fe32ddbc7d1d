//! A version of the kernel as `uname -r` says it.

use std::{fmt, str::FromStr};

/// A version that is safe to put into a script: `5.15.0-53-generic`, `5.14.0-427.13.1.el9_4.x86_64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelVersion(String);

/// Why a text is not a version of a kernel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a version as `uname -r` prints it, such as 5.15.0-53-generic")]
pub struct NoKernelVersion(String);

/// Longer than any that `uname -r` prints: its field has 65 bytes (uname(2)).
const LONGEST: usize = 64;

impl FromStr for KernelVersion {
    type Err = NoKernelVersion;

    /// Digits, a dot, digits, and then letters, digits and `. _ + - ~` only: it goes into a shell script and into
    /// a Go template, and neither knows a meaning for these.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NoKernelVersion(text.chars().take(LONGEST).collect());
        let (major, rest) = text.split_once('.').ok_or_else(refused)?;
        let minor = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_number = !major.is_empty() && major.bytes().all(|b| b.is_ascii_digit()) && minor > 0;
        let is_safe = |b: u8| b.is_ascii_alphanumeric() || b"._+-~".contains(&b);
        if is_number && rest.bytes().all(is_safe) && text.len() <= LONGEST {
            Ok(Self(text.to_owned()))
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KernelVersion {
    /// Whether it is lower than one that runs, by the numbers before the first word.
    pub(super) fn is_below(&self, running: &str) -> bool {
        numbers(&self.0) < numbers(running)
    }

    /// As `uname -r` prints it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn numbers(text: &str) -> Vec<u64> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_numbers() {
        for (version, running, below) in [
            ("5.4.0-150-generic", "5.15.0-53-generic", true),
            ("5.15.0-53-generic", "5.15.0-53-generic", false),
            ("5.15.0-53-generic", "5.15.0-53-lowlatency", false),
            ("5.15.0-53-generic", "5.4.0-150-generic", false),
            ("5.14.0-362.el9.x86_64", "5.14.0-427.13.1.el9_4.x86_64", true),
            ("6.1", "", false),
        ] {
            assert_eq!(
                version.parse::<KernelVersion>().unwrap().is_below(running),
                below,
                "{version} {running}"
            );
        }
    }

    #[test]
    fn only_characters_without_meaning_for_shell_and_template() {
        for text in ["5.15.0-53-generic", "5.14.0-427.13.1.el9_4.x86_64", "6.1", "6.12.0~rc1+deb12-amd64"] {
            assert_eq!(text.parse::<KernelVersion>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "5",
            "5.",
            ".5",
            "5.x",
            "v5.15.0",
            "5.15.0 ",
            "5.15.0\n",
            "5.15.0;reboot",
            "5.15.0$(id)",
            "5.15.0`id`",
            "5.15.0\"",
            "5.15.0'",
            "5.15.0{{.x}}",
            "5.15.0/../x",
            "5.15.0*",
            "5.15.0=1",
            "latest",
            "linux-image-5.15.0",
        ] {
            assert!(text.parse::<KernelVersion>().is_err(), "{text}");
        }
        assert!(format!("5.15{}", "0".repeat(LONGEST)).parse::<KernelVersion>().is_err());
    }
}
