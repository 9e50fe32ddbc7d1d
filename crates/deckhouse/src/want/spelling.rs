//! How single values are spelled in a want list, for serde.

use std::{fmt::Display, str::FromStr};

use semver::Version;
use serde::{Deserialize, Deserializer, Serializer};

use crate::{
    edition::Edition,
    version::{parse_tag, tag_of},
};

/// A value that is written as a text.
pub(super) trait Spelled: Sized {
    fn spell(&self) -> String;
    fn read(text: &str) -> Option<Self>;
    /// What is expected, with an article.
    const WHAT: &'static str;
}

impl Spelled for crate::Channel {
    const WHAT: &'static str = "a release channel such as stable";

    fn spell(&self) -> String {
        self.name().to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Spelled for Edition {
    const WHAT: &'static str = "an edition such as EE";

    fn spell(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Spelled for oci::Tag {
    const WHAT: &'static str = "a version such as v1.2.3";

    fn spell(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Spelled for Version {
    const WHAT: &'static str = "a version such as 1.31.4";

    fn spell(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Self::from_str(text).ok()
    }
}

fn wrong<E: serde::de::Error>(text: &str, what: impl Display) -> E {
    let text: String = text.chars().filter(|it| !it.is_control()).take(100).collect();
    E::custom(format!("'{text}' is not {what}"))
}

/// An optional value.
pub(super) mod optional {
    use super::{Deserialize as _, Deserializer, Serializer, Spelled, wrong};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<T: Spelled, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_str(&value.spell()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Spelled, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::read(&text).map(Some).ok_or_else(|| wrong(&text, T::WHAT))
    }
}

/// A release of the platform, `vX.Y.Z`.
pub(super) mod release {
    use super::{Deserialize as _, Deserializer, Serializer, Version, parse_tag, tag_of, wrong};

    pub(crate) fn serialize<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&tag_of(version))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_tag(&text).ok_or_else(|| wrong(&text, "a release such as v1.68.3"))
    }
}

/// An optional release of the platform.
pub(super) mod optional_release {
    use super::{Deserializer, Serializer, Version, release};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer>(
        version: &Option<Version>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match version {
            Some(version) => release::serialize(version, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Version>, D::Error> {
        release::deserialize(deserializer).map(Some)
    }
}
