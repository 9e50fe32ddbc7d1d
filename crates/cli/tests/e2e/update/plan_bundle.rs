//! `dhctl update plan -i`: what a bundle brings to a real cluster, before it is pushed.

use std::fs;

use serde_json::json;
use tokio::runtime::Runtime;

use super::{
    plan_registry::{distribution, platform},
    platform::Platform,
};
use crate::world::{Run, World};

/// A pulled bundle, and a cluster that runs its first release.
struct Pulled {
    platform: Platform,
    bundle: String,
    world: World,
    _runtime: Runtime,
}

fn pulled() -> Pulled {
    let runtime = Runtime::new().unwrap();
    let entered = runtime.enter();
    let world = World::of(distribution());
    drop(entered);
    world.pull(&["--min-version", "1.58"]).expect(0);
    let bundle = world.path("d8.tar").display().to_string();
    Pulled { platform: platform(), bundle, world, _runtime: runtime }
}

fn plan(platform: &Platform, bundle: &str, words: &[&str]) -> Run {
    platform.update(&[&["plan", "-i", bundle], words].concat())
}

#[test]
fn the_chain_contains_the_releases_of_the_bundle() {
    let Pulled { platform, bundle, world, .. } = &pulled();
    let text = plan(platform, bundle, &[]).expect(0).stdout;
    let folder = world.folder.path().display().to_string();
    insta::assert_snapshot!(text.replace(&folder, "/mnt/usb"));

    // Apart from where the releases are from, it is the plan of the releases file.
    let file = world.path("deckhousereleases.yaml").display().to_string();
    let of_bundle = plan(platform, bundle, &["--output", "json"]).expect(0).json();
    let mut of_file = platform.update(&["plan", "-f", &file, "--output", "json"]).expect(0).json();
    assert_eq!(of_bundle["result"]["bundle"], json!({ "file": bundle, "edition": "EE" }));
    of_file["result"]["bundle"] = of_bundle["result"]["bundle"].clone();
    assert_eq!(of_bundle["result"], of_file["result"]);

    plan(platform, bundle, &["-f", &file]).expect(2);
}

#[test]
fn a_bundle_with_another_edition_is_refused() {
    let Pulled { platform, bundle, .. } = &pulled();
    platform.edition("FE");
    let text = plan(platform, bundle, &[]).expect(7).stdout;
    let block = text.split_once("1 problem blocks the update:").unwrap().1;
    insta::assert_snapshot!(block.replace(bundle, "/mnt/usb/d8.tar"));
    plan(platform, bundle, &["--allow-edition-change"]).expect(0);

    // An edition that is not known is not another one.
    platform.edition("");
    let text = plan(platform, bundle, &[]).expect(0).stdout;
    assert!(
        text.contains("the edition in the bundle was not compared with the edition of the cluster: "),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_a_bundle_is_refused() {
    let Pulled { platform, bundle, .. } = &pulled();
    let other = platform.folder.path().join("other.tar");
    fs::write(&other, "not a bundle").unwrap();
    let run = plan(platform, other.to_str().unwrap(), &[]).expect(3);
    assert!(run.stdout.is_empty() && run.stderr.contains("other.tar"), "{}", run.stderr);

    fs::write(bundle, fs::read(bundle).unwrap().split_at(100_000).0).unwrap();
    let run = plan(platform, bundle, &[]).expect(3);
    assert!(run.stdout.is_empty() && run.stderr.contains("d8.tar"), "{}", run.stderr);
}
