//! `kill -9` at any moment, of a pull and of a push, until one comes through.

use std::{
    fs,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use registry_server::MemoryStore;
use testkit::link::{Link, LinkOptions};

use super::setup::{Ends, Sample, Setup, assert_tags_are_whole, closed, roll, seed};
use crate::world::{TARGET_ROOT, serve};

const KILLS: u64 = 12;
/// The longest that a run lives, in milliseconds; undisturbed it takes some five seconds.
const LIFE: u64 = 900;

/// Begins a run and kills it after that many milliseconds; true if it had ended before.
fn kill_after(mut command: Command, milliseconds: u64) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(Duration::from_millis(milliseconds));
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    ended
}

fn slow(server: &registry_server::RunningServer) -> Link {
    let options = LinkOptions { bytes_per_second: Some(400_000), ..LinkOptions::default() };
    Link::start(server.addr(), options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_is_killed() {
    let sample = Sample::small();
    let source = serve(Arc::new(sample.distribution.store.clone()), closed());
    let link = slow(&source);
    let url = format!("{}/{}", link.addr(), sample.distribution.root);
    let (seed, setup) = (seed(), Setup::new());
    for kill in 0..KILLS {
        if kill_after(setup.pull_command(&url, &[]), roll(seed, kill, LIFE)) {
            assert!(kill > KILLS / 2, "the line is too fast for this test");
            break;
        }
        setup.assert_only_work_in_progress();
    }
    Ends::Done.check("the last", &setup.pull(&url, &[]).run);
    setup.assert_pulled(&sample);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_killed() {
    let sample = Sample::small();
    let store = MemoryStore::new();
    let target = serve(Arc::new(store.clone()), closed());
    let link = slow(&target);
    let url = format!("{}/{TARGET_ROOT}", link.addr());
    let (seed, setup) = (seed(), Setup::new());
    fs::write(setup.bundle(), &sample.bundle).unwrap();
    for kill in 0..KILLS {
        kill_after(setup.push_command(&url, &[]), roll(seed, kill, LIFE));
        assert_eq!(setup.names(), ["d8.tar"]);
        assert_tags_are_whole(&store);
    }
    Ends::Done.check("the last", &setup.push(&url, &[]).run);
    sample.assert_in_target(&store);
}
