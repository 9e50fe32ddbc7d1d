//! Signatures, SBOMs and other referrers: pulled with their images, pushed after them, and listed by the registry.

use std::{collections::BTreeSet, sync::Arc};

use http::StatusCode;
use oci::{Digest, RawManifest, TagOrDigest};
use registry_server::{MemoryStore, RunningServer, ServerOptions, Store};
use serde_json::{Value, json};
use testkit::{
    distribution::{AttachedObject, Distribution, Expected, Referrers},
    docker_registry::{DockerRegistry, DockerRegistryOptions, Version},
    faults::{Fault, Rule, Script},
};

use crate::world::{Run, TARGET_ROOT, World, dhctl, serve};

const CHANNELS: [&str; 5] = ["alpha", "beta", "early-access", "stable", "rock-solid"];

fn with_api() -> ServerOptions {
    ServerOptions { referrers: true, page_size: Some(1), ..ServerOptions::default() }
}

fn signed(referrers: Referrers) -> Distribution {
    Distribution::builder().with_signatures(referrers).build()
}

/// One release with signed images.
pub(crate) fn small() -> Distribution {
    let builder = Distribution::builder().releases(&["v1.58.3"]).channels(&[("stable", "v1.58.3")]);
    builder.modules(Vec::new()).images_per_release(4).with_signatures(Referrers::Lists).build()
}

/// A source with the referrers API, one entry on each page.
fn scene() -> World {
    World::with(signed(Referrers::Api), with_api())
}

fn expected(world: &World) -> Expected {
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &CHANNELS);
    expected.with_attached(&world.distribution)
}

fn inspect(world: &World, bundle: &str) -> Value {
    let run = dhctl(world.folder.path(), &["bundle", "inspect", bundle, "--output", "json"]);
    run.expect(0).json()["result"].take()
}

/// A registry with the referrers API.
fn target_with_api() -> (MemoryStore, RunningServer, String) {
    let store = MemoryStore::new();
    let server = serve(Arc::new(store.clone()), with_api());
    let url = format!("{}/{TARGET_ROOT}", server.addr());
    (store, server, url)
}

pub(crate) fn push(world: &World, url: &str, bundle: &str, args: &[&str]) -> Run {
    dhctl(world.folder.path(), &[&["mirror", "--insecure", "-r", url, "-i", bundle][..], args].concat())
}

pub(crate) fn verify(world: &World, url: &str, bundle: &str, args: &[&str]) -> Run {
    let base = ["mirror", "verify", "--insecure", "-r", url, "-i", bundle];
    dhctl(world.folder.path(), &[&base, args].concat())
}

pub(crate) fn repository(path: &str) -> String {
    if path.is_empty() { TARGET_ROOT.to_owned() } else { format!("{TARGET_ROOT}/{path}") }
}

/// What the tag of a list has, in a registry without the API.
fn listed(store: &dyn Store, path: &str, subject: &Digest) -> BTreeSet<Digest> {
    let tag: TagOrDigest = format!("sha256-{}", subject.hex()).parse().unwrap();
    let list = store.manifest(&repository(path), &tag);
    let parsed = list.iter().map(|list| list.parse().unwrap());
    parsed.flat_map(|it| it.children().iter().map(|child| child.digest).collect::<Vec<_>>()).collect()
}

/// Every referrer of an image that the target has is on a list.
fn assert_listed(world: &World, store: &dyn Store) {
    let expected = expected(world);
    let mut count = 0;
    for object in world.distribution.attached.iter().filter(|object| object.tag.is_none()) {
        let repository = expected.repositories.get(&object.path);
        if repository.is_some_and(|it| it.digests.contains(&object.digest)) {
            count += 1;
            let listed = listed(store, &object.path, &object.subject);
            assert!(listed.contains(&object.digest), "{object:?}: {listed:?}");
        }
    }
    assert!(count > 10, "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_pulled_pushed_and_listed_with_and_without_the_api() {
    let world = scene();
    world.pull(&[]).expect(0);
    let attachments = inspect(&world, "d8.tar")["attachments"].take();
    for kind in ["signatures", "attestations", "sboms", "referrers"] {
        assert!(attachments[kind].as_u64().unwrap() > 3, "{attachments}");
    }
    dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);

    // The usual target of this test does not have the API: the lists are kept there.
    world.push(&[]).expect(0);
    assert_eq!(expected(&world).missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
    assert_listed(&world, &world.target);
    let report = world.verify(&["--output", "json"]).expect(0).json()["result"].take();
    assert!(report["referrers"].as_u64().unwrap() > 10, "{report}");
    let again = world.push(&["--output", "json"]).expect(0).json();
    assert_eq!(again["result"]["written"]["manifests_written"], 0);

    let (store, _server, url) = target_with_api();
    push(&world, &url, "d8.tar", &[]).expect(0);
    assert_eq!(expected(&world).missing_in(&store, TARGET_ROOT), Vec::<String>::new());
    let lists = store.tagged(TARGET_ROOT);
    assert!(!lists.keys().any(|tag| tag.starts_with("sha256-") && !tag.contains('.')), "{lists:?}");
    verify(&world, &url, "d8.tar", &[]).expect(0);
    let again = push(&world, &url, "d8.tar", &["--output", "json"]).expect(0).json();
    assert_eq!(again["result"]["written"]["manifests_written"], 0);

    // Each of the two registries is as good a source as the first.
    for source in [&world.target_url, &url] {
        let args = ["mirror", "--insecure", "--source", source, "-i", "again.tar"];
        dhctl(world.folder.path(), &args).expect(0);
        assert_eq!(inspect(&world, "again.tar")["attachments"], attachments, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_image_may_have_every_kind() {
    // The other tests have the first turn.
    for turn in 1..4 {
        let builder = Distribution::builder().with_signatures(Referrers::Api).attachment_turn(turn);
        let world = World::with(builder.build(), with_api());
        world.pull(&["--lock", "d8.lock"]).expect(0);
        dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);
        assert_eq!(inspect(&world, "d8.tar")["tags"], Value::Null, "builds, where none is");
        world.push(&[]).expect(0);
        assert_eq!(expected(&world).missing_in(&world.target, TARGET_ROOT), Vec::<String>::new(), "{turn}");
        assert_listed(&world, &world.target);
        world.verify(&[]).expect(0);
        dhctl(world.folder.path(), &["registry", "list", "--insecure", &world.target_url]).expect(0);

        let locked = ["mirror", "--insecure", "--source", &world.source_url, "-i", "again.tar"];
        let locked = [&locked[..], &["--locked", "d8.lock", "--output", "json"]].concat();
        let pulled = dhctl(world.folder.path(), &locked).expect(0).json();
        assert_eq!(pulled["result"]["tags"], Value::Null);
        let read = |name: &str| std::fs::read(world.path(name)).unwrap();
        assert!(read("d8.tar") == read("again.tar"), "{turn}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_the_api_is_asked_once_and_its_lists_are_read() {
    let script = Arc::new(Script::new(Vec::new()));
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let world = World::with(signed(Referrers::Lists), options);
    world.pull(&[]).expect(0);
    assert_eq!(script.count("GET", "/v2/*/referrers/*"), 1);
    // Nothing is requested on the chance that it exists.
    let attached: BTreeSet<String> =
        world.distribution.attached.iter().filter_map(|it| it.tag.clone()).collect();
    for request in script.seen() {
        let name = request.path.rsplit('/').next().unwrap_or_default();
        let is_signature = name.rsplit_once('.').is_some_and(|(_, kind)| ["sig", "sbom"].contains(&kind));
        assert!(!is_signature || attached.contains(name), "{}", request.path);
    }

    world.push(&[]).expect(0);
    assert_eq!(expected(&world).missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
    assert_listed(&world, &world.target);
    // The lists are those of the source, byte for byte.
    let is_list = |tag: &String| tag.starts_with("sha256-") && !tag.contains('.');
    let (ours, theirs) = (world.target.tagged(TARGET_ROOT), world.distribution.store.tagged("deckhouse/ee"));
    let lists: Vec<&String> = ours.keys().filter(|tag| is_list(tag)).collect();
    assert!(lists.len() > 3 && lists.iter().all(|tag| ours[*tag] == theirs[*tag]));

    let (store, _server, url) = target_with_api();
    push(&world, &url, "d8.tar", &[]).expect(0);
    assert_eq!(expected(&world).missing_in(&store, TARGET_ROOT), Vec::<String>::new());
    verify(&world, &url, "d8.tar", &[]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_keeps_what_only_the_target_has() {
    let world = scene();
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let object = world.distribution.attached.iter().find(|it| it.path.is_empty() && it.tag.is_none());
    let object = object.unwrap();
    let tag: TagOrDigest = format!("sha256-{}", object.subject.hex()).parse().unwrap();
    let own = world.target.manifest(TARGET_ROOT, &tag).unwrap();

    // Someone inside has attached something else, and the list has it alone.
    let config = Digest::of(b"{}");
    world.target.insert_blob(TARGET_ROOT, config, bytes::Bytes::from_static(b"{}"));
    let theirs = json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.example", "size": 2, "digest": config},
        "layers": [],
        "subject": {"mediaType": own.media_type(), "size": 1, "digest": object.subject},
    });
    let theirs = RawManifest::new(None, theirs.to_string().into()).unwrap();
    world.target.insert_manifest(TARGET_ROOT, &theirs.digest().into(), theirs.clone());
    let mut entry = serde_json::to_value(theirs.descriptor()).unwrap();
    entry["unknown"] = json!({"kept": true});
    let list = RawManifest::new(None, oci::referrer::index_of(&[entry]).into()).unwrap();
    world.target.insert_manifest(TARGET_ROOT, &tag, list);

    let run = world.verify(&["--output", "json"]).expect(3);
    let missing = run.json()["error"]["missing"].take();
    assert_eq!(missing.as_array().unwrap().len(), 1, "{missing}");
    assert_eq!(missing[0]["reference"], object.subject.to_string());
    let reason = missing[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the registry does not list sha256:"), "{reason}");

    world.push(&[]).expect(0);
    let listed = listed(&world.target, "", &object.subject);
    assert!(listed.contains(&theirs.digest()) && listed.contains(&object.digest), "{listed:?}");
    let merged = world.target.manifest(TARGET_ROOT, &tag).unwrap();
    assert!(String::from_utf8_lossy(merged.bytes()).contains(r#""unknown":{"kept":true}"#));
    world.verify(&[]).expect(0);
    world.push(&[]).expect(0);
    assert_eq!(world.target.manifest(TARGET_ROOT, &tag), Some(merged));
}

#[tokio::test(flavor = "multi_thread")]
async fn they_can_be_left_out() {
    let script = Arc::new(Script::new(Vec::new()));
    let options = ServerOptions { interceptor: Some(script.clone()), ..with_api() };
    let world = World::with(signed(Referrers::Api), options);
    world.pull(&["--no-signatures"]).expect(0);
    let attachments = inspect(&world, "d8.tar")["attachments"].take();
    let attestations = attachments["attestations"].as_u64().unwrap();
    assert!(attestations > 0);
    let only = json!({"signatures": 0, "attestations": attestations, "sboms": 0, "referrers": 0});
    assert_eq!(attachments, only);
    assert_eq!(script.count("GET", "/v2/*/referrers/*"), 0);
    world.push(&[]).expect(0);
    world.verify(&[]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_is_never_taken_for_none() {
    let answer = |status: StatusCode, content_type: &str, body: &str| Fault::Answer {
        status,
        headers: vec![(http::header::CONTENT_TYPE, content_type.to_owned())],
        body: body.to_owned(),
    };
    let failure = json!({"errors": [{"code": "UNKNOWN", "message": "boom"}]}).to_string();
    let page = "<html><title>Repository manager</title></html>";
    for (fault, code) in [
        (answer(StatusCode::INTERNAL_SERVER_ERROR, "application/json", &failure), 3),
        (answer(StatusCode::BAD_REQUEST, "application/json", &failure), 3),
        (answer(StatusCode::OK, "application/json", "{}"), 3),
        (answer(StatusCode::FORBIDDEN, "application/json", &failure), 3),
        (answer(StatusCode::NOT_FOUND, "text/html", page), 0),
        (answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "no"), 0),
        (answer(StatusCode::OK, "text/html", page), 0),
    ] {
        let script = Arc::new(Script::new(vec![Rule::new("GET", "/v2/*/referrers/*", fault.clone())]));
        let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
        let world = World::with(small(), options);
        let run = world.pull(&["--retry-timeout", "2s"]).expect(code);
        // Only the first image is tried again and again.
        assert!(script.count("GET", "/v2/*/referrers/*") <= 6, "{fault:?}");
        assert_eq!(world.path("d8.tar").exists(), code == 0, "{fault:?}");
        if code == 3 {
            assert!(run.stderr.contains("what is attached to it is unknown: "), "{}", run.stderr);
            assert!(run.stderr.contains("--no-signatures"), "{}", run.stderr);
            world.pull(&["--no-signatures"]).expect(0);
        }
    }

    // Later, a 404 is no longer a way to say that there is no such API.
    let gone = answer(StatusCode::NOT_FOUND, "application/json", &failure);
    let rule = Rule::new("GET", "/v2/*/referrers/*", gone).times(3..=3);
    let options = ServerOptions { interceptor: Some(Arc::new(Script::new(vec![rule]))), ..with_api() };
    World::with(small(), options).pull(&[]).expect(3);
}

/// Of a target, the first failure ends the push, before a cluster can see the release.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_fails_to_list_them_ends_the_push() {
    let world = World::with(small(), ServerOptions::default());
    world.pull(&[]).expect(0);
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_ACCEPTABLE] {
        let fault = Fault::Answer { status, headers: Vec::new(), body: String::new() };
        let script = Arc::new(Script::new(vec![Rule::new("GET", "/v2/*/referrers/*", fault)]));
        let store = MemoryStore::new();
        let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
        let server = serve(Arc::new(store.clone()), options);
        let url = format!("{}/{TARGET_ROOT}", server.addr());
        let run = push(&world, &url, "d8.tar", &["--retry-timeout", "2s"]).expect(3);
        assert!(run.stderr.contains("what is attached to it is unknown: "), "{}", run.stderr);
        assert!(run.stderr.contains("--no-signatures"), "{}", run.stderr);
        assert!(script.count("GET", "/v2/*/referrers/*") <= 6 * 4, "{status}");
        assert!(!store.tagged(&repository("release-channel")).contains_key("stable"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_and_missing_is_reported() {
    let world = World::with(signed(Referrers::Lists), ServerOptions::default());
    let object =
        world.distribution.attached.iter().find(|it| it.path == "modules/console" && it.tag.is_none());
    let object = object.unwrap();
    let repository = format!("{}/{}", world.distribution.root, object.path);
    world.distribution.store.remove_manifest(&repository, &object.digest);
    let run = world.pull(&["--output", "json"]).expect(3);
    let missing = run.json()["error"]["missing"].take();
    assert_eq!(missing[0]["reference"], object.digest.to_string(), "{missing}");
    assert!(run.stderr.contains("to leave out the listed objects: --no-signatures"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_registries_without_the_api_get_lists() {
    let world = scene();
    world.pull(&[]).expect(0);
    for version in [Version::Debian, Version::Three] {
        let options = DockerRegistryOptions { version, ..DockerRegistryOptions::default() };
        let target = DockerRegistry::start(options).unwrap();
        let url = format!("{}/{TARGET_ROOT}", target.addr());
        push(&world, &url, "d8.tar", &[]).expect(0);
        assert_eq!(expected(&world).missing_in(&target.storage(), TARGET_ROOT), Vec::<String>::new());
        assert_listed(&world, &target.storage());
        verify(&world, &url, "d8.tar", &["--deep"]).expect(0);
        let again = push(&world, &url, "d8.tar", &["--output", "json"]).expect(0).json();
        assert_eq!(again["result"]["written"]["manifests_written"], 0);
        let args = ["mirror", "--insecure", "--source", &url, "-i", "again.tar"];
        dhctl(world.folder.path(), &args).expect(0);
        let (first, second) = (inspect(&world, "d8.tar"), inspect(&world, "again.tar"));
        assert_eq!(second["attachments"], first["attachments"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_and_modules_have_them_too() {
    let world = scene();
    std::fs::create_dir(world.path("out")).unwrap();
    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    let source = ["mirror", "--insecure", "--source", &world.source_url];
    run(&[&source[..], &["-i", "out", "--bundle-format", "d8"]].concat()).expect(0);
    world.pull(&[]).expect(0);
    assert_eq!(inspect(&world, "out")["attachments"], inspect(&world, "d8.tar")["attachments"]);
    push(&world, &world.target_url, "out", &[]).expect(0);
    assert_eq!(expected(&world).missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
    assert_listed(&world, &world.target);

    crate::mirror_modules::manifest(&world, None);
    crate::mirror_modules::pull(&world, &[]).expect(0);
    let of_module = |world: &World| inspect(world, "mods/module-console.tar")["attachments"].take();
    let counted = of_module(&world);
    assert!(counted["signatures"].as_u64().unwrap() > 1, "{counted}");
    crate::mirror_modules::push(&world, &[]).expect(0);
    crate::mirror_modules::pull(&world, &["--no-signatures"]).expect(0);
    assert_eq!(of_module(&world)["signatures"], 0);
    assert_ne!(of_module(&world)["attestations"], 0);
    crate::mirror_modules::pull(&world, &["--no-vex"]).expect(0);
    assert_eq!(of_module(&world)["attestations"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_list_counts_them() {
    let world = scene();
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let args = ["registry", "list", "--insecure", &world.target_url, "--output", "json"];
    let result = dhctl(world.folder.path(), &args).expect(0).json();
    let releases = result["result"]["registries"][0]["releases"].as_array().unwrap().clone();
    for kind in ["signatures", "sboms", "referrers"] {
        let of_all: u64 = releases.iter().map(|it| it["attachments"][kind].as_u64().unwrap()).sum();
        assert!(of_all > 0, "{kind}: {releases:#?}");
    }
    assert!(releases.iter().all(|release| release["complete"] == true));
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_keeps_what_is_attached_to_images_that_stay() {
    let channels = [("stable", "v1.59.4"), ("rock-solid", "v1.58.3")];
    let builder = Distribution::builder().releases(&["v1.57.5", "v1.58.3", "v1.59.4"]).channels(&channels);
    let distribution = builder.modules(Vec::new()).with_signatures(Referrers::Api).build();
    let world = World::with(distribution, with_api());
    world.pull(&["--min-version", "1.57"]).expect(0);
    let target = DockerRegistry::start(DockerRegistryOptions::default()).unwrap();
    let url = format!("{}/{TARGET_ROOT}", target.addr());
    push(&world, &url, "d8.tar", &[]).expect(0);
    let is_there = |object: &&AttachedObject| {
        target.storage().manifest(&repository(&object.path), &object.digest.into()).is_some()
    };
    let of_oldest = world.distribution.releases["v1.57.5"].clone();
    let own = [of_oldest.root, of_oldest.install, of_oldest.release_channel];
    let own = |object: &&AttachedObject| own.contains(&object.image);
    let attached = &world.distribution.attached;
    assert!(attached.iter().filter(own).filter(is_there).count() > 1);

    let prune = |args: &[&str]| {
        let begin = ["registry", "prune", "--insecure", &url, "--no-clusters"];
        dhctl(world.folder.path(), &[&begin, args].concat())
    };
    prune(&["--keep-from", "v1.58"]).expect(0);
    prune(&["--apply", "prune-plan.json"]).expect(0);
    assert_eq!(attached.iter().filter(own).filter(is_there).count(), 0);
    let stays = world.distribution.expected(&["v1.58.3", "v1.59.4"], &["stable", "rock-solid"]);
    let stays = stays.with_attached(&world.distribution);
    assert_eq!(stays.missing_in(&target.storage(), TARGET_ROOT), Vec::<String>::new());
    let args = ["registry", "list", "--insecure", &url];
    dhctl(world.folder.path(), &args).expect(0);
    let args = ["mirror", "--insecure", "--source", &url, "-i", "again.tar"];
    dhctl(world.folder.path(), &args).expect(0);
}
