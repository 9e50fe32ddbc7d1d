//! Streebog-256 as the platform writes it down.

use std::{fmt, str::FromStr};

use streebog::{Digest as _, Streebog256};

/// Length of a sum in bytes.
const LENGTH: usize = 32;

/// A GOST R 34.11-2012 sum of 256 bits. As text it is 64 lower-case hex digits in the order in which the
/// function gives its bytes, as `gost12sum`, `rhash` and `openssl` print it; RFC 6986 prints the reverse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GostSum([u8; LENGTH]);

impl GostSum {
    /// The sum of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Streebog::new();
        hasher.update(bytes);
        hasher.finish()
    }
}

/// Why a text is no sum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no GOST sum (64 hex digits)")]
pub struct ParseSumError;

impl FromStr for GostSum {
    type Err = ParseSumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != LENGTH || !rest.is_empty() {
            return Err(ParseSumError);
        }
        let mut sum = [0; LENGTH];
        for (byte, [high, low]) in sum.iter_mut().zip(pairs) {
            let (high, low) = nibble(*high).zip(nibble(*low)).ok_or(ParseSumError)?;
            *byte = high << 4 | low;
        }
        Ok(Self(sum))
    }
}

impl fmt::Display for GostSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for GostSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for GostSum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An incremental [`GostSum`].
#[derive(Debug, Clone, Default)]
pub struct Streebog(Streebog256);

impl Streebog {
    /// A fresh hasher.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The sum of everything taken.
    pub fn finish(self) -> GostSum {
        GostSum(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 6986 section 10.1, in the order of the tools, and of the platform's own test.
    #[test]
    fn known_sums() {
        let cases = [
            ("", "3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb"),
            (
                "012345678901234567890123456789012345678901234567890123456789012",
                "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500",
            ),
            (
                "The quick brown fox jumps over the lazy dog",
                "3e7dea7f2384b6c5a3d0e24aaa29c05e89ddd762145030ec22c71a6db8b2c1f4",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(GostSum::of(text.as_bytes()).to_string(), expected);
            let mut hasher = Streebog::new();
            text.bytes().for_each(|byte| hasher.update(&[byte]));
            assert_eq!(hasher.finish(), expected.to_uppercase().parse().unwrap());
        }
    }

    #[test]
    fn what_is_no_sum() {
        let digits = "a".repeat(64);
        for text in
            ["", "a", &digits[1..], &format!("{digits}a"), &format!("{}+f", &digits[2..]), &"ё".repeat(32)]
        {
            assert_eq!(text.parse::<GostSum>(), Err(ParseSumError), "{text}");
        }
    }
}
