//! Our bundles in the hands of the platform's newer tool.

use std::{collections::BTreeSet, process::Command};

use registry::server::Store;
use testkit::distribution::Distribution;

use crate::world::{TARGET_ROOT, World, dhctl};

#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn d8_pushes_our_bundle_completely() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let bundle = tempfile::tempdir().unwrap();
    std::fs::rename(world.path("d8.tar"), bundle.path().join("d8.tar")).unwrap();
    let output = Command::new(std::env::var_os("DHCTL_TEST_D8").unwrap())
        .args(["mirror", "push", "--insecure"])
        .arg(bundle.path())
        .arg(&world.target_url)
        .arg("--tmp-dir")
        .arg(world.path("tmp"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let channels = ["alpha", "beta", "early-access", "stable", "rock-solid"];
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &channels);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
}

/// Of an index `d8` takes one platform and loses the digest that the release lists; of channels it brings
/// the tags in `release-channel` only. It says success.
#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn what_d8_loses_is_told() {
    let world = World::of(Distribution::builder().plain_installers().build());
    std::fs::create_dir(world.path("d8")).unwrap();
    let output = Command::new(std::env::var_os("DHCTL_TEST_D8").unwrap())
        .args(["mirror", "pull", "--insecure", "--source", &world.source_url, "--tmp-dir"])
        .args([world.path("tmp"), world.path("d8")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verify = |name: &str| {
        dhctl(&world.path("d8"), &["bundle", "verify", &format!("{name}.tar"), "--output", "json"])
    };
    for name in ["module-console", "module-commander-agent", "module-operator-trivy", "security"] {
        verify(name).expect(0);
    }
    let store = &world.distribution.store;
    let images = world.distribution.releases["v1.58.3"].images.values();
    let manifests = images.filter_map(|it| store.manifest(&world.distribution.root, &(*it).into()));
    let indexes = manifests.filter(oci::RawManifest::is_index).map(|it| it.digest().to_string());
    let mut lost: BTreeSet<(String, String)> = indexes.map(|it| ("(root)".to_owned(), it)).collect();
    for channel in ["alpha", "beta", "early-access", "stable", "rock-solid"] {
        let repositories = ["(root)", "install", "install-standalone"];
        lost.extend(repositories.map(|repository| (repository.to_owned(), channel.to_owned())));
    }
    let missing = verify("platform").expect(3).json()["error"]["missing"].clone();
    let text = |item: &serde_json::Value| item.as_str().unwrap().to_owned();
    let missing = missing.as_array().unwrap().iter();
    let missing: BTreeSet<_> =
        missing.map(|item| (text(&item["repository"]), text(&item["reference"]))).collect();
    assert_eq!(missing, lost);
}
