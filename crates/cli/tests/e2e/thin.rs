//! Thin bundles: what an earlier delivery had is left out, and the target ends as after a push of the full bundle.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use oci::Digest;
use registry_server::{Canned, Interceptor, MemoryStore, RequestInfo, ServerOptions, Store, Treatment};
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
};

use crate::{
    output::stable,
    surgery,
    world::{Run, TARGET_ROOT, World, dhctl, serve},
};

/// A month later: a patch of the stable minor, and a new database.
fn later() -> Distribution {
    Distribution::builder().release("v1.58.11").channel("stable", "v1.58.11").build()
}

/// A world with the later distribution, and with `old.tar` of the earlier one, which the target has.
fn after_a_delivery() -> World {
    let earlier = World::sample();
    earlier.pull(&[]).expect(0);
    let world = World::of(later());
    fs::copy(earlier.path("d8.tar"), world.path("old.tar")).unwrap();
    push(&world, "old.tar", &world.target_url).expect(0);
    world
}

fn bundle(world: &World, args: &[&str]) -> Run {
    dhctl(world.folder.path(), &[&["bundle"], args].concat())
}

fn push(world: &World, bundle: &str, registry: &str) -> Run {
    let args = ["mirror", "push", "--insecure", "-r", registry, "-i", bundle, "--output", "json"];
    dhctl(world.folder.path(), &args)
}

fn pull(world: &World, bundle: &str, args: &[&str]) -> Run {
    let base = ["mirror", "pull", "--insecure", "--source", &world.source_url, "-i", bundle];
    dhctl(world.folder.path(), &[&base, args].concat())
}

/// The tags, manifests and blobs of a repository.
type Objects = (BTreeMap<String, Digest>, Vec<Digest>, Vec<Digest>);

/// Every tag, manifest and blob of a registry.
fn objects(store: &MemoryStore) -> BTreeMap<String, Objects> {
    let read = |name: String| {
        let (mut manifests, mut blobs) = (store.manifests(&name), store.blobs(&name));
        manifests.sort();
        blobs.sort();
        let objects = (store.tagged(&name), manifests, blobs);
        (name, objects)
    };
    store.repositories().into_iter().map(read).collect()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_is_as_after_a_push_of_the_full_bundle() {
    let world = after_a_delivery();
    let full = World::of(later());
    fs::copy(world.path("old.tar"), full.path("old.tar")).unwrap();
    push(&full, "old.tar", &full.target_url).expect(0);
    full.pull(&["--gost-digest"]).expect(0);
    push(&full, "d8.tar", &full.target_url).expect(0);

    let pulled = pull(&world, "d8.tar", &["--base", "old.tar", "--output", "json"]).expect(0).json();
    let left_out = &pulled["result"]["left_out"];
    assert!(left_out["blobs"].as_u64().unwrap() > 100, "{left_out}");
    assert_eq!(left_out["bases"][0]["releases"], serde_json::json!(Distribution::SAMPLE_SELECTION));
    assert!(size(&world.path("d8.tar")) * 3 < size(&full.path("d8.tar")));

    let verified = bundle(&world, &["verify", "d8.tar", "--output", "json"]).expect(0).json();
    assert_eq!(verified["result"]["thin"], *left_out);
    let inspected = bundle(&world, &["inspect", "d8.tar", "--output", "json"]).expect(0).json();
    assert_eq!(inspected["result"]["thin"], *left_out);
    let full_inspected = bundle(&full, &["inspect", "d8.tar", "--output", "json"]).expect(0).json();
    for field in ["releases", "channels", "modules", "databases", "images", "repositories"] {
        assert_eq!(inspected["result"][field], full_inspected["result"][field], "{field}");
    }

    push(&world, "d8.tar", &world.target_url).expect(0);
    assert_eq!(objects(&world.target), objects(&full.target));
    world.verify(&["--deep"]).expect(0);

    let complete = ["complete", "d8.tar", "--base", "old.tar", "-o", "full.tar", "--gost-digest"];
    bundle(&world, &complete).expect(0);
    assert!(fs::read(world.path("full.tar")).unwrap() == fs::read(full.path("d8.tar")).unwrap());
    let sum = |world: &World, name: &str| fs::read_to_string(world.path(name)).unwrap();
    assert_eq!(sum(&world, "full.tar.gostsum"), sum(&full, "d8.tar.gostsum"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digests_of_a_base_serve_as_well_as_the_base() {
    let world = after_a_delivery();
    pull(&world, "d8.tar", &["--base", "old.tar"]).expect(0);
    let digests = bundle(&world, &["digests", "old.tar", "-o", "old.digests", "--output", "json"]).expect(0);
    assert!(size(&world.path("old.digests")) * 10 < size(&world.path("old.tar")));
    let nowhere = bundle(&world, &["digests", "old.tar", "-o", "nosuch/old.digests"]).expect(6);
    assert!(
        nowhere.stderr.starts_with("error: nosuch: this directory does not exist\n"),
        "{}",
        nowhere.stderr
    );
    bundle(&world, &["digests", "old.tar", "-o", "old.digests"]).expect(6);

    fs::remove_file(world.path("old.tar")).unwrap();
    pull(&world, "other.tar", &["--base", "old.digests", "--parallel", "1"]).expect(0);
    assert!(fs::read(world.path("other.tar")).unwrap() == fs::read(world.path("d8.tar")).unwrap());
    let shown = bundle(&world, &["inspect", "other.tar"]).expect(0).stdout;
    let sum = digests.json()["result"]["sum"].as_str().unwrap().to_owned();
    let base = format!("a bundle with {} ({sum})", Distribution::SAMPLE_SELECTION.join(", "));
    assert!(shown.contains(&base), "{shown}");

    // A thin bundle is a base too: its push has proved what it leaves out.
    pull(&world, "third.tar", &["--base", "other.tar", "--output", "json"]).expect(0);
    push(&world, "other.tar", &world.target_url).expect(0);
    let pushed = push(&world, "third.tar", &world.target_url).expect(0).json();
    assert_eq!(pushed["result"]["written"]["blobs_uploaded"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_in_the_bundle_even_if_they_did_not_change() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    pull(&world, "thin.tar", &["--base", "d8.tar", "--output", "json"]).expect(0);
    let verified = bundle(&world, &["verify", "thin.tar", "--output", "json"]).expect(0).json();
    assert_eq!(verified["result"]["releases"], serde_json::json!(Distribution::SAMPLE_SELECTION));
    push(&world, "d8.tar", &world.target_url).expect(0);
    let pushed = push(&world, "thin.tar", &world.target_url).expect(0).json();
    assert_eq!(pushed["result"]["written"]["manifests_written"], 0);
    bundle(&world, &["complete", "thin.tar", "--base", "d8.tar", "-o", "full.tar"]).expect(0);
    assert!(fs::read(world.path("full.tar")).unwrap() == fs::read(world.path("d8.tar")).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_if_the_target_lost_what_is_left_out() {
    let world = after_a_delivery();
    pull(&world, "d8.tar", &["--base", "old.tar"]).expect(0);
    let root = world.target.blobs(TARGET_ROOT);
    let new = world.distribution.store.blobs(&world.distribution.root);
    let lost = root.iter().find(|blob| new.contains(blob)).unwrap();
    for repository in world.target.repositories() {
        world.target.remove_blob(&repository, lost);
    }
    let before = objects(&world.target);
    let run = push(&world, "d8.tar", &world.target_url).expect(3);
    let missing = run.json()["error"]["missing"].to_string();
    assert!(missing.contains(&lost.to_string()), "{missing}");
    assert!(run.stderr.contains("the thin bundle leaves it out"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: nothing was sent"), "{}", run.stderr);
    assert_eq!(objects(&world.target), before);
    let incomplete = ["mirror", "push", "--insecure", "--allow-incomplete", "-i", "d8.tar", "-r"];
    dhctl(world.folder.path(), &[&incomplete[..], &[&world.target_url]].concat()).expect(3);
    assert_eq!(objects(&world.target), before);

    // The base brings it back.
    push(&world, "old.tar", &world.target_url).expect(0);
    push(&world, "d8.tar", &world.target_url).expect(0);
    world.verify(&["--deep"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_another_repository_has_is_mounted() {
    let world = World::sample();
    let release = &world.distribution.releases["v1.58.3"];
    let source = &world.distribution.root;
    let manifest = world.distribution.store.manifest(source, &release.root.into()).unwrap();
    let oci::Manifest::Image { layers, .. } = manifest.parse().unwrap() else { panic!("an index") };
    let layer = layers.last().unwrap();
    let elsewhere = format!("{TARGET_ROOT}/elsewhere");
    let digests = serde_json::json!({
        "apiVersion": "dhctl.deckhouse.io/v1alpha1",
        "kind": "BundleDigests",
        "releases": [],
        "blobs": {"elsewhere": {layer.digest.to_string(): layer.size}},
    });
    fs::write(world.path("held.digests"), digests.to_string()).unwrap();
    pull(&world, "d8.tar", &["--base", "held.digests"]).expect(0);
    let run = push(&world, "d8.tar", &world.target_url).expect(3);
    assert!(run.stderr.contains(&layer.digest.to_string()), "{}", run.stderr);
    assert_eq!(world.target.repositories(), Vec::<String>::new());

    let blob = world.distribution.store.blob(source, &layer.digest).unwrap();
    world.target.insert_blob(&elsewhere, layer.digest, blob);
    push(&world, "d8.tar", &world.target_url).expect(0);
    world.verify(&["--deep"]).expect(0);
}

/// Refuses to mount blobs.
#[derive(Debug)]
struct NoMounts;

impl Interceptor for NoMounts {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        let refusal = Canned {
            status: StatusCode::BAD_REQUEST,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"{}"),
        };
        Treatment { answer: request.query.contains("mount=").then_some(refusal), ..Treatment::default() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mounts_a_blob_is_copied_between_repositories_of_the_target() {
    let world = after_a_delivery();
    pull(&world, "d8.tar", &["--base", "old.tar"]).expect(0);
    let options = ServerOptions { interceptor: Some(Arc::new(NoMounts)), ..ServerOptions::default() };
    let server = serve(Arc::new(world.target.clone()), options);
    // Another repository of the target still has what this one lost.
    let repository = format!("{TARGET_ROOT}/install");
    let lost: Vec<Digest> = world.target.blobs(&repository);
    let shared = world.target.blobs(&format!("{TARGET_ROOT}/install-standalone"));
    let lost: Vec<&Digest> = lost.iter().filter(|blob| shared.contains(blob)).collect();
    assert!(!lost.is_empty());
    for blob in lost {
        world.target.remove_blob(&repository, blob);
    }
    push(&world, "d8.tar", &format!("{}/{TARGET_ROOT}", server.addr())).expect(0);
    world.verify(&["--deep"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_pull_resumes_to_the_same_bytes() {
    let world = after_a_delivery();
    pull(&world, "whole.tar", &["--base", "old.tar"]).expect(0);
    let broken = Script::new(vec![
        Rule::new("GET", "/v2/deckhouse/ee/blobs/*", Fault::Status(StatusCode::BAD_GATEWAY))
            .times(4..=u64::MAX),
    ]);
    let options = ServerOptions { interceptor: Some(Arc::new(broken)), ..ServerOptions::default() };
    let server = serve(Arc::new(world.distribution.store.clone()), options);
    let url = format!("{}/{}", server.addr(), world.distribution.root);
    let args = ["mirror", "pull", "--insecure", "--source", &url, "--retry-timeout", "1s", "-i", "d8.tar"];
    dhctl(world.folder.path(), &[&args[..], &["--base", "old.tar"]].concat()).expect(5);
    assert!(world.path("d8.tar.partial").exists());
    pull(&world, "d8.tar", &["--base", "old.tar"]).expect(0);
    assert!(fs::read(world.path("d8.tar")).unwrap() == fs::read(world.path("whole.tar")).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thin_bundle_has_parts_and_sums() {
    let world = after_a_delivery();
    pull(&world, "whole.tar", &["--base", "old.tar", "--gost-digest"]).expect(0);
    pull(&world, "d8.tar", &["--base", "old.tar", "-c", "100KB", "--gost-digest"]).expect(0);
    assert!(world.files().contains(&"d8.tar.0002.chunk".to_owned()), "{:?}", world.files());
    bundle(&world, &["verify", "d8.tar"]).expect(0);
    bundle(&world, &["join", "d8.tar", "-o", "joined.tar"]).expect(0);
    assert!(fs::read(world.path("joined.tar")).unwrap() == fs::read(world.path("whole.tar")).unwrap());
    bundle(&world, &["complete", "d8.tar", "--base", "old.tar", "-o", "full.tar"]).expect(0);
    assert!(world.path("full.tar.gostsum").exists());
    bundle(&world, &["verify", "full.tar"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_not_completed_from_a_wrong_or_damaged_base() {
    let world = after_a_delivery();
    pull(&world, "d8.tar", &["--base", "old.tar"]).expect(0);
    pull(&world, "platform.tar", &["--release", "v1.57.5", "--no-modules", "--no-security-db"]).expect(0);
    let complete = |base: &str| bundle(&world, &["complete", "d8.tar", "--base", base, "-o", "full.tar"]);
    let run = complete("platform.tar").expect(3);
    assert!(run.stderr.contains("missing or damaged in the thin bundle and its bases"), "{}", run.stderr);
    complete("d8.tar").expect(3);
    complete("absent.tar").expect(6);
    let full = ["complete", "old.tar", "--base", "old.tar", "-o", "full.tar"];
    let run = bundle(&world, &full).expect(2);
    assert!(run.stderr.contains("is not a thin bundle"), "{}", run.stderr);
    bundle(&world, &["complete", "d8.tar", "--base", "old.tar", "-o", "d8.tar"]).expect(2);

    let shared = world.target.blobs(&format!("{TARGET_ROOT}/install"))[0];
    for path in ["install/", "", "install-standalone/"] {
        let entry = format!("{path}blobs/sha256/{}", shared.hex());
        surgery::rewrite(&world.path("old.tar"), |path, mut bytes| {
            if path == entry {
                bytes[0] ^= 1;
            }
            Some(bytes)
        });
    }
    let run = complete("old.tar").expect(3);
    assert!(run.stderr.contains("the content has the digest"), "{}", run.stderr);
    assert!(!world.files().iter().any(|name| name.starts_with("full.tar")), "{:?}", world.files());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_record_is_damage() {
    let world = after_a_delivery();
    pull(&world, "d8.tar", &["--base", "old.tar"]).expect(0);
    surgery::scratch(&world.path("d8.tar"), "thin-bundle/left-out.json");
    for args in [["verify", "d8.tar"], ["inspect", "d8.tar"]] {
        let run = bundle(&world, &args).expect(3);
        assert!(run.stderr.contains("thin-bundle/left-out.json"), "{}", run.stderr);
    }
    let before = objects(&world.target);
    push(&world, "d8.tar", &world.target_url).expect(3);
    assert_eq!(objects(&world.target), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bases_that_cannot_be_used_are_refused_before_anything_is_read() {
    let world = World::sample();
    fs::write(world.path("other.json"), r#"{"apiVersion":"v1","kind":"List"}"#).unwrap();
    fs::create_dir(world.path("out")).unwrap();
    for (args, code, reason) in [
        (&["--base", "absent.tar"][..], 6, "absent.tar"),
        (&["--base", "absent.digests"], 6, "absent.digests"),
        (&["--base", "other.json"], 2, "has the apiVersion 'v1' and kind 'List'"),
        (&["--base", "d8.tar"], 2, "is the bundle to write and its base"),
    ] {
        let run = pull(&world, "d8.tar", args).expect(code);
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
    let run = pull(&world, "out", &["--bundle-format", "d8", "--base", "old.tar"]).expect(2);
    assert!(run.stderr.contains("--base cannot be used with --bundle-format d8"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_reads() {
    let world = after_a_delivery();
    let mut transcript = String::new();
    let mut tell = |command: &str, run: Run| {
        transcript += &format!("$ dhctl {command}\n--- exit {}\n", run.code.unwrap());
        transcript += &format!("{}{}\n", stable(&world, &run.stdout), stable(&world, &run.stderr));
    };
    let digests = ["digests", "old.tar", "-o", "old.digests"];
    tell("bundle digests old.tar -o old.digests", bundle(&world, &digests));
    let base = ["--base", "old.digests", "--quiet"];
    tell("mirror pull -i d8.tar --base old.digests --quiet", pull(&world, "d8.tar", &base));
    tell("bundle inspect d8.tar", bundle(&world, &["inspect", "d8.tar"]));
    tell("bundle verify d8.tar --quiet", bundle(&world, &["verify", "d8.tar", "--quiet"]));
    let complete = ["complete", "d8.tar", "--base", "old.tar", "-o", "full.tar", "--quiet"];
    tell("bundle complete d8.tar --base old.tar -o full.tar --quiet", bundle(&world, &complete));
    tell("mirror -r TARGET -i d8.tar --quiet", world.push(&["--quiet"]));
    let lost = world.target.blobs(&format!("{TARGET_ROOT}/modules/console"))[0];
    for repository in world.target.repositories() {
        world.target.remove_blob(&repository, &lost);
    }
    tell("mirror -r TARGET -i d8.tar --quiet", world.push(&["--quiet"]));
    insta::assert_snapshot!(transcript);
}
