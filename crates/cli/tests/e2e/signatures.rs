//! Signatures that `cosign` keeps as layers of one tag: those of the bundle and those of the registry.

use std::sync::Arc;

use http::{StatusCode, header};
use oci::{Digest, RawManifest, TagOrDigest};
use registry_server::{MemoryStore, ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
};

use crate::{
    referrers::{push, repository, small, verify},
    world::{TARGET_ROOT, World, dhctl, serve},
};

const PAYLOAD: &str = "the same payload";

/// The configuration that `cosign` writes for so many signatures; `names` make each another one.
fn config(names: &[&str]) -> String {
    let diff_ids: Vec<Digest> = names.iter().map(|_| Digest::of(PAYLOAD.as_bytes())).collect();
    let history: Vec<Value> = names.iter().map(|name| json!({ "created_by": name })).collect();
    json!({ "rootfs": { "type": "layers", "diff_ids": diff_ids }, "history": history }).to_string()
}

/// A manifest with these layers, each a signature of its own, whose blobs are in the repository.
fn signatures(store: &MemoryStore, repository: &str, names: &[&str]) -> RawManifest {
    let blob = |text: String| {
        let digest = Digest::of(text.as_bytes());
        store.insert_blob(repository, digest, bytes::Bytes::from(text.clone()));
        json!({ "mediaType": "application/octet-stream", "size": text.len(), "digest": digest })
    };
    let layer = |name: &&str| {
        let mut layer = blob(PAYLOAD.to_owned());
        layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": name });
        layer
    };
    let layers: Vec<Value> = names.iter().map(layer).collect();
    let config = blob(config(names));
    let text = json!({ "schemaVersion": 2, "config": config, "layers": layers });
    RawManifest::new(None, text.to_string().into()).unwrap()
}

/// The signatures of a manifest. Its configuration must describe each.
fn names(store: &MemoryStore, repository: &str, tag: &TagOrDigest) -> Vec<String> {
    let manifest = store.manifest(repository, tag).unwrap();
    let parsed: Value = serde_json::from_slice(manifest.bytes()).unwrap();
    let layers = parsed["layers"].as_array().unwrap().iter();
    let name =
        |it: &Value| it["annotations"]["dev.cosignproject.cosign/signature"].as_str().map(str::to_owned);
    let names: Vec<String> = layers.filter_map(name).collect();
    let own: Digest = parsed["config"]["digest"].as_str().unwrap().parse().unwrap();
    assert!(store.blob(repository, &own).is_some(), "{parsed}");
    let of = |names: &[String]| config(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let is_described = parsed["config"]["size"] == of(&names).len();
    assert!(is_described && own == Digest::of(of(&names).as_bytes()), "{parsed}");
    names
}

/// `cosign` adds layers to the manifest of one tag. A registry may have signatures that the bundle does not have.
#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_only_the_registry_has_are_kept() {
    let distribution = small();
    let path = format!("{}/release-channel", distribution.root);
    let image = distribution.store.manifest(&path, &"stable".parse().unwrap()).unwrap().digest();
    for (suffix, bundled) in [("sig", &["vendor"][..]), ("att", &["vendor", "second"])] {
        let tag: TagOrDigest = format!("sha256-{}.{suffix}", image.hex()).parse().unwrap();
        distribution.store.insert_manifest(&path, &tag, signatures(&distribution.store, &path, bundled));
    }
    let world = World::with(distribution, ServerOptions::default());
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let repository = repository("release-channel");
    for (suffix, bundled) in [("sig", &["vendor"][..]), ("att", &["vendor", "second"])] {
        let tag: TagOrDigest = format!("sha256-{}.{suffix}", image.hex()).parse().unwrap();
        let names = || names(&world.target, &repository, &tag);
        // One more: nothing is to be done, also after a garbage collection has removed the first configuration.
        let more = signatures(&world.target, &repository, &[bundled, &["operator"]].concat());
        world.target.insert_manifest(&repository, &tag, more);
        assert!(world.target.remove_blob(&repository, &Digest::of(config(bundled).as_bytes())));
        world.verify(&[]).expect(0);
        let report = world.push(&["--output", "json"]).expect(0).json()["result"]["written"].take();
        assert_eq!((&report["manifests_written"], &report["blobs_uploaded"]), (&json!(0), &json!(0)));
        assert_eq!(names(), [bundled, &["operator"]].concat());

        // Only others: those of the bundle are added.
        let other = signatures(&world.target, &repository, &["operator"]);
        world.target.insert_manifest(&repository, &tag, other);
        let refused = world.verify(&[]).expect(3);
        let reason = format!("has 0 of the {} signatures or attestations in the bundle", bundled.len());
        assert!(refused.stderr.contains(&reason), "{}", refused.stderr);
        let report = world.push(&["--output", "json"]).expect(0).json()["result"]["written"].take();
        assert_eq!(report["manifests_written"], 1);
        assert_eq!(names(), [&["operator"], bundled].concat());
        world.verify(&["--deep"]).expect(0);
        let report = world.push(&["--output", "json"]).expect(0).json()["result"]["written"].take();
        assert_eq!(report["manifests_written"], 0);

        // What the registry itself has lost cannot be kept.
        let lost = signatures(&world.target, &repository, &["operator"]);
        let text = String::from_utf8(lost.bytes().to_vec()).unwrap();
        let gone =
            text.replace(&Digest::of(PAYLOAD.as_bytes()).to_string(), &Digest::of(b"gone").to_string());
        let gone = RawManifest::new(None, gone.into_bytes().into()).unwrap();
        world.target.insert_manifest(&repository, &tag, gone);
        world.push(&[]).expect(0);
        assert_eq!(names(), bundled);
    }
}

/// A signature of a signature, and so on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_is_followed_for_four_levels() {
    for (levels, code) in [(4, 0), (5, 3)] {
        let distribution = small();
        let path = format!("{}/release-channel", distribution.root);
        let mut subject = distribution.store.manifest(&path, &"stable".parse().unwrap()).unwrap().digest();
        for level in 0..levels {
            let tag: TagOrDigest = format!("sha256-{}.sig", subject.hex()).parse().unwrap();
            let manifest = signatures(&distribution.store, &path, &[&level.to_string()]);
            subject = manifest.digest();
            distribution.store.insert_manifest(&path, &tag, manifest);
        }
        let world = World::with(distribution, ServerOptions::default());
        let run = world.pull(&["--output", "json"]).expect(code);
        if code == 0 {
            world.push(&[]).expect(0);
            world.verify(&[]).expect(0);
        } else {
            let missing = run.json()["error"]["missing"].take();
            assert_eq!(missing[0]["reason"], "it is attached more than 4 levels below an image");
            assert_eq!(missing[0]["reference"], subject.to_string());
        }
    }
}

/// A distribution whose release channel image has one signature, that image, and the tag of the signature.
fn with_one_signature() -> (Distribution, Digest, TagOrDigest) {
    let distribution = small();
    let path = format!("{}/release-channel", distribution.root);
    let image = distribution.store.manifest(&path, &"stable".parse().unwrap()).unwrap().digest();
    let tag: TagOrDigest = format!("sha256-{}.sig", image.hex()).parse().unwrap();
    distribution.store.insert_manifest(&path, &tag, signatures(&distribution.store, &path, &["vendor"]));
    (distribution, image, tag)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_signature_is_replaced() {
    let (distribution, _, tag) = with_one_signature();
    let world = World::with(distribution, ServerOptions::default());
    world.pull(&[]).expect(0);
    let path = format!("/v2/{}/manifests/{tag}", repository("release-channel"));
    // The first push reads it twice. Of the second one, the inventory reads it, and the push before it adds anything;
    // what is damaged is requested once more.
    let damaged = Rule::new("GET", &path, Fault::Corrupt(100)).times(3..=6);
    let script = Arc::new(Script::new(vec![damaged]));
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let store = MemoryStore::new();
    let server = serve(Arc::new(store.clone()), options);
    let url = format!("{}/{TARGET_ROOT}", server.addr());
    push(&world, &url, "d8.tar", &[]).expect(0);
    let before = script.count("PUT", &path);
    push(&world, &url, "d8.tar", &[]).expect(0);
    assert_eq!(script.count("PUT", &path), before + 1);
    assert!(script.is_spent());
    let there = store.manifest(&repository("release-channel"), &tag).unwrap();
    let path = format!("{}/release-channel", world.distribution.root);
    assert_eq!(there, world.distribution.store.manifest(&path, &tag).unwrap());
    verify(&world, &url, "d8.tar", &[]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_signature_is_named_with_its_image() {
    let (distribution, _, tag) = with_one_signature();
    let world = World::with(distribution, ServerOptions::default());
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    assert!(world.target.remove_tag(&repository("release-channel"), &tag.to_string()));
    let refused = world.verify(&[]).expect(3);
    let line = refused.stderr.lines().find(|line| line.contains(&tag.to_string())).unwrap();
    assert!(line.contains("(required by release-channel:stable, release-channel:v1.58.3)"), "{line}");
}

/// Also if the tag has more signatures, the original manifest is brought for what names it: an index, or a signature of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_named_by_its_digest_is_kept_as_it_is_too() {
    for is_signed in [false, true] {
        let (distribution, image, tag) = with_one_signature();
        let path = format!("{}/release-channel", distribution.root);
        let original = distribution.store.manifest(&path, &tag).unwrap();
        let (name, naming) = if is_signed {
            let name = format!("sha256-{}.sig", original.digest().hex());
            (name, signatures(&distribution.store, &path, &["second"]))
        } else {
            let list = json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "manifests": [original.descriptor()],
            });
            (format!("sha256-{}", image.hex()), RawManifest::new(None, list.to_string().into()).unwrap())
        };
        distribution.store.insert_manifest(&path, &name.parse().unwrap(), naming);
        let world = World::with(distribution, ServerOptions::default());
        world.pull(&[]).expect(0);
        world.push(&[]).expect(0);

        let repository = repository("release-channel");
        let extended = signatures(&world.target, &repository, &["vendor", "operator"]);
        world.target.remove_manifest(&repository, &original.digest());
        world.target.remove_blob(&repository, &Digest::of(config(&["vendor"]).as_bytes()));
        world.target.insert_manifest(&repository, &tag, extended.clone());
        let refused = world.verify(&[]).expect(3);
        assert!(refused.stderr.contains(&original.digest().to_string()), "{}", refused.stderr);
        world.push(&[]).expect(0);
        assert_eq!(world.target.manifest(&repository, &original.digest().into()), Some(original));
        assert_eq!(world.target.manifest(&repository, &tag), Some(extended));
        world.verify(&["--deep"]).expect(0);
    }
}

/// A newer manifest that has everything the registry has is written as it is: something may be attached to it.
#[tokio::test(flavor = "multi_thread")]
async fn more_signatures_of_the_vendor_are_written_unchanged() {
    let (distribution, _, tag) = with_one_signature();
    let path = format!("{}/release-channel", distribution.root);
    let newer = signatures(&distribution.store, &path, &["second", "vendor"]);
    let older = distribution.store.manifest(&path, &tag).unwrap();
    distribution.store.insert_manifest(&path, &tag, newer.clone());
    let world = World::with(distribution, ServerOptions::default());
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let repository = repository("release-channel");
    signatures(&world.target, &repository, &["vendor"]);
    world.target.insert_manifest(&repository, &tag, older);
    world.push(&[]).expect(0);
    assert_eq!(world.target.manifest(&repository, &tag), Some(newer));
    world.verify(&[]).expect(0);
}

/// Harbor lists what only a tag attaches by its referrers API too.
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_the_api_lists_is_found_once() {
    let (distribution, image, tag) = with_one_signature();
    let path = format!("{}/release-channel", distribution.root);
    let signature = distribution.store.manifest(&path, &tag).unwrap();
    let list = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [signature.descriptor()],
    });
    let media_type = "application/vnd.oci.image.index.v1+json".to_owned();
    let answer = Fault::Answer {
        status: StatusCode::OK,
        headers: vec![(header::CONTENT_TYPE, media_type)],
        body: list.to_string(),
    };
    let rule = Rule::new("GET", &format!("/v2/{path}/referrers/{image}"), answer);
    let script = Arc::new(Script::new(vec![rule]));
    let options =
        ServerOptions { referrers: true, interceptor: Some(script.clone()), ..ServerOptions::default() };
    let world = World::with(distribution, options);
    world.pull(&[]).expect(0);
    assert!(script.is_spent());
    let without = ServerOptions { referrers: true, ..ServerOptions::default() };
    let plain = serve(Arc::new(world.distribution.store.clone()), without);
    let source = format!("{}/{}", plain.addr(), world.distribution.root);
    dhctl(world.folder.path(), &["mirror", "--insecure", "--source", &source, "-i", "plain.tar"]).expect(0);
    let read = |name: &str| std::fs::read(world.path(name)).unwrap();
    assert!(read("d8.tar") == read("plain.tar"));
}
