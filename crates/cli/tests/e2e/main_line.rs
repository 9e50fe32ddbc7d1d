//! Source → bundle → target → proof, on the embedded servers.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use registry_server::Store;
use testkit::distribution::Distribution;

use crate::world::{TARGET_ROOT, World, dhctl};

const CHANNELS: [&str; 5] = ["alpha", "beta", "early-access", "stable", "rock-solid"];

#[tokio::test(flavor = "multi_thread")]
async fn a_push_uploads_everything_and_nothing_else() {
    let world = World::sample();
    let pulled = world.pull(&["--output", "json"]).expect(0).json();
    assert_eq!(pulled["result"]["releases"], serde_json::json!(Distribution::SAMPLE_SELECTION));
    assert_eq!(world.files(), ["d8.tar", "deckhousereleases.yaml", "dhctl", "dhctl.sha256"]);
    assert_eq!(
        fs::metadata(world.path("d8.tar")).unwrap().len(),
        pulled["result"]["bundle_size"].as_u64().unwrap()
    );
    let releases = fs::read_to_string(world.path("deckhousereleases.yaml")).unwrap();
    assert_eq!(releases.matches("kind: DeckhouseRelease").count(), Distribution::SAMPLE_SELECTION.len());

    let pushed = world.push(&["--output", "json"]).expect(0).json();
    assert!(pushed["result"]["written"]["blobs_uploaded"].as_u64().unwrap() > 0);
    assert!(pushed["result"]["written"]["blobs_mounted"].as_u64().unwrap() > 0);

    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &CHANNELS);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());

    // Every tag in the target is one that the source has, or the 64 digits of an image's digest.
    for (path, repository) in &expected.repositories {
        let name = if path.is_empty() { TARGET_ROOT.to_owned() } else { format!("{TARGET_ROOT}/{path}") };
        let there: BTreeSet<String> = world.target.tags(&name).unwrap_or_default().into_iter().collect();
        let wanted = repository.tags.keys().chain(&repository.names).cloned();
        let wanted: BTreeSet<String> =
            wanted.chain(repository.digests.iter().map(oci::Digest::hex)).collect();
        assert_eq!(there, wanted, "tags of {name}");
    }

    let name = |path: &String| {
        if path.is_empty() { TARGET_ROOT.to_owned() } else { format!("{TARGET_ROOT}/{path}") }
    };
    let repositories: BTreeSet<String> = expected.repositories.keys().map(name).collect();
    let there: BTreeSet<String> = world.target.repositories().into_iter().collect();
    assert_eq!(there, repositories, "repositories of the target");

    let again = world.push(&["--output", "json"]).expect(0).json();
    assert_eq!(again["result"]["written"]["blobs_uploaded"], 0);
    assert_eq!(again["result"]["written"]["manifests_written"], 0);
    world.verify(&["--deep"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binary_for_another_machine_is_copied() {
    let world = World::sample();
    let program = [b"\x7fELF".as_slice(), b" for another machine"].concat();
    fs::write(world.path("dhctl-arm64"), &program).unwrap();
    world.pull(&["--with-binary", "dhctl-arm64"]).expect(0);
    assert_eq!(fs::read(world.path("dhctl")).unwrap(), program);
    assert_eq!(fs::metadata(world.path("dhctl")).unwrap().permissions().mode() & 0o777, 0o755);
    let sum = fs::read_to_string(world.path("dhctl.sha256")).unwrap();
    assert_eq!(sum, format!("{}  dhctl\n", oci::Digest::of(&program).hex()));
    dhctl(world.path("").as_path(), &["bundle", "verify", "d8.tar"]).expect(0);

    fs::write(world.path("dhctl.tar.gz"), b"\x1f\x8b").unwrap();
    for (path, code, reason) in [
        ("dhctl.tar.gz", 2, "not a program for Linux or macOS"),
        ("absent", 6, "absent"),
        (".", 6, "a directory"),
    ] {
        let run = world.pull(&["--with-binary", path, "--dry-run"]).expect(code);
        assert!(run.stderr.contains(reason), "{path}: {}", run.stderr);
    }
    let run = world.push(&["--with-binary", "dhctl-arm64"]).expect(2);
    assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_gives_the_same_bytes_from_any_address() {
    let world = World::sample();
    world.pull(&["--parallel", "1"]).expect(0);
    let first = fs::read(world.path("d8.tar")).unwrap();
    let releases = fs::read(world.path("deckhousereleases.yaml")).unwrap();
    let elsewhere = World::sample();
    elsewhere.pull(&["--parallel", "32"]).expect(0);
    assert_ne!(world.source_url, elsewhere.source_url);
    assert!(first == fs::read(elsewhere.path("d8.tar")).unwrap(), "the bundles differ");
    assert!(releases == fs::read(elsewhere.path("deckhousereleases.yaml")).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_reads_from_a_directory_that_cannot_be_written() {
    let world = World::sample();
    world.pull(&["--no-modules", "--no-security-db"]).expect(0);
    let folder = world.folder.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    let before = world.files();
    world.push(&[]).expect(0);
    assert_eq!(world.files(), before);
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_names_everything_that_is_missing_or_changed() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let release = &world.distribution.releases["v1.58.3"];
    let (name, image) = release.images.iter().next().unwrap();
    assert!(world.target.remove_manifest(TARGET_ROOT, image), "{name}");
    assert!(world.target.remove_tag(&format!("{TARGET_ROOT}/release-channel"), "stable"));
    let blob = world.target.blobs(&format!("{TARGET_ROOT}/install"))[0];
    assert!(world.target.remove_blob(&format!("{TARGET_ROOT}/install"), &blob));
    assert!(world.target.remove_tag(&format!("{TARGET_ROOT}/modules"), "console"));

    let run = world.verify(&["--output", "json"]).expect(3);
    let missing = run.json()["error"]["missing"].to_string();
    for lost in [image.to_string(), "\"stable\"".to_owned(), blob.to_string(), "\"console\"".to_owned()] {
        assert!(missing.contains(&lost), "{lost} in {missing}");
    }
    assert!(run.stderr.contains("hint: push the bundle again"), "{}", run.stderr);

    world.push(&[]).expect(0);
    world.verify(&["--deep"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_and_reports_correct_numbers() {
    let world = World::sample();
    let planned = world.pull(&["--dry-run", "--output", "json"]).expect(0).json();
    assert_eq!(world.files(), Vec::<String>::new());
    let pulled = world.pull(&["--output", "json"]).expect(0).json();
    for figure in ["releases", "channels", "modules", "databases", "images", "download_size", "bundle_size"] {
        assert_eq!(planned["result"][figure], pulled["result"][figure], "{figure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inspect_lists_the_contents() {
    let world = World::sample();
    let pulled = world.pull(&["--output", "json"]).expect(0).json();
    let inspected =
        dhctl(world.folder.path(), &["bundle", "inspect", "d8.tar", "--output", "json"]).expect(0).json();
    for figure in ["releases", "channels", "databases", "images"] {
        assert_eq!(inspected["result"][figure], pulled["result"][figure], "{figure}");
    }
    assert_eq!(inspected["result"]["size"], pulled["result"]["bundle_size"]);
    for (name, versions) in pulled["result"]["modules"].as_object().unwrap() {
        assert_eq!(inspected["result"]["modules"][name]["versions"], *versions, "{name}");
    }
    let text = dhctl(world.folder.path(), &["bundle", "inspect", "d8.tar"]).expect(0).stdout;
    assert!(text.contains("stable → v1.58.3"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_bundle_stays_until_the_new_one_is_complete() {
    let world = World::sample();
    fs::write(world.path("d8.tar"), "an older bundle").unwrap();
    for stale in ["d8.tar.0007.chunk", "d8.tar.gostsum", "d8.tar.0007.chunk.gostsum"] {
        fs::write(world.path(stale), "stale").unwrap();
    }
    fs::write(world.path("other.tar.0000.chunk"), "not ours").unwrap();
    let release = &world.distribution.releases["v1.58.3"];
    let image = *release.images.values().next().unwrap();
    let manifest = world.distribution.store.manifest(&world.distribution.root, &image.into()).unwrap();
    assert!(world.distribution.store.remove_manifest(&world.distribution.root, &image));
    world.pull(&[]).expect(3);
    assert_eq!(fs::read_to_string(world.path("d8.tar")).unwrap(), "an older bundle");
    assert!(world.path("d8.tar.gostsum").exists());

    world.distribution.store.insert_manifest(&world.distribution.root, &image.into(), manifest);
    world.pull(&[]).expect(0);
    assert_eq!(
        world.files(),
        ["d8.tar", "deckhousereleases.yaml", "dhctl", "dhctl.sha256", "other.tar.0000.chunk"]
    );
    world.push(&[]).expect(0);
}

/// The storage in a cluster is expected to have what a push of the bundle puts there.
#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_says_what_the_storage_of_a_cluster_is_expected_to_have() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let words = ["config", "registry", "--mode", "managed", "--bundle", "d8.tar", "--storage-size", "50Gi"];
    let run = dhctl(world.folder.path(), &words).expect(0);
    let mut pushed = BTreeSet::new();
    // The push itself makes the images that name the modules.
    for repository in world.target.repositories().into_iter().filter(|it| !it.as_str().ends_with("/modules"))
    {
        for tag in world.target.tags(&repository).unwrap() {
            let tag: oci::Tag = tag.parse().unwrap();
            pushed.insert(world.target.manifest(&repository, &tag.into()).unwrap().digest());
        }
    }
    let source = format!("      source:\n        bundleRef: d8\n        expectedDigests: {}\n", pushed.len());
    assert!(pushed.len() > 20 && run.stdout.ends_with(&source), "{source}{}", run.stdout);
    assert!(run.stderr.contains("registry-storage-push"), "{}", run.stderr);
    dhctl(world.folder.path(), &["config", "registry", "--mode", "Direct", "--bundle", "d8.tar"]).expect(2);
}
