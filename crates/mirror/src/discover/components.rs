//! What modules and packages have in common: which versions the rules select, and everything that belongs to them.

use std::collections::BTreeMap;

use deckhouse::{
    ModuleOffer, ModuleSelection, VersionRule,
    channel::Channel,
    repositories::Component,
    version::{ascending, tag_of},
};
use futures_util::future::try_join_all;
use oci::Tag;

use super::{Modules, module_offer, module_offer::Selected, modules::one_version, platform::tag};
use crate::{
    Error, WantedBy,
    source::{Found, Need, Source, Step},
};

/// What the source has of a module or package, as far as it is wanted.
#[derive(Debug, Default)]
pub(super) struct ComponentFound {
    /// The chosen versions, ascending.
    pub(super) versions: Vec<Tag>,
    /// The chosen release channels, and the version that each points to in the bundle.
    pub(super) channels: BTreeMap<Channel, Tag>,
    /// Release channels that were looked for and are not there.
    pub(super) absent: Vec<Channel>,
}

/// Wants the selected modules or packages, which are `named`; `None` for each of which the source certainly has nothing.
///
/// # Errors
/// [`Error::NoSuchModules`] if one of them was named and is not there.
pub(super) async fn all(
    source: &Source,
    component: Component,
    selected: &Modules,
    named: BTreeMap<String, Vec<VersionRule>>,
) -> Result<Step<BTreeMap<String, Option<ComponentFound>>>, Error> {
    let steps = named.iter().map(|(name, rules)| one(source, (component, name), rules));
    let steps = try_join_all(steps).await?;
    let mut found = Found::default();
    let all: BTreeMap<_, _> = named.into_keys().zip(found.merge_all(steps)).collect();
    let absent: Vec<String> =
        all.iter().filter(|(_, it)| it.is_none()).map(|(name, _)| name.clone()).collect();
    if matches!(selected, Modules::Named(_)) && !absent.is_empty() {
        return Err(Error::NoSuchModules { component, names: absent });
    }
    let word = component.word();
    for name in &absent {
        match selected {
            Modules::Needed { required, .. } if required.contains_key(name) => {
                let by = WantedBy::WantList { component, name: name.clone() };
                let reason = format!("the source does not have this {word}");
                found.miss(source.missing(component.list(), &tag(name)?, &by, &reason));
            }
            Modules::Needed { .. } => found
                .note(format!("{word} {name} of another source is left out: this source does not have it")),
            _ => found.note(format!("{word} {name} has no release channels on the source and is not pulled")),
        }
    }
    Ok(found.with(all))
}

/// Wants what `rules` select of a module or package; `None` if the source has nothing of it.
pub(super) async fn one(
    source: &Source,
    (component, name): (Component, &str),
    rules: &[VersionRule],
) -> Result<Step<Option<ComponentFound>>, Error> {
    let (by, release) = (WantedBy::component(component, name), component.release(name));
    if let Err(error) = source.repository(&release) {
        let mut found = Found::default();
        found.miss(source.missing(component.list(), &tag(name)?, &by, &error.to_string()));
        return Ok(found.with(Some(ComponentFound::default())));
    }
    let Step { value: selected, mut found } = module_offer::select(source, (component, name), rules).await?;
    let Some(Selected { offer, absent, chosen }) = selected else { return Ok(found.with(None)) };
    // There are versions, and none of them is selected.
    if chosen.versions.is_empty() && found.missing.is_empty() {
        return Ok(found.with(None));
    }
    if let Some(note) = unlisted(&offer, &chosen, rules) {
        found.note(format!("{} {name}: {note}", component.word()));
    }
    let is_pointed = |(channel, version): &(&Channel, &Tag)| offer.channels.get(channel) != Some(version);
    let (pointed, as_on_source): (Vec<_>, Vec<_>) = chosen.channels.iter().partition(is_pointed);
    let channels = try_join_all(as_on_source.into_iter().map(|(channel, _)| async {
        source.want(&release, tag(channel.name())?, Need::Required, &by).await
    }));
    let versions = chosen.versions.iter().map(|version| one_version(source, (component, name), version));
    let (channels, versions) = futures_util::try_join!(channels, try_join_all(versions))?;
    found.merge_all(channels);
    let described = found.merge_all(versions);
    // A version of a package need not have a description of its own, and then has none in the bundle.
    if component == Component::Module {
        let undescribed = chosen.versions.iter().zip(described).filter(|(_, is_described)| !is_described);
        for (version, _) in undescribed {
            let on_source =
                offer.channels.iter().filter(|(_, to)| *to == version).map(|(channel, _)| *channel);
            describe(&mut found, source, (name, version), on_source, &chosen)?;
        }
    }
    for (channel, version) in pointed {
        if found.wanted.point_to((&release, &tag(channel.name())?), &version.clone().into(), &by) {
            let word = component.word();
            found.note(format!("in the bundle, {channel} of {word} {name} points to {version}"));
        } else if component == Component::Package {
            let reason = format!("{version} has no description to which {channel} could point");
            found.miss(source.missing(&release, &version.clone().into(), &by, &reason));
        }
    }
    if chosen.channels.is_empty() {
        found.warn(format!(
            "no release channel of {} {name} points to a selected version, so a cluster will not find it; \
             NAME@=VERSION+CHANNEL makes one point to it",
            component.word()
        ));
    }
    // Where exact versions are named, no channel is expected.
    let is_exact = |rule: &VersionRule| matches!(rule, VersionRule::Exactly { .. });
    let absent = if rules.iter().all(is_exact) { Vec::new() } else { absent };
    let ModuleSelection { versions, channels } = chosen;
    Ok(found.with(Some(ComponentFound { versions: ascending(versions), channels, absent })))
}

/// What to report if the source does not have the version that a want list names. The range begins there anyway.
fn unlisted(offer: &ModuleOffer, chosen: &ModuleSelection, rules: &[VersionRule]) -> Option<String> {
    let missing = rules.iter().find_map(|rule| match rule {
        VersionRule::FollowingChannels(from) => Some(tag_of(from)).filter(|tag| !offer.tags.contains(tag)),
        _ => None,
    })?;
    let pulled: Vec<String> = ascending(chosen.versions.clone()).iter().map(Tag::to_string).collect();
    Some(format!(
        "the source does not have {missing}, which is its version in the want list; the versions that are pulled: {}",
        pulled.join(", ")
    ))
}

/// Gives a version of a module without a release image that of a channel that points to it, which describes the same
/// version. So every version in a bundle has one, and a lost one is noticed. Without such a channel the image is missing.
fn describe(
    found: &mut Found,
    source: &Source,
    (name, version): (&str, &Tag),
    mut on_source: impl Iterator<Item = Channel>,
    chosen: &ModuleSelection,
) -> Result<(), Error> {
    let by = WantedBy::version(Component::Module, name, version);
    let (release, to) = (Component::Module.release(name), version.clone().into());
    if let Some(channel) = on_source.find(|it| chosen.channels.get(it) == Some(version)) {
        found.wanted.point_to((&release, &to), &tag(channel.name())?, &by);
        found.note(format!(
            "module {name} has no release image for {version}; the bundle has that of {channel}"
        ));
    } else {
        found.miss(source.missing(&release, &to, &by, "not found"));
    }
    Ok(())
}
