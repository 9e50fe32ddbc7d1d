//! A set with holes is never a success, and every hole is named at once.

use std::sync::Arc;

use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
};

use crate::world::{TARGET_ROOT, World};
use oci::RawManifest;
use registry_server::{ServerOptions, Store};

fn raw(world: &World, path: &str, digest: &oci::Digest) -> RawManifest {
    let root = &world.distribution.root;
    let name = if path.is_empty() { root.clone() } else { format!("{root}/{path}") };
    world.distribution.store.manifest(&name, &(*digest).into()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn planning_reports_everything_missing_on_the_source() {
    let world = World::sample();
    let (store, root) = (&world.distribution.store, &world.distribution.root);
    let only_in = |version: &str, others: &[&str]| {
        let release = &world.distribution.releases[version];
        let is_shared = |digest: &oci::Digest| {
            others
                .iter()
                .any(|other| world.distribution.releases[*other].images.values().any(|it| it == digest))
        };
        *release.images.values().find(|digest| !is_shared(digest)).unwrap()
    };
    let platform = only_in("v1.59.4", &["v1.58.3", "v1.58.10", "v1.57.5"]);
    store.remove_manifest(root, &platform);
    let module = &world.distribution.modules["console"];
    let version = &module.channels["stable"];
    let module_image = *module.versions[version].images.values().next().unwrap();
    store.remove_manifest(&format!("{root}/modules/console"), &module_image);
    let index = world.distribution.releases.values().flat_map(|it| it.images.values()).find_map(|digest| {
        let manifest = store.manifest(root, &(*digest).into())?;
        manifest.is_index().then_some(manifest)
    });
    let child = index.unwrap().parse().unwrap().children()[0].digest;
    store.remove_manifest(root, &child);

    let run = world.pull(&["--output", "json"]).expect(3);
    let missing = run.json()["error"]["missing"].clone();
    let find = |digest: &oci::Digest| {
        let items = missing.as_array().unwrap();
        let item = items.iter().find(|item| item["reference"] == digest.to_string());
        item.unwrap_or_else(|| panic!("{digest} in {missing:#}")).clone()
    };
    assert_eq!(find(&platform)["wanted_by"], serde_json::json!(["release v1.59.4"]));
    assert_eq!(find(&platform)["repository"], world.source_url);
    let wanted_by = find(&module_image)["wanted_by"].to_string();
    assert!(wanted_by.contains(&format!("module console {version}")), "{wanted_by}");
    assert!(find(&child)["reason"].as_str().unwrap().contains("index"));
    assert_eq!(missing.as_array().unwrap().len(), 3, "{missing:#}");
    assert!(run.stderr.contains("3 objects are missing"), "{}", run.stderr);
    assert!(!world.path("d8.tar").exists());
    assert!(!world.path("deckhousereleases.yaml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_channels_are_not_reported_as_missing() {
    let body = r#"{"errors":[{"code":"BLOB_UNKNOWN","message":"unknown"}]}"#.to_owned();
    let fault = Fault::Answer { status: http::StatusCode::NOT_FOUND, headers: Vec::new(), body };
    let script = Script::new(vec![Rule::new("GET", "*/release-channel/blobs/*", fault)]);
    let options = ServerOptions { interceptor: Some(Arc::new(script)), ..ServerOptions::default() };
    let world = World::with(Distribution::sample(), options);
    for (args, missing) in
        [(&[][..], "5 objects are missing"), (&["--channel", "stable"], "1 object is missing")]
    {
        let run = world.pull(args).expect(3);
        assert!(run.stderr.contains(missing), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains("required by channel stable"), "{args:?}: {}", run.stderr);
        assert!(!run.stderr.contains("no channel"), "{args:?}: {}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_and_damaged_blobs_are_named_after_all_others_were_fetched() {
    let world = World::sample();
    let (store, root) = (&world.distribution.store, &world.distribution.root);
    let images: Vec<_> = world.distribution.releases["v1.58.3"].images.values().copied().collect();
    let layer = |image: &oci::Digest| {
        let manifest = raw(&world, "", image).parse().unwrap();
        manifest.blobs().last().map(|blob| (blob.digest, blob.size))
    };
    let mut layers: Vec<_> = images.iter().filter_map(layer).collect();
    layers.sort();
    layers.dedup();
    let (gone, damaged) = (layers[0], layers[1]);
    let repositories = store.repositories();
    let holders = repositories.iter().filter(|name| name.starts_with(root.as_str()));
    for name in holders {
        store.remove_blob(name, &gone.0);
        if store.remove_blob(name, &damaged.0) {
            let wrong = vec![b'x'; usize::try_from(damaged.1).unwrap()];
            store.insert_blob(name, damaged.0, bytes::Bytes::from(wrong));
        }
    }
    let run = world.pull(&["--output", "json"]).expect(3);
    let missing = run.json()["error"]["missing"].clone();
    let named: Vec<&str> =
        missing.as_array().unwrap().iter().map(|item| item["reference"].as_str().unwrap()).collect();
    for digest in [gone.0, damaged.0] {
        assert!(named.contains(&digest.to_string().as_str()), "{digest} in {missing:#}");
    }
    assert!(!world.path("d8.tar").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_some_editions_do_not_have_are_notes() {
    let world =
        World::of(Distribution::builder().without_standalone().without_databases().modules(vec![]).build());
    let run = world.pull(&[]).expect(0);
    for said in ["install-standalone", "security/trivy-db", "modules"] {
        assert!(run.stderr.contains(said), "{said} in {}", run.stderr);
    }
    world.push(&[]).expect(0);
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &["stable", "alpha"]);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
}
