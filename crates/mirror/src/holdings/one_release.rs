//! Whether a registry can return everything that one release names.
//!
//! Nothing is asked but what the release names: no lists of tags, which the login of a cluster may not be allowed to read
//! and which a proxy cache does not have.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::repositories::{Component, INSTALL, INSTALL_STANDALONE};
use futures_util::future::try_join_all;
use oci::Tag;
use registry::client::Client;
use semver::Version;

use super::{
    objects::images,
    read::check_blobs,
    report::{Absent, Databases, Everything, Holdings, Totals},
};
use crate::{
    Error, Event, Observer, Root, Stage,
    discover::{modules::one_version, platform},
    listed::{Described, Listed},
    source::{Found, ListedImages, Source, Step},
};

/// What a registry can return of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseContents {
    /// What was read.
    pub totals: Totals,
    /// Everything of it that is missing, unreadable or damaged.
    pub missing: Vec<ReleaseGap>,
    /// Whether the list of its images was read. If not, it is unknown which images it has.
    pub images_known: bool,
    /// Modules that the release requires (`migratedModules`) and of which nothing was read, because no version was named.
    pub modules_not_read: BTreeSet<String>,
}

/// Something of a release that a registry cannot return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseGap {
    /// What, and why.
    pub absent: Absent,
    /// Whether it is part of an installer, which a running cluster does not pull.
    pub installer: bool,
}

/// Reads every manifest of a release and of the modules that it requires, and the last byte of every blob. Of each such
/// module, the version in `modules` is read. Signatures and attestations are left out: a cluster does not pull them.
///
/// # Errors
/// [`Error::Registry`] if the registry refuses the login or cannot be read; [`Error::OverLimit`]. What is missing or damaged
/// is not an error but in [`ReleaseContents::missing`].
pub async fn read_release(
    client: &Client,
    root: &Root,
    version: &Version,
    modules: &BTreeMap<String, Tag>,
    observer: &dyn Observer,
) -> Result<ReleaseContents, Error> {
    observer.event(Event::StageBegan { stage: Stage::List, bytes: 0, items: 0 });
    let source = Source::of(ListedImages::new(client.clone(), root.clone()));
    let Step { value: release, mut found } = platform::release(&source, version).await?;
    let images_known = !found.names.is_empty();
    let required = release.as_ref().map(|it| it.info.migrated_modules()).unwrap_or_default();
    found.merge(required_modules(&source, &required, modules).await?);
    source.images().forget_layers();
    let found_images = images(&found.wanted, &found.names);
    observer.event(Event::StageEnded(Stage::List));
    let checked = check_blobs(&found_images, client, root, observer).await?;
    let listed = Listed { releases: [version.clone()].into(), ..Listed::default() };
    let holdings = Holdings::of(&Everything {
        only: &listed.releases,
        listed: &listed,
        described: &Described { releases: release.into_iter().collect(), ..Described::default() },
        channels: &BTreeMap::new(),
        databases: &Databases::new(),
        images: &found_images,
        names: &found.names,
        missing: found.missing.into_items().collect(),
        gaps: &checked.gaps.blobs,
        blobs_by_size: checked.by_size,
        repository: &|path| source.name(path),
    });
    let installers = [INSTALL, INSTALL_STANDALONE].map(|path| source.name(path));
    let gap = |absent: Absent| {
        let installer = installers.contains(&absent.item.repository);
        ReleaseGap { absent, installer }
    };
    Ok(ReleaseContents {
        totals: holdings.totals,
        missing: holdings.missing.into_iter().map(gap).collect(),
        images_known,
        modules_not_read: required.into_iter().filter(|name| !modules.contains_key(name)).collect(),
    })
}

/// Wants the versions of the required modules that `modules` names.
async fn required_modules(
    source: &Source<ListedImages>,
    required: &BTreeSet<String>,
    modules: &BTreeMap<String, Tag>,
) -> Result<Found, Error> {
    let named = required.iter().filter_map(|name| modules.get_key_value(name));
    let steps = named.map(|(name, version)| one_version(source, (Component::Module, name), version));
    let mut found = Found::default();
    found.merge_all(try_join_all(steps).await?);
    Ok(found)
}
