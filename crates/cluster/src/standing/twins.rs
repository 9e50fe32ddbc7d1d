//! Second objects of a version, which old controllers named with dashes.

use semver::Version;

use crate::objects::{Phase, Release};

/// An object that does not bear the name of its version.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin<'a> {
    /// The object.
    pub release: &'a Release,
    /// Why it may not be removed; `None` if that is safe.
    pub keep: Option<String>,
}

impl Twin<'_> {
    /// Whether it stands in the way of an update from `current` to `next`: of two waiting objects of one version the
    /// controller passes over both, and a waiting twin of the deployed version holds all that follows.
    pub(super) fn disturbs(&self, next: &Version, current: &Version) -> bool {
        let version = self.release.version.as_ref();
        self.release.is_waiting() && version.is_some_and(|it| it >= current && it <= next)
    }
}

/// All of them, highest version first: the order in which they are removed (cluster-source.md, "Twins").
pub(super) fn of(releases: &[Release]) -> Vec<Twin<'_>> {
    let misnamed = releases.iter().filter(|release| release.is_misnamed());
    let mut twins: Vec<Twin<'_>> =
        misnamed.map(|release| Twin { release, keep: reason_to_keep(release, releases) }).collect();
    twins.sort_by(|a, b| b.release.version.cmp(&a.release.version));
    twins
}

fn reason_to_keep(twin: &Release, releases: &[Release]) -> Option<String> {
    if !twin.is_waiting() {
        let phase = twin.phase.as_ref().map_or("", Phase::name);
        return Some(format!("it is {phase}: only objects that wait are removed"));
    }
    let proper = releases.iter().find(|release| !release.is_misnamed() && release.version == twin.version);
    match proper {
        None => Some(format!("there is no DeckhouseRelease/{} that takes its place", twin.version_text)),
        Some(proper) if twin.is_approved() && !proper.is_approved() && proper.is_waiting() => {
            Some(format!("it is approved, and DeckhouseRelease/{} is not", proper.name))
        }
        Some(_) => None,
    }
}
