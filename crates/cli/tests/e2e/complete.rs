//! A bundle that lacks something is never called sound, and never pushed in silence.

use std::fs;

use oci::{Descriptor, Digest, layout::SHORT_TAG};
use serde_json::{Value, json};
use testkit::distribution::Distribution;

use crate::{
    surgery::{forget, rewrite},
    world::{Run, TARGET_ROOT, World, dhctl},
};

fn verify(world: &World) -> Run {
    dhctl(world.folder.path(), &["bundle", "verify", "d8.tar", "--output", "json"])
}

fn tag(descriptor: &Descriptor) -> &str {
    &descriptor.annotations[SHORT_TAG]
}

/// Repository, reference and wanting ones of everything that is told as missing.
fn missing(run: &Run) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let item = |item: &Value| {
        let wanted_by = item["wanted_by"].as_array().unwrap().iter().map(text).collect();
        (text(&item["repository"]), text(&item["reference"]), wanted_by)
    };
    run.json()["error"]["missing"].as_array().unwrap().iter().map(item).collect()
}

/// An image that only this release lists.
fn only_in(distribution: &Distribution, version: &str) -> Digest {
    let others = |digest: &Digest| {
        let mut others = distribution.releases.iter().filter(|(other, _)| *other != version);
        others.any(|(_, release)| release.images.values().any(|it| it == digest))
    };
    *distribution.releases[version].images.values().find(|digest| !others(digest)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_missing_object_is_found() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let pristine = fs::read(world.path("d8.tar")).unwrap();
    let image = only_in(&world.distribution, "v1.59.4").hex();
    let module = world.distribution.modules["console"].versions["v1.3.0"].images["image0"].hex();
    let release = |version: &str| vec![format!("release {version}")];
    let stable = || vec!["channel stable".to_owned()];
    let console = || vec!["module console v1.2.3".to_owned()];
    let promised = || vec!["deckhousereleases.yaml".to_owned(), "release v1.58.3".to_owned()];
    let cases = [
        ("", image.as_str(), "(root)", release("v1.59.4")),
        ("", "v1.58.3", "(root)", release("v1.58.3")),
        ("install", "v1.58.3", "install", release("v1.58.3")),
        ("release-channel", "v1.58.3", "release-channel", promised()),
        ("", "stable", "(root)", stable()),
        ("install", "stable", "install", stable()),
        ("install-standalone", "stable", "install-standalone", stable()),
        ("release-channel", "stable", "release-channel", stable()),
        ("modules/console", &module, "modules/console", vec!["module console v1.3.0".to_owned()]),
        ("modules/console", "v1.2.3", "modules/console", console()),
        ("modules/console/release", "v1.2.3", "modules/console/release", console()),
        (
            "modules/console/extra/scanner",
            "v3",
            "modules/console/extra/scanner",
            vec!["module console v1.2.3".to_owned(), "module console v1.3.0".to_owned()],
        ),
    ];
    for (path, name, repository, wanted_by) in cases {
        fs::write(world.path("d8.tar"), &pristine).unwrap();
        let gone = |repository: &str, it: &Descriptor| repository == path && tag(it) == name;
        assert_eq!(forget(&world.path("d8.tar"), gone), 1, "{path}:{name}");
        let run = verify(&world).expect(3);
        let reference = if name.len() == 64 { format!("sha256:{name}") } else { name.to_owned() };
        assert_eq!(missing(&run), [(repository.to_owned(), reference, wanted_by)], "{path}:{name}");
        assert!(run.stderr.contains("d8.tar is incomplete: 1 object"), "{}", run.stderr);
        assert_eq!(run.json()["error"]["kind"], "incomplete");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_release_and_a_missing_release_are_reported() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    forget(&world.path("d8.tar"), |path, it| !path.starts_with("modules") && tag(it) == "v1.58.3");
    let run = verify(&world).expect(3);
    let wanted_by = vec!["channel stable".to_owned(), "deckhousereleases.yaml".to_owned()];
    assert_eq!(missing(&run), [("release-channel".to_owned(), "v1.58.3".to_owned(), wanted_by)]);

    // A channel of a module that points to a version of which there is nothing.
    world.pull(&[]).expect(0);
    let gone = |path: &str, it: &Descriptor| path.starts_with("modules/console") && tag(it) == "v1.3.0";
    forget(&world.path("d8.tar"), gone);
    let found = missing(&verify(&world).expect(3));
    let places: Vec<&str> = found.iter().map(|(repository, ..)| repository.as_str()).collect();
    assert_eq!(places, ["modules/console", "modules/console/release"], "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_entry_is_reported_by_image_and_by_release() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let image = only_in(&world.distribution, "v1.59.4");
    let entry = format!("blobs/sha256/{}", image.hex());
    rewrite(&world.path("d8.tar"), |path, bytes| (path != entry).then_some(bytes));
    let run = verify(&world).expect(3);
    let damaged = run.json()["error"]["damaged"].clone();
    assert_eq!(damaged[0]["entry"], entry);
    assert_eq!(damaged[0]["images"], json!([format!("(root):{}", image.hex())]));
    let expected = ("(root)".to_owned(), image.to_string(), vec!["release v1.59.4".to_owned()]);
    assert_eq!(missing(&run), [expected]);
    assert!(run.stderr.contains("is damaged in 1 place and is incomplete: 1 object"), "{}", run.stderr);

    // The same before a push, as one line.
    let run = world.push(&["--output", "json", "--allow-incomplete"]).expect(3);
    let wanted_by = vec![format!("(root):{}", image.hex()), "release v1.59.4".to_owned()];
    assert_eq!(missing(&run), [("(root)".to_owned(), image.to_string(), wanted_by)]);
    assert_eq!(world.target.repositories(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_releases_file_must_match_the_bundle() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let file = world.path("deckhousereleases.yaml");
    let told = fs::read_to_string(&file).unwrap();
    let name = || "deckhousereleases.yaml".to_owned();

    fs::write(&file, format!("{told}---\nkind: DeckhouseRelease\nspec:\n  version: v1.60.0\n")).unwrap();
    let more = ("release-channel".to_owned(), "v1.60.0".to_owned(), vec![name()]);
    assert_eq!(missing(&verify(&world).expect(3)), [more]);

    fs::write(&file, told.split_inclusive("---\n").take(2).collect::<String>()).unwrap();
    let silent = |version: &str| (name(), version.to_owned(), vec![format!("release {version}")]);
    let others = ["v1.58.3", "v1.58.10", "v1.59.4"].map(silent);
    assert_eq!(missing(&verify(&world).expect(3)), others);

    fs::write(&file, "kind: [").unwrap();
    let run = verify(&world).expect(3);
    assert_eq!(missing(&run), [(name(), String::new(), vec![])]);
    assert!(run.stderr.contains("deckhousereleases.yaml: it cannot be read as YAML"), "{}", run.stderr);

    fs::remove_file(&file).unwrap();
    let run = dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);
    assert!(run.stdout.contains("no deckhousereleases.yaml next to it"), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pulled_bundle_is_complete() {
    let selections: [&[&str]; 8] = [
        &[],
        &["--no-modules"],
        &["--no-security-db"],
        &["--channel", "stable"],
        &["--release", "v1.58.3"],
        &["--release", "v1.60.0", "--no-modules"],
        &["--min-version", "1.57", "--max-version", "1.58", "--point-channel", "alpha"],
        &["-c", "300KB", "--gost-digest"],
    ];
    let world = World::sample();
    for selection in selections {
        world.pull(selection).expect(0);
        let run = verify(&world).expect(0);
        let result = &run.json()["result"];
        assert!(result["images"].as_u64().unwrap() > 10, "{selection:?}: {result:#}");
        assert_eq!(result["releases_files"], json!(["deckhousereleases.yaml"]), "{selection:?}");
    }
    let editions = [
        Distribution::builder().lts_only("v1.58.3").modules(vec![]),
        Distribution::builder().without_standalone().without_databases().without_attestations(),
    ];
    for edition in editions {
        let world = World::of(edition.build());
        world.pull(&[]).expect(0);
        verify(&world).expect(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_the_source_lacks_are_derived() {
    let world = World::sample();
    let (store, root) = (&world.distribution.store, &world.distribution.root);
    for (path, tag) in [("", "beta"), ("/install", "stable"), ("/modules/console/release", "v1.3.0")] {
        assert!(store.remove_tag(&format!("{root}{path}"), tag), "{path}:{tag}");
    }
    let pull = world.pull(&[]).expect(0);
    for said in [
        "the source has no tag beta in its root repository; in the bundle it points to v1.59.4",
        "the source has no tag stable in install; in the bundle it points to v1.58.3",
        "module console has no release image for v1.3.0; the bundle has that of alpha",
    ] {
        assert!(pull.stderr.contains(said), "{said} in {}", pull.stderr);
    }
    verify(&world).expect(0);
    world.push(&[]).expect(0);
    let target = |path: &str| world.target.tagged(&format!("{TARGET_ROOT}{path}"));
    assert_eq!(target("")["beta"], target("")["v1.59.4"]);
    assert_eq!(target("/install")["stable"], target("/install")["v1.58.3"]);
    let releases = target("/modules/console/release");
    assert_eq!(releases["v1.3.0"], releases["alpha"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_bundle_is_pushed_on_request_only_and_never_a_success() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let image = only_in(&world.distribution, "v1.59.4");
    forget(&world.path("d8.tar"), |path, it| path.is_empty() && tag(it) == image.hex());
    let hole =
        |repository: &str| (repository.to_owned(), image.to_string(), vec!["release v1.59.4".to_owned()]);

    let run = world.push(&["--output", "json"]).expect(3);
    assert_eq!(missing(&run), [hole("(root)")]);
    assert!(run.stderr.contains("--allow-incomplete"), "{}", run.stderr);
    assert_eq!(world.target.repositories(), Vec::<String>::new());

    let run = world.push(&["--output", "json", "--allow-incomplete"]).expect(3);
    assert_eq!(missing(&run), [hole("(root)")]);
    assert!(run.stderr.contains("everything in d8.tar was pushed"), "{}", run.stderr);
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &["stable", "alpha"]);
    assert_eq!(
        expected.missing_in(&world.target, TARGET_ROOT),
        [format!("{TARGET_ROOT}: no manifest {image}")]
    );

    // All of the bundle is there, and yet the target is not complete.
    let run = world.verify(&["--output", "json"]).expect(3);
    assert_eq!(missing(&run), [hole(&world.target_url)]);
    assert!(run.stderr.contains("also missing in the bundle"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: pull a complete bundle"), "{}", run.stderr);

    // Another push brought what this bundle lacks: the target is judged, not the bundle.
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    forget(&world.path("d8.tar"), |path, it| path.is_empty() && tag(it) == image.hex());
    world.verify(&[]).expect(0);
}
