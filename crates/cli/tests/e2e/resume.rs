//! A pull that was stopped goes on where it stopped, and ends in the same bytes.

use std::{
    fs,
    process::{Child, Stdio},
    sync::Arc,
    time::Duration,
};

use http::header::CONTENT_RANGE;
use oci::Digest;
use registry_server::{RunningServer, ServerOptions, Store};
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
    link::{Link, LinkOptions},
};

use crate::world::{Run, World, command, dhctl, serve};

/// One layer has a quarter of all bytes and more.
fn distribution() -> Distribution {
    Distribution::builder().large_layer(6 * 1024 * 1024).build()
}

/// A source behind a slow line, so that a pull can be stopped in its middle.
struct Slow {
    link: Link,
    url: String,
    _server: RunningServer,
}

impl Slow {
    fn serve(distribution: &Distribution) -> Self {
        let server = serve(Arc::new(distribution.store.clone()), ServerOptions::default());
        let options = LinkOptions { bytes_per_second: Some(3_000_000), ..LinkOptions::default() };
        let link = Link::start(server.addr(), options).unwrap();
        let url = format!("{}/{}", link.addr(), distribution.root);
        Self { link, url, _server: server }
    }

    fn start(&self, world: &World) -> Child {
        let mut pull = command(world.folder.path());
        pull.args(["mirror", "--insecure", "--source", &self.url, "-i", "d8.tar"]);
        pull.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Waits until so many more bytes have come over the line.
    async fn wait_for(&self, bytes: u64) {
        let goal = self.link.bytes_down() + bytes;
        let arrived = async {
            while self.link.bytes_down() < goal {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), arrived).await.unwrap();
    }
}

/// The bundle of a pull that nothing disturbed.
fn undisturbed(world: &World) -> Vec<u8> {
    world.pull(&[]).expect(0);
    let bytes = fs::read(world.path("d8.tar")).unwrap();
    fs::remove_file(world.path("d8.tar")).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_at_any_moment_costs_almost_nothing_and_changes_no_byte() {
    const KILLS: u64 = 6;
    let world = World::of(distribution());
    let whole = undisturbed(&world);
    let slow = Slow::serve(&world.distribution);
    for kill in 0..KILLS {
        let mut child = slow.start(&world);
        slow.wait_for(300_000 + kill * 250_000).await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!world.path("d8.tar").exists());
    }
    dhctl(world.folder.path(), &["mirror", "--insecure", "--source", &slow.url, "-i", "d8.tar"]).expect(0);
    assert!(fs::read(world.path("d8.tar")).unwrap() == whole, "the resumed bundle differs");
    assert_eq!(world.files(), ["d8.tar", "deckhousereleases.yaml", "dhctl", "dhctl.sha256"]);
    // Every byte came once, but for tags read anew at each start and what was in flight at each kill.
    let planned = world.pull(&["--dry-run", "--output", "json"]).expect(0).json();
    let unique = planned["result"]["download_size"].as_u64().unwrap();
    let down = slow.link.bytes_down();
    assert!(down < unique + KILLS * 2_500_000, "{down} bytes came for {unique}");
}

/// The bundle has its name, and what lies beside it is being written.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_the_very_end_leaves_no_stray_file() {
    let world = World::sample();
    let mut pull = command(world.folder.path());
    pull.args(["mirror", "--insecure", "--source", &world.source_url, "-i", "d8.tar"]);
    let mut child = pull.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !world.path("d8.tar").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the pull failed");
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let known = ["d8.tar", "d8.tar.partial.d", "deckhousereleases.yaml", "dhctl", "dhctl.sha256"];
    let stray: Vec<String> =
        world.files().into_iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert_eq!(stray, Vec::<String>::new());
    world.pull(&[]).expect(0);
    assert_eq!(world.files(), ["d8.tar", "deckhousereleases.yaml", "dhctl", "dhctl.sha256"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_pull_with_another_selection_is_reused() {
    let world = World::of(distribution());
    world.pull(&["--release", "v1.58.3"]).expect(0);
    let whole = fs::read(world.path("d8.tar")).unwrap();
    fs::remove_file(world.path("d8.tar")).unwrap();
    let slow = Slow::serve(&world.distribution);
    let mut child = slow.start(&world);
    slow.wait_for(7_000_000).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let before = slow.link.bytes_down();
    let args = ["mirror", "--insecure", "--source", &slow.url, "-i", "d8.tar", "--release", "v1.58.3"];
    let run = dhctl(world.folder.path(), &args).expect(0);
    assert!(run.stderr.contains("are reused"), "{}", run.stderr);
    assert!(fs::read(world.path("d8.tar")).unwrap() == whole, "the bundle differs");
    let down = slow.link.bytes_down() - before;
    assert!(down < 3_500_000, "{down} bytes came again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pull_into_the_same_bundle_is_refused() {
    let world = World::of(distribution());
    let slow = Slow::serve(&world.distribution);
    let mut child = slow.start(&world);
    slow.wait_for(100_000).await;
    let run = world.pull(&[]).expect(6);
    assert!(run.stderr.contains("another process is writing this bundle"), "{}", run.stderr);
    child.kill().unwrap();
    child.wait().unwrap();
    world.pull(&[]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_over_and_damaged_leftovers_give_the_same_bytes() {
    let world = World::of(distribution());
    let whole = undisturbed(&world);
    let slow = Slow::serve(&world.distribution);
    for args in [&["--no-pull-resume"][..], &[]] {
        let mut child = slow.start(&world);
        slow.wait_for(4_000_000).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // The journal says that bytes are there which are not: the disk has lost them.
        let partial = fs::File::options().write(true).open(world.path("d8.tar.partial")).unwrap();
        let length = partial.metadata().unwrap().len();
        partial.set_len(0).unwrap();
        partial.set_len(length).unwrap();
        world.pull(args).expect(0);
        assert!(fs::read(world.path("d8.tar")).unwrap() == whole, "{args:?}: the bundle differs");
        fs::remove_file(world.path("d8.tar")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_ranges_restarts_that_blob_only() {
    let world = World::of(distribution());
    let whole = undisturbed(&world);
    let script = Arc::new(Script::new(vec![Rule::new("GET", "*/blobs/*", Fault::IgnoreRange)]));
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let server = serve(Arc::new(world.distribution.store.clone()), options);
    let slow = Slow::serve(&world.distribution);
    let mut child = slow.start(&world);
    slow.wait_for(4_000_000).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let source = format!("{}/{}", server.addr(), world.distribution.root);
    let run: Run = dhctl(world.folder.path(), &["mirror", "--insecure", "--source", &source, "-i", "d8.tar"]);
    run.expect(0);
    assert!(fs::read(world.path("d8.tar")).unwrap() == whole, "the bundle differs");
    assert!(script.seen().iter().any(|request| request.range.is_some()), "nothing was resumed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_in_a_blob_restarts_that_blob() {
    let whole = undisturbed(&World::of(distribution()));
    let distribution = distribution();
    let blob = format!("*/blobs/{}", largest_blob(&distribution));
    // More than one batch has come and may be on its way to the disk when the source errs.
    let script = Script::new(vec![
        Rule::new("GET", &blob, Fault::Cut(1_500_000)).once(),
        Rule::new("GET", &blob, Fault::Header(CONTENT_RANGE, Some("bytes 1500000-1999999/2000000".into())))
            .times(2..=2),
    ]);
    let script = Arc::new(script);
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let world = World::with(distribution, options);
    world.pull(&[]).expect(0);
    assert!(fs::read(world.path("d8.tar")).unwrap() == whole, "the bundle differs");
    let ranges: Vec<_> = script.seen().into_iter().filter(|seen| matches(&blob, &seen.path)).collect();
    let begun = ranges.iter().map(|seen| seen.range.is_none()).collect::<Vec<_>>();
    assert_eq!(begun, [true, false, true], "the second answer was of another size");
}

fn matches(pattern: &str, path: &str) -> bool {
    path.ends_with(pattern.trim_start_matches('*'))
}

/// The digest of the largest blob.
pub(crate) fn largest_blob(distribution: &Distribution) -> Digest {
    let store = &distribution.store;
    let repositories = store.repositories();
    let blobs = repositories.iter().flat_map(|path| {
        let digests = store.blobs(path).into_iter();
        digests.filter_map(move |digest| Some((Store::blob(store, path, &digest)?.size(), digest)))
    });
    blobs.max_by_key(|(size, _)| *size).unwrap().1
}
