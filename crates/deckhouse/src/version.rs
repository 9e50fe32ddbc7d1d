//! Versions of the platform: the tags `vX.Y.Z` and the bounds `X.Y` or `X.Y.Z` that a user names.

use std::{collections::BTreeMap, fmt, str::FromStr};

use oci::Tag;
use semver::Version;

/// The version that a tag names, if the tag is `vX.Y.Z` or `vX.Y.Z-PRE` in its one canonical spelling.
///
/// Other tags (channels, attestations, digests) are `None`. Build metadata cannot occur: `+` is no
/// character of a tag.
pub fn parse_tag(tag: &str) -> Option<Version> {
    let version = Version::parse(tag.strip_prefix('v')?).ok()?;
    version.build.is_empty().then_some(version)
}

/// The tag of a release: `v` and the version.
pub fn tag_of(version: &Version) -> String {
    format!("v{version}")
}

/// Tags in the order of the versions that they name, after all that name none.
pub fn ascending(tags: impl IntoIterator<Item = Tag>) -> Vec<Tag> {
    let mut tags: Vec<Tag> = tags.into_iter().collect();
    tags.sort_by_cached_key(|tag| (parse_tag(tag.as_str()), tag.clone()));
    tags
}

/// The minor version that a release belongs to: major and minor number, such as `(1, 58)`.
pub fn minor_of(version: &Version) -> (u64, u64) {
    (version.major, version.minor)
}

/// Whether the version is a pre-release, which is never chosen by range.
pub fn is_prerelease(version: &Version) -> bool {
    !version.pre.is_empty()
}

/// The highest patch of each minor, ascending, without pre-releases.
pub(crate) fn latest_patches<'a>(versions: impl Iterator<Item = &'a Version>) -> Vec<Version> {
    let mut latest = BTreeMap::new();
    for version in versions.filter(|version| !is_prerelease(version)) {
        let highest = latest.entry(minor_of(version)).or_insert(version);
        *highest = version.max(*highest);
    }
    latest.into_values().cloned().collect()
}

/// A bound of a range of releases as a user names it: `X.Y` or `X.Y.Z`, with or without a `v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bound {
    major: u64,
    minor: u64,
    patch: Option<u64>,
}

/// Why a text is not a bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a version (expected X.Y or X.Y.Z, such as 1.58 or 1.58.3)")]
pub struct ParseBoundError {
    text: String,
}

impl Bound {
    /// The lowest version that the bound takes in, read as a minimum: `X.Y` means `X.Y.0`.
    pub fn lowest(&self) -> Version {
        Version::new(self.major, self.minor, self.patch.unwrap_or(0))
    }

    /// Major and minor.
    pub(crate) fn minor(&self) -> (u64, u64) {
        (self.major, self.minor)
    }

    /// Whether `version` is not above the bound, read as a maximum: `X.Y` takes in all its patches.
    pub fn admits_as_max(&self, version: &Version) -> bool {
        match self.patch {
            Some(patch) => *version <= Version::new(self.major, self.minor, patch),
            None => minor_of(version) <= self.minor(),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            Some(patch) => write!(f, ".{patch}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Bound {
    type Err = ParseBoundError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let canonical = part == "0" || !part.starts_with('0');
            (digits && canonical).then(|| part.parse().ok()).flatten()
        };
        let parts: Option<Vec<u64>> = text.strip_prefix('v').unwrap_or(text).split('.').map(number).collect();
        match parts.as_deref() {
            Some(&[major, minor]) => Ok(Self { major, minor, patch: None }),
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch: Some(patch) }),
            _ => Err(ParseBoundError { text: text.chars().take(100).collect() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_of_releases_are_recognized() {
        for (tag, version) in [
            ("v1.58.3", Some(Version::new(1, 58, 3))),
            ("v1.59.0-rc.1", Some(Version::parse("1.59.0-rc.1").unwrap())),
            ("1.58.3", None),
            ("v1.58", None),
            ("v01.58.3", None),
            ("v1.58.3+ee", None),
            ("vv1.58.3", None),
            ("stable", None),
            ("sha256-00.att", None),
            ("v99999999999999999999.0.0", None),
            ("", None),
        ] {
            assert_eq!(parse_tag(tag), version, "{tag}");
        }
        assert!(is_prerelease(&Version::parse("1.59.0-rc.1").unwrap()));
        assert!(!is_prerelease(&Version::new(1, 59, 0)));
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let tags = ["v1.10.0", "main", "v1.9.0", "v1.9.0-rc.1"].map(|tag| tag.parse().unwrap());
        let tags: Vec<String> = ascending(tags).iter().map(ToString::to_string).collect();
        assert_eq!(tags, ["main", "v1.9.0-rc.1", "v1.9.0", "v1.10.0"]);
    }

    #[test]
    fn only_the_highest_patch_of_a_minor_is_latest() {
        let versions = ["1.58.10", "1.58.2", "1.57.5", "1.58.11-rc.1", "2.0.0"].map(|v| v.parse().unwrap());
        let latest: Vec<String> = latest_patches(versions.iter()).iter().map(tag_of).collect();
        assert_eq!(latest, ["v1.57.5", "v1.58.10", "v2.0.0"]);
    }

    #[test]
    fn bounds_as_minimum_and_maximum() {
        for (bound, version, below) in [
            ("1.58", "1.58.99", true),
            ("v1.58", "1.59.0", false),
            ("1.58", "1.59.0-rc.1", false),
            ("1.58", "2.0.0", false),
            ("1.58.3", "1.58.3", true),
            ("v1.58.3", "1.58.4", false),
            ("1.58.3", "1.58.3-rc.1", true),
            ("1.58.3", "1.57.99", true),
        ] {
            let parsed: Bound = bound.parse().unwrap();
            assert_eq!(parsed.admits_as_max(&version.parse().unwrap()), below, "{bound} {version}");
        }
        assert_eq!("1.58".parse::<Bound>().unwrap().lowest(), Version::new(1, 58, 0));
        assert_eq!("v1.58.3".parse::<Bound>().unwrap().lowest(), Version::new(1, 58, 3));
    }

    #[test]
    fn what_is_not_a_bound() {
        for text in [
            "",
            "v",
            "1",
            "1.",
            ".1",
            "1.2.",
            "1.2.3.4",
            "1.x",
            "1.-2",
            "1.+2",
            "01.2",
            "1.2.3-rc.1",
            "stable",
            "vv1.2",
            " 1.2",
            "1.99999999999999999999",
        ] {
            let error = text.parse::<Bound>().unwrap_err().to_string();
            assert!(error.contains("X.Y.Z"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn bounds_read_back(major: u64, minor: u64, patch: Option<u64>) {
            let bound = Bound { major, minor, patch };
            prop_assert_eq!(bound.to_string().parse::<Bound>().unwrap(), bound);
            prop_assert!(bound.admits_as_max(&bound.lowest()));
        }

        #[test]
        fn parsers_never_panic(text in ".{0,40}") {
            let _ = text.parse::<Bound>();
            if let Some(version) = parse_tag(&text) {
                prop_assert_eq!(tag_of(&version), text);
            }
        }
    }
}
