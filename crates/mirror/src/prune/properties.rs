//! What holds of every plan, whatever the registry contains.

use std::collections::BTreeSet;

use deckhouse::{channel::Channel, repositories::Attachment};
use oci::Digest;
use proptest::prelude::*;
use semver::Version;

use super::{
    file::{PlanFile, PlanFileError, Rule},
    model::{ManifestDetails, ManifestKey, Needed, Survey},
    plan::{ClusterNeeds, Keep, PruneError, plan},
    references::References,
    survey::Surveyed,
};
use crate::{Cause, MissingItem, WantedBy};

const PATHS: [&str; 2] = ["", "install"];

fn release(number: u64) -> Version {
    Version::new(1, 57 + number, 0)
}

fn manifest(number: u8) -> Digest {
    Digest::of(&[b'm', number])
}

fn key(path: usize, number: u8) -> ManifestKey {
    (PATHS[path].to_owned(), manifest(number))
}

fn by(number: u64) -> WantedBy {
    match number {
        3 => WantedBy::Channel(Channel::Stable),
        4 => WantedBy::Installer,
        release_number => WantedBy::Release(release(release_number)),
    }
}

/// Of a tag: that of a release, one that repeats the digest, that of an attachment or of their list, or any other.
fn tag(kind: u8, number: u8) -> String {
    match kind {
        0 => deckhouse::version::tag_of(&release(u64::from(number % 3))),
        1 => manifest(number).hex(),
        2 => Attachment::Attestation.tag(&manifest(number)).unwrap().to_string(),
        3 => Attachment::List.tag(&manifest(number)).unwrap().to_string(),
        _ => format!("other-{number}"),
    }
}

prop_compose! {
    /// Manifests 0 to 9 in two repositories; those of a higher number may be children of those of a lower one.
    fn surveys()(
        manifests in prop::collection::vec((prop::collection::vec(0_u8..10, 0..3), prop::option::weighted(0.2, 0_u8..10), prop::collection::vec(0_u8..8, 0..4)), 20),
        needed in prop::collection::vec((0_usize..2, 0_u8..10, prop::collection::btree_set(0_u64..5, 1..3)), 0..14),
        tags in prop::collection::vec((0_usize..2, 0_u8..5, 0_u8..10, 0_u8..10), 0..12),
    ) -> Survey {
        let mut survey = Survey { releases: (0..3).map(release).collect(), ..Survey::default() };
        for (position, (children, subject, blobs)) in manifests.into_iter().enumerate() {
            let (path, number) = (position / 10, u8::try_from(position % 10).unwrap());
            let children = children.into_iter().filter(|child| *child > number).map(manifest).collect();
            let blobs = blobs.into_iter().map(|blob| (Digest::of(&[b'b', blob]), 1000 + u64::from(blob))).collect();
            survey.manifests.insert(key(path, number), ManifestDetails { size: 10, children, subject: subject.map(manifest), blobs });
        }
        for (path, number, users) in needed {
            survey.needed.push(Needed { manifest: key(path, number), by: users.into_iter().map(by).collect() });
        }
        for (path, kind, named, number) in tags {
            let digest = if kind == 1 { manifest(named) } else { manifest(number) };
            survey.tags.insert((PATHS[path].to_owned(), tag(kind, named).parse().unwrap()), digest);
        }
        survey
    }
}

proptest! {
    #[test]
    fn nothing_that_is_referred_to_goes(survey in surveys(), removed in prop::collection::btree_set(0_u64..3, 0..4)) {
        let removed: BTreeSet<Version> = removed.into_iter().map(release).collect();
        let references = References::without(&survey, &removed);
        let unused: BTreeSet<&ManifestKey> = references.unused.keys().collect();
        for needed in &survey.needed {
            let stays = needed.by.iter().any(|by| !matches!(by, WantedBy::Release(it) if removed.contains(it)));
            if stays {
                prop_assert!(survey.referred(&needed.manifest).iter().all(|it| !unused.contains(it)));
            }
        }
        for ((path, tag), digest) in &survey.tags {
            let key = (path.clone(), *digest);
            if !references.tags.contains(&(path.clone(), tag.clone())) {
                prop_assert!(survey.referred(&key).iter().all(|it| !unused.contains(it)), "{path}:{tag}");
            }
            let is_other = tag.as_str().starts_with("other");
            prop_assert!(!(is_other && unused.contains(&key)), "{path}:{tag}");
        }
        for key in survey.manifests.keys() {
            let refers = |it: &ManifestKey| {
                let details = &survey.manifests[it];
                it.0 == key.0 && (details.children.contains(&key.1) || details.subject == Some(key.1))
            };
            let parents: Vec<&ManifestKey> = survey.manifests.keys().filter(|it| refers(it)).collect();
            if unused.contains(key) {
                prop_assert!(parents.iter().all(|it| !references.kept.contains_key(*it)));
            }
        }
        // Harbor deletes what has no tag with the last index that lists it.
        let tags = survey.tags.iter().filter(|(key, _)| !references.tags.contains(*key));
        let tagged: BTreeSet<ManifestKey> = tags.map(|((path, _), digest)| (path.clone(), *digest)).collect();
        for (child, indexes) in survey.indexes() {
            let is_alone = references.kept.contains_key(&child) && !tagged.contains(&child);
            prop_assert!(!is_alone || indexes.iter().any(|it| !unused.contains(it)), "{}", child.1);
        }
        for (subject, attached) in survey.attached() {
            let stays = references.kept.contains_key(&subject);
            prop_assert!(!stays || attached.iter().all(|it| !unused.contains(it)), "{}", subject.1);
        }
        // The last of the releases that use a manifest is one that goes.
        prop_assert!(references.unused.values().all(|last| removed.contains(last)));
    }

    #[test]
    fn what_is_freed_and_what_stays_is_everything(survey in surveys(), from in 0_u64..3) {
        let everything: u64 = survey.objects(survey.manifests.keys()).values().sum();
        let surveyed = Surveyed { survey, ..Surveyed::default() };
        let keep = Keep { from: Some(release(from)), clusters: Vec::new() };
        let made = plan(&surveyed, &keep, "r/p".to_owned(), Rule::default()).unwrap();
        let going: BTreeSet<ManifestKey> =
            made.delete.iter().map(|it| (it.repository.clone(), it.digest)).collect();
        let survey = &surveyed.survey;
        let staying = survey.objects(survey.manifests.keys().filter(|key| !going.contains(*key)));
        prop_assert_eq!(made.freed_bytes + staying.values().sum::<u64>(), everything);
        prop_assert_eq!(made.remove.iter().map(|it| it.manifests).sum::<usize>(), made.delete.len());
        prop_assert!(made.remove.len() + made.keep.len() == 3);
        // The oldest release goes first, and an index before its children.
        let releases: Vec<_> = made.delete.iter().map(|it| deckhouse::version::parse_tag(&it.release).unwrap()).collect();
        prop_assert!(releases.is_sorted());
        let again = PlanFile::parse(made.to_json().unwrap().as_bytes()).unwrap();
        prop_assert_eq!(&again, &made);
        // What the plan was made for, it can be applied to.
        prop_assert!(super::changes::check(&made, &made.removed().unwrap(), &surveyed, &[]).is_ok());
    }
}

fn two_releases() -> Survey {
    let mut survey = Survey { releases: (0..2).map(release).collect(), ..Survey::default() };
    for number in 0..4 {
        survey.manifests.insert(key(0, number), ManifestDetails { size: 10, ..ManifestDetails::default() });
    }
    // 0: the image of the first release, 1: of the second, 2: of both, 3: of none.
    for (number, users) in [(0, vec![0]), (1, vec![1]), (2, vec![0, 1])] {
        let by = users.into_iter().map(by).collect();
        survey.needed.push(Needed { manifest: key(0, number), by });
    }
    survey
}

fn tagged(mut survey: Survey, tags: &[(&str, u8)]) -> Surveyed {
    for (tag, number) in tags {
        survey.tags.insert((String::new(), tag.parse().unwrap()), manifest(*number));
    }
    Surveyed { survey, ..Surveyed::default() }
}

fn keep_second() -> Keep {
    Keep { from: Some(release(1)), clusters: Vec::new() }
}

fn deleted(surveyed: &Surveyed) -> Vec<Digest> {
    let made = plan(surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap();
    made.delete.iter().map(|it| it.digest).collect()
}

#[test]
fn what_is_attached_goes_right_before_its_image() {
    let mut survey = two_releases();
    // 4 is attached to the image of the first release by its tag, 5 to 4 by its own words.
    survey.manifests.insert(key(0, 4), ManifestDetails { size: 10, ..ManifestDetails::default() });
    let subject = Some(manifest(4));
    survey.manifests.insert(key(0, 5), ManifestDetails { size: 10, subject, ..ManifestDetails::default() });
    survey.manifests.insert(key(0, 6), ManifestDetails { size: 10, ..ManifestDetails::default() });
    for number in [4, 5, 6] {
        survey.needed.push(Needed { manifest: key(0, number), by: BTreeSet::from([by(0)]) });
    }
    let signature = Attachment::Attestation.tag(&manifest(0)).unwrap().to_string();
    let surveyed = tagged(survey, &[("v1.57.0", 0), ("v1.58.0", 1), (signature.as_str(), 4)]);
    assert_eq!(deleted(&surveyed), [5, 4, 0, 6].map(manifest));
}

#[test]
fn nothing_at_all_is_no_registry_of_the_platform() {
    let error = plan(&Surveyed::default(), &keep_second(), "r/p".to_owned(), Rule::default()).unwrap_err();
    assert_eq!(error.to_string(), "r/p contains no images of the platform");
}

#[test]
fn a_tag_on_the_same_digest_keeps_it() {
    assert_eq!(deleted(&tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 1)])), [manifest(0)]);
    assert_eq!(deleted(&tagged(two_releases(), &[("v1.57.0", 0), ("mine", 0)])), []);
    // The same image under the version that stays.
    assert_eq!(deleted(&tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 0)])), []);
    // The tag that repeats the digest goes with it; an image that is in no list stays.
    let (own, nobodys) = (manifest(0).hex(), manifest(3).hex());
    assert_eq!(deleted(&tagged(two_releases(), &[(own.as_str(), 0), (nobodys.as_str(), 3)])), [manifest(0)]);
}

#[test]
fn clusters_and_channels_keep_releases() {
    let mut surveyed = tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 1)]);
    let reasons = |surveyed: &Surveyed, keep: &Keep| {
        let made = plan(surveyed, keep, "r/p".to_owned(), Rule::default()).unwrap();
        made.keep
            .into_iter()
            .map(|it| format!("{}: {}", it.release, it.because.join(", ")))
            .collect::<Vec<_>>()
    };
    let cluster =
        |number| ClusterNeeds { name: "prod".to_owned(), release: release(number), images: BTreeSet::new() };
    let keep = Keep { from: None, clusters: vec![cluster(0)] };
    assert_eq!(
        reasons(&surveyed, &keep),
        ["v1.57.0: cluster prod runs it", "v1.58.0: cluster prod updates through it"]
    );
    surveyed.channels.insert(Channel::RockSolid, release(0));
    assert_eq!(
        reasons(&surveyed, &Keep { from: Some(release(1)), clusters: vec![cluster(1)] }),
        ["v1.57.0: channel rock-solid", "v1.58.0: --keep-from v1.58.0, cluster prod runs it"]
    );
}

#[test]
fn an_image_that_a_pod_runs_stays_with_everything_below_it() {
    let mut survey = two_releases();
    // 5 is an index of the first release, with image 4 in it; image 0 has a tag that repeats its digest.
    let index = ManifestDetails { size: 10, children: vec![manifest(4)], ..ManifestDetails::default() };
    survey.manifests.insert(key(0, 5), index);
    survey.manifests.insert(key(0, 4), ManifestDetails { size: 10, ..ManifestDetails::default() });
    survey.needed.push(Needed { manifest: key(0, 5), by: BTreeSet::from([by(0)]) });
    let own = manifest(0).hex();
    let surveyed = tagged(survey, &[("v1.58.0", 1), (own.as_str(), 0)]);
    let running = |images: &[u8]| ClusterNeeds {
        name: "prod".to_owned(),
        release: release(1),
        images: images.iter().map(|number| manifest(*number)).collect(),
    };
    let made = |images: &[u8]| {
        let keep = Keep { from: None, clusters: vec![running(images)] };
        plan(&surveyed, &keep, "r/p".to_owned(), Rule::default()).unwrap()
    };
    let deleted = |made: &PlanFile| made.delete.iter().map(|it| it.digest).collect::<BTreeSet<_>>();
    let all = made(&[]);
    assert_eq!(deleted(&all), BTreeSet::from([manifest(0), manifest(4), manifest(5)]));
    // An image of no release that goes, or of none that is known, changes nothing.
    assert_eq!(deleted(&made(&[1, 9])), deleted(&all));
    let kept = made(&[0]);
    assert_eq!(deleted(&kept), BTreeSet::from([manifest(4), manifest(5)]));
    assert_eq!(kept.kept_images[0].because, "pods of cluster prod");
    assert_eq!(deleted(&made(&[5])), BTreeSet::from([manifest(0)]));
    // An image without a tag stays with its index.
    let kept = made(&[4]);
    assert_eq!(deleted(&kept), BTreeSet::from([manifest(0)]));
    let because: Vec<&str> = kept.kept_images.iter().map(|it| it.because.as_str()).collect();
    assert_eq!(because, ["pods of cluster prod"; 2]);

    // A pod that has started since the plan was made.
    let check = |images: &[u8]| {
        super::changes::check(&all, &all.removed().unwrap(), &surveyed, &[running(images)])
            .map_err(|it| it.to_string())
    };
    assert_eq!(check(&[1]), Ok(()));
    assert_eq!(check(&[0]), Err(format!("(root)@{} is still in use: pods of cluster prod", manifest(0))));
}

#[test]
fn what_is_unclear_is_refused_only_if_it_stays() {
    let unclear = |number| MissingItem {
        repository: "r/p/install".to_owned(),
        reference: "v1".to_owned(),
        wanted_by: vec![by(number)],
        reason: "not found".to_owned(),
        cause: Cause::Missing,
    };
    let mut surveyed = tagged(two_releases(), &[]);
    surveyed.unclear = vec![unclear(0)];
    assert_eq!(deleted(&surveyed), [manifest(0)]);
    surveyed.unclear = vec![unclear(1)];
    let error = plan(&surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap_err();
    assert!(
        matches!(error, PruneError::Unclear { .. }) && error.to_string().contains("release v1.58.0"),
        "{error}"
    );
}

#[test]
fn an_outgrown_plan_is_refused() {
    let before = tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 1), ("stable", 1)]);
    let made = plan(&before, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap();
    let check = |surveyed: &Surveyed, clusters: &[ClusterNeeds]| {
        super::changes::check(&made, &made.removed().unwrap(), surveyed, clusters)
            .map_err(|it| it.to_string())
    };
    assert_eq!(check(&before, &[]), Ok(()));
    // An interrupted run has deleted something already.
    assert_eq!(check(&tagged(two_releases(), &[("v1.58.0", 1), ("stable", 1)]), &[]), Ok(()));
    let changed = |what: &str| Err(format!("the registry has changed since the plan was made: {what}"));
    let tags = &[("v1.57.0", 0), ("v1.58.0", 1), ("stable", 1), ("v1.59.0", 1)];
    let unplanned = "the tag (root):v1.59.0 is not in the plan: the registry has changed since the plan was made, or the plan \
                     was edited";
    assert_eq!(check(&tagged(two_releases(), tags), &[]), Err(unplanned.to_owned()));
    assert_eq!(
        check(&tagged(two_releases(), &[("v1.58.0", 1)]), &[]),
        changed("the tag (root):stable does not exist any more")
    );
    assert_eq!(
        check(&tagged(two_releases(), &[("v1.58.0", 1), ("stable", 0)]), &[]),
        changed(&format!("the tag (root):stable now points to {}", manifest(0)))
    );
    let mut used = two_releases();
    used.needed.push(Needed { manifest: key(0, 0), by: BTreeSet::from([by(1)]) });
    let used = tagged(used, &[("v1.58.0", 1), ("stable", 1)]);
    assert_eq!(check(&used, &[]), Err(format!("(root)@{} is still in use: release v1.58.0", manifest(0))));
    let cluster = ClusterNeeds { name: "prod".to_owned(), release: release(0), images: BTreeSet::new() };
    assert_eq!(
        check(&before, &[cluster]),
        Err("release v1.57.0 is still in use: cluster prod, which runs v1.57.0".to_owned())
    );
}

#[test]
fn only_a_plan_of_this_version_is_applied() {
    let surveyed = tagged(two_releases(), &[("v1.57.0", 0)]);
    let text = plan(&surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap().to_json().unwrap();
    let later = text.replace("registry-prune-v1", "registry-prune-v2");
    assert!(matches!(PlanFile::parse(later.as_bytes()), Err(PlanFileError::Version { .. })));
    for wrong in [
        text.replace("\"freed_bytes\"", "\"freed\""),
        text.replacen('{', "{\"extra\": 1,", 1),
        text.replace("\"release\": \"v1.57.0\"", "\"release\": \"stable\""),
        "{}".to_owned(),
        "<html>".to_owned(),
    ] {
        let error = PlanFile::parse(wrong.as_bytes()).unwrap_err();
        assert!(!matches!(error, PlanFileError::Version { .. }), "{wrong}");
    }
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    type Change<'a> = &'a dyn Fn(&mut PlanFile);
    let surveyed = tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 1)]);
    let made = plan(&surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap();
    let parse = |change: &dyn Fn(&mut PlanFile)| {
        let mut changed = made.clone();
        change(&mut changed);
        PlanFile::parse(changed.to_json().unwrap().as_bytes()).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(parse(&|_| {}), Ok(()));
    let deleted = manifest(0);
    let changes: [(Change<'_>, String); 4] = [
        (
            &|it| it.delete[0].repository = "modules/console".to_owned(),
            format!("modules/console@{deleted} is in a repository from which nothing is removed"),
        ),
        (
            &|it| it.delete[0].release = "v1.58.0".to_owned(),
            format!("(root)@{deleted} is of v1.58.0, which is not removed"),
        ),
        (
            &|it| it.delete[0].digest = manifest(1),
            format!("(root)@{} is deleted, and the tag v1.58.0 that points to it is kept", manifest(1)),
        ),
        (&|it| it.keep[0].release = "v1.57.0".to_owned(), "v1.57.0 is kept and removed".to_owned()),
    ];
    for (change, expected) in changes {
        let error = parse(change).unwrap_err();
        assert!(error.starts_with("contradicts itself: ") && expected.starts_with(&error[20..]), "{error}");
    }
}

#[test]
fn something_must_stay() {
    let surveyed = tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 1)]);
    let keep = Keep { from: Some(Version::new(1, 99, 0)), clusters: Vec::new() };
    let error = plan(&surveyed, &keep, "r/p".to_owned(), Rule::default()).unwrap_err();
    assert!(matches!(error, PruneError::NothingKept), "{error}");
}

#[test]
fn a_cluster_must_run_a_release_of_the_registry() {
    let surveyed = tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 1)]);
    let cluster =
        ClusterNeeds { name: "prod".to_owned(), release: Version::new(1, 57, 9), images: BTreeSet::new() };
    let keep = Keep { from: Some(release(1)), clusters: vec![cluster.clone()] };
    let error = plan(&surveyed, &keep, "r/p".to_owned(), Rule::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("cluster prod runs v1.57.9, which this registry does not have"),
        "{error}"
    );
    let made = plan(&surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap();
    let error = super::changes::check(
        &made,
        &made.removed().unwrap(),
        &surveyed,
        &[ClusterNeeds { release: Version::new(1, 58, 9), ..cluster }],
    )
    .unwrap_err();
    assert!(matches!(error, PruneError::UnknownRelease { .. }), "{error}");
}

#[test]
fn a_tag_of_another_name_keeps_the_release_that_it_points_to() {
    let mut surveyed = tagged(two_releases(), &[("v1.57.0", 0), ("v1.58.0", 1)]);
    let made = plan(&surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap();
    surveyed.pointing.insert((("install".to_owned(), "mine".parse().unwrap()), release(0)));
    let kept = plan(&surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap();
    assert!(kept.delete.is_empty() && kept.remove.is_empty());
    assert_eq!(kept.keep[0].because, ["tag install:mine"]);
    let error = super::changes::check(&made, &made.removed().unwrap(), &surveyed, &[]).unwrap_err();
    assert_eq!(error.to_string(), "release v1.57.0 is still in use: tag install:mine");
}

#[test]
fn what_a_kept_manifest_refers_to_stays() {
    // An index, or an attachment with a subject, that only an unknown tag keeps.
    let index = ManifestDetails { size: 10, children: vec![manifest(0)], ..ManifestDetails::default() };
    let attached = ManifestDetails { size: 10, subject: Some(manifest(0)), ..ManifestDetails::default() };
    for details in [index, attached] {
        let mut survey = two_releases();
        survey.manifests.insert(key(0, 3), details);
        let surveyed = tagged(survey, &[("v1.58.0", 1), ("mine", 3)]);
        let made = plan(&surveyed, &keep_second(), "r/p".to_owned(), Rule::default()).unwrap();
        assert_eq!(made.delete, []);
        assert_eq!(
            (made.kept_images[0].digest, made.kept_images[0].because.as_str()),
            (manifest(0), "tag (root):mine")
        );
    }
    // The signature of an image that stays; that of one that goes is deleted with it.
    for (signed, expected) in [(0, vec![manifest(0), manifest(3)]), (2, vec![manifest(0)])] {
        let mut survey = two_releases();
        survey.needed.push(Needed { manifest: key(0, 3), by: BTreeSet::from([by(0)]) });
        let signature = Attachment::Signature.tag(&manifest(signed)).unwrap();
        let surveyed = tagged(survey, &[("v1.58.0", 1), (signature.as_str(), 3)]);
        assert_eq!(BTreeSet::from_iter(deleted(&surveyed)), BTreeSet::from_iter(expected));
    }
}

#[test]
fn what_was_not_found_is_not_deleted() {
    let mut survey = two_releases();
    let index = ManifestDetails { size: 10, children: vec![manifest(7)], ..ManifestDetails::default() };
    survey.manifests.insert(key(0, 0), index);
    survey.needed.push(Needed { manifest: key(0, 8), by: BTreeSet::from([by(0)]) });
    assert_eq!(deleted(&tagged(survey, &[("v1.58.0", 1)])), [manifest(0)]);
}
