//! Which releases the cluster's controller creates automatically from what the registry has.
//!
//! Its loop was rewritten twice (cluster-2026.md, 1.6; cluster-source.md, "Eras"). At first it made the next minor version
//! only; since deckhouse#12186 it makes all that follow the newest object; since deckhouse#17548 also the last patch of the
//! minor version of that object. Which patch version got a change first is not known, so around it nothing is claimed.

use std::collections::BTreeSet;

use deckhouse::version::minor_of;
use semver::Version;
use serde::Serialize;

use crate::{chain::Range, objects::Release};

/// Below this minor version, the loop makes one minor version at a time.
const ONE_AT_A_TIME_BELOW: (u64, u64) = (1, 61);
/// From this one on, it makes all at once.
pub(crate) const ALL_AT_ONCE_FROM: (u64, u64) = (1, 70);
/// Below this one, it leaves out the last patch of the minor version that it has, if there is a newer minor version.
const NO_LAST_PATCH_BELOW: (u64, u64) = (1, 74);
/// From this one on, it makes that patch.
const LAST_PATCH_FROM: (u64, u64) = (1, 77);

/// Whether the controller creates the object of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Creation {
    /// It does when it looks at the release channel.
    Now,
    /// It does after the update to the release before it.
    AfterPrevious,
    /// It does, now or after the update to the release before it: the running version does not decide when.
    Later,
    /// It does not.
    Never,
    /// That is not known.
    Unknown,
}

/// What the controller looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loop<'a> {
    /// The deployed version, whose controller is running.
    pub(super) running: &'a Version,
    /// What the release channel points to, and whether the channel is LTS.
    pub(super) range: Range<'a>,
    /// All objects in the cluster.
    pub(super) releases: &'a [Release],
}

impl Loop<'_> {
    /// Whether it creates `version`. `first`: no release of the plan that has no object comes before it with an earlier
    /// minor version.
    pub(super) fn creates(&self, version: &Version, first: bool) -> Creation {
        let Some(channel) = self.range.channel else { return Creation::Unknown };
        if self.range.lts {
            return if version == channel { Creation::Now } else { Creation::Never };
        }
        let Some(start) = self.start() else { return Creation::Unknown };
        if start > channel {
            return Creation::Unknown;
        }
        if version <= start {
            return Creation::Never;
        }
        let running = minor_of(self.running);
        if minor_of(version) == minor_of(start) && minor_of(channel) > minor_of(start) {
            return if running < NO_LAST_PATCH_BELOW {
                Creation::Never
            } else if running >= LAST_PATCH_FROM {
                Creation::Now
            } else {
                Creation::Unknown
            };
        }
        if first || running >= ALL_AT_ONCE_FROM {
            Creation::Now
        } else if running < ONE_AT_A_TIME_BELOW {
            Creation::AfterPrevious
        } else {
            Creation::Later
        }
    }

    /// Where it begins: behind the newest object, if no minor version is missing among the objects, or else behind the
    /// deployed one. `None` where old loops, which always take the newest one, differ.
    fn start(&self) -> Option<&Version> {
        let all: BTreeSet<&Version> = self.releases.iter().filter_map(|it| it.version.as_ref()).collect();
        let newest = all.last().copied().unwrap_or(self.running);
        let follows = |(one, other): (&&Version, &&Version)| {
            one.major + 1 >= other.major && one.minor + 1 >= other.minor
        };
        if all.iter().zip(all.iter().skip(1)).all(follows) {
            return Some(newest);
        }
        let running = minor_of(self.running);
        if running >= ALL_AT_ONCE_FROM {
            Some(self.running)
        } else if running < ONE_AT_A_TIME_BELOW {
            Some(newest)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Creation::{AfterPrevious, Later, Never, Now, Unknown};

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn what_each_loop_creates() {
        for (running, objects, channel, release, first, expected) in [
            // The next minor version, by every loop.
            ("1.57.5", &[][..], "1.59.4", "1.58.10", true, Now),
            ("1.65.2", &[], "1.67.4", "1.66.10", true, Now),
            ("1.77.2", &[], "1.79.4", "1.78.10", true, Now),
            // The ones after it.
            ("1.57.5", &[], "1.59.4", "1.59.4", false, AfterPrevious),
            ("1.65.2", &[], "1.67.4", "1.67.4", false, Later),
            ("1.71.3", &[], "1.73.4", "1.73.4", false, Now),
            // The last patch of the deployed minor version, with a newer minor version in the channel.
            ("1.57.5", &[], "1.59.4", "1.57.9", true, Never),
            ("1.73.5", &[], "1.75.4", "1.73.9", true, Never),
            ("1.75.5", &[], "1.77.4", "1.75.9", true, Unknown),
            ("1.77.5", &[], "1.79.4", "1.77.9", true, Now),
            // Without one.
            ("1.57.5", &[], "1.57.9", "1.57.9", true, Now),
            // Below the newest object.
            ("1.77.5", &["1.78.3", "1.79.1"], "1.79.4", "1.78.9", true, Never),
            ("1.77.5", &["1.78.3", "1.79.1"], "1.79.4", "1.79.4", true, Now),
            ("1.57.5", &["1.58.3"], "1.59.4", "1.58.10", true, Never),
            // A minor version is missing among the objects.
            ("1.77.5", &["1.79.1"], "1.79.4", "1.78.9", true, Now),
            ("1.57.5", &["1.59.1"], "1.59.4", "1.58.9", true, Never),
            ("1.65.5", &["1.67.1"], "1.67.4", "1.66.9", true, Unknown),
            // The controller deletes the newest object at the same time.
            ("1.77.5", &["1.78.3", "1.79.1"], "1.78.4", "1.78.4", true, Unknown),
        ] {
            let release_of = |text: &&str| Release { version: Some(version(text)), ..Release::default() };
            let releases: Vec<Release> = [running].iter().chain(objects).map(release_of).collect();
            let (running, channel) = (version(running), version(channel));
            let range = Range { deployed: &running, to: None, channel: Some(&channel), lts: false };
            let controller = Loop { running: &running, range, releases: &releases };
            assert_eq!(
                controller.creates(&version(release), first),
                expected,
                "{running} {release} {objects:?}"
            );
            let lts = Loop { range: Range { lts: true, ..range }, ..controller };
            assert_eq!(lts.creates(&channel, false), Now);
            assert_eq!(lts.creates(&version("1.50.0"), true), Never);
            let unknown = Loop { range: Range { channel: None, ..range }, ..controller };
            assert_eq!(unknown.creates(&version(release), first), Unknown);
        }
    }
}
