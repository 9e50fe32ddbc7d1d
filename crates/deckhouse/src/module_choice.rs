//! Which versions and channels of a module are pulled, given what the source has of it.
//!
//! A cluster finds the versions of a module by its channels only, so a range comes together with what the
//! channels point to, as in the platform's newer tool. An exact tag comes with the channels that truly
//! point to it; a channel is made to point elsewhere only on request.

use std::collections::{BTreeMap, BTreeSet};

use oci::Tag;
use semver::Version;

use crate::{
    channel::Channel,
    module_rule::VersionRule,
    version::{latest_patches, parse_tag, tag_of},
};

/// What a source has of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleOffer {
    /// The release channels, and the version that each points to.
    pub channels: BTreeMap<Channel, Tag>,
    /// The tags that are there, of any kind and in any order: all of them where a rule is a range, else at
    /// least those that rules name.
    pub tags: Vec<String>,
}

/// What is pulled of a module. Every channel points to one of the versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleSelection {
    /// The versions.
    pub versions: BTreeSet<Tag>,
    /// The channels, and the version that each points to in the bundle. Where the source's channel points
    /// elsewhere, the tag is made from that of the version.
    pub channels: BTreeMap<Channel, Tag>,
}

/// Why a rule cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleChoiceError {
    /// Nothing satisfies it.
    #[error("no version satisfies '{rule}' (latest patches on the source: {})", list(available))]
    NothingSatisfies {
        /// The rule as read.
        rule: String,
        /// The latest patch of each minor that is there, ascending.
        available: Vec<Version>,
    },
    /// The tag is not there.
    #[error("it has no version {tag}")]
    NoSuchVersion {
        /// The tag.
        tag: Tag,
    },
    /// The channel is not there.
    #[error("it has no channel {channel}")]
    NoSuchChannel {
        /// The channel.
        channel: Channel,
    },
    /// Two rules require a channel to point to different versions.
    #[error("channel {channel} cannot point to both {one} and {other}")]
    PointedTwice {
        /// The channel.
        channel: Channel,
        /// One version.
        one: Tag,
        /// Another version.
        other: Tag,
    },
}

fn list(versions: &[Version]) -> String {
    let tags: Vec<String> = versions.iter().map(tag_of).collect();
    if tags.is_empty() { "none".to_owned() } else { tags.join(", ") }
}

impl VersionRule {
    /// Whether it can be met only with the whole list of tags.
    pub fn needs_all_tags(&self) -> bool {
        matches!(self, Self::Range(_) | Self::From(_) | Self::FollowingChannels(_))
    }
}

/// Chooses what all `rules` together mean.
///
/// # Errors
/// [`ModuleChoiceError`] if one of the rules cannot be met.
pub fn choose(offer: &ModuleOffer, rules: &[VersionRule]) -> Result<ModuleSelection, ModuleChoiceError> {
    let mut choice = Choice { offer, selection: ModuleSelection::default(), pointed: BTreeMap::new() };
    for rule in rules {
        choice.take(rule)?;
    }
    choice.selection.channels.extend(choice.pointed);
    Ok(choice.selection)
}

struct Choice<'a> {
    offer: &'a ModuleOffer,
    selection: ModuleSelection,
    /// Channels that are to point to a version whatever the source says.
    pointed: BTreeMap<Channel, Tag>,
}

impl Choice<'_> {
    fn take(&mut self, rule: &VersionRule) -> Result<(), ModuleChoiceError> {
        match rule {
            VersionRule::Channels => self.take_channels(|_, _| true),
            VersionRule::Channel(channel) => {
                if !self.offer.channels.contains_key(channel) {
                    return Err(ModuleChoiceError::NoSuchChannel { channel: *channel });
                }
                self.take_channels(|other, _| other == *channel);
            }
            VersionRule::Range(range) => {
                let there: Vec<Version> = self.versions().collect();
                let mut chosen = latest_patches(there.iter().filter(|version| range.matches(version)));
                let named = range.named().filter(|it| there.contains(it) && range.matches(it));
                chosen.extend(named.cloned());
                self.take_versions(rule, &chosen)?;
            }
            VersionRule::From(lowest) => {
                let chosen = self.versions().filter(|version| version >= lowest && version.pre.is_empty());
                let chosen: Vec<Version> = chosen.collect();
                self.take_versions(rule, &chosen)?;
            }
            VersionRule::FollowingChannels(lowest) => {
                let pointed_to = self.offer.channels.values().filter_map(|tag| parse_tag(tag.as_str()));
                let highest = pointed_to.max().unwrap_or_else(|| lowest.clone());
                let there: Vec<Version> = self.versions().collect();
                let in_between = there.iter().filter(|version| (lowest..=&highest).contains(version));
                let chosen = latest_patches(in_between);
                self.selection.versions.extend(chosen.iter().filter_map(|it| tag_of(it).parse().ok()));
                self.take_channels(|_, _| true);
            }
            VersionRule::Exactly { tag, point } => self.take_exactly(tag, *point)?,
        }
        Ok(())
    }

    fn take_channels(&mut self, is_wanted: impl Fn(Channel, &Tag) -> bool) {
        for (channel, version) in &self.offer.channels {
            if is_wanted(*channel, version) {
                self.selection.versions.insert(version.clone());
                self.selection.channels.insert(*channel, version.clone());
            }
        }
    }

    fn take_versions(&mut self, rule: &VersionRule, chosen: &[Version]) -> Result<(), ModuleChoiceError> {
        if chosen.is_empty() {
            let there: Vec<Version> = self.versions().collect();
            let available = latest_patches(there.iter());
            return Err(ModuleChoiceError::NothingSatisfies { rule: rule.to_string(), available });
        }
        self.selection.versions.extend(chosen.iter().filter_map(|version| tag_of(version).parse().ok()));
        self.take_channels(|_, _| true);
        Ok(())
    }

    fn take_exactly(&mut self, tag: &Tag, point: Option<Channel>) -> Result<(), ModuleChoiceError> {
        if !self.offer.tags.iter().any(|there| there == tag.as_str()) {
            return Err(ModuleChoiceError::NoSuchVersion { tag: tag.clone() });
        }
        self.selection.versions.insert(tag.clone());
        self.take_channels(|_, version| version == tag);
        let Some(channel) = point else { return Ok(()) };
        match self.pointed.insert(channel, tag.clone()) {
            Some(other) if other != *tag => {
                Err(ModuleChoiceError::PointedTwice { channel, one: other, other: tag.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The versions that are there.
    fn versions(&self) -> impl Iterator<Item = Version> {
        self.offer.tags.iter().filter_map(|tag| parse_tag(tag))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::module_rule::{ModuleRule, parse_filter};

    fn tag(text: &str) -> Tag {
        text.parse().unwrap()
    }

    fn offer() -> ModuleOffer {
        let tags = "v0.4.0 v0.4.2 v0.5.0 v1.0.0 v1.1.0 v1.2.0 v1.3.0 v1.3.3 v1.4.0 v1.4.1 v1.5.0-rc.1 v2.0.0 alpha stable sha256-00.att bob";
        ModuleOffer {
            channels: [(Channel::Alpha, tag("v2.0.0")), (Channel::Stable, tag("v1.3.0"))].into(),
            tags: tags.split(' ').map(str::to_owned).collect(),
        }
    }

    /// Versions and channels, as one line.
    fn line(chosen: &ModuleSelection) -> String {
        let versions = chosen.versions.iter().map(ToString::to_string);
        let channels = chosen.channels.iter().map(|(channel, version)| format!("{channel}={version}"));
        versions.chain(channels).collect::<Vec<_>>().join(" ")
    }

    fn rules(texts: &[&str]) -> Vec<VersionRule> {
        texts.iter().map(|text| text.parse::<ModuleRule>().unwrap().versions).collect()
    }

    #[test]
    fn choices() {
        let channels = "alpha=v2.0.0 stable=v1.3.0";
        for (texts, expected) in [
            (&["m"][..], format!("v1.3.0 v2.0.0 {channels}")),
            (&["m@1.3.0"], format!("v1.3.0 v1.3.3 v1.4.1 v2.0.0 {channels}")),
            (&["m@0.4.0", "m@1.4.0"], format!("v0.4.2 v0.5.0 v1.3.0 v1.4.1 v2.0.0 {channels}")),
            (&["m@~1.4.0"], format!("v1.3.0 v1.4.1 v2.0.0 {channels}")),
            (&["m@>=1.4.0"], format!("v1.3.0 v1.4.0 v1.4.1 v2.0.0 {channels}")),
            (&["m@>=1.2.0 <=1.4.0"], format!("v1.2.0 v1.3.0 v1.3.3 v1.4.0 v2.0.0 {channels}")),
            (&["m@>=1 <1.2"], format!("v1.0.0 v1.1.0 v1.3.0 v2.0.0 {channels}")),
            (&["m@>=1.2.1 <1.4"], format!("v1.3.0 v1.3.3 v2.0.0 {channels}")),
            (&["m@=v1.2.0"], "v1.2.0".to_owned()),
            (&["m@=v1.3.0"], "v1.3.0 stable=v1.3.0".to_owned()),
            (&["m@=v1.4.1+stable"], "v1.4.1 stable=v1.4.1".to_owned()),
            (&["m@=v1.3.0+alpha"], "v1.3.0 alpha=v1.3.0 stable=v1.3.0".to_owned()),
            (&["m@=bob"], "bob".to_owned()),
            (&["m@=v1.5.0-rc.1"], "v1.5.0-rc.1".to_owned()),
            (&["m@=v1.2.0", "m@=v1.4.1+stable"], "v1.2.0 v1.4.1 stable=v1.4.1".to_owned()),
            (&["m", "m@=v1.4.1+stable"], "v1.3.0 v1.4.1 v2.0.0 alpha=v2.0.0 stable=v1.4.1".to_owned()),
        ] {
            assert_eq!(line(&choose(&offer(), &rules(texts)).unwrap()), expected, "{texts:?}");
        }
        for (from, expected) in [
            ("1.2.1", format!("v1.3.0 v1.3.3 v1.4.1 v2.0.0 {channels}")),
            ("1.4.0", format!("v1.3.0 v1.4.1 v2.0.0 {channels}")),
            ("2.1.0", format!("v1.3.0 v2.0.0 {channels}")),
        ] {
            let rule = VersionRule::FollowingChannels(from.parse().unwrap());
            assert_eq!(line(&choose(&offer(), &[rule]).unwrap()), expected, "{from}");
        }
        for (filter, expected) in [
            ("m:v1.3.1", format!("v1.3.0 v1.3.3 v1.4.0 v1.4.1 v2.0.0 {channels}")),
            ("m:stable", "v1.3.0 stable=v1.3.0".to_owned()),
        ] {
            let rule = parse_filter(filter).unwrap().remove(0).versions;
            assert_eq!(line(&choose(&offer(), &[rule]).unwrap()), expected, "{filter}");
        }
    }

    #[test]
    fn unavailable_choices_are_reported() {
        for (texts, said) in [
            (
                &["m@^3"][..],
                "no version satisfies '^3' (latest patches on the source: v0.4.2, v0.5.0, v1.0.0, v1.1.0",
            ),
            (&["m@~1.5.0"], "satisfies '~1.5.0'"),
            (&["m@=v9.9.9"], "it has no version v9.9.9"),
            (
                &["m@=v1.2.0+stable", "m@=v1.4.1+stable"],
                "channel stable cannot point to both v1.2.0 and v1.4.1",
            ),
        ] {
            let error = choose(&offer(), &rules(texts)).unwrap_err().to_string();
            assert!(error.contains(said), "{texts:?}: {error}");
        }
        let error = choose(&offer(), &[VersionRule::Channel(Channel::Beta)]).unwrap_err();
        assert_eq!(error.to_string(), "it has no channel beta");
    }

    fn any_tag() -> impl Strategy<Value = String> {
        (0..3_u64, 0..4_u64, 0..4_u64).prop_map(|(a, b, c)| format!("v{a}.{b}.{c}"))
    }

    fn any_rule() -> impl Strategy<Value = VersionRule> {
        let operator = prop::sample::select(vec!["", "^", "~", ">=", "<=", ">", "<", "="]);
        (operator, any_tag(), prop::sample::select(vec!["", "+stable", "+lts"])).prop_map(
            |(operator, tag, to)| {
                let to = if operator == "=" { to } else { "" };
                format!("m@{operator}{tag}{to}").parse::<ModuleRule>().unwrap().versions
            },
        )
    }

    proptest! {
        #[test]
        fn selected_versions_exist_and_every_channel_points_to_one(
            mut tags in prop::collection::vec(any_tag(), 0..20),
            stable in prop::option::of(any_tag()),
            rules in prop::collection::vec(any_rule(), 1..3),
        ) {
            let channels: BTreeMap<_, _> = stable.iter().map(|it| (Channel::Stable, tag(it))).collect();
            let chosen = choose(&ModuleOffer { channels: channels.clone(), tags: tags.clone() }, &rules);
            tags.reverse();
            let again = choose(&ModuleOffer { channels: channels.clone(), tags: tags.clone() }, &rules);
            prop_assert_eq!(&chosen, &again);
            let Ok(chosen) = chosen else { return Ok(()) };
            prop_assert!(!chosen.versions.is_empty());
            for version in &chosen.versions {
                let is_pointed_to = channels.values().any(|it| it == version);
                prop_assert!(is_pointed_to || tags.contains(&version.to_string()));
            }
            for (channel, version) in &chosen.channels {
                prop_assert!(chosen.versions.contains(version));
                let on_request = rules.iter().any(|rule| matches!(
                    rule, VersionRule::Exactly { point: Some(point), .. } if point == channel));
                prop_assert!(on_request || channels.get(channel) == Some(version));
            }
        }
    }
}
