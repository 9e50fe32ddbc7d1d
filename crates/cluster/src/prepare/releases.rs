//! Which releases of the releases file still have to be created in the cluster.

use deckhouse::{release_list::DeliveredRelease, version::minor_of};
use semver::Version;
use serde_json::json;

use super::PrepareNote;
use crate::{
    chain::{Known, LeftOutReason, Range, TargetError, chain},
    change::{Change, Kind, Purpose, Write},
    objects::Release,
    release_order::ReleaseOrder,
};

/// What is to be created, in ascending order, and which releases of the file are left out.
pub(super) fn missing(
    delivery: &[DeliveredRelease],
    existing: &[Release],
    range: Range<'_>,
) -> Result<(Vec<Change>, Vec<PrepareNote>), TargetError> {
    let known = Known { delivery, releases: existing, ..Known::default() };
    let chain = chain(known, &ReleaseOrder::of(existing), range);
    chain.leads_to_wanted(range)?;
    let mut notes = Vec::new();
    for (reason, versions) in &chain.left_out {
        let is_delivered = |version: &Version| delivery.iter().any(|it| it.version == *version);
        // The rest is left out because it is not needed. What the controller deletes is worth a note, wherever it is from.
        let is_noted = match reason {
            LeftOutReason::Suspended | LeftOutReason::Phase(_) | LeftOutReason::BeyondGap(_) => {
                versions.iter().any(|version| is_delivered(version))
            }
            LeftOutReason::AboveChannel(_) => true,
            _ => false,
        };
        if is_noted {
            let versions = versions.iter().map(|version| (*version).clone()).collect();
            notes.push(PrepareNote::LeftOut { versions, reason: reason.clone() });
        }
    }
    let mut changes = Vec::new();
    for (version, candidate) in chain.steps {
        // An existing object is never changed, whatever its phase: it may be approved already. Nor is a second object
        // created for a release that is approved under another name: the controller would skip both.
        let is_there = existing.iter().any(|it| it.name == format!("v{version}"));
        match candidate.object {
            _ if is_there => {}
            Some(twin) if twin.is_waiting() && twin.is_approved() && twin.is_misnamed() => {
                let (version, name) = (version.clone(), twin.name.clone());
                notes.push(PrepareNote::ApprovedUnderOtherName { version, name });
            }
            _ => changes.extend(candidate.delivered.map(create)),
        }
    }
    Ok((changes, notes))
}

/// Leaves only releases of the first minor version that waits or is created. What is left out for later, if anything.
pub(super) fn keep_to_one_minor(
    created: &mut Vec<Change>,
    existing: &[Release],
    deployed: &Version,
) -> Option<PrepareNote> {
    let order = ReleaseOrder::of(existing);
    let waiting = order.waiting.iter().filter_map(|release| release.version.as_ref());
    let first = waiting
        .chain(created.iter().filter_map(created_version))
        .filter(|version| minor_of(version) > minor_of(deployed))
        .min_by_key(|version| minor_of(version))?
        .clone();
    let (now, later): (Vec<Change>, Vec<Change>) = std::mem::take(created).into_iter().partition(|change| {
        created_version(change).is_none_or(|version| minor_of(version) <= minor_of(&first))
    });
    *created = now;
    let versions: Vec<Version> = later.iter().filter_map(created_version).cloned().collect();
    // Of a minor the highest patch is deployed.
    let of_first = |version: &&Version| minor_of(version) == minor_of(&first);
    let waiting = order.waiting.iter().filter_map(|release| release.version.as_ref());
    let highest = waiting.chain(created.iter().filter_map(created_version)).filter(of_first).max().cloned();
    (!versions.is_empty()).then(|| PrepareNote::OneAtATime { versions, first: highest.unwrap_or(first) })
}

fn created_version(change: &Change) -> Option<&Version> {
    match &change.purpose {
        Purpose::CreateRelease { version } => Some(version),
        _ => None,
    }
}

fn create(release: &DeliveredRelease) -> Change {
    let name = format!("v{}", release.version);
    let mut spec = release.spec.clone();
    spec["version"] = json!(name);
    Change {
        purpose: Purpose::CreateRelease { version: release.version.clone() },
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
        let range = Range { deployed: &Version::new(1, 57, 5), to: to.as_ref(), channel: None, lts };
        let (changes, notes) = missing(&delivery, &existing, range).unwrap();
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
            // What the cluster will never take closes no gap, though its controller would say so.
            (&["1.58.3", "1.59.0"], &[deployed, ("v1.58.3", "Skipped")], None, false, "", 2),
            (&["1.58.3", "1.59.0"], &[deployed, ("v1.58.3", "Suspended")], None, false, "", 2),
            (&["1.58.2", "1.58.3"], &[deployed, ("v1.58.3", "Suspended")], None, false, "v1.58.2", 1),
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
    fn approval_and_status_are_not_written() {
        let delivery =
            [DeliveredRelease { version: Version::new(1, 58, 3), spec: json!({"requirements": {}}) }];
        let range = Range { deployed: &Version::new(1, 57, 5), to: None, channel: None, lts: false };
        let (changes, _) = missing(&delivery, &[], range).unwrap();
        let expected = json!({"spec": {"requirements": {}, "version": "v1.58.3"}});
        assert_eq!(changes[0].write, Write::Create(expected));
    }

    #[test]
    fn no_second_object_is_created_for_an_approved_release() {
        let delivery = [DeliveredRelease { version: Version::new(1, 58, 3), spec: json!({}) }];
        let twin = Release {
            name: "v1-58-3".to_owned(),
            version_text: "v1.58.3".to_owned(),
            version: Some(Version::new(1, 58, 3)),
            approved_field: true,
            ..Release::default()
        };
        let range = Range { deployed: &Version::new(1, 57, 5), to: None, channel: None, lts: false };
        let (changes, notes) = missing(&delivery, &[twin], range).unwrap();
        assert_eq!(changes, []);
        let (version, name) = (Version::new(1, 58, 3), "v1-58-3".to_owned());
        assert_eq!(notes, [PrepareNote::ApprovedUnderOtherName { version, name }]);
    }

    #[test]
    fn one_minor_at_a_time() {
        let version = |text: &str| Version::parse(text).unwrap();
        for (created, waiting, now, later, first) in [
            (
                &["1.58.3", "1.59.0", "1.60.1"][..],
                &[][..],
                &["1.58.3"][..],
                &["1.59.0", "1.60.1"][..],
                "1.58.3",
            ),
            // A patch of the deployed minor comes before it.
            (&["1.57.9", "1.58.3", "1.59.0"], &[], &["1.57.9", "1.58.3"], &["1.59.0"], "1.58.3"),
            (&["1.59.0"], &["1.58.3"], &[], &["1.59.0"], "1.58.3"),
            (&["1.58.3"], &["1.59.0"], &["1.58.3"], &[], ""),
            (&["1.58.3"], &[], &["1.58.3"], &[], ""),
            (&["1.57.9"], &[], &["1.57.9"], &[], ""),
            (&[], &[], &[], &[], ""),
        ] {
            let release = |text: &&str| DeliveredRelease { version: version(text), spec: json!({}) };
            let mut changes: Vec<Change> = created.iter().map(|text| create(&release(text))).collect();
            let existing: Vec<Release> = [("1.57.5", "Deployed")]
                .into_iter()
                .chain(waiting.iter().map(|text| (*text, "Pending")))
                .map(|(text, phase)| Release {
                    name: format!("v{text}"),
                    version: Some(version(text)),
                    phase: Phase::parse(phase),
                    ..Release::default()
                })
                .collect();
            let note = keep_to_one_minor(&mut changes, &existing, &version("1.57.5"));
            let names: Vec<&str> = changes.iter().map(|change| &change.name[1..]).collect();
            assert_eq!(names, now, "{created:?} {waiting:?}");
            let expected = (!later.is_empty()).then(|| PrepareNote::OneAtATime {
                versions: later.iter().map(|text| version(text)).collect(),
                first: version(first),
            });
            assert_eq!(note, expected, "{created:?} {waiting:?}");
        }
    }
}
