//! Editions of the platform.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

/// The file in images of the controller and of the installer that names the edition (upstream:
/// `deckhouse-controller/pkg/edition`, which reads `/deckhouse/edition`).
pub const EDITION_FILE: &str = "deckhouse/edition";

/// The most that is read of an image to find its edition, in bytes: a late step of the build writes the file, so it is in
/// one of the small layers on top.
pub const EDITION_BYTES: u64 = 32 * 1024 * 1024;

/// The longest name of an edition, in characters. The longest known one is `SE-plus`.
const LONGEST: usize = 32;

/// An edition such as `EE`. Its name is compared without regard to case, since files, annotations and repositories spell
/// it differently: `SE-plus`, `se-plus`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition(String);

impl Edition {
    /// The edition that a text names; `None` if it cannot be a name of one.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_uppercase().replace('_', "-").replace('+', "-PLUS");
        let is_name = !name.is_empty()
            && name.len() <= LONGEST
            && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
        is_name.then_some(Self(name))
    }

    /// The edition that the files of an image name, of which those were looked for that are small enough.
    ///
    /// # Errors
    /// Why it is unknown, in words.
    pub fn of_files(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, String> {
        let file = files.get(EDITION_FILE);
        let file = file.ok_or_else(|| format!("no small layer of its image has the file {EDITION_FILE}"))?;
        let edition = Self::parse(&String::from_utf8_lossy(file));
        edition.ok_or_else(|| format!("its file {EDITION_FILE} names no edition"))
    }

    /// The last part of the vendor's repository of this edition, such as `ee`.
    pub fn repository(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Display for Edition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_edition_are_equal() {
        for (text, name) in [
            ("EE", Some("EE")),
            ("ee\n", Some("EE")),
            ("SE-plus", Some("SE-PLUS")),
            ("se_plus", Some("SE-PLUS")),
            ("SE+", Some("SE-PLUS")),
            ("", None),
            ("unknown edition", None),
            ("\u{1b}[2J", None),
            (&"e".repeat(33), None),
        ] {
            let edition = Edition::parse(text).map(|it| it.to_string());
            assert_eq!(edition.as_deref(), name, "{text:?}");
        }
        assert_eq!(Edition::parse("CSE").map(|it| it.repository()).as_deref(), Some("cse"));
    }
}
