//! What a registry said to one question.

use foreign_text::ForeignText;
use semver::Version;
use serde::Serialize;

/// An answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "answer", content = "value")]
pub enum RegistryAnswer<T> {
    /// It is there.
    #[serde(rename = "is")]
    Found(T),
    /// It is certainly not there.
    Missing,
    /// The login may not see it: the registry's words.
    Denied(ForeignText),
    /// No usable answer; why.
    Unknown(ForeignText),
}

impl<T> RegistryAnswer<T> {
    /// What is there.
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(value) => Some(value),
            _ => None,
        }
    }

    /// What is made of the thing that is there; words, if it is not what it should be.
    pub fn read<U>(self, make: impl FnOnce(T) -> Result<U, String>) -> RegistryAnswer<U> {
        match self {
            Self::Found(value) => {
                make(value).map_or_else(|why| RegistryAnswer::Unknown(why.into()), RegistryAnswer::Found)
            }
            Self::Missing => RegistryAnswer::Missing,
            Self::Denied(why) => RegistryAnswer::Denied(why),
            Self::Unknown(why) => RegistryAnswer::Unknown(why),
        }
    }

    /// Why there is no answer.
    pub fn why_unknown(&self) -> Option<&str> {
        match self {
            Self::Found(_) | Self::Missing => None,
            Self::Denied(why) | Self::Unknown(why) => Some(why),
        }
    }
}

/// The releases in `release-channel`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseList {
    /// Those whose tags the registry lists.
    pub listed: Vec<Version>,
    /// Those that it returns by name, but whose tags it does not list: so it is a proxy cache, and its list is incomplete.
    pub unlisted: Vec<Version>,
}

impl ReleaseList {
    /// Those that can be pulled.
    pub fn all(&self) -> impl Iterator<Item = &Version> {
        self.listed.iter().chain(&self.unlisted)
    }
}

/// What a channel tag leads to: `version.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelRelease {
    /// The release.
    pub version: Version,
    /// Whether the channel is held back.
    pub suspended: bool,
}
