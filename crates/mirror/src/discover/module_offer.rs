//! What the source has of one module or package: where its channels point, and the tags that the choice needs.

use std::collections::BTreeSet;

use deckhouse::{
    ModuleOffer, ModuleSelection, VersionRule, channel::Channel, module_choice::choose,
    repositories::Component,
};
use futures_util::future::try_join_all;

use super::modules::{ChannelVersion, look_at_channel};
use crate::{
    Error, WantedBy,
    source::{Found, Source, Step, TagList},
};

/// What the source has of a module, and what the rules select of it.
pub(super) struct Selected {
    pub(super) offer: ModuleOffer,
    /// The release channels that the module does not have.
    pub(super) absent: Vec<Channel>,
    pub(super) chosen: ModuleSelection,
}

/// Reads it; `None` if there is certainly nothing of the module or package. A channel that cannot be read is missing.
///
/// # Errors
/// [`Error::ModuleChoice`] if a rule cannot be met.
pub(super) async fn select(
    source: &Source,
    of: (Component, &str),
    rules: &[VersionRule],
) -> Result<Step<Option<Selected>>, Error> {
    let channels = try_join_all(Channel::ALL.map(|channel| look_at_channel(source, of, channel)));
    let (channels, exact) = futures_util::try_join!(channels, exact_tags(source, of, rules))?;
    let Step { value: exact, mut found } = exact;
    let channels: Vec<_> = Channel::ALL.into_iter().zip(found.merge_all(channels)).collect();
    let (absent, present): (Vec<_>, Vec<_>) =
        channels.iter().partition(|(_, version)| matches!(version, ChannelVersion::Absent));
    let names = |channels: Vec<&(Channel, ChannelVersion)>| -> Vec<Channel> {
        channels.into_iter().map(|(channel, _)| *channel).collect()
    };
    let (absent, present) = (names(absent), names(present));
    let mut offer = ModuleOffer { tags: exact, ..ModuleOffer::default() };
    if rules.iter().any(VersionRule::needs_all_tags) {
        offer.tags.extend(all_tags(source, of, &present).await?);
    }
    if present.is_empty() && offer.tags.is_empty() {
        return Ok(found.with(None));
    }
    offer.channels.extend(channels.into_iter().filter_map(|(channel, version)| match version {
        ChannelVersion::Version(version) => Some((channel, version)),
        ChannelVersion::Absent | ChannelVersion::Unreadable => None,
    }));
    let (component, name) = of;
    let chosen = choose(&offer, rules);
    let chosen = chosen.map_err(|error| Error::ModuleChoice { component, name: name.to_owned(), error })?;
    Ok(found.with(Some(Selected { offer, absent, chosen })))
}

/// Those of the tags that rules name which are there.
async fn exact_tags(
    source: &Source,
    (component, name): (Component, &str),
    rules: &[VersionRule],
) -> Result<Step<Vec<String>>, Error> {
    let tags = rules.iter().filter_map(|rule| match rule {
        VersionRule::Exactly { tag, .. } => Some(tag),
        _ => None,
    });
    let steps = tags.map(|tag| async move {
        let by = WantedBy::version(component, name, tag);
        let (path, reference) = (component.repository(name), tag.clone().into());
        let Step { value: manifest, found } = source.look(&path, &reference, &by).await?;
        Ok::<_, Error>(found.with(manifest.map(|_| tag.to_string())))
    });
    let mut found = Found::default();
    let tags = found.merge_all(try_join_all(steps).await?).into_iter().flatten().collect();
    Ok(found.with(tags))
}

/// The tags of the module's releases. A list is believed unless something is there that it lacks.
async fn all_tags(
    source: &Source,
    (component, name): (Component, &str),
    channels: &[Channel],
) -> Result<Vec<String>, Error> {
    let unknown =
        |reason: String| Err(Error::ModuleVersionsUnknown { component, name: name.to_owned(), reason });
    let tags = match source.tags(&component.release(name)).await? {
        TagList::Tags(tags) => tags,
        TagList::Absent => BTreeSet::new(),
        TagList::Refused(error) => return unknown(error.to_string()),
    };
    match channels.iter().find(|channel| !tags.contains(channel.name())) {
        Some(channel) => {
            unknown(format!("it does not list {channel}, which exists, so it may be a proxy cache"))
        }
        None => Ok(tags.into_iter().collect()),
    }
}
