//! `--bundle-format d8`: what the archives of a directory share crosses the network once, sums can be added
//! later, and a disk that is too small for all of them is told at the start.

use std::{collections::BTreeMap, fs, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc};

use http::StatusCode;
use registry_server::{ServerOptions, Store as _};
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
    small_disk::SmallDisk,
};

use crate::world::{Run, World, dhctl, program};

fn scene() -> (World, Arc<Script>) {
    let script = Arc::new(Script::new(Vec::new()));
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let world = World::with(Distribution::sample(), options);
    fs::create_dir(world.path("out")).unwrap();
    (world, script)
}

fn pull(world: &World, args: &[&str]) -> Run {
    let base = ["mirror", "--insecure", "--source", &world.source_url, "-i", "out", "--bundle-format", "d8"];
    dhctl(world.folder.path(), &[&base, args].concat())
}

/// The blobs that were asked for, as often as they were.
fn downloaded(script: &Script) -> Vec<String> {
    let seen = script.seen().into_iter().filter(|it| it.method == "GET" && it.path.contains("/blobs/"));
    let mut digests: Vec<String> = seen.map(|it| it.path.rsplit('/').next().unwrap().to_owned()).collect();
    digests.sort();
    digests
}

fn content(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap());
    files.map(|it| (it.file_name().into_string().unwrap(), fs::read(it.path()).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_blob_crosses_the_network_once() {
    let (world, script) = scene();
    let run = pull(&world, &["--output", "json"]).expect(0).json()["result"].clone();
    let all = downloaded(&script);
    let mut once = all.clone();
    once.dedup();
    assert_eq!(all, once, "each blob is fetched once");
    assert!(run["copied"]["blobs"].as_u64().unwrap() > 0, "{run}");
    let size: u64 = run["download_size"].as_u64().unwrap();
    let store = &world.distribution.store;
    let there = |digest: &String| {
        let digest: oci::Digest = digest.parse().unwrap();
        store
            .repositories()
            .iter()
            .find_map(|name| store.blob(name, &digest))
            .map(|blob| blob.size())
            .unwrap()
    };
    assert_eq!(once.iter().map(there).sum::<u64>(), size);
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_added_without_a_download() {
    for parts in [&[][..], &["-c", "200KB"]] {
        let (world, script) = scene();
        let with_sums =
            pull(&world, &[&["--gost-digest", "--output", "json"], parts].concat()).expect(0).json();
        let expected = content(&world.path("out"));
        fs::remove_dir_all(world.path("out")).unwrap();
        fs::create_dir(world.path("out")).unwrap();
        pull(&world, parts).expect(0);
        let before = downloaded(&script).len();
        pull(&world, &[&["--dry-run"], parts].concat()).expect(0);
        let planning = downloaded(&script).len() - before;
        let again = pull(&world, &[&["--gost-digest", "--output", "json"], parts].concat()).expect(0);
        assert_eq!(downloaded(&script).len() - before, 2 * planning, "only planning reads");
        assert!(content(&world.path("out")) == expected, "{:?}", content(&world.path("out")).keys());
        for key in ["files", "gost_sums"] {
            assert_eq!(again.json()["result"][key], with_sums["result"][key], "{key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_disk_space_is_reported_before_the_first_archive() {
    let (world, script) = scene();
    let bundle_size =
        pull(&world, &["--dry-run", "--output", "json"]).expect(0).json()["result"]["bundle_size"]
            .as_u64()
            .unwrap();
    // The binary is copied beside the bundle.
    let binary = fs::metadata(program()).unwrap().len().next_multiple_of(4096);
    let disk = SmallDisk::new(binary + bundle_size * 3 / 4).unwrap();
    let before = downloaded(&script).len();
    let mut command = disk.command(program());
    command.args(["mirror", "--insecure", "-i", ".", "--bundle-format", "d8", "--source", &world.source_url]);
    let run = Run::of(command.output().unwrap()).expect(6);
    assert!(run.stderr.contains("no space left: the bundle needs"), "{}", run.stderr);
    // The dry run has read the same.
    assert_eq!(downloaded(&script).len(), 2 * before, "only planning reads");
    let names = fs::read_dir(disk.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["platform.tar.partial.d"]);
}

/// A kill between the platform's final name and the end of the pull leaves the journal of a bundle that is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_of_a_complete_bundle_is_removed() {
    for parts in [&[][..], &["-c", "200KB"]] {
        let distribution = Distribution::sample();
        let (store, root) = (&distribution.store, &distribution.root);
        let image = *distribution.releases["v1.58.3"].images.values().next().unwrap();
        let image = store.manifest(root, &image.into()).unwrap();
        let layer = image.parse().unwrap().blobs().last().unwrap().digest;
        let answer = Fault::Status(StatusCode::FORBIDDEN);
        let rule = Rule::new("GET", &format!("/v2/{root}/blobs/{layer}"), answer).once();
        let script = Arc::new(Script::new(vec![rule]));
        let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
        let world = World::with(distribution, options);
        fs::create_dir(world.path("out")).unwrap();
        assert_ne!(pull(&world, parts).code, Some(0));
        assert!(script.is_spent());
        let (journal, kept) = (world.path("out/platform.tar.partial.d"), world.path("kept"));
        assert!(journal.join("plan").exists());
        fs::DirBuilder::new().mode(0o700).create(&kept).unwrap();
        for name in ["plan", "progress"] {
            fs::copy(journal.join(name), kept.join(name)).unwrap();
        }
        pull(&world, parts).expect(0);
        let whole = content(&world.path("out"));
        fs::rename(&kept, &journal).unwrap();
        pull(&world, parts).expect(0);
        assert!(content(&world.path("out")) == whole, "{:?}", fs::read_dir(world.path("out")).unwrap());
    }
}
