//! Which releases of a delivery the cluster still has to be told of.

use std::collections::BTreeMap;

use deckhouse::release_list::DeliveredRelease;
use semver::Version;
use serde_json::json;

use crate::{
    change::{Change, Kind, Write},
    objects::Release,
    standing::gap,
};

/// Which releases are wanted.
pub(super) struct Range<'a> {
    /// What is deployed: only what is above it is needed.
    pub(super) deployed: &'a Version,
    /// The last one that is wanted.
    pub(super) to: Option<&'a Version>,
    /// Whether the channel is LTS, which may leave minors out.
    pub(super) lts: bool,
}

/// What is to be created, in ascending order, and what is left out although the delivery has it.
pub(super) fn missing(
    delivery: &[DeliveredRelease],
    existing: &[Release],
    range: &Range<'_>,
) -> (Vec<Change>, Vec<String>) {
    let mut notes = Vec::new();
    let is_wanted = |version: &Version| {
        version > range.deployed && range.to.is_none_or(|to| version <= to) && version.pre.is_empty()
    };
    // Of each minor the controller applies the highest patch only, and skips the others.
    let mut chain: BTreeMap<(u64, u64), &Version> = BTreeMap::new();
    let delivered = delivery.iter().map(|release| &release.version);
    let waiting = existing.iter().filter(|it| it.is_waiting()).filter_map(|it| it.version.as_ref());
    for version in delivered.chain(waiting).filter(|version| is_wanted(version)) {
        let best = chain.entry((version.major, version.minor)).or_insert(version);
        *best = version.max(*best);
    }
    let mut before = range.deployed;
    let mut changes = Vec::new();
    for version in chain.into_values() {
        if gap(before, version, range.lts).is_some() {
            notes.push(format!(
                "the releases from v{version} on are left out: after v{}.{} comes v{}.{}, and nothing has it",
                before.major,
                before.minor,
                before.major,
                before.minor + 1
            ));
            break;
        }
        before = version;
        // An object is never written over, whatever its phase: it may be approved already. Nor is a second one put
        // beside one that is approved under another name: the controller would pass over both.
        let is_there = existing.iter().any(|it| it.name == format!("v{version}"));
        let approved_twin = existing.iter().find(|it| {
            it.version.as_ref() == Some(version) && it.is_waiting() && it.is_approved() && it.is_misnamed()
        });
        if let Some(twin) = approved_twin.filter(|_| !is_there) {
            notes.push(format!("v{version} is known as DeckhouseRelease/{}, which is approved", twin.name));
            continue;
        }
        let new = delivery.iter().find(|release| release.version == *version);
        changes.extend(new.filter(|_| !is_there).map(create));
    }
    (changes, notes)
}

fn create(release: &DeliveredRelease) -> Change {
    let name = format!("v{}", release.version);
    let mut spec = release.spec.clone();
    spec["version"] = json!(name);
    Change {
        what: format!("tell the cluster of release {name}, not approved"),
        kind: Kind::DeckhouseRelease,
        name,
        write: Write::Create(json!({ "spec": spec })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Phase;

    fn missing_of(
        delivery: &[&str],
        existing: &[(&str, &str)],
        to: Option<&str>,
        lts: bool,
    ) -> (String, usize) {
        let version = |text: &str| Version::parse(text.trim_start_matches('v')).unwrap();
        let delivery: Vec<DeliveredRelease> = delivery
            .iter()
            .map(|text| DeliveredRelease {
                version: version(text),
                spec: json!({"requirements": {"k8s": "1.29"}}),
            })
            .collect();
        let existing: Vec<Release> = existing
            .iter()
            .map(|(name, phase)| Release {
                name: (*name).to_owned(),
                version: Some(version(name)),
                phase: Phase::parse(phase),
                ..Release::default()
            })
            .collect();
        let to = to.map(version);
        let range = Range { deployed: &Version::new(1, 57, 5), to: to.as_ref(), lts };
        let (changes, notes) = missing(&delivery, &existing, &range);
        let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        (names.join(" "), notes.len())
    }

    #[test]
    fn only_what_is_missing_and_needed() {
        let deployed = ("v1.57.5", "Deployed");
        for (delivery, existing, to, lts, expected, notes) in [
            // Below and at the deployed one, lower patches, the highest patch of each minor.
            (
                &["1.56.9", "1.57.5", "1.58.1", "1.58.3", "1.59.0"][..],
                &[deployed][..],
                None,
                false,
                "v1.58.3 v1.59.0",
                0,
            ),
            (&["1.57.6", "1.58.3"], &[deployed], None, false, "v1.57.6 v1.58.3", 0),
            (&["1.58.3", "1.59.0"], &[deployed], Some("1.58.3"), false, "v1.58.3", 0),
            // What is there stays, whatever its phase.
            (&["1.58.3", "1.59.0"], &[deployed, ("v1.58.3", "Pending")], None, false, "v1.59.0", 0),
            (&["1.58.3", "1.59.0"], &[deployed, ("v1.58.3", "Skipped")], None, false, "v1.59.0", 0),
            (&["1.58.3", "1.59.0"], &[deployed, ("v1.58.3", "")], None, false, "v1.59.0", 0),
            // The cluster has a later patch: ours would be skipped.
            (&["1.58.3", "1.59.0"], &[deployed, ("v1.58.4", "Pending")], None, false, "v1.59.0", 0),
            // A gap, and one that the cluster fills.
            (&["1.58.3", "1.60.0"], &[deployed], None, false, "v1.58.3", 1),
            (&["1.58.3", "1.60.0"], &[deployed, ("v1.59.1", "Pending")], None, false, "v1.58.3 v1.60.0", 0),
            (&["1.59.0"], &[deployed], None, false, "", 1),
            (&["1.67.0"], &[deployed], None, true, "v1.67.0", 0),
            (&["1.68.0"], &[deployed], None, true, "", 1),
            (&["2.0.0"], &[deployed], None, false, "", 1),
            (&["1.58.0-rc.1"], &[deployed], None, false, "", 0),
        ] {
            let (names, said) = missing_of(delivery, existing, to, lts);
            assert_eq!((names.as_str(), said), (expected, notes), "{delivery:?} {existing:?}");
        }
    }

    #[test]
    fn nothing_is_said_about_approval_and_status() {
        let delivery =
            [DeliveredRelease { version: Version::new(1, 58, 3), spec: json!({"requirements": {}}) }];
        let range = Range { deployed: &Version::new(1, 57, 5), to: None, lts: false };
        let (changes, _) = missing(&delivery, &[], &range);
        let expected = json!({"spec": {"requirements": {}, "version": "v1.58.3"}});
        assert_eq!(changes[0].write, Write::Create(expected));
    }

    #[test]
    fn nothing_is_put_beside_a_twin_that_is_approved() {
        let delivery = [DeliveredRelease { version: Version::new(1, 58, 3), spec: json!({}) }];
        let twin = Release {
            name: "v1-58-3".to_owned(),
            version_text: "v1.58.3".to_owned(),
            version: Some(Version::new(1, 58, 3)),
            approved_field: true,
            ..Release::default()
        };
        let range = Range { deployed: &Version::new(1, 57, 5), to: None, lts: false };
        let (changes, notes) = missing(&delivery, &[twin], &range);
        assert_eq!(changes, []);
        assert!(notes[0].contains("v1-58-3, which is approved"), "{notes:?}");
    }
}
