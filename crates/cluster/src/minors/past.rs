//! Which minor versions before the deployed one never ran, from what the cluster still shows.
//!
//! Three sources show it, and none of them for long:
//!
//! - The Deployment keeps a `ReplicaSet` of each image that it had. It removes the oldest first.
//! - The controller records an event when it begins to deploy a release. Events are kept for an hour.
//! - Each release object says when it became Superseded. For the highest patch of a minor version this is when the next
//!   minor version was deployed. An object that somebody creates again says nothing.
//!
//! A minor version that was deployed for seconds only never ran: a pod needs minutes for its first converge.

use std::collections::{BTreeMap, BTreeSet};

use deckhouse::version::{minor_of, parse_tag};
use jiff::{SignedDuration, Timestamp};
use problems::{Code, Fact, Object, Problem, ReleaseAdvice, ReleaseFact};
use semver::Version;

use crate::{
    ClusterState,
    objects::{Phase, PlatformReplicaSet, Release},
    release_order::ReleaseOrder,
};

type Minor = (u64, u64);

/// No version of the platform is up in less. The controller skips minor versions within a second or two.
const SHORTEST_RUN: SignedDuration = SignedDuration::from_secs(30);

/// The minor versions before a release, back to the last one that ran; of each the highest release, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// These never ran.
    pub(crate) never_ran: Vec<Version>,
    /// Nothing shows whether these ran.
    pub(crate) not_known: Vec<Version>,
}

/// What there is to report about the past: until the update to the next minor version is done.
pub(crate) fn reports(state: &ClusterState) -> Vec<Problem> {
    let order = state.releases.known().map(|it| ReleaseOrder::of(it));
    let Some(deployed) = order.as_ref().and_then(ReleaseOrder::deployed_version) else { return Vec::new() };
    let mut past = Past::before(state, deployed);
    // While the update to the deployed release runs, the one before it was the last that was done.
    if let Some(done) = last_done(state).filter(|it| minor_of(it) < minor_of(deployed)) {
        past.add(Past::before(state, &done));
    }
    let object = || Object::release(deployed);
    let never_ran = (!past.never_ran.is_empty()).then(|| never_ran(deployed, past.never_ran));
    let not_known = (!past.not_known.is_empty())
        .then(|| Problem::new(Code::SkippedMinors, object(), ReleaseFact::RanNotKnown(past.not_known)));
    never_ran.into_iter().chain(not_known).collect()
}

/// Of these reports, that minor versions never ran.
pub(crate) fn never_ran_before(state: &ClusterState) -> Option<Problem> {
    reports(state).into_iter().find(|it| matches!(it.fact, Fact::Release(ReleaseFact::SkippedMinors(_))))
}

/// The problem with a release that follows minor versions that never ran.
pub(crate) fn never_ran(release: &Version, versions: Vec<Version>) -> Problem {
    Problem::new(Code::SkippedMinors, Object::release(release), ReleaseFact::SkippedMinors(versions))
        .advise(ReleaseAdvice::AskSupport.into())
}

/// The releases that the controller skipped in order to deploy this one, ascending. Empty if another patch of its minor
/// version ran before: then they were skipped for that.
pub(crate) fn skipped_for(state: &ClusterState, release: &Version) -> Vec<Version> {
    let minor = minor_of(release);
    let is_earlier_patch = |it: &&Version| minor_of(it) == minor && *it < release;
    let is_first = superseded(state).filter_map(|it| it.version.as_ref()).find(is_earlier_patch).is_none();
    if is_first { Past::before(state, release).never_ran } else { Vec::new() }
}

/// The version that last came up and rendered itself.
fn last_done(state: &ClusterState) -> Option<Version> {
    parse_tag(state.deployment.known()?.version_annotation.as_deref()?)
}

fn superseded(state: &ClusterState) -> impl Iterator<Item = &Release> {
    let releases = state.releases.known().into_iter().flatten();
    releases.filter(|it| it.phase == Some(Phase::Superseded))
}

impl Past {
    pub(crate) fn before(state: &ClusterState, release: &Version) -> Self {
        let mut past = Self::default();
        if state.is_lts() {
            return past;
        }
        let traces = Traces::of(state);
        let below: Vec<Minor> =
            traces.superseded.range(..minor_of(release)).map(|(minor, _)| *minor).collect();
        let lowest = traces.lowest();
        // Nothing can have been skipped before the lowest one: the cluster began with it, as far as is known.
        for minor in below.into_iter().rev().filter(|it| Some(*it) > lowest) {
            let version = traces.superseded[&minor].highest.clone();
            match traces.ran(minor) {
                Some(true) => break,
                Some(false) => past.never_ran.push(version),
                None => {
                    past.not_known.push(version);
                    break;
                }
            }
        }
        past.never_ran.reverse();
        past
    }

    fn add(&mut self, other: Self) {
        let join = |mine: &mut Vec<Version>, other: Vec<Version>| {
            let all: BTreeSet<Version> = mine.drain(..).chain(other).collect();
            mine.extend(all);
        };
        join(&mut self.never_ran, other.never_ran);
        join(&mut self.not_known, other.not_known);
    }
}

/// What shows whether minor versions ran.
struct Traces<'a> {
    superseded: BTreeMap<Minor, Superseded>,
    /// `None` if they are not known.
    replica_sets: Option<&'a [PlatformReplicaSet]>,
    /// The first release of each minor version that the controller is known to have begun to deploy, and when.
    starts: BTreeMap<Minor, (Timestamp, Version)>,
}

/// The Superseded releases of a minor version.
struct Superseded {
    lowest: Version,
    highest: Version,
    /// When the last of them became Superseded.
    at: Option<Timestamp>,
}

impl<'a> Traces<'a> {
    fn of(state: &'a ClusterState) -> Self {
        let mut by_minor: BTreeMap<Minor, Superseded> = BTreeMap::new();
        for release in superseded(state) {
            let Some(version) = &release.version else { continue };
            let known = by_minor.entry(minor_of(version)).or_insert_with(|| Superseded {
                lowest: version.clone(),
                highest: version.clone(),
                at: None,
            });
            known.lowest = version.min(&known.lowest).clone();
            known.highest = version.max(&known.highest).clone();
            known.at = known.at.max(release.transition_time);
        }
        let releases = state.releases.known().map_or(&[][..], Vec::as_slice);
        let mut starts: BTreeMap<Minor, (Timestamp, Version)> = BTreeMap::new();
        for start in state.release_starts.known().into_iter().flatten() {
            let of_object = releases.iter().find(|it| it.name == start.release);
            let version = of_object.and_then(|it| it.version.clone()).or_else(|| parse_tag(&start.release));
            if let (Some(version), Some(at)) = (version, start.at) {
                let known = starts.entry(minor_of(&version)).or_insert_with(|| (at, version.clone()));
                *known = (at, version).min(known.clone());
            }
        }
        let replica_sets = state.replica_sets.known().map(Vec::as_slice);
        Self { superseded: by_minor, replica_sets, starts }
    }

    /// The lowest minor version of which anything is known.
    fn lowest(&self) -> Option<Minor> {
        let of_sets =
            self.replica_sets.into_iter().flatten().filter_map(|it| it.version.as_ref().map(minor_of));
        of_sets.chain(self.superseded.keys().copied()).min()
    }

    /// Whether a minor version ran; `None` if nothing shows it. What proves most counts first.
    fn ran(&self, minor: Minor) -> Option<bool> {
        self.by_replica_sets(minor).or_else(|| self.by_events(minor)).or_else(|| self.by_objects(minor))
    }

    /// Whether a minor version ran for the time between these two, the first of which is when this release of it was
    /// deployed. If that is a patch, an earlier one may have run before.
    fn lasted(&self, began: (Timestamp, &Version), ended: Option<Timestamp>) -> Option<bool> {
        let (at, first) = began;
        let ran = lasted(Some(at), ended)?;
        let is_first = self.superseded.get(&minor_of(first)).is_none_or(|it| it.lowest >= *first);
        (ran || is_first).then_some(ran)
    }

    fn by_replica_sets(&self, minor: Minor) -> Option<bool> {
        let sets = self.replica_sets?;
        let of = |is_meant: fn(Minor, Minor) -> bool| {
            let versions = sets.iter().filter_map(|it| Some((it.created, it.version.as_ref()?)));
            versions.filter(move |(_, version)| is_meant(minor_of(version), minor))
        };
        let (own, later) = (of(|it, minor| it == minor), of(|it, minor| it > minor));
        if own.clone().next().is_some() {
            // With several replicas there may be one even if its pods never came up.
            let began = own.filter_map(|(created, version)| Some((created?, version))).min()?;
            return self.lasted(began, later.filter_map(|(created, _)| created).min());
        }
        // One without a version may be the one.
        let all_known = sets.iter().all(|it| it.version.is_some());
        let has_earlier = of(|it, minor| it < minor).next().is_some();
        (all_known && has_earlier && later.count() > 0).then_some(false)
    }

    fn by_events(&self, minor: Minor) -> Option<bool> {
        let (began, first) = self.starts.get(&minor)?;
        let later = self.starts.iter().filter(|(other, (at, _))| **other > minor && at >= began);
        self.lasted((*began, first), later.map(|(_, (at, _))| *at).min())
    }

    fn by_objects(&self, minor: Minor) -> Option<bool> {
        let began = self.superseded.range(..minor).filter_map(|(_, it)| it.at).max();
        lasted(began, self.superseded.get(&minor)?.at)
    }
}

/// Whether what began and ended at these times lasted long enough to have run.
fn lasted(began: Option<Timestamp>, ended: Option<Timestamp>) -> Option<bool> {
    let time = ended?.duration_since(began?);
    (!time.is_negative()).then_some(time >= SHORTEST_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Reading,
        objects::{DeckhouseDeployment, ReleaseStart},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn version(text: &str) -> Version {
        parse_tag(text).unwrap()
    }

    /// v1.73.2 is deployed; these are Superseded since these seconds.
    fn state(superseded: &[(&str, Option<i64>)]) -> ClusterState {
        let release = |name: &str, phase, since: Option<i64>| Release {
            name: name.to_owned(),
            version: parse_tag(name),
            phase: Some(phase),
            transition_time: since.map(at),
            ..Release::default()
        };
        let mut releases: Vec<Release> =
            superseded.iter().map(|(name, since)| release(name, Phase::Superseded, *since)).collect();
        releases.push(release("v1.73.2", Phase::Deployed, None));
        ClusterState {
            releases: Reading::Known(releases),
            replica_sets: Reading::Known(Vec::new()),
            release_starts: Reading::Known(Vec::new()),
            ..ClusterState::default()
        }
    }

    /// Nothing but the objects, which do not say when they changed.
    fn silent() -> ClusterState {
        state(&[("v1.71.3", None), ("v1.72.4", None), ("v1.72.5", None)])
    }

    fn with_sets(sets: &[(&str, i64)]) -> ClusterState {
        let set = |(name, second): &(&str, i64)| PlatformReplicaSet {
            version: parse_tag(name),
            created: Some(at(*second)),
        };
        ClusterState { replica_sets: Reading::Known(sets.iter().map(set).collect()), ..silent() }
    }

    fn with_starts(starts: &[(&str, i64)]) -> ClusterState {
        let start = |(name, second): &(&str, i64)| ReleaseStart {
            release: (*name).to_owned(),
            at: Some(at(*second)),
        };
        ClusterState { release_starts: Reading::Known(starts.iter().map(start).collect()), ..silent() }
    }

    #[track_caller]
    fn is(state: &ClusterState, never_ran: &[&str], not_known: &[&str]) {
        let versions = |texts: &[&str]| texts.iter().map(|text| version(text)).collect::<Vec<_>>();
        let expected = Past { never_ran: versions(never_ran), not_known: versions(not_known) };
        assert_eq!(Past::before(state, &version("v1.73.2")), expected);
    }

    #[test]
    fn what_replica_sets_show() {
        is(&with_sets(&[("v1.71.3", 0), ("v1.73.2", 900)]), &["v1.72.5"], &[]);
        is(&with_sets(&[("v1.71.3", 0), ("v1.72.4", 900), ("v1.73.2", 9000)]), &[], &[]);
        // The controller with several replicas: the Deployment had the image for a moment.
        is(&with_sets(&[("v1.71.3", 0), ("v1.72.4", 900), ("v1.73.2", 901)]), &["v1.72.5"], &[]);
        is(&with_sets(&[("v1.71.3", 0), ("v1.72.5", 900), ("v1.73.2", 901)]), &[], &["v1.72.5"]);
        // Older ones are removed, or of an image without a version.
        is(&with_sets(&[("v1.73.2", 900)]), &[], &["v1.72.5"]);
        is(&with_sets(&[("v1.71.3", 0), ("sha256", 900), ("v1.73.2", 9000)]), &[], &["v1.72.5"]);
        // The one of the deployed version does not exist yet.
        is(&with_sets(&[("v1.71.3", 0)]), &[], &["v1.72.5"]);
        is(&with_sets(&[("v1.71.3", 0), ("v1.72.5", 900)]), &[], &["v1.72.5"]);
    }

    #[test]
    fn what_events_show() {
        is(&with_starts(&[("v1.72.4", 900), ("v1.73.2", 901)]), &["v1.72.5"], &[]);
        // A patch was skipped, and the minor version ran before; its events are gone.
        is(&with_starts(&[("v1.72.5", 900), ("v1.73.2", 901)]), &[], &["v1.72.5"]);
        is(&with_starts(&[("v1.72.4", 0), ("v1.72.5", 900), ("v1.73.2", 901)]), &[], &[]);
        is(&with_starts(&[("v1.73.2", 901)]), &[], &["v1.72.5"]);
        is(&with_starts(&[("v1.72.5", 901)]), &[], &["v1.72.5"]);
    }

    #[test]
    fn what_the_objects_show() {
        is(&state(&[("v1.71.3", Some(900)), ("v1.72.5", Some(901))]), &["v1.72.5"], &[]);
        is(&state(&[("v1.71.3", Some(0)), ("v1.72.4", Some(900)), ("v1.72.5", Some(7200))]), &[], &[]);
        is(&state(&[("v1.71.3", Some(0)), ("v1.72.5", None)]), &[], &["v1.72.5"]);
        is(&state(&[("v1.71.3", None), ("v1.72.5", Some(9))]), &[], &["v1.72.5"]);
        // Somebody has deleted it and created it again.
        is(&state(&[("v1.71.3", Some(9000)), ("v1.72.5", Some(900))]), &[], &["v1.72.5"]);
        // The cluster began with it.
        is(&state(&[("v1.72.5", Some(9))]), &[], &[]);
        let sets = with_sets(&[("v1.71.3", 0), ("v1.73.2", 900)]).replica_sets;
        is(&ClusterState { replica_sets: sets, ..state(&[("v1.72.5", Some(9))]) }, &["v1.72.5"], &[]);
        is(&state(&[]), &[], &[]);
        let chain =
            [("v1.69.1", Some(0)), ("v1.70.1", Some(900)), ("v1.71.3", Some(900)), ("v1.72.5", Some(901))];
        is(&state(&chain), &["v1.71.3", "v1.72.5"], &[]);
        // Two objects were Deployed for a while: the ReplicaSets prove more.
        let sets = with_sets(&[("v1.71.3", 0), ("v1.72.5", 900), ("v1.73.2", 9000)]).replica_sets;
        let both = state(&[("v1.71.3", Some(9000)), ("v1.72.5", Some(9000))]);
        is(&ClusterState { replica_sets: sets, ..both }, &[], &[]);
    }

    #[test]
    fn what_is_reported_until_the_next_minor_version_is_done() {
        let facts =
            |state: &ClusterState| -> Vec<Fact> { reports(state).into_iter().map(|it| it.fact).collect() };
        let never = Fact::from(ReleaseFact::SkippedMinors(vec![version("v1.72.5")]));
        let mut state = state(&[("v1.71.3", Some(900)), ("v1.72.5", Some(901))]);
        assert_eq!(facts(&state), std::slice::from_ref(&never));
        assert_eq!(skipped_for(&state, &version("v1.73.2")), [version("v1.72.5")]);
        // A patch changes nothing about it, but the update to the patch is done.
        let Reading::Known(releases) = &mut state.releases else { panic!() };
        releases[2].phase = Some(Phase::Superseded);
        releases[2].transition_time = Some(at(5000));
        let deployed = |name: &str| Release {
            name: name.to_owned(),
            version: parse_tag(name),
            phase: Some(Phase::Deployed),
            ..Release::default()
        };
        releases.push(deployed("v1.73.4"));
        assert_eq!(facts(&state), std::slice::from_ref(&never));
        assert_eq!(skipped_for(&state, &version("v1.73.4")), []);
        // The next minor version, before and after it came up.
        let Reading::Known(releases) = &mut state.releases else { panic!() };
        releases[3].phase = Some(Phase::Superseded);
        releases[3].transition_time = Some(at(9000));
        releases.push(deployed("v1.74.1"));
        let deployment = |done: &str| {
            Reading::Known(DeckhouseDeployment {
                version_annotation: Some(done.to_owned()),
                ..DeckhouseDeployment::default()
            })
        };
        state.deployment = deployment("v1.73.4");
        assert_eq!(facts(&state), [never]);
        state.deployment = deployment("v1.74.1");
        assert_eq!(facts(&state), []);
        let unknown = silent();
        assert_eq!(facts(&unknown), [ReleaseFact::RanNotKnown(vec![version("v1.72.5")]).into()]);
        assert_eq!(facts(&ClusterState::default()), []);
    }
}
