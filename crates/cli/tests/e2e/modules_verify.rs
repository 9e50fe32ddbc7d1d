//! What a registry has of modules, read back alone; and modules that are incomplete themselves.

use std::fs;

use oci::layout::SHORT_TAG;
use registry_server::Store as _;

use crate::{
    mirror_modules::{TARGET, manifest, pull, push, sample},
    surgery::forget,
    world::{Run, World, dhctl},
};

fn pulled() -> World {
    let (world, _) = sample();
    manifest(&world, None);
    pull(&world, &[]).expect(0);
    world
}

fn verify(world: &World, args: &[&str]) -> Run {
    let registry = format!("{}/{TARGET}", world.target_url.split('/').next().unwrap());
    let base = ["mirror-modules", "verify", "--insecure", "-d", "mods", "-r", &registry];
    dhctl(world.folder.path(), &[&base, args].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_loss_in_the_target_is_found() {
    let world = pulled();
    push(&world, &[]).expect(0);
    let sound = || {
        let run = verify(&world, &["--deep"]).expect(0);
        assert!(run.stdout.contains("has everything in mods: "), "{}", run.stdout);
        assert!(run.stdout.contains("every blob downloaded and hashed"), "{}", run.stdout);
    };
    sound();
    let lost = |said: &str| {
        let run = verify(&world, &["--output", "json"]).expect(3);
        assert!(run.stdout.contains(said), "'{said}' in {}", run.stdout);
        assert_eq!(run.json()["command"], "mirror-modules verify");
        push(&world, &[]).expect(0);
        sound();
    };
    let console = &world.distribution.modules["console"];
    let repository = format!("{TARGET}/console");
    let manifest = console.versions["v1.3.0"].image;
    assert!(world.target.remove_tag(&repository, "v1.3.0"));
    lost("v1.3.0");
    // The list that a cluster learns of modules by.
    assert!(world.target.remove_tag(TARGET, "console"));
    lost("console");
    let image = world.target.manifest(&repository, &manifest.into()).unwrap();
    let blob = image.parse().unwrap().blobs().next().unwrap().digest;
    assert!(world.target.remove_blob(&repository, &blob));
    lost(&blob.to_string());
    // Another image got the tag.
    let other = world.target.manifest(&repository, &console.versions["v1.2.3"].image.into()).unwrap();
    world.target.insert_manifest(&repository, &oci::TagOrDigest::Tag("v1.3.0".parse().unwrap()), other);
    lost("v1.3.0");
    assert!(world.target.remove_manifest(&repository, &console.versions["v1.2.3"].images["image0"]));
    lost(&console.versions["v1.2.3"].images["image0"].to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn incomplete_modules_are_refused_and_never_a_success() {
    let world = pulled();
    let image = world.distribution.modules["console"].versions["v1.3.0"].images["image0"].hex();
    let archive = world.path("mods/module-console.tar");
    let gone = forget(&archive, |path, it| path == "modules/console" && it.annotations[SHORT_TAG] == image);
    assert_eq!(gone, 1);
    let run = push(&world, &[]).expect(3);
    for said in [&image, "nothing was uploaded", "--allow-incomplete"] {
        assert!(run.stderr.contains(said), "'{said}' in {}", run.stderr);
    }
    assert_eq!(world.target.repositories(), Vec::<String>::new(), "something was sent");
    let run = push(&world, &["--allow-incomplete"]).expect(3);
    for said in [&image, "everything in mods was pushed to", "1 object is missing from it"] {
        assert!(run.stderr.contains(said), "'{said}' in {}", run.stderr);
    }
    assert!(!world.path("inside.yml").exists(), "nothing to be applied");
    assert!(!world.target.tagged(&format!("{TARGET}/console")).is_empty());
    let run = verify(&world, &[]).expect(3);
    assert!(run.stderr.contains("also missing in the bundle"), "{}", run.stderr);
    let run = dhctl(
        world.folder.path(),
        &["mirror-modules", "-d", "mods", "-m", "module_source.yml", "--allow-incomplete"],
    );
    assert!(run.expect(2).stderr.contains("--allow-incomplete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_modules_are_not_pushed() {
    let world = pulled();
    let foreign = fs::read(world.path("mods/module-console.tar")).unwrap();
    fs::write(world.path("mods/platform.tar"), &foreign).unwrap();
    let run = push(&world, &[]).expect(0);
    assert!(
        run.stderr.contains("not pushed, because it is not the archive of a module: platform.tar"),
        "{}",
        run.stderr
    );
    // A pull that broke off is not half a push.
    fs::create_dir(world.path("mods/module-other.tar.partial.d")).unwrap();
    let run = push(&world, &[]).expect(6);
    assert!(run.stderr.contains("only an unfinished pull"), "{}", run.stderr);
}
