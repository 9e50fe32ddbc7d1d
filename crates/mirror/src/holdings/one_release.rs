//! Whether a registry can return everything that one release names.
//!
//! Nothing is asked but what the release names: no lists of tags, which the login of a cluster may not be allowed to read
//! and which a proxy cache does not have.

use std::collections::BTreeMap;

use deckhouse::repositories::{INSTALL, INSTALL_STANDALONE};
use registry::client::Client;
use semver::Version;

use super::{
    objects::images,
    read::check_blobs,
    report::{Absent, Databases, Everything, Holdings, Totals},
};
use crate::{
    Error, Event, Observer, Root, Stage,
    discover::platform,
    listed::{Described, Listed},
    source::{ListedImages, Source, Step},
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
}

/// Something of a release that a registry cannot return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseGap {
    /// What, and why.
    pub absent: Absent,
    /// Whether it is part of an installer, which a running cluster does not pull.
    pub installer: bool,
}

/// Reads every manifest of a release, and the last byte of every blob. Signatures and attestations are left out: a cluster
/// does not pull them.
///
/// # Errors
/// [`Error::Registry`] if the registry refuses the login or cannot be read; [`Error::OverLimit`]. What is missing or damaged
/// is not an error but in [`ReleaseContents::missing`].
pub async fn read_release(
    client: &Client,
    root: &Root,
    version: &Version,
    observer: &dyn Observer,
) -> Result<ReleaseContents, Error> {
    observer.event(Event::StageBegan { stage: Stage::List, bytes: 0, items: 0 });
    let source = Source::of(ListedImages::new(client.clone(), root.clone()));
    let Step { value: release, found } = platform::release(&source, version).await?;
    source.images().forget_layers();
    let found_images = images(&found.wanted, &found.names);
    observer.event(Event::StageEnded(Stage::List));
    let checked = check_blobs(&found_images, client, root, observer).await?;
    let listed = Listed { releases: [version.clone()].into(), ..Listed::default() };
    let holdings = Holdings::of(&Everything {
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
        images_known: !found.names.is_empty(),
    })
}
