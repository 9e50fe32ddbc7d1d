//! A push of a bundle whose releases are older than those of the registry.

use testkit::distribution::Builder;

use crate::world::{Run, World, dhctl};

/// A world with two releases, and the release of each channel. What the channels have is pulled.
fn pulled(channels: &[(&str, &str)]) -> World {
    let distribution = Builder::default().releases(&["v1.58.3", "v1.59.4"]).channels(channels).build();
    let world = World::of(distribution);
    world.pull(&[]).expect(0);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_that_move_back_are_named() {
    let old = pulled(&[("alpha", "v1.59.4"), ("stable", "v1.58.3"), ("rock-solid", "v1.58.3")]);
    let new = pulled(&[("alpha", "v1.59.4"), ("stable", "v1.59.4"), ("rock-solid", "v1.58.3")]);
    let push = |world: &World| -> Run {
        let args = ["mirror", "--insecure", "-r", &new.target_url, "-i", "d8.tar"];
        dhctl(world.folder.path(), &args).expect(0)
    };
    let is_noted = |run: &Run| run.stderr.contains("move back");

    assert!(!is_noted(&push(&old)), "the registry is empty");
    assert!(!is_noted(&push(&new)), "the bundle is newer");
    let run = push(&old);
    let note = "note: the bundle is older than what the registry has; release channels move back: stable from v1.59.4 to v1.58.3\n";
    assert!(run.stderr.contains(note), "{}", run.stderr);
    assert!(!is_noted(&push(&old)), "everything is there");
}
