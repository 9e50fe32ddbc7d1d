//! What the source offers: its channels, and its releases by its list of tags or by asking for each.
//!
//! A proxy cache lists what it happens to have, or nothing, and serves the rest when asked for it by name.
//! So a list is believed only until it proves wrong, and then, or when told from the start, versions are
//! asked for. "Not there" must be certain for each: any other answer ends the run.

use std::collections::BTreeMap;

use deckhouse::{
    Channel,
    release_info::ReleaseInfo,
    repositories::{Component, RELEASE_CHANNEL},
    select::{
        self, Available,
        list_check::{unlisted_channel, versions_to_check},
        search::{MAX_GAP, Search},
    },
    version::tag_of,
};
use futures_util::future::try_join_all;
use semver::Version;

use super::{
    Request,
    platform::{release_files, tag},
};
use crate::{
    Error, WantedBy,
    source::{Found, Source, Step, TagList},
};

pub(super) struct Offered {
    pub(super) offer: Available,
    /// How many versions were asked for one by one; 0 if the list of tags was enough.
    pub(super) asked: usize,
}

pub(super) async fn read(source: &Source, request: &Request) -> Result<Step<Offered>, Error> {
    if request.proxy_registry {
        refuse_lists(request)?;
        let Step { value: channels, found } = channels(source, &request.select).await?;
        return search(source, found, Available { channels, tags: Vec::new() }, &request.select).await;
    }
    let channels = channels(source, &request.select);
    let (channels, list) = futures_util::try_join!(channels, source.tags(RELEASE_CHANNEL))?;
    let Step { value: channels, found } = channels;
    let mut offer = Available { channels, tags: Vec::new() };
    let refusal = match list {
        TagList::Refused(error) if offer.channels.is_empty() => return Err(Error::TagsRefused(error)),
        list => take_tags(&mut offer, list),
    };
    let disproof = match refusal {
        Some(reason) => Some(reason),
        None => disproof(source, &offer, &request.select).await?,
    };
    let Some(reason) = disproof else {
        return Ok(found.with(Offered { offer, asked: 0 }));
    };
    source.ignore_lists();
    if request.modules.are_listed() {
        return Err(Error::ModulesUnknown { reason });
    }
    let mut found = found;
    found.warn(format!("{reason}. Versions are requested one by one"));
    search(source, found, offer, &request.select).await
}

/// Checks the source's lists of tags, where no releases are selected, and modules or their versions are to be listed.
///
/// # Errors
/// [`Error::ModulesUnknown`] and [`Error::ModuleVersionsUnknown`] if the lists are not complete.
pub(super) async fn check_lists(source: &Source, request: &Request) -> Result<(), Error> {
    if request.proxy_registry {
        return refuse_lists(request);
    }
    let names_versions = request.modules.listing_versions().next();
    if !request.modules.are_listed() && names_versions.is_none() {
        return Ok(());
    }
    let select = select::Request::default();
    let channels = channels(source, &select);
    let (channels, list) = futures_util::try_join!(channels, source.tags(RELEASE_CHANNEL))?;
    let mut offer = Available { channels: channels.value, tags: Vec::new() };
    let disproof = match take_tags(&mut offer, list) {
        Some(reason) => Some(reason),
        None => disproof(source, &offer, &select).await?,
    };
    let Some(reason) = disproof else { return Ok(()) };
    source.ignore_lists();
    match names_versions {
        Some(name) => {
            Err(Error::ModuleVersionsUnknown { component: Component::Module, name: name.to_owned(), reason })
        }
        None => Err(Error::ModulesUnknown { reason }),
    }
}

/// Refuses a request that needs lists of a proxy cache.
fn refuse_lists(request: &Request) -> Result<(), Error> {
    let reason = "the tag lists of a proxy cache are not believed".to_owned();
    if request.modules.are_listed() {
        return Err(Error::ModulesUnknown { reason });
    }
    match request.modules.listing_versions().next() {
        Some(name) => {
            Err(Error::ModuleVersionsUnknown { component: Component::Module, name: name.to_owned(), reason })
        }
        None => Ok(()),
    }
}

/// Adds the tags of a list to the offer; returns why there is none.
fn take_tags(offer: &mut Available, list: TagList) -> Option<String> {
    match list {
        TagList::Tags(tags) => offer.tags = tags.into_iter().collect(),
        TagList::Absent => {}
        TagList::Refused(error) => return Some(error.to_string()),
    }
    None
}

/// What a channel's tag in `release-channel` leads to.
enum ChannelRelease {
    Release(ReleaseInfo),
    /// There is no such tag.
    Absent,
    /// It cannot be read, which is part of what was found.
    Unreadable,
}

/// The channels that the source has and the request may need. They are asked for by name, which any proxy understands.
async fn channels(
    source: &Source,
    request: &select::Request,
) -> Result<Step<BTreeMap<Channel, ReleaseInfo>>, Error> {
    let asked: Vec<Channel> = Channel::ALL.into_iter().filter(|channel| request.needs(*channel)).collect();
    let steps = try_join_all(asked.iter().map(|channel| find_channel(source, *channel, request))).await?;
    let mut found = Found::default();
    let releases: Vec<_> = asked.into_iter().zip(found.merge_all(steps)).collect();
    let names = |is_wanted: fn(&ChannelRelease) -> bool| -> Vec<&str> {
        let matching = releases.iter().filter(|(_, release)| is_wanted(release));
        matching.map(|(channel, _)| channel.name()).collect()
    };
    let absent = names(|release| matches!(release, ChannelRelease::Absent));
    // Only certified editions have lts, and then no other.
    let absent: Vec<&str> = absent.into_iter().filter(|name| *name != Channel::Lts.name()).collect();
    let has_others = names(|release| matches!(release, ChannelRelease::Release(_)))
        .iter()
        .any(|name| *name != Channel::Lts.name());
    if has_others && !absent.is_empty() {
        found.note(format!("the source does not have these release channels: {}", absent.join(", ")));
    }
    let release = |(channel, release)| match release {
        ChannelRelease::Release(info) => Some((channel, info)),
        ChannelRelease::Absent | ChannelRelease::Unreadable => None,
    };
    let releases = releases.into_iter().filter_map(release).collect();
    Ok(found.with(releases))
}

async fn find_channel(
    source: &Source,
    channel: Channel,
    request: &select::Request,
) -> Result<Step<ChannelRelease>, Error> {
    let (reference, by) = (tag(channel.name())?, WantedBy::Channel(channel));
    let looked = match source.look(RELEASE_CHANNEL, &reference, &by).await {
        // Releases that are named are complete without the channels that point to them.
        Err(Error::Registry(error)) if !request.releases.is_empty() && error.is_refused_access() => {
            let mut found = Found::default();
            found.warn(format!("release channel {channel} is left out: {error}"));
            return Ok(found.with(ChannelRelease::Unreadable));
        }
        looked => looked?,
    };
    let Step { value: manifest, mut found } = looked;
    let Some(manifest) = manifest else {
        let is_absent = found.missing.is_empty();
        return Ok(found.with(if is_absent { ChannelRelease::Absent } else { ChannelRelease::Unreadable }));
    };
    let files = release_files(source, &reference, &manifest, &by).await?.merge_into(&mut found);
    let release = files.map_or(ChannelRelease::Unreadable, |files| ChannelRelease::Release(files.info));
    Ok(found.with(release))
}

/// What shows that the list of tags is not whole, if anything does.
async fn disproof(
    source: &Source,
    offer: &Available,
    request: &select::Request,
) -> Result<Option<String>, Error> {
    if offer.tags.is_empty() && !offer.channels.is_empty() {
        return Ok(Some("the source does not list its releases, so it may be a proxy cache".to_owned()));
    }
    let unlisted = match unlisted_channel(offer) {
        Some(channel) => Some(channel.to_string()),
        None => there(source, versions_to_check(offer, request)).await?.first().map(tag_of),
    };
    Ok(unlisted
        .map(|tag| format!("the source does not list {tag}, which exists, so it may be a proxy cache")))
}

/// Asks for whatever the request depends on.
async fn search(
    source: &Source,
    mut found: Found,
    offer: Available,
    request: &select::Request,
) -> Result<Step<Offered>, Error> {
    let mut search = Search::new(offer, request);
    let mut existing = 0;
    loop {
        let questions = search.questions()?;
        if questions.is_empty() {
            break;
        }
        let there = there(source, questions).await?;
        existing += there.len();
        search.found(there);
    }
    let asked = search.asked();
    if asked > 0 {
        found.note(format!(
            "{asked} versions were requested one by one, {existing} of them exist; a release after a gap of more than \
             {MAX_GAP} patch numbers is not found this way"
        ));
    }
    Ok(found.with(Offered { offer: search.into_offer(), asked }))
}

/// Those of the versions that are there; the others are certainly not.
async fn there(source: &Source, versions: impl IntoIterator<Item = Version>) -> Result<Vec<Version>, Error> {
    let answers = versions.into_iter().map(|version| async move {
        // By GET and not by HEAD: only its answer says whether it is the registry that has nothing.
        match source.manifest(RELEASE_CHANNEL, &tag(&tag_of(&version))?).await {
            Ok(found) => Ok(found.map(|_| version)),
            // Some registries refuse to show what they do not have; a list is not refuted by that.
            Err(Error::Registry(error)) if error.is_refused_access() && source.believes_lists() => Ok(None),
            Err(error) if error.is_bad_content() => Ok(Some(version)),
            Err(error) => Err(error),
        }
    });
    Ok(try_join_all(answers).await?.into_iter().flatten().collect())
}
