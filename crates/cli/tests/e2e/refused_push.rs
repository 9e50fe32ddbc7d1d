//! A push that a registry does not accept: known within a second, before the bundle is read, and nothing stays there.

use std::{
    fs,
    time::{Duration, Instant},
};

use testkit::{admin::harbor::Harbor, distribution::Distribution};

use crate::{
    surgery::forget,
    world::{World, dhctl},
};

#[tokio::test(flavor = "multi_thread")]
async fn harbor_refuses_before_the_bundle_is_read_and_keeps_no_upload() {
    let harbor = Harbor::start().unwrap();
    harbor.add_endpoint("deckhouse", "https://registry.deckhouse.ru");
    harbor.add_project("dkp", false, None);
    harbor.add_project("cache", false, Some(1));
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(Distribution::sample());
    world.pull(&[]).expect(0);
    // A bundle with a hole, which whoever reads its lists finds.
    let hollow = folder.path().join("d8.tar");
    fs::copy(world.path("d8.tar"), &hollow).unwrap();
    let image = world.distribution.releases["v1.58.3"].images.values().next().unwrap();
    assert!(forget(&hollow, |repository, it| repository.is_empty() && it.digest == *image) > 0);
    let push = |folder: &std::path::Path, path: &str, (login, secret): &(String, String)| {
        let registry = format!("{}/{path}", harbor.host());
        let began = Instant::now();
        let run = dhctl(
            folder,
            &["mirror", "--insecure", "-i", "d8.tar", "-r", &registry, "-u", login, "-p", secret],
        );
        (run, began.elapsed())
    };
    let writer = harbor.add_robot("dkp", "push", &["push", "pull"]);
    let reader = harbor.add_robot("dkp", "pull", &["pull"]);
    let caching = harbor.add_robot("cache", "push", &["push", "pull"]);
    for (path, login, code, words) in [
        ("dkp/ee", &reader, 4, "permissions of the account"),
        ("absent/ee", &writer, 4, "project"),
        ("cache/ee", &caching, 4, "proxy cache"),
    ] {
        // Other tests run at the same time.
        let mut fastest = Duration::MAX;
        for _ in 0..3 {
            let (run, elapsed) = push(folder.path(), path, login);
            let run = run.expect(code);
            assert!(run.stderr.contains(words), "{path}: {}", run.stderr);
            fastest = fastest.min(elapsed);
        }
        assert!(fastest < Duration::from_secs(1), "{path}: {fastest:?}");
    }
    // Where a push is accepted, the bundle is read.
    let read = push(folder.path(), "dkp/ee", &writer).0.expect(3);
    assert!(read.stderr.contains("incomplete") || read.stderr.contains("missing"), "{}", read.stderr);
    assert_eq!(harbor.open_uploads(), 0);

    push(world.folder.path(), "dkp/ee", &writer).0.expect(0);
    assert_eq!(harbor.open_uploads(), 0, "the account may not cancel an upload");
}
