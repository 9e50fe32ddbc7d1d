//! A locked pull brings the same bytes, whatever the source has done in the meantime.

use std::{fs, sync::Arc};

use oci::{Tag, TagOrDigest};
use registry_server::{ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::distribution::{Builder, Distribution, ModuleSpec, Referrers};

use crate::world::{Run, TARGET_ROOT, World, dhctl, serve};

fn builder() -> Builder {
    Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3"])
        .channels(&[("alpha", "v1.58.3"), ("stable", "v1.57.5"), ("rock-solid", "v1.57.5")])
        .images_per_release(4)
        .with_installer()
        .packages(vec![ModuleSpec {
            name: "app".to_owned(),
            versions: vec!["v1.0.0".to_owned(), "v1.1.0".to_owned()],
            channels: vec![("stable".to_owned(), "v1.1.0".to_owned())],
            extra: vec![("data".to_owned(), "v1".to_owned())],
            images: 1,
            ..ModuleSpec::default()
        }])
        .with_signatures(Referrers::Lists)
}

/// What a week does to a source: channels, databases and modules move, and there is a new release. Nothing is deleted.
fn a_week_later(world: &World) {
    let store = &world.distribution.store;
    let newer =
        builder().seed(2).release("v1.59.4").channel("alpha", "v1.59.4").channel("stable", "v1.58.3").build();
    for repository in newer.store.repositories() {
        for digest in newer.store.blobs(&repository) {
            store.insert_blob(&repository, digest, newer.store.blob(&repository, &digest).unwrap());
        }
        for digest in newer.store.manifests(&repository) {
            let reference = TagOrDigest::from(digest);
            let manifest = newer.store.manifest(&repository, &reference).unwrap();
            store.insert_manifest(&repository, &reference, manifest);
        }
        for (tag, digest) in newer.store.tagged(&repository) {
            let manifest = newer.store.manifest(&repository, &digest.into()).unwrap();
            store.insert_manifest(&repository, &tag.parse::<Tag>().unwrap().into(), manifest);
        }
    }
}

/// Makes a list of what is attached to an image name something else.
fn move_a_list(world: &World) {
    let (store, root) = (&world.distribution.store, &world.distribution.root);
    let tags = store.tagged(root);
    let (list, digest) = tags.iter().find(|(tag, _)| tag.len() == 71 && tag.starts_with("sha256-")).unwrap();
    let other = tags.values().find(|other| *other != digest).unwrap();
    let other = store.manifest(root, &(*other).into()).unwrap();
    store.insert_manifest(root, &list.parse::<Tag>().unwrap().into(), other);
}

/// A pull from another address into another directory.
fn pull_elsewhere(world: &World, directory: &str, args: &[&str]) -> Run {
    let folder = world.path(directory);
    fs::create_dir_all(&folder).unwrap();
    let other = serve(Arc::new(world.distribution.store.clone()), ServerOptions::default());
    let source = format!("{}/{}", other.addr(), world.distribution.root);
    let base = ["mirror", "pull", "--insecure", "--source", &source, "-i", "d8.tar", "--output", "json"];
    dhctl(&folder, &[&base, args].concat())
}

fn read(world: &World, name: &str) -> Vec<u8> {
    fs::read(world.path(name)).unwrap()
}

fn result(run: &Run) -> Value {
    run.json()["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_get_the_same_bytes_a_week_apart() {
    let world = World::of(builder().build());
    let run = world.pull(&["--lock", "d8.lock"]).expect(0);
    assert!(run.stdout.contains("lock       d8.lock\n"), "{}", run.stdout);
    let first = result(&pull_elsewhere(&world, "first", &["--lock", "d8.lock"]).expect(0));
    let lock = read(&world, "d8.lock");
    assert_eq!(read(&world, "first/d8.lock"), lock, "the order is stable, and the address does not matter");
    let text = String::from_utf8(lock).unwrap();
    assert!(!text.contains(world.source_url.split('/').next().unwrap()), "{text}");

    a_week_later(&world);
    move_a_list(&world);
    pull_elsewhere(&world, "unlocked", &[]).expect(0);
    assert_ne!(read(&world, "unlocked/d8.tar"), read(&world, "d8.tar"));

    let locked = result(&pull_elsewhere(&world, "second", &["--locked", "../d8.lock"]).expect(0));
    for name in ["d8.tar", "deckhousereleases.yaml"] {
        assert!(read(&world, &format!("second/{name}")) == read(&world, name), "{name}");
    }
    for field in [
        "releases",
        "channels",
        "modules",
        "packages",
        "databases",
        "installer",
        "images",
        "bundle_size",
        "sum",
    ] {
        assert_eq!(locked[field], first[field], "{field}");
    }
    // It is a bundle like any other.
    let folder = world.path("second");
    dhctl(&folder, &["bundle", "verify", "d8.tar"]).expect(0);
    dhctl(&folder, &["mirror", "push", "--insecure", "-i", "d8.tar", "-r", &world.target_url]).expect(0);
    let stable = world.target.tagged(&format!("{TARGET_ROOT}/release-channel"))["stable"];
    assert_eq!(stable, world.distribution.channel_images["stable"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_selection_can_be_locked() {
    let world = World::of(builder().release("pr123").build());
    let selections: [&[&str]; 5] = [
        &["--only-extra-images"],
        &["--no-platform", "--include-module", "console@=v1.3.0+stable", "--no-vex"],
        &["--tag", "pr123", "--no-modules"],
        &["--release", "v1.58.3", "--point-channel", "stable", "--no-installer", "--no-security-db"],
        &["--channel", "stable", "--no-modules", "-c", "200KB"],
    ];
    for (number, args) in selections.iter().enumerate() {
        let (one, two) = (format!("one{number}"), format!("two{number}"));
        let lock = world.path(&one).join("d8.lock");
        let first = pull_elsewhere(&world, &one, &[args, &["--lock", "d8.lock"][..]].concat());
        let mut again = vec!["--locked", lock.to_str().unwrap()];
        if args.contains(&"-c") {
            again.extend(["-c", "200KB"]);
        }
        let (first, second) =
            (result(&first.expect(0)), result(&pull_elsewhere(&world, &two, &again).expect(0)));
        for field in [
            "releases",
            "channels",
            "tags",
            "modules",
            "packages",
            "extra_images",
            "databases",
            "installer",
            "sum",
        ] {
            assert_eq!(second[field], first[field], "{args:?} {field}");
        }
        for entry in fs::read_dir(world.path(&one)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.starts_with("d8.tar") || name == "deckhousereleases.yaml" {
                let (one, two) = (format!("{one}/{name}"), format!("{two}/{name}"));
                assert!(read(&world, &one) == read(&world, &two), "{args:?} {name}");
            }
        }
    }

    // A thin bundle too: it contains the same layers with lists.
    pull_elsewhere(&world, "base", &["--channel", "stable"]).expect(0);
    let (base, lock) = ("../base/d8.tar", "../thin.lock");
    pull_elsewhere(&world, "thin1", &["--base", base, "--lock", lock]).expect(0);
    pull_elsewhere(&world, "thin2", &["--base", base, "--locked", lock]).expect(0);
    assert!(read(&world, "thin1/d8.tar") == read(&world, "thin2/d8.tar"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_source_no_longer_has_is_listed() {
    let world = World::of(builder().build());
    let run = world.pull(&["--dry-run", "--lock", "d8.lock"]).expect(0);
    assert!(run.stdout.contains("written    d8.lock\nno bundle was written (--dry-run)\n"), "{}", run.stdout);
    assert_eq!(world.files(), ["d8.lock"]);

    // A tag that moved is no problem; what does not exist any more is listed as a whole.
    a_week_later(&world);
    world.pull(&["--dry-run", "--locked", "d8.lock"]).expect(0);
    let (store, root) = (&world.distribution.store, &world.distribution.root);
    let image = world.distribution.releases["v1.58.3"].images["common/controller0"];
    assert!(store.remove_manifest(root, &image));
    let database = world.distribution.databases["security/trivy-db"].digest;
    assert!(store.remove_manifest(&format!("{root}/security/trivy-db"), &database));
    let run = world.pull(&["--locked", "d8.lock"]).expect(3);
    for said in [
        format!("@{image}: the source no longer has {image} (required by lock file, release v1.58.3)"),
        format!("/security/trivy-db:2: the source no longer has {database} (required by lock file)"),
        "hint: no bundle was written; pull from a registry that has the locked images".to_owned(),
    ] {
        assert!(run.stderr.contains(&said), "'{said}' in\n{}", run.stderr);
    }
    assert_eq!(world.files(), ["d8.lock"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_lock_files_and_flags() {
    let world = World::of(builder().build());
    world.pull(&["--dry-run", "--lock", "d8.lock", "--no-modules"]).expect(0);
    let text = String::from_utf8(read(&world, "d8.lock")).unwrap();
    let image = world.distribution.releases["v1.58.3"].images["common/controller0"];
    let line = text.lines().find(|line| line.trim() == format!("- {image}")).unwrap().to_owned() + "\n";
    for (from, to, code, said) in [
        ("v1alpha1", "v2", 2, "has the apiVersion 'dhctl.deckhouse.io/v2'"),
        ("kind: MirrorLock", "kind: Other", 2, "has the kind 'Other'"),
        ("edition:", "source: x\nedition:", 2, "unknown field"),
        (&line, "", 3, "the lock file does not name it (required by release v1.58.3)"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        fs::write(world.path("changed.lock"), changed).unwrap();
        let run = world.pull(&["--dry-run", "--locked", "changed.lock"]).expect(code);
        assert!(run.stderr.contains(said), "'{said}' in\n{}", run.stderr);
        assert!(!run.stderr.contains("to leave out"), "{}", run.stderr);
    }
    world.pull(&["--locked", "nosuch.lock"]).expect(6);
    world.pull(&["--lock", "nosuch/d8.lock"]).expect(6);
    let flags: [&[&str]; 22] = [
        &["--lock", "other.lock"],
        &["--min-version", "1.57"],
        &["--max-version", "1.58"],
        &["--release", "v1.58.3"],
        &["--tag", "pr123"],
        &["--channel", "stable"],
        &["--exclude-channel", "stable"],
        &["--point-channel", "stable"],
        &["--ignore-suspend"],
        &["--no-platform"],
        &["--only-extra-images"],
        &["--no-security-db"],
        &["--no-vex"],
        &["--no-signatures"],
        &["--installer-tag", "latest"],
        &["--no-installer"],
        &["--include-module", "console"],
        &["--no-modules"],
        &["--include-package", "app"],
        &["--exclude-package", "app"],
        &["--no-packages"],
        &["--allow-missing-module", "console"],
    ];
    for flag in flags {
        let run = world.pull(&[&["--locked", "d8.lock"], flag].concat()).expect(2);
        assert!(run.stderr.contains("cannot be used with"), "{flag:?}: {}", run.stderr);
    }
    world.push(&["--locked", "d8.lock"]).expect(2);
    let found = world.pull(&["--dry-run", "--locked", "d8.lock", "--output", "json"]).expect(0);
    let found = result(&found);
    assert_eq!((&found["modules"], &found["lock"]), (&json!({}), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_replaces_nothing_but_an_earlier_lock() {
    let world = World::of(builder().build());
    let lock = |path: &str| world.pull(&["--dry-run", "--lock", path]);
    for name in ["d8.tar", "other.tar.0000.chunk", "d8.tar.gostsum", "deckhousereleases.yaml", "dhctl"] {
        let run = lock(name).expect(2);
        assert!(
            run.stderr.contains("this name is reserved for the files of a bundle"),
            "{name}: {}",
            run.stderr
        );
        let run = world.pull(&["--dry-run", "--image-list", name]).expect(2);
        assert!(
            run.stderr.contains("this name is reserved for the files of a bundle"),
            "{name}: {}",
            run.stderr
        );
    }
    assert_eq!(world.files(), Vec::<String>::new());

    fs::write(world.path("notes.txt"), "notes").unwrap();
    let run = lock("notes.txt").expect(6);
    assert!(run.stderr.contains("notes.txt: this file exists, and is not a lock file"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(world.path("notes.txt")).unwrap(), "notes");

    let config = "apiVersion: dhctl.deckhouse.io/v1alpha1\nkind: Delivery\nbundle:\n  lock: delivery.yaml\n";
    fs::write(world.path("delivery.yaml"), config).unwrap();
    world.pull(&["--dry-run", "--config", "delivery.yaml"]).expect(6);
    assert_eq!(fs::read_to_string(world.path("delivery.yaml")).unwrap(), config);

    fs::write(world.path("lock.yaml"), "").unwrap();
    for _ in 0..2 {
        lock("lock.yaml").expect(0);
        assert!(fs::read_to_string(world.path("lock.yaml")).unwrap().contains("kind: MirrorLock"));
    }
}
