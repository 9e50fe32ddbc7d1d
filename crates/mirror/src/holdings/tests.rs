//! What a report says of images that were found and of what is missing.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use deckhouse::{channel::Channel, repositories::Attachment};
use oci::{Digest, RawManifest, TagOrDigest};
use semver::Version;

use super::{
    objects::{Image, Use, images},
    report::{Databases, Everything, Holdings, Pointed},
};
use crate::{
    Cause, MissingItem, WantedBy,
    listed::{Described, Listed},
    read_back::Gap,
    source::{Found, ImageNames},
};

const LAYER: u64 = 100;

fn version(minor: u64) -> Version {
    Version::new(1, minor, 0)
}

fn by(minor: u64) -> WantedBy {
    WantedBy::Release(version(minor))
}

fn layer(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// An image with one layer, whose configuration is that layer too.
fn image(name: &str) -> RawManifest {
    let blob = format!(r#"{{"mediaType":"x","size":{LAYER},"digest":"{}"}}"#, layer(name));
    let text =
        format!(r#"{{"schemaVersion":2,"config":{blob},"layers":[],"annotations":{{"name":"{name}"}}}}"#);
    RawManifest::new(None, Bytes::from(text)).unwrap()
}

/// Two releases that share an image; each has one of its own, and the first an attestation.
fn found() -> Found {
    let mut found = Found::default();
    for (name, minors) in [("shared", &[57, 58][..]), ("old", &[57]), ("new", &[58])] {
        let manifest = image(name);
        for minor in minors {
            let key = (String::new(), TagOrDigest::from(manifest.digest()));
            found.wanted.add(key.clone(), manifest.clone(), &by(*minor));
            found.name_image("", key.1, &by(*minor), &[format!("module.{name}")]);
        }
    }
    let attestation = Attachment::Attestation.tag(&image("old").digest()).unwrap();
    let key = (String::new(), TagOrDigest::Tag(attestation));
    found.wanted.add(key, image("attestation"), &by(57));
    found
}

struct Case {
    images: Vec<Image>,
    names: ImageNames,
    listed: Listed,
    channels: BTreeMap<Channel, Option<Pointed>>,
    missing: Vec<MissingItem>,
    gaps: BTreeMap<(String, Digest), Gap>,
}

fn case() -> Case {
    let found = found();
    Case {
        images: images(&found.wanted, &found.names),
        names: found.names,
        listed: Listed {
            releases: [57, 58].map(version).into(),
            channels: BTreeSet::from([Channel::Stable]),
            plugins: BTreeMap::new(),
            builds: BTreeSet::new(),
            components: Vec::new(),
        },
        channels: BTreeMap::from([
            (Channel::Stable, Some(Pointed { version: version(58), suspended: true })),
            (Channel::Alpha, None),
        ]),
        missing: Vec::new(),
        gaps: BTreeMap::new(),
    }
}

impl Case {
    fn report(&self) -> Holdings {
        Holdings::of(&Everything {
            only: &BTreeSet::new(),
            listed: &self.listed,
            described: &Described::default(),
            channels: &self.channels,
            databases: &Databases::new(),
            images: &self.images,
            names: &self.names,
            missing: self.missing.clone(),
            gaps: &self.gaps,
            blobs_by_size: 0,
            repository: &|path| format!("r/p/{path}"),
        })
    }
}

fn item(reference: &str, wanted_by: WantedBy) -> MissingItem {
    MissingItem {
        repository: "r/p/".to_owned(),
        reference: reference.to_owned(),
        wanted_by: vec![wanted_by],
        reason: "not found".to_owned(),
        cause: Cause::Missing,
    }
}

#[test]
fn sizes_count_each_object_once() {
    let report = case().report();
    let manifest = |name: &str| image(name).bytes().len() as u64;
    let [old, new] = report.releases.as_slice() else { panic!("{report:?}") };
    assert_eq!((old.images, old.attachments.attestations, new.attachments.attestations), (2, 1, 0));
    assert_eq!(old.size, manifest("shared") + manifest("old") + manifest("attestation") + 3 * LAYER);
    assert_eq!((report.totals.manifests, report.totals.blobs), (4, 4));
    assert!(report.missing.is_empty() && old.complete && new.complete);
    let stable = &report.channels["stable"];
    assert_eq!((stable.release.as_deref(), stable.suspended, stable.complete), (Some("v1.58.0"), true, true));
    assert!(!report.channels.contains_key("alpha"), "a channel that was not asked for");
}

#[test]
fn a_gap_belongs_to_everything_that_needs_it() {
    let mut case = case();
    case.gaps.insert((String::new(), layer("new")), Gap::not_found());
    let report = case.report();
    assert_eq!(report.releases.iter().map(|it| it.complete).collect::<Vec<_>>(), [true, false]);
    let name = |name: &str, minor| Use { by: by(minor), name: Some(format!("module.{name}")) };
    assert_eq!(report.missing[0].uses, BTreeSet::from([name("new", 58)]));
    assert_eq!(report.missing[0].item.repository, "r/p/");

    case.gaps = BTreeMap::from([((String::new(), layer("shared")), Gap::not_found())]);
    let report = case.report();
    assert!(report.releases.iter().all(|it| !it.complete));
    assert_eq!(report.missing[0].uses, BTreeSet::from([name("shared", 57), name("shared", 58)]));
    // The same blob in another repository is another object.
    case.gaps = BTreeMap::from([(("install".to_owned(), layer("shared")), Gap::not_found())]);
    assert!(case.report().releases.iter().all(|it| it.complete));
}

#[test]
fn missing_manifests_keep_their_names() {
    let mut case = case();
    let digest = image("old").digest().to_string();
    case.missing = vec![
        item(&digest, by(57)),
        item("v1.58.0", by(58)),
        item("alpha", WantedBy::Channel(Channel::Alpha)),
    ];
    let report = case.report();
    let uses: Vec<&Use> = report.missing.iter().flat_map(|it| &it.uses).collect();
    let named = Use { by: by(57), name: Some("module.old".to_owned()) };
    assert_eq!(uses, [&named, &Use { by: by(58), name: None }], "the channel was not asked for");
    assert!(report.releases.iter().all(|it| !it.complete));
}

#[test]
fn an_image_without_one_of_its_blobs_or_children_is_not_complete() {
    let mut case = case();
    let complete = |case: &Case| case.report().complete_images.remove("").unwrap_or_default();
    let all = ["shared", "old", "new", "attestation"].map(|name| image(name).digest());
    assert_eq!(complete(&case), BTreeSet::from(all));
    case.gaps.insert((String::new(), layer("new")), Gap::not_found());
    // The same blob in another repository is another object.
    case.gaps.insert(("install".to_owned(), layer("old")), Gap::not_found());
    let without = |digest: Digest| all.into_iter().filter(|it| *it != digest).collect::<BTreeSet<_>>();
    assert_eq!(complete(&case), without(image("new").digest()));

    // An index of which a child was not found.
    let mut found = found();
    let child = image("child");
    let descriptor = |digest: Digest| {
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"{digest}"}}"#
        )
    };
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
        descriptor(child.digest())
    );
    let index = RawManifest::new(None, Bytes::from(text)).unwrap();
    found.wanted.add((String::new(), TagOrDigest::from(index.digest())), index.clone(), &by(58));
    case.gaps.clear();
    case.images = images(&found.wanted, &found.names);
    assert!(!complete(&case).contains(&index.digest()));
    found.wanted.add_child("", child);
    case.images = images(&found.wanted, &found.names);
    assert!(complete(&case).contains(&index.digest()));
}
