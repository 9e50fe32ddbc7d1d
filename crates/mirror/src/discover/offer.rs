//! What the source offers: its channels, and its releases by its list of tags or by asking for each.
//!
//! A proxy cache lists what it happens to have, or nothing, and serves the rest when asked for it by name.
//! So a list is believed only until it proves wrong, and then, or when told from the start, versions are
//! asked for. "Not there" must be certain for each: any other answer ends the run.

use deckhouse::{
    Channel,
    release_info::ReleaseInfo,
    repositories::RELEASE_CHANNEL,
    select::{
        self, Offer,
        doubt::{doubts, unlisted_channel},
        search::{PATIENCE, Search},
    },
    version::tag_of,
};
use futures_util::future::try_join_all;
use registry::client::ErrorKind;
use semver::Version;

use super::{
    Request,
    platform::{release_files, tag},
};
use crate::{Error, Event, Observer, source::Source};

pub(super) struct Offered {
    pub(super) offer: Offer,
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
        let channels = channels(source).await?.into_iter().collect();
        return search(source, Offer { channels, tags: Vec::new() }, &request.select, observer).await;
    }
    let (channels, list) = futures_util::try_join!(channels(source), list(source, RELEASE_CHANNEL))?;
    let mut offer = Offer { channels: channels.into_iter().collect(), tags: Vec::new() };
    let refusal = match list {
        List::Tags(tags) => {
            offer.tags = tags;
            None
        }
        List::Absent => None,
        List::Refused(error) if offer.channels.is_empty() => return Err(error.into()),
        List::Refused(error) => Some(error.to_string()),
    };
    let disproof = match refusal {
        Some(reason) => Some(reason),
        None => disproof(source, &offer, &request.select).await?,
    };
    let Some(reason) = disproof else {
        return Ok(Offered { offer, asked: 0 });
    };
    if request.modules.are_listed() {
        return Err(Error::ModulesUnknown { reason });
    }
    observer.event(Event::Warning(format!("{reason}. Versions are asked for one by one")));
    search(source, offer, &request.select, observer).await
}

/// The channels that the source has. They are asked for by name, which any proxy understands.
async fn channels(source: &Source) -> Result<Vec<(Channel, ReleaseInfo)>, Error> {
    let infos = Channel::ALL.iter().map(|channel| async move {
        let reference = tag(&channel.to_string())?;
        let by = format!("channel {channel}");
        let Some(manifest) = source.manifest(RELEASE_CHANNEL, &reference).await? else {
            return Ok(None);
        };
        let files = release_files(source, &reference, &manifest, &by).await?;
        Ok::<_, Error>(files.map(|files| (*channel, files.info)))
    });
    Ok(try_join_all(infos).await?.into_iter().flatten().collect())
}

/// The answer to a question for all tags.
pub(super) enum List {
    /// These.
    Tags(Vec<String>),
    /// There is certainly no such repository.
    Absent,
    /// The source answers other questions, but not this one.
    Refused(registry::client::Error),
}

/// Asks for the tags of the repository at `path`.
pub(super) async fn list(source: &Source, path: &str) -> Result<List, Error> {
    match source.repository(path)?.tags().await {
        Ok(tags) => Ok(tags.map_or(List::Absent, List::Tags)),
        Err(error) if is_refusal(error.kind()) => Ok(List::Refused(error)),
        Err(error) => Err(error.into()),
    }
}

/// Whether this is how registries answer that have no lists, or give them to nobody.
fn is_refusal(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::Denied { .. } | ErrorKind::NotARegistry { .. } => true,
        ErrorKind::Server { status, .. } => (400..500).contains(status) || *status == 501,
        _ => false,
    }
}

/// What shows that the list of tags is not whole, if anything does.
async fn disproof(
    source: &Source,
    offer: &Offer,
    request: &select::Request,
) -> Result<Option<String>, Error> {
    if offer.tags.is_empty() && !offer.channels.is_empty() {
        return Ok(Some("the source does not list its releases, so it may be a proxy cache".to_owned()));
    }
    let unlisted = match unlisted_channel(offer) {
        Some(channel) => Some(channel.to_string()),
        None => there(source, doubts(offer, request)).await?.first().map(tag_of),
    };
    Ok(unlisted
        .map(|tag| format!("the source does not list {tag}, which is there, so it may be a proxy cache")))
}

/// Asks for whatever the request depends on.
async fn search(
    source: &Source,
    offer: Offer,
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
             follows more than {PATIENCE} missing numbers of its minor is not found this way"
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
            Err(error) if error.is_bad_content() => Ok(Some(version)),
            Err(error) => Err(error),
        }
    });
    Ok(try_join_all(answers).await?.into_iter().flatten().collect())
}
