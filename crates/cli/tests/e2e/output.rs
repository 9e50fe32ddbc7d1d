//! What a user reads, word by word.

use oci::layout::SHORT_TAG;

use crate::{
    surgery::forget,
    world::{World, dhctl},
};

/// Addresses, times, free space and sums differ from run to run.
pub(crate) fn stable(world: &World, text: &str) -> String {
    let text = text.replace(&world.source_url, "SOURCE").replace(&world.target_url, "TARGET");
    let lines = text.lines().map(|line| match line.find("finished after") {
        _ if line.starts_with("free disk") => "free disk  PLENTY".to_owned(),
        // The copy of dhctl is part of the sum.
        _ if line.starts_with("sum ") => "sum        SUM".to_owned(),
        Some(end) => format!("{}finished after SECONDS", &line[..end]),
        None => line.to_owned(),
    });
    let mut text: String = lines.collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_whole_line() {
    let world = World::sample();
    let mut transcript = String::new();
    let mut tell = |command: &str, run: crate::world::Run| {
        let run = run.expect(0);
        transcript += &format!("$ dhctl {command}\n--- stderr\n{}", stable(&world, &run.stderr));
        transcript += &format!("--- stdout\n{}\n", stable(&world, &run.stdout));
    };
    tell("mirror --source SOURCE -i d8.tar --dry-run", world.pull(&["--dry-run"]));
    tell("mirror --source SOURCE -i d8.tar --quiet", world.pull(&["--quiet"]));
    tell("bundle inspect d8.tar", dhctl(world.folder.path(), &["bundle", "inspect", "d8.tar"]));
    tell("bundle verify d8.tar", dhctl(world.folder.path(), &["bundle", "verify", "d8.tar", "--quiet"]));
    tell("mirror -r TARGET -i d8.tar", world.push(&[]));
    tell("mirror -r TARGET -i d8.tar --quiet", world.push(&["--quiet"]));
    tell("mirror verify -r TARGET -i d8.tar --quiet", world.verify(&["--quiet"]));
    insta::assert_snapshot!(transcript);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_failures() {
    let world = World::sample();
    let root = &world.distribution.root;
    let image = *world.distribution.releases["v1.59.4"].images.values().next().unwrap();
    world.distribution.store.remove_manifest(root, &image);
    world.distribution.store.remove_tag(&format!("{root}/install"), "v1.58.3");
    let mut transcript = String::new();
    let folder = world.folder.path();
    let mut tell = |command: &str, run: crate::world::Run| {
        transcript += &format!("$ dhctl {command}\n--- exit {}\n", run.code.unwrap());
        transcript += &format!("{}\n", stable(&world, &run.stderr));
    };
    tell("mirror --source SOURCE -i d8.tar --quiet", world.pull(&["--quiet"]));
    tell(
        "mirror --source SOURCE -i d8.tar --release v1.2.3",
        world.pull(&["--quiet", "--release", "v1.2.3"]),
    );
    tell("mirror --source SOURCE -i d8.tar --channel lts", world.pull(&["--quiet", "--channel", "lts"]));
    tell("mirror -i d8.tar -r TARGET", world.push(&[]));
    tell("bundle inspect nothing.tar", dhctl(folder, &["bundle", "inspect", "nothing.tar"]));
    tell("mirror -i d8.zip", dhctl(folder, &["mirror", "-i", "d8.zip"]));
    tell("mirror", dhctl(folder, &["mirror"]));
    insta::assert_snapshot!(transcript);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_incomplete_bundle() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    let image = *world.distribution.releases["v1.58.3"].images.values().next().unwrap();
    let gone = [image.hex(), "stable".to_owned()];
    forget(&world.path("d8.tar"), |path, it| path.is_empty() && gone.contains(&it.annotations[SHORT_TAG]));
    let folder = world.folder.path();
    let mut transcript = String::new();
    let mut tell = |command: &str, run: crate::world::Run| {
        let run = run.expect(3);
        transcript += &format!("$ dhctl {command}\n--- stderr\n{}", stable(&world, &run.stderr));
        transcript += &format!("--- stdout\n{}\n", stable(&world, &run.stdout));
    };
    tell("bundle verify d8.tar --quiet", dhctl(folder, &["bundle", "verify", "d8.tar", "--quiet"]));
    let json = ["bundle", "verify", "d8.tar", "--quiet", "--output", "json"];
    tell("bundle verify d8.tar --quiet --output json", dhctl(folder, &json));
    tell("mirror -i d8.tar -r TARGET --quiet", world.push(&["--quiet"]));
    let allow = ["--allow-incomplete", "--quiet"];
    tell("mirror -i d8.tar -r TARGET --allow-incomplete --quiet", world.push(&allow));
    tell("mirror verify -i d8.tar -r TARGET --quiet", world.verify(&["--quiet"]));
    insta::assert_snapshot!(transcript);
}
