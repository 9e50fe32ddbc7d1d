//! Modules as the old `mirror-modules` left them: image layouts in plain directories.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tar::Archive;

use crate::{
    mirror_modules::{TARGET, expected, manifest, pull, push, sample},
    world::World,
};

const MODULES: [&str; 3] = ["commander-agent", "console", "operator-trivy"];

/// Pulls, and puts these modules there as the old tool would have written them.
fn laid_out(modules: &[&str]) -> World {
    let (world, _) = sample();
    manifest(&world, None);
    pull(&world, &[]).expect(0);
    for module in modules {
        let archive = world.path(&format!("mods/module-{module}.tar"));
        Archive::new(fs::File::open(&archive).unwrap()).unpack(world.path("mods")).unwrap();
        fs::rename(world.path(&format!("mods/modules/{module}")), world.path(&format!("mods/{module}")))
            .unwrap();
        fs::remove_file(archive).unwrap();
        fs::remove_dir(world.path("mods/modules")).unwrap();
    }
    world
}

fn assert_all_there(world: &World) {
    assert_eq!(expected(world).missing_in(&world.target, TARGET), Vec::<String>::new());
}

/// The largest blob below a layout, and which others there are.
fn largest_blob(layout: &Path) -> PathBuf {
    let blobs = fs::read_dir(layout.join("blobs/sha256")).unwrap().map(|it| it.unwrap().path());
    blobs.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn layouts_are_pushed_like_archives() {
    let world = laid_out(&MODULES);
    // What old pulls and systems leave about is no module.
    fs::write(world.path("mods/console/blobs/sha256/0123456789"), "a temporary file").unwrap();
    fs::write(world.path("mods/dhctl"), "the program").unwrap();
    fs::create_dir(world.path("mods/lost+found")).unwrap();
    fs::create_dir(world.path("mods/.Trash-0")).unwrap();
    let run = push(&world, &[]).expect(0);
    assert!(run.stdout.contains("read back from"), "{}", run.stdout);
    assert_all_there(&world);
    assert!(fs::read_to_string(world.path("inside.yml")).unwrap().contains("name: mods"));
    let again = push(&world, &[]).expect(0);
    assert!(again.stdout.contains("everything was already there"), "{}", again.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_and_layouts_are_one_set_but_not_of_one_module() {
    let world = laid_out(&["console"]);
    push(&world, &[]).expect(0);
    assert_all_there(&world);
    pull(&world, &["--include-module", "console"]).expect(0);
    let run = push(&world, &[]).expect(6);
    for said in ["module-console.tar", "mods/console", "only one of them"] {
        assert!(run.stderr.contains(said), "'{said}' in {}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_layout_is_refused_before_anything_is_sent() {
    let world = laid_out(&MODULES);
    let index = |path: &str| world.path("mods").join(path);
    let cases: [(PathBuf, Option<&str>, &[&str]); 7] = [
        (index("console/index.json"), None, &["mods/console: damaged at index.json: the file is missing"]),
        (index("console/oci-layout"), None, &["mods/console: damaged at oci-layout: the file is missing"]),
        (index("console/release/oci-layout"), None, &["mods/console/release: damaged at oci-layout"]),
        (index("console/release/index.json"), Some(""), &["the file is empty"]),
        (
            index("console/index.json"),
            Some("{"),
            &["mods/console/index.json: damaged at modules/console/index.json"],
        ),
        (
            largest_blob(&index("console")),
            None,
            &["modules/console@sha256:", "the blob is not in the bundle"],
        ),
        (largest_blob(&index("console")), Some("short"), &["5 bytes in the bundle instead of"]),
    ];
    for (path, content, said) in cases {
        let before = fs::read(&path).unwrap();
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let run = push(&world, &[]).expect(3);
        for said in said {
            assert!(run.stderr.contains(said), "'{said}' in {}", run.stderr);
        }
        assert!(run.stderr.contains("hint: "), "{}", run.stderr);
        assert_eq!(world.target.repositories(), Vec::<String>::new(), "something was sent");
        fs::write(&path, before).unwrap();
    }
    fs::create_dir(world.path("mods/backup")).unwrap();
    let run = push(&world, &[]).expect(3);
    assert!(run.stderr.contains("mods/backup: not a bundle: it contains no image layout"), "{}", run.stderr);
    fs::remove_dir(world.path("mods/backup")).unwrap();
    // A filter of the old tool left the images of the channels out.
    fs::remove_dir_all(index("console/release")).unwrap();
    let run = push(&world, &[]).expect(3);
    assert!(run.stderr.contains("modules/console/release:v1.2.3: not found"), "{}", run.stderr);
    assert_eq!(world.target.repositories(), Vec::<String>::new(), "something was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_stops_the_push_before_any_tag() {
    let world = laid_out(&MODULES);
    let path = largest_blob(&world.path("mods/console"));
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let run = push(&world, &[]).expect(3);
    let name = path.file_name().unwrap().to_str().unwrap();
    for said in ["before any manifest or tag was written", &format!("console/blobs/sha256/{name}")] {
        assert!(run.stderr.contains(said), "'{said}' in {}", run.stderr);
    }
    for repository in world.target.repositories() {
        assert!(world.target.tagged(&repository).is_empty(), "{repository} has tags");
    }
    assert!(!world.path("inside.yml").exists());
}
