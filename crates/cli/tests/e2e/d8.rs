//! Our bundles in the hands of the platform's newer tool, and its bundles in ours.

use std::{collections::BTreeSet, path::Path, process::Command};

use registry_server::Store;
use testkit::distribution::{Distribution, PluginSpec};

use crate::world::{TARGET_ROOT, World, dhctl};

#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn d8_pushes_our_bundle_completely() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let bundle = tempfile::tempdir().unwrap();
    std::fs::rename(world.path("d8.tar"), bundle.path().join("d8.tar")).unwrap();
    assert_d8_pushes_completely(&world, bundle.path());
}

#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn d8_pushes_our_directory_completely() {
    let world = World::of(Distribution::builder().with_installer().build());
    std::fs::create_dir(world.path("out")).unwrap();
    let pull = ["mirror", "--insecure", "--source", &world.source_url, "-i", "out", "--bundle-format", "d8"];
    dhctl(world.folder.path(), &[&pull[..], &["-c", "300KB", "--gost-digest"]].concat()).expect(0);
    assert_d8_pushes_completely(&world, &world.path("out"));
}

fn assert_d8_pushes_completely(world: &World, bundle: &Path) {
    let output = Command::new(std::env::var_os("DHCTL_TEST_D8").unwrap())
        .args(["mirror", "push", "--insecure"])
        .arg(bundle)
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

/// Pulls the distribution with `d8` into `d8/` of the world's folder.
fn pull(world: &World) {
    std::fs::create_dir(world.path("d8")).unwrap();
    let output = Command::new(std::env::var_os("DHCTL_TEST_D8").unwrap())
        .args(["mirror", "pull", "--insecure", "--source", &world.source_url, "--tmp-dir"])
        .args([world.path("tmp"), world.path("d8")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn what_d8_pulls_we_push_completely() {
    // Without an image index, of which d8 loses the digest.
    let world =
        World::of(Distribution::builder().plain_installers().images_per_release(3).with_installer().build());
    pull(&world);
    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    let inspected = run(&["bundle", "inspect", "d8", "--output", "json"]).expect(0).json()["result"].clone();
    assert_eq!(inspected["archives"], 6, "{inspected}");
    assert_eq!(inspected["releases"], serde_json::json!(["v1.57.5", "v1.58.3", "v1.58.10", "v1.59.4"]));
    run(&["bundle", "verify", "d8"]).expect(0);
    let pushed = run(&["mirror", "--insecure", "-r", &world.target_url, "-i", "d8"]).expect(0);
    assert!(pushed.stderr.contains("install-standalone:stable"), "{}", pushed.stderr);
    let channels = ["alpha", "beta", "early-access", "stable", "rock-solid"];
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &channels);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
    run(&["mirror", "verify", "--insecure", "-r", &world.target_url, "-i", "d8", "--deep"]).expect(0);
}

/// Of an index `d8` takes one platform and loses the digest that the release lists. It says success.
#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_d8_loses_are_reported() {
    let world = World::of(Distribution::builder().plain_installers().build());
    pull(&world);
    let store = &world.distribution.store;
    let images = world.distribution.releases["v1.58.3"].images.values();
    let manifests = images.filter_map(|it| store.manifest(&world.distribution.root, &(*it).into()));
    let indexes = manifests.filter(oci::RawManifest::is_index).map(|it| it.digest().to_string());
    let lost: BTreeSet<(String, String)> = indexes.map(|it| ("(root)".to_owned(), it)).collect();
    assert!(!lost.is_empty());
    let push = ["mirror", "--insecure", "-r", &world.target_url, "-i", "d8", "--output", "json"];
    for args in [&["bundle", "verify", "d8", "--output", "json"][..], &push] {
        let missing = dhctl(world.folder.path(), args).expect(3).json()["error"]["missing"].clone();
        let text = |item: &serde_json::Value| item.as_str().unwrap().to_owned();
        let missing = missing.as_array().unwrap().iter();
        let missing: BTreeSet<_> =
            missing.map(|item| (text(&item["repository"]), text(&item["reference"]))).collect();
        assert_eq!(missing, lost);
    }
    assert_eq!(world.target.repositories(), Vec::<String>::new());
}

/// Also if the target has everything that is left out, so that nothing would be missing.
#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn d8_reports_no_success_on_a_thin_bundle() {
    let world = World::of(Distribution::builder().plain_installers().build());
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    std::fs::rename(world.path("d8.tar"), world.path("old.tar")).unwrap();
    let bundle = tempfile::tempdir().unwrap();
    world.pull(&["--base", "old.tar"]).expect(0);
    std::fs::rename(world.path("d8.tar"), bundle.path().join("d8.tar")).unwrap();
    let output = Command::new(std::env::var_os("DHCTL_TEST_D8").unwrap())
        .args(["mirror", "push", "--insecure"])
        .arg(bundle.path())
        .arg(&world.target_url)
        .arg("--tmp-dir")
        .arg(world.path("tmp"))
        .output()
        .unwrap();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `d8` writes the index of a plugin anew, so its digest need not be the same.
#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn plugins_go_both_ways() {
    let requirements = serde_json::json!({ "modules": { "mandatory": [{ "name": "console" }] } });
    let plugin = PluginSpec::new("console-ctl", "v1.0.0", requirements);
    let builder = Distribution::builder().plain_installers().images_per_release(3).plugins(vec![plugin]);
    let repository = format!("{TARGET_ROOT}/deckhouse-cli/plugins/console-ctl");
    let images = |world: &World| {
        let index = world.target.tagged(&repository)["v1.0.0"];
        let index = world.target.manifest(&repository, &index.into()).unwrap();
        let children =
            index.parse().unwrap().children().iter().map(|child| child.digest).collect::<BTreeSet<_>>();
        assert!(children.iter().all(|child| world.target.manifest(&repository, &(*child).into()).is_some()));
        children
    };

    let world = World::of(builder.build());
    pull(&world);
    assert!(world.path("d8/plugin-console-ctl.tar").exists());
    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    let inspected = run(&["bundle", "inspect", "d8", "--output", "json"]).expect(0).json();
    assert_eq!(inspected["result"]["plugins"], serde_json::json!({ "console-ctl": ["v1.0.0"] }));
    run(&["mirror", "--insecure", "-r", &world.target_url, "-i", "d8"]).expect(0);
    let of_d8 = images(&world);

    let world = World::of(builder.build());
    std::fs::create_dir(world.path("out")).unwrap();
    let pull = ["mirror", "--insecure", "--source", &world.source_url, "-i", "out", "--bundle-format", "d8"];
    dhctl(world.folder.path(), &pull).expect(0);
    assert_d8_pushes_completely(&world, &world.path("out"));
    assert_eq!(images(&world), of_d8);
    assert_eq!(of_d8.len(), 2);
}
