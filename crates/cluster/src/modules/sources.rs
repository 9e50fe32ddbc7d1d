//! Whether the sources of modules have errors.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    ClusterState, Reading,
    objects::{ModuleSource, OfferedModule},
};

/// How long ago the controller may have read a source. It reads them every few minutes, but not while the platform
/// restarts, which may take half an hour.
pub const SYNC_LIMIT: SignedDuration = SignedDuration::from_hours(1);

/// A `ModuleSource`, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceHealth {
    /// Name of the object.
    pub name: String,
    /// The repository that it reads.
    pub repo: String,
    /// When the controller last read it.
    pub synced: Option<Timestamp>,
    /// Whether that is longer ago than [`SYNC_LIMIT`], or never was.
    pub stale: bool,
    /// The message of the source as a whole; may be empty.
    pub message: String,
    /// How many modules it offers.
    pub modules: usize,
    /// The modules that have an error.
    pub failed: Vec<OfferedModule>,
}

impl SourceHealth {
    /// Whether nothing is wrong with it.
    pub fn is_healthy(&self) -> bool {
        !self.stale && self.message.is_empty() && self.failed.is_empty()
    }
}

/// The sources by name, as they are at `now`.
pub fn sources(state: &ClusterState, now: Timestamp) -> Reading<Vec<SourceHealth>> {
    state.module_sources.clone().map(|sources| {
        let mut all: Vec<SourceHealth> = sources.into_iter().map(|source| health(source, now)).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    })
}

fn health(source: ModuleSource, now: Timestamp) -> SourceHealth {
    let stale = source.sync_time.is_none_or(|time| now.duration_since(time) > SYNC_LIMIT);
    SourceHealth {
        name: source.name,
        repo: source.repo,
        synced: source.sync_time,
        stale,
        message: source.message.into(),
        modules: source.modules.len(),
        failed: source.modules.into_iter().filter(|module| module.error.is_some()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_healthy_while_it_is_read_and_has_no_errors() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let good = ModuleSource {
            name: "deckhouse".to_owned(),
            sync_time: Some("2026-11-24T09:01:00Z".parse().unwrap()),
            modules: vec![OfferedModule { name: "a".to_owned(), ..OfferedModule::default() }],
            ..ModuleSource::default()
        };
        let broken = OfferedModule { error: Some("no such tag".into()), ..OfferedModule::default() };
        for (source, healthy) in [
            (good.clone(), true),
            (
                ModuleSource { sync_time: Some("2026-11-24T08:59:00Z".parse().unwrap()), ..good.clone() },
                false,
            ),
            (ModuleSource { sync_time: None, ..good.clone() }, false),
            (ModuleSource { message: "Some errors occurred".into(), ..good.clone() }, false),
            (ModuleSource { modules: vec![broken], ..good }, false),
        ] {
            assert_eq!(health(source.clone(), now).is_healthy(), healthy, "{source:?}");
        }
    }
}
