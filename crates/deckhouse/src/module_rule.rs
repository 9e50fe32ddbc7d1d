//! What a user says about one module: `NAME[@CONSTRAINT]`, or the older `NAME:VERSION`, `NAME:CHANNEL`.
//!
//! The syntax is that of `d8 mirror pull --include-module`; the older one is that of
//! `dhctl mirror-modules --modules-filter`. Which versions it means is decided in
//! [`module_choice`](crate::module_choice).

use std::{fmt, str::FromStr};

use oci::{RepositoryName, Tag};
use semver::{Comparator, Op, Prerelease, Version, VersionReq};

use crate::channel::Channel;

/// A module, and which versions of it are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleRule {
    /// The module.
    pub name: String,
    /// Its versions.
    pub versions: VersionRule,
}

/// Which versions of a module are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionRule {
    /// Those that the release channels point to.
    Channels,
    /// Of each minor in the range the highest patch; the bounds that are named with `>=` and `<=`; and what
    /// the channels point to.
    Range(VersionRange),
    /// Every version from this one upwards, and what the channels point to.
    From(Version),
    /// Exactly this tag, and the channels that point to it.
    Exactly {
        /// The tag.
        tag: Tag,
        /// This channel is made to point to it.
        point: Option<Channel>,
    },
    /// This channel, and what it points to.
    Channel(Channel),
    /// From this version to the highest that a channel points to: of each minor the highest patch; and what the channels
    /// point to. It is met also if there is only the latter.
    FollowingChannels(Version),
}

/// A range of versions, and the versions in it that its text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    range: VersionReq,
    /// The bounds that are named with `>=` and `<=`.
    named: Vec<Version>,
}

impl VersionRange {
    /// Whether a version is in the range.
    pub fn matches(&self, version: &Version) -> bool {
        self.range.matches(version)
    }

    /// The versions that are pulled even if there is a later patch: the bounds that are named with `>=` and `<=`.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Version> {
        self.named.iter()
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.range.fmt(f)
    }
}

/// Why a text is no rule for a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseModuleRuleError {
    /// It does not begin with the name of a module.
    #[error("'{text}' is not the name of a module; expected NAME or NAME@CONSTRAINT, such as console@^1.2")]
    Name {
        /// The name as typed, shortened.
        text: String,
    },
    /// Nothing follows the operator: `>` and `<` are redirections for a shell.
    #[error(
        "a version is missing after '{left}'. Without quotes, the shell reads '>' and '<' as redirections and may create a file; quote the argument: '{name}@>=1.2'"
    )]
    Eaten {
        /// The module.
        name: String,
        /// What was left.
        left: String,
    },
    /// The constraint cannot be read.
    #[error(
        "'{text}' is not a constraint: {reason}; expected one such as 1.2.3, ^1.2, ~1.3.0, '>=1 <2' or =v1.3.5"
    )]
    Constraint {
        /// The constraint as typed, shortened.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An entry of the older dialect cannot be read.
    #[error("'{text}' is not a version such as v1.2.3 or a release channel such as stable")]
    Filter {
        /// What follows the name, shortened.
        text: String,
    },
}

impl FromStr for ModuleRule {
    type Err = ParseModuleRuleError;

    /// Reads `NAME[@CONSTRAINT]`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((name, constraint)) = text.split_once('@') else {
            return Ok(Self { name: module_name(text)?, versions: VersionRule::Channels });
        };
        let name = module_name(name)?;
        let constraint = constraint.trim();
        if constraint.chars().all(is_operator) {
            return Err(ParseModuleRuleError::Eaten { left: shortened(text), name });
        }
        let versions = match constraint.strip_prefix('=').filter(|rest| !rest.starts_with(is_operator)) {
            Some(exact) => exactly(exact.trim())?,
            None => VersionRule::Range(range(constraint)?),
        };
        Ok(Self { name, versions })
    }
}

/// Reads the older dialect: `NAME:v1.2.3` and `NAME:CHANNEL`, several of them separated by `;`.
///
/// # Errors
/// [`ParseModuleRuleError`] for the first entry that cannot be read; the old tool skipped such entries
/// and then pulled too much or nothing.
pub fn parse_filter(text: &str) -> Result<Vec<ModuleRule>, ParseModuleRuleError> {
    let entries = text.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    let rules: Vec<ModuleRule> = entries.map(filter_entry).collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return Err(ParseModuleRuleError::Name { text: shortened(text) });
    }
    Ok(rules)
}

fn filter_entry(entry: &str) -> Result<ModuleRule, ParseModuleRuleError> {
    let (name, wanted) = entry.split_once(':').unwrap_or((entry, ""));
    let (name, wanted) = (module_name(name.trim())?, wanted.trim());
    let versions = match (wanted.parse::<Channel>(), Version::parse(bare(wanted))) {
        (Ok(channel), _) => VersionRule::Channel(channel),
        (_, Ok(version)) if version.build.is_empty() => VersionRule::From(version),
        _ => return Err(ParseModuleRuleError::Filter { text: shortened(wanted) }),
    };
    Ok(ModuleRule { name, versions })
}

/// Reads the name of a module: one component of a repository's path.
///
/// # Errors
/// [`ParseModuleRuleError::Name`].
pub fn module_name(text: &str) -> Result<String, ParseModuleRuleError> {
    let is_name = !text.contains('/') && text.parse::<RepositoryName>().is_ok();
    if is_name { Ok(text.to_owned()) } else { Err(ParseModuleRuleError::Name { text: shortened(text) }) }
}

fn exactly(text: &str) -> Result<VersionRule, ParseModuleRuleError> {
    let failed = |reason: String| ParseModuleRuleError::Constraint { text: shortened(text), reason };
    // A tag has no '+'.
    let (tag, channel) = match text.split_once('+') {
        Some((tag, channel)) => (tag, Some(channel)),
        None => (text, None),
    };
    let point = channel.map(str::parse).transpose().map_err(|error| failed(format!("{error}")))?;
    // The tag of a version always has the 'v'.
    let tag = if Version::parse(tag).is_ok() { format!("v{tag}") } else { tag.to_owned() };
    let tag = tag.parse().map_err(|_| failed("it is not a tag".to_owned()))?;
    Ok(VersionRule::Exactly { tag, point })
}

/// Comparators side by side, with spaces, commas or nothing between them; all must hold.
fn range(text: &str) -> Result<VersionRange, ParseModuleRuleError> {
    let failed = |reason: String| ParseModuleRuleError::Constraint { text: shortened(text), reason };
    let (mut comparators, mut named) = (Vec::new(), Vec::new());
    let mut rest = text.trim_start_matches(is_separator);
    while !rest.is_empty() {
        let (operator, after) = rest.split_at(rest.find(|it| !is_operator(it)).unwrap_or(rest.len()));
        let after = after.trim_start();
        let end = after.find(|it| is_operator(it) || is_separator(it)).unwrap_or(after.len());
        let (version, after) = after.split_at(end);
        let comparator = format!("{operator}{}", bare(version)).parse::<Comparator>();
        let comparator = comparator.map_err(|error| failed(error.to_string()))?;
        if operator.is_empty() {
            comparators.extend(same_major(comparator));
        } else {
            named.extend(named_bound(&comparator));
            comparators.push(comparator);
        }
        rest = after.trim_start_matches(is_separator);
    }
    if comparators.is_empty() {
        return Err(failed("it contains no version".to_owned()));
    }
    Ok(VersionRange { range: VersionReq { comparators }, named })
}

/// A version without an operator: from there up to the next major version. For 0.x that differs from `^`, which ends at
/// the next minor version: `0.4.0` means `>=0.4.0 <1.0.0` (`NewImplicitVersionConstraint` in
/// `internal/mirror/modules/constraints.go` of deckhouse-cli, since 0.32.4).
fn same_major(from: Comparator) -> Vec<Comparator> {
    if from.major > 0 {
        return vec![from];
    }
    let below = Comparator { op: Op::Less, major: 1, minor: None, patch: None, pre: Prerelease::EMPTY };
    vec![Comparator { op: Op::GreaterEq, ..from }, below]
}

/// The bound that a comparator takes in by name, `>=X.Y.Z` or `<=X.Y.Z`.
fn named_bound(it: &Comparator) -> Option<Version> {
    let version = Version { pre: it.pre.clone(), ..Version::new(it.major, it.minor?, it.patch?) };
    matches!(it.op, Op::GreaterEq | Op::LessEq).then_some(version)
}

fn bare(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

fn is_operator(character: char) -> bool {
    matches!(character, '>' | '<' | '=' | '^' | '~')
}

fn is_separator(character: char) -> bool {
    character == ',' || character.is_whitespace()
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

impl fmt::Display for VersionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channels => f.write_str("the release channels"),
            Self::Range(range) => write!(f, "{range}"),
            Self::From(version) => write!(f, ">={version}"),
            Self::Exactly { tag, .. } => write!(f, "={tag}"),
            Self::Channel(channel) => write!(f, "channel {channel}"),
            Self::FollowingChannels(version) => write!(f, ">={version} and the release channels"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exactly(tag: &str, point: Option<Channel>) -> VersionRule {
        VersionRule::Exactly { tag: tag.parse().unwrap(), point }
    }

    fn range(text: &str) -> VersionRule {
        let range: VersionReq = text.parse().unwrap();
        let named = range.comparators.iter().filter_map(named_bound).collect();
        VersionRule::Range(VersionRange { range, named })
    }

    #[test]
    fn the_dialect() {
        for (text, versions) in [
            ("console", VersionRule::Channels),
            ("console@1.2.3", range("^1.2.3")),
            ("console@v1.2.3", range("^1.2.3")),
            ("console@^1.2", range("^1.2")),
            ("console@~1.3.0", range("~1.3.0")),
            ("console@>=1 <2", range(">=1, <2")),
            ("console@>= v1.3.0, <= 1.4.0", range(">=1.3.0, <=1.4.0")),
            ("console@>=1.3.0<1.5", range(">=1.3.0, <1.5")),
            ("console@>1.2", range(">1.2")),
            ("console@=v1.3.5", exactly("v1.3.5", None)),
            ("console@=1.3.5", exactly("v1.3.5", None)),
            ("console@=v1.3.5+stable", exactly("v1.3.5", Some(Channel::Stable))),
            ("console@=bob-1", exactly("bob-1", None)),
        ] {
            let rule: ModuleRule = text.parse().unwrap();
            assert_eq!((rule.name.as_str(), rule.versions), ("console", versions), "{text}");
        }
    }

    #[test]
    fn the_older_dialect() {
        let rules = parse_filter(" console:v1.2.3 ; trivy : stable;").unwrap();
        let rule = |name: &str, versions| ModuleRule { name: name.to_owned(), versions };
        assert_eq!(
            rules,
            [
                rule("console", VersionRule::From(Version::new(1, 2, 3))),
                rule("trivy", VersionRule::Channel(Channel::Stable))
            ]
        );
        for text in
            ["", ";", "console", "console:", "console:1.2", "console:nightly", ":v1.2.3", "a/b:stable"]
        {
            assert!(parse_filter(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rules_damaged_by_the_shell_are_explained() {
        for text in ["console@", "console@=", "console@~", "console@ "] {
            let error = text.parse::<ModuleRule>().unwrap_err();
            assert!(matches!(error, ParseModuleRuleError::Eaten { .. }), "{text}: {error}");
            assert!(error.to_string().contains("quote the argument: 'console@>=1.2'"), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for text in ["", "@1.2.3", "Console", "a/b", "a:b@1"] {
            let error = text.parse::<ModuleRule>().unwrap_err();
            assert!(matches!(error, ParseModuleRuleError::Name { .. }), "{text}: {error}");
        }
        for text in
            ["console@x/y", "console@>=1.2 <", "console@==1.2", "console@=v1+nightly", "console@=v1 <2"]
        {
            let error = text.parse::<ModuleRule>().unwrap_err();
            assert!(matches!(error, ParseModuleRuleError::Constraint { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn a_bare_version_reaches_to_the_next_major() {
        for (text, inside, outside) in [
            ("m@0.4.0", &["0.4.0", "0.5.0", "0.99.3"][..], &["0.3.9", "1.0.0"][..]),
            ("m@v0.4", &["0.4.0", "0.9.1"], &["0.3.9", "1.0.0"]),
            ("m@0", &["0.0.1", "0.9.1"], &["1.0.0"]),
            ("m@0.4.0 <0.6", &["0.4.1", "0.5.9"], &["0.6.0", "0.3.0"]),
            ("m@^0.4.0", &["0.4.0", "0.4.9"], &["0.5.0"]),
            ("m@1.2.3", &["1.2.3", "1.9.0"], &["1.2.2", "2.0.0"]),
        ] {
            let VersionRule::Range(range) = text.parse::<ModuleRule>().unwrap().versions else {
                panic!("{text}")
            };
            let matches = |version: &&&str| range.matches(&version.parse().unwrap());
            assert_eq!(inside.iter().filter(matches).count(), inside.len(), "{text}");
            assert_eq!(outside.iter().filter(matches).count(), 0, "{text}");
            assert_eq!(range.named().count(), 0, "{text}");
        }
    }

    #[test]
    fn bounds_are_named_in_full_and_inclusive() {
        let bounds = |text: &str| super::range(text).unwrap().named().map(ToString::to_string).collect();
        let none: Vec<String> = bounds(">=1, <1.5.0, ^1.2.3");
        assert_eq!(none, [""; 0]);
        let both: Vec<String> = bounds(">=1.3.0, <=1.4.0-rc.1");
        assert_eq!(both, ["1.3.0", "1.4.0-rc.1"]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<ModuleRule>();
            let _ = parse_filter(&text);
        }

        #[test]
        fn spaces_and_v_change_nothing(a in "[0-9]{1,2}(\\.[0-9]{1,2}){0,2}", b in "[0-9]{1,2}\\.[0-9]{1,2}") {
            let tight = format!("m@>={a}<{b}").parse::<ModuleRule>();
            let wide = format!("m@ >= v{a} ,  < v{b} ").parse::<ModuleRule>();
            prop_assert_eq!(tight.map(|it| it.versions).ok(), wide.map(|it| it.versions).ok());
        }
    }
}
