//! A Streebog-256 sum and its text form.

use std::{fmt, str::FromStr};

use gost_hash::Streebog;

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
        Self(hasher.finish())
    }
}

impl From<[u8; LENGTH]> for GostSum {
    fn from(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }
}

/// The error for a text that is not a GOST sum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a GOST checksum (64 hex digits)")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_sums_are_refused() {
        let digits = "a".repeat(64);
        for text in
            ["", "a", &digits[1..], &format!("{digits}a"), &format!("{}+f", &digits[2..]), &"ё".repeat(32)]
        {
            assert_eq!(text.parse::<GostSum>(), Err(ParseSumError), "{text}");
        }
    }
}
