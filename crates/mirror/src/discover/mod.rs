//! From a request to the whole list of what is to be brought.
//!
//! The source is asked for everything that does not depend on something else at once: over a long
//! line the chain of dependent requests is what a user waits for.

mod databases;
mod modules;
mod platform;

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::channel::Channel;
use oci::Tag;
use semver::Version;

use crate::{Error, Event, Observer, Stage, source::Source, wanted::Wanted};

/// What a pull is asked to bring.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Which releases and channels.
    pub select: deckhouse::select::Request,
    /// Whether to leave the modules out.
    pub no_modules: bool,
    /// Whether to leave the vulnerability databases out.
    pub no_security_databases: bool,
}

/// What the source has of it.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Every image to bring.
    pub wanted: Wanted,
    /// The releases, ascending.
    pub releases: BTreeSet<Version>,
    /// The release channels whose tags are brought, and the release that each points to in the bundle.
    pub channels: BTreeMap<Channel, Version>,
    /// The modules and their versions, ascending.
    pub modules: BTreeMap<String, Vec<Tag>>,
    /// The vulnerability databases, as paths below the root.
    pub databases: Vec<String>,
    /// The text of `deckhousereleases.yaml`.
    pub release_manifests: String,
}

/// Reads the source.
///
/// # Errors
/// [`Error::Incomplete`] with the whole list of what is missing on the source; [`Error::Select`] if the
/// request cannot be met; [`Error::Registry`] if the source cannot be read.
pub async fn discover(
    source: &Source,
    request: &Request,
    observer: &dyn Observer,
) -> Result<Discovery, Error> {
    observer.event(Event::StageBegan {
        stage: Stage::Plan,
        bytes: 0,
        items: 0,
    });
    let modules = async {
        if request.no_modules {
            Ok(BTreeMap::new())
        } else {
            modules::discover(source, observer).await
        }
    };
    let databases = async {
        if request.no_security_databases {
            Ok(Vec::new())
        } else {
            databases::discover(source, observer).await
        }
    };
    let platform = platform::discover(source, &request.select, observer);
    let (platform, modules, databases) = futures_util::try_join!(platform, modules, databases)?;
    let wanted = source.take_wanted()?;
    let release_manifests = deckhouse::release_manifest::write_releases(&platform.manifests)?;
    observer.event(Event::StageEnded(Stage::Plan));
    Ok(Discovery {
        wanted,
        releases: platform.releases,
        channels: platform.channels,
        modules,
        databases,
        release_manifests,
    })
}
