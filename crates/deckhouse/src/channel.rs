//! Release channels: the moving names under which the platform publishes its releases.

use std::{fmt, str::FromStr};

/// A release channel, ordered from the newest releases to the most settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The first to get a release.
    Alpha,
    /// After alpha.
    Beta,
    /// After beta.
    EarlyAccess,
    /// After early access.
    Stable,
    /// The last of the ordinary five.
    RockSolid,
    /// Long-term support; certified editions publish only this one.
    Lts,
}

/// Why a text is not the name of a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a release channel (known: alpha, beta, early-access, stable, rock-solid, lts)")]
pub struct ParseChannelError {
    text: String,
}

impl Channel {
    /// Every channel, from alpha to lts.
    pub const ALL: [Self; 6] =
        [Self::Alpha, Self::Beta, Self::EarlyAccess, Self::Stable, Self::RockSolid, Self::Lts];

    /// The name, which is also the tag in every repository of the platform.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::EarlyAccess => "early-access",
            Self::Stable => "stable",
            Self::RockSolid => "rock-solid",
            Self::Lts => "lts",
        }
    }

    /// The name as the platform's settings spell it: `EarlyAccess`, where the registry has `early-access`.
    pub fn in_settings(self) -> &'static str {
        match self {
            Self::Alpha => "Alpha",
            Self::Beta => "Beta",
            Self::EarlyAccess => "EarlyAccess",
            Self::Stable => "Stable",
            Self::RockSolid => "RockSolid",
            Self::Lts => "LTS",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Either spelling is taken: people copy it from what they look at.
impl FromStr for Channel {
    type Err = ParseChannelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.name() == text || channel.in_settings() == text)
            .ok_or_else(|| ParseChannelError { text: text.chars().take(100).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for channel in Channel::ALL {
            assert_eq!(channel.to_string().parse(), Ok(channel));
            assert_eq!(channel.in_settings().parse(), Ok(channel));
        }
        assert!(Channel::ALL.is_sorted());
    }

    #[test]
    fn an_unknown_name_lists_all_known_ones() {
        for text in ["", "ALPHA", "rocksolid", "early_access", "v1.58.3"] {
            let error = text.parse::<Channel>().unwrap_err().to_string();
            for channel in Channel::ALL {
                assert!(error.contains(channel.name()), "{error}");
            }
            assert!(error.starts_with(&format!("'{text}'")), "{error}");
        }
    }
}
