//! What the source offers: its channels, and its releases by its list of tags or by asking for each.
//!
//! A proxy cache lists what it happens to have, or nothing, and serves the rest when asked for it by name.
//! So a list is believed only until it proves wrong, and then, or when told from the start, versions are
//! asked for. "Not there" must be certain for each: any other answer ends the run.

use std::collections::BTreeMap;

use deckhouse::{
    Channel,
    release_info::ReleaseInfo,
    repositories::RELEASE_CHANNEL,
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
    Error, Event, Observer, WantedBy,
    source::{Source, TagList},
};

pub(super) struct Offered {
    pub(super) offer: Available,
    /// How many versions were asked for one by one; 0 if the list of tags was enough.
    pub(super) asked: usize,
}

pub(super) async fn read(
    source: &Source,
    request: &Request,
    observer: &dyn Observer,
) -> Result<Offered, Error> {
    if request.proxy_registry {
        let reason = "the tag lists of a proxy cache are not believed".to_owned();
        if request.modules.are_listed() {
            return Err(Error::ModulesUnknown { reason });
        }
        if let Some(name) = request.modules.listing_versions().next() {
            return Err(Error::ModuleVersionsUnknown { name: name.to_owned(), reason });
        }
        let channels = channels(source, &request.select, observer).await?;
        return search(source, Available { channels, tags: Vec::new() }, &request.select, observer).await;
    }
    let channels = channels(source, &request.select, observer);
    let (channels, list) = futures_util::try_join!(channels, source.tags(RELEASE_CHANNEL))?;
    let mut offer = Available { channels, tags: Vec::new() };
    let refusal = match list {
        TagList::Tags(tags) => {
            offer.tags = tags.into_iter().collect();
            None
        }
        TagList::Absent => None,
        TagList::Refused(error) if offer.channels.is_empty() => return Err(Error::TagsRefused(error)),
        TagList::Refused(error) => Some(error.to_string()),
    };
    let disproof = match refusal {
        Some(reason) => Some(reason),
        None => disproof(source, &offer, &request.select).await?,
    };
    let Some(reason) = disproof else {
        return Ok(Offered { offer, asked: 0 });
    };
    source.ignore_lists();
    if request.modules.are_listed() {
        return Err(Error::ModulesUnknown { reason });
    }
    observer.event(Event::Warning(format!("{reason}. Versions are asked for one by one")));
    search(source, offer, &request.select, observer).await
}

/// What a channel's tag in `release-channel` leads to.
enum Found {
    Release(ReleaseInfo),
    /// There is no such tag.
    Absent,
    /// It cannot be read, which is recorded or reported.
    Unreadable,
}

/// The channels that the source has and the request may need. They are asked for by name, which any proxy understands.
async fn channels(
    source: &Source,
    request: &select::Request,
    observer: &dyn Observer,
) -> Result<BTreeMap<Channel, ReleaseInfo>, Error> {
    let asked = Channel::ALL.into_iter().filter(|channel| request.needs(*channel));
    let found = try_join_all(asked.map(|channel| async move {
        Ok::<_, Error>((channel, find_channel(source, channel, request, observer).await?))
    }))
    .await?;
    let names = |is_wanted: fn(&Found) -> bool| -> Vec<&str> {
        let matching = found.iter().filter(|(_, found)| is_wanted(found));
        matching.map(|(channel, _)| channel.name()).collect()
    };
    let absent = names(|found| matches!(found, Found::Absent));
    // Only certified editions have lts, and then no other.
    let absent: Vec<&str> = absent.into_iter().filter(|name| *name != Channel::Lts.name()).collect();
    let has_others =
        names(|found| matches!(found, Found::Release(_))).iter().any(|name| *name != Channel::Lts.name());
    if has_others && !absent.is_empty() {
        observer.event(Event::Note(format!(
            "the source does not have these release channels: {}",
            absent.join(", ")
        )));
    }
    let release = |(channel, found)| match found {
        Found::Release(info) => Some((channel, info)),
        Found::Absent | Found::Unreadable => None,
    };
    Ok(found.into_iter().filter_map(release).collect())
}

async fn find_channel(
    source: &Source,
    channel: Channel,
    request: &select::Request,
    observer: &dyn Observer,
) -> Result<Found, Error> {
    let (reference, by) = (tag(channel.name())?, WantedBy::Channel(channel));
    let manifest = match source.look(RELEASE_CHANNEL, &reference, &by).await {
        // Releases that are named are complete without the channels that point to them.
        Err(Error::Registry(error)) if !request.releases.is_empty() && error.is_refused_access() => {
            observer.event(Event::Warning(format!("release channel {channel} is left out: {error}")));
            return Ok(Found::Unreadable);
        }
        found => found?,
    };
    let Some(manifest) = manifest else {
        let is_unreadable = source.lacks(RELEASE_CHANNEL, &reference);
        return Ok(if is_unreadable { Found::Unreadable } else { Found::Absent });
    };
    let files = release_files(source, &reference, &manifest, &by).await?;
    Ok(files.map_or(Found::Unreadable, |files| Found::Release(files.info)))
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
        .map(|tag| format!("the source does not list {tag}, which is there, so it may be a proxy cache")))
}

/// Asks for whatever the request depends on.
async fn search(
    source: &Source,
    offer: Available,
    request: &select::Request,
    observer: &dyn Observer,
) -> Result<Offered, Error> {
    let mut search = Search::new(offer, request);
    let mut found = 0;
    loop {
        let questions = search.questions()?;
        if questions.is_empty() {
            break;
        }
        let there = there(source, questions).await?;
        found += there.len();
        search.found(there);
    }
    let asked = search.asked();
    if asked > 0 {
        observer.event(Event::Note(format!(
            "{asked} versions were asked for one by one, and {found} of them are there; a release that \
             follows more than {MAX_GAP} missing numbers of its minor is not found this way"
        )));
    }
    Ok(Offered { offer: search.into_offer(), asked })
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
