//! The keys of a delivery file, in the order in which they are written.
//!
//! A key and a flag of `dhctl mirror pull` mean the same. A new flag of a pull gets its key here, or it is listed in the
//! test of `cli/delivery_file` with the flags that have none.

use serde_json::{Value, json};

use crate::channel::Channel;

/// A key of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its path in the file, such as `platform.minVersion`.
    pub path: &'static str,
    /// The flag of `dhctl mirror pull` that means the same, without its dashes.
    pub flag: &'static str,
    /// Which values it has.
    pub takes: Takes,
}

/// Which values a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `true` or `false`; `false` is the same as no key.
    Switch,
    /// One value.
    One(Kind),
    /// A list of at least one value.
    List(Kind),
}

/// What a value is. The parser of the flag decides whether it is valid; the schema has a pattern that accepts every value
/// that the parser accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `HOST[:PORT]/PATH`
    Registry,
    /// A file or directory. A relative path begins in the directory of the delivery file.
    Path,
    /// `X.Y` or `X.Y.Z`
    Version,
    /// `vX.Y.Z`
    Release,
    /// A tag.
    Tag,
    /// A release channel.
    Channel,
    /// `NAME[@CONSTRAINT]`
    Rule,
    /// The same without a release channel, which plugins do not have.
    PluginRule,
    /// The name of a module or package.
    Name,
    /// The older form of rules for modules, separated by `;`.
    Filter,
    /// A size: a number of GiB, or a number with a unit.
    Size,
    /// The format of a bundle.
    Format,
}

/// All keys. The keys of a group are next to each other.
pub const KEYS: &[Key] = &[
    one("source", "source", Kind::Registry),
    switch("proxyRegistry", "proxy-registry"),
    one("want", "want", Kind::Path),
    one("locked", "locked", Kind::Path),
    switch("onlyExtraImages", "only-extra-images"),
    one("platform.minVersion", "min-version", Kind::Version),
    one("platform.maxVersion", "max-version", Kind::Version),
    list("platform.releases", "release", Kind::Release),
    list("platform.tags", "tag", Kind::Tag),
    list("platform.channels", "channel", Kind::Channel),
    list("platform.excludeChannels", "exclude-channel", Kind::Channel),
    one("platform.pointChannel", "point-channel", Kind::Channel),
    switch("platform.ignoreSuspend", "ignore-suspend"),
    switch("platform.leaveOut", "no-platform"),
    one("installer.tag", "installer-tag", Kind::Tag),
    switch("installer.leaveOut", "no-installer"),
    switch("databases.leaveOut", "no-security-db"),
    switch("attestations.leaveOut", "no-vex"),
    switch("signatures.leaveOut", "no-signatures"),
    list("modules.include", "include-module", Kind::Rule),
    list("modules.exclude", "exclude-module", Kind::Name),
    one("modules.filter", "modules-filter", Kind::Filter),
    switch("modules.leaveOut", "no-modules"),
    list("modules.allowMissing", "allow-missing-module", Kind::Name),
    list("packages.include", "include-package", Kind::Rule),
    list("packages.exclude", "exclude-package", Kind::Name),
    switch("packages.leaveOut", "no-packages"),
    list("plugins.include", "include-plugin", Kind::PluginRule),
    switch("plugins.leaveOut", "no-plugins"),
    one("bundle.path", "images-bundle-path", Kind::Path),
    one("bundle.format", "bundle-format", Kind::Format),
    one("bundle.partSize", "images-bundle-chunk-size", Kind::Size),
    list("bundle.bases", "base", Kind::Path),
    switch("bundle.gostDigest", "gost-digest"),
    one("bundle.withBinary", "with-binary", Kind::Path),
    one("bundle.lock", "lock", Kind::Path),
];

const fn switch(path: &'static str, flag: &'static str) -> Key {
    Key { path, flag, takes: Takes::Switch }
}

const fn one(path: &'static str, flag: &'static str, kind: Kind) -> Key {
    Key { path, flag, takes: Takes::One(kind) }
}

const fn list(path: &'static str, flag: &'static str, kind: Kind) -> Key {
    Key { path, flag, takes: Takes::List(kind) }
}

/// The keys in this group, by their names there; without a group those at the top, and the groups.
pub(super) fn names_in(group: Option<&str>) -> Vec<&'static str> {
    let mut names: Vec<&str> = match group {
        Some(group) => {
            KEYS.iter().filter_map(|key| key.path.strip_prefix(group)?.strip_prefix('.')).collect()
        }
        None => KEYS.iter().map(|key| key.path.split('.').next().unwrap_or_default()).collect(),
    };
    names.dedup();
    names
}

impl Kind {
    /// What a value must be, for an error.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Registry => "a registry, such as registry.deckhouse.ru/deckhouse/ee",
            Self::Path => "the path of a file",
            Self::Version => "a version in quotes, such as '1.70'",
            Self::Release => "a release, such as v1.70.1",
            Self::Tag => "a tag in quotes, such as 'pr123'",
            Self::Channel => "a release channel, such as stable",
            Self::Rule | Self::PluginRule => "a name with or without a constraint, such as console@^1.2",
            Self::Name => "a name, such as console",
            Self::Filter => "a filter, such as 'console:v1.2.3'",
            Self::Size => "a size, such as 4GiB",
            Self::Format => "tar or d8",
        }
    }

    /// A list of such values, for an error.
    pub(super) fn expected_list(self) -> &'static str {
        match self {
            Self::Path => "a list of files, such as [old.tar]",
            Self::Release => "a list of releases, such as [v1.70.1]",
            Self::Channel => "a list of release channels, such as [stable]",
            Self::Rule | Self::PluginRule => "a list of names, such as [console@^1.2]",
            Self::Name => "a list of names, such as [console]",
            Self::Tag => "a list of tags, such as ['pr123']",
            Self::Registry | Self::Version | Self::Filter | Self::Size | Self::Format => "a list",
        }
    }

    /// The JSON schema of a value.
    pub(super) fn schema(self) -> Value {
        let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
        match self {
            // A login before the host is refused.
            Self::Registry => pattern("^[^/@]+/[^@]+$"),
            Self::Path | Self::Filter => json!({ "type": "string", "minLength": 1 }),
            Self::Version => pattern(r"^v?[0-9]+\.[0-9]+(\.[0-9]+)?$"),
            Self::Release => pattern(r"^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$"),
            Self::Tag => pattern("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"),
            Self::Channel => {
                let names = Channel::ALL.into_iter().flat_map(|it| [it.name(), it.in_settings()]);
                json!({ "enum": names.collect::<Vec<_>>() })
            }
            Self::Rule => pattern("^[a-z0-9][a-z0-9._-]*(@.+)?$"),
            Self::PluginRule => pattern("^[a-z0-9][a-z0-9._-]*(@[^+]+)?$"),
            Self::Name => pattern("^[a-z0-9][a-z0-9._-]*$"),
            Self::Size => {
                json!({ "type": ["string", "integer"], "minimum": 0, "pattern": "^ *([0-9]+ *[A-Za-z]*|[Ff][Aa][Tt]32) *$" })
            }
            Self::Format => json!({ "enum": ["tar", "d8"] }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_key_has_one_place_and_one_flag() {
        let paths: BTreeSet<&str> = KEYS.iter().map(|key| key.path).collect();
        let flags: BTreeSet<&str> = KEYS.iter().map(|key| key.flag).collect();
        assert_eq!((paths.len(), flags.len()), (KEYS.len(), KEYS.len()));
        let groups = names_in(None);
        assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), groups.len(), "a group is in one piece");
        for key in KEYS {
            assert!(key.path.matches('.').count() <= 1, "{}", key.path);
        }
    }
}
