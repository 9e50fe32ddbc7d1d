//! A distribution contains what a source contains, and each build of it is the same.

use std::collections::BTreeMap;

use oci::{Digest, Manifest, TagOrDigest};
use registry_server::Store;

use super::{Builder, Distribution};

const CHANNELS: [&str; 5] = ["alpha", "beta", "early-access", "stable", "rock-solid"];

#[test]
fn the_sample_is_complete_and_reproducible() {
    let distribution = Distribution::sample();
    let expected = distribution.expected(&Distribution::SAMPLE_SELECTION, &CHANNELS);
    assert_eq!(expected.missing_in(&distribution.store, "deckhouse/ee"), Vec::<String>::new());
    let paths: Vec<_> = expected.repositories.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "",
            "install",
            "install-standalone",
            "modules",
            "modules/commander-agent",
            "modules/commander-agent/release",
            "modules/console",
            "modules/console/extra/reporter",
            "modules/console/extra/scanner",
            "modules/console/release",
            "modules/operator-trivy",
            "modules/operator-trivy/release",
            "release-channel",
            "security/trivy-bdu",
            "security/trivy-checks",
            "security/trivy-db",
            "security/trivy-java-db",
        ]
    );
    let again = Distribution::sample().expected(&Distribution::SAMPLE_SELECTION, &CHANNELS);
    assert_eq!(again, expected);
    let other = Distribution::builder().seed(2).build();
    assert_ne!(other.expected(&Distribution::SAMPLE_SELECTION, &CHANNELS), expected);
}

#[test]
fn the_read_back_finds_what_is_wrong() {
    let distribution = Distribution::sample();
    let expected = distribution.expected(&["v1.58.3"], &["stable"]);
    let root = "deckhouse/ee";
    let release = &distribution.releases["v1.58.3"];
    assert!(distribution.store.remove_tag(root, "stable"));
    assert!(distribution.store.remove_manifest(root, &release.images["nodeManager/webhook3"]));
    let install = distribution.store.manifest("deckhouse/ee/install", &release.install.into()).unwrap();
    let Manifest::Image { config, layers } = install.parse().unwrap() else {
        panic!("the installer is no index")
    };
    assert!(distribution.store.remove_blob("deckhouse/ee/install", &layers[0].digest));
    let wrong = vec![0; usize::try_from(config.size).unwrap()];
    distribution.store.insert_blob("deckhouse/ee/install", config.digest, bytes::Bytes::from(wrong));
    let mut found = expected.missing_in(&distribution.store, root);
    found.sort();
    assert_eq!(
        found,
        [
            format!("deckhouse/ee/install: blob {} has other bytes", config.digest),
            format!("deckhouse/ee/install: no blob {}", layers[0].digest),
            format!("deckhouse/ee: no manifest {}", release.images["nodeManager/webhook3"]),
            "deckhouse/ee: no tag stable".to_owned(),
        ]
    );
}

#[test]
fn images_come_in_all_kinds() {
    let distribution = Distribution::sample();
    let root = "deckhouse/ee";
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for digest in distribution.releases["v1.58.3"].images.values() {
        let manifest = distribution.store.manifest(root, &(*digest).into()).unwrap();
        let kind = match manifest.parse().unwrap() {
            Manifest::Image { config, .. } => config.media_type,
            Manifest::Index { manifests } => format!("index of {}", manifests.len()),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    let expected = [
        ("application/vnd.deckhouse.example.config.v1+json", 1),
        (oci::media_type::DOCKER_CONFIG, 8),
        (oci::media_type::OCI_CONFIG, 2),
        ("index of 2", 1),
    ];
    let expected = expected.into_iter().map(|(kind, count)| (kind.to_owned(), count));
    assert_eq!(kinds, expected.collect());
}

#[test]
fn the_installer_lists_the_created_images_and_hides_a_stale_list() {
    let distribution = Distribution::sample();
    for (version, packing) in [
        ("v1.57.5", oci::media_type::OCI_LAYER_ZSTD),
        ("v1.58.3", oci::media_type::DOCKER_LAYER_GZIP),
        ("v1.59.4", oci::media_type::OCI_LAYER),
    ] {
        let tag: TagOrDigest = version.parse().unwrap();
        let manifest = distribution.store.manifest("deckhouse/ee/install", &tag).unwrap();
        let Manifest::Image { layers, .. } = manifest.parse().unwrap() else {
            panic!("the installer is no index")
        };
        let list = &layers[layers.len() - 2];
        assert_eq!(list.media_type, packing, "{version}");
        assert!(list.size > 500, "the list is in this layer");
    }
}

#[test]
fn knobs() {
    let distribution = Distribution::builder()
        .root("mirror/cse")
        .releases(&["v1.58.3", "v1.60.1"])
        .lts_only("v1.58.3")
        .channel("alpha", "v1.99.0")
        .suspend("lts")
        .modules(Vec::new())
        .without_standalone()
        .without_databases()
        .without_attestations()
        .images_per_release(2)
        .large_layer(1_000_000)
        .build();
    assert_eq!(
        distribution.store.repositories(),
        ["mirror/cse", "mirror/cse/install", "mirror/cse/release-channel"]
    );
    let tags: Vec<_> = distribution.store.tagged("mirror/cse").into_keys().collect();
    assert_eq!(tags, ["lts", "v1.58.3", "v1.60.1"]);
    assert_ne!(distribution.channel_images["lts"], distribution.releases["v1.58.3"].release_channel);
    let channels = distribution.store.tags("mirror/cse/release-channel").unwrap();
    assert_eq!(channels, ["alpha", "lts", "v1.58.3", "v1.60.1"]);
    let images = &distribution.releases["v1.60.1"].images;
    let names: Vec<_> = images.keys().map(String::as_str).collect();
    assert_eq!(names, ["cniCilium/agent1", "common/controller0", "common/large"]);
}

#[test]
fn the_benchmark_has_the_documented_size() {
    // At a hundredth of the size, since all of it would be hashed.
    let distribution = Builder::bench().layer_size(24_000).build();
    let mut manifests = 0;
    let mut unique: BTreeMap<Digest, u64> = BTreeMap::new();
    let mut total = 0;
    for repository in distribution.store.repositories() {
        manifests += distribution.store.manifests(&repository).len();
        for digest in distribution.store.blobs(&repository) {
            let size = distribution.store.blob(&repository, &digest).unwrap().size();
            unique.insert(digest, size);
            total += size;
        }
    }
    let size: u64 = unique.values().sum();
    assert_eq!(manifests, 136);
    assert!(unique.len() >= 250, "{} unique blobs", unique.len());
    assert!((4_000_000..5_000_000).contains(&size), "{size} bytes");
    let percent = 100 * total / size;
    assert!((140..160).contains(&percent), "{percent} % with repetitions");
}
