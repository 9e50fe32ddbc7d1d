//! Packages: pulled with versions, channels and extra images, as modules are.

use std::{collections::BTreeSet, fs};

use registry_server::Store as _;
use serde_json::json;
use testkit::distribution::{Distribution, ModuleSpec};

use crate::world::{Run, TARGET_ROOT, World, dhctl};

const CHANNELS: [&str; 2] = ["stable", "rock-solid"];

fn package(name: &str, versions: &[&str], channels: &[(&str, &str)]) -> ModuleSpec {
    let pair = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    ModuleSpec {
        name: name.to_owned(),
        versions: versions.iter().map(|version| (*version).to_owned()).collect(),
        channels: channels.iter().map(pair).collect(),
        extra: vec![("rules".to_owned(), "v7".to_owned())],
        images: 2,
        ..ModuleSpec::default()
    }
}

fn scene() -> World {
    let builder = Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3"])
        .channels(&[("stable", "v1.58.3"), ("rock-solid", "v1.57.5")])
        .images_per_release(3)
        .packages(vec![
            package(
                "postgres",
                &["v1.0.0", "v1.1.0", "v1.2.0"],
                &[("stable", "v1.2.0"), ("alpha", "v1.2.0")],
            ),
            package("redis", &["v0.3.0"], &[("stable", "v0.3.0")]),
        ]);
    World::of(builder.build())
}

fn versions(run: &Run) -> serde_json::Value {
    run.json()["result"]["packages"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_pulled_pushed_and_complete() {
    let world = scene();
    let run = world.pull(&["--output", "json"]).expect(0);
    assert_eq!(versions(&run), json!({"postgres": ["v1.2.0"], "redis": ["v0.3.0"]}));
    world.push(&[]).expect(0);
    let expected = world.distribution.expected(&["v1.57.5", "v1.58.3"], &CHANNELS);
    assert!(expected.repositories.contains_key("packages/postgres/version"));
    assert!(expected.repositories.contains_key("packages/postgres/extra/rules"));
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
    world.verify(&[]).expect(0);
    let args = ["registry", "list", "--insecure", &world.target_url, "--output", "json"];
    let list = dhctl(world.folder.path(), &args).expect(0).json();
    let packages = &list["result"]["registries"][0]["packages"];
    assert_eq!(packages["postgres"]["complete"], true, "{packages}");
    assert_eq!(packages["redis"]["channels"], json!({"stable": "v0.3.0"}));

    // What such a target has can be pulled again, also as archives of `d8`.
    fs::create_dir(world.path("out")).unwrap();
    let source =
        ["mirror", "--insecure", "--source", &world.target_url, "-i", "out", "--bundle-format", "d8"];
    dhctl(world.folder.path(), &source).expect(0);
    assert!(world.path("out/package-postgres.tar").exists() && world.path("out/package-redis.tar").exists());
    dhctl(world.folder.path(), &["bundle", "verify", "out"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_their_extra_images() {
    let world = scene();
    let extra = |args: &[&str]| {
        let run = world.pull(&[&["--only-extra-images", "--output", "json"], args].concat()).expect(0);
        let result = run.json()["result"].take();
        assert_eq!(result.get("packages"), None, "{result:#}");
        let images = result["extra_images"].as_array().cloned().unwrap_or_default();
        let names = images.iter().map(|it| it.as_str().unwrap().to_owned());
        names.filter(|name| name.starts_with("packages/")).collect::<Vec<_>>()
    };
    let all = ["packages/postgres/extra/rules:v7", "packages/redis/extra/rules:v7"];
    assert_eq!(extra(&["--no-packages"]), Vec::<String>::new());
    assert_eq!(extra(&["--exclude-package", "redis"]), all[..1]);
    assert_eq!(extra(&["--include-package", "redis@0.3.0"]), all[1..]);
    assert_eq!(extra(&[]), all);
    world.push(&[]).expect(0);
    world.verify(&[]).expect(0);
    let pushed = world.target.repositories();
    let of_packages = pushed.iter().filter(|path| path.contains("/packages/")).count();
    assert_eq!(of_packages, 2, "{pushed:?}");
    let run = world.pull(&["--only-extra-images", "--include-package", "nosuch"]).expect(2);
    assert!(run.stderr.contains("no package nosuch"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_chosen_as_modules_are() {
    let world = scene();
    let pull = |args: &[&str]| world.pull(&[&["--dry-run", "--output", "json"], args].concat());
    for (args, expected) in [
        (&["--no-packages"][..], serde_json::Value::Null),
        (&["--exclude-package", "postgres"], json!({"redis": ["v0.3.0"]})),
        (&["--include-package", "redis"], json!({"redis": ["v0.3.0"]})),
        (&["--include-package", "postgres@~1.1.0"], json!({"postgres": ["v1.1.0", "v1.2.0"]})),
        (&["--include-package", "postgres@=v1.0.0"], json!({"postgres": ["v1.0.0"]})),
    ] {
        assert_eq!(versions(&pull(args).expect(0)), expected, "{args:?}");
    }
    let run = pull(&["--include-package", "nothing"]).expect(2);
    assert!(run.stderr.contains("the source has no package nothing"), "{}", run.stderr);
    let run = pull(&["--include-package", "redis@=v9.9.9"]).expect(2);
    assert!(run.stderr.contains("package redis: it has no version v9.9.9"), "{}", run.stderr);
    pull(&["--no-packages", "--include-package", "redis"]).expect(2);
    let run = pull(&["--proxy-registry", "--no-modules", "--min-version", "1.57"]).expect(0);
    assert!(run.stderr.contains("warning: packages are left out"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_package_lacks_is_reported() {
    let world = scene();
    let version = &world.distribution.packages["postgres"].versions["v1.2.0"];
    let repository = format!("{}/packages/postgres", world.distribution.root);
    let lost = version.images["image0"];
    world.distribution.store.remove_manifest(&repository, &lost);
    assert!(world.distribution.store.manifest(&repository, &lost.into()).is_none());
    let run = world.pull(&["--output", "json"]).expect(3);
    let missing = run.json()["error"]["missing"].clone();
    assert_eq!(missing[0]["reference"], lost.to_string());
    assert_eq!(missing[0]["wanted_by"], json!(["package postgres v1.2.0"]));
    assert!(run.stderr.contains("--exclude-package postgres"), "{}", run.stderr);
    let run = world.pull(&["--exclude-package", "postgres", "--output", "json"]).expect(0);
    let names: BTreeSet<String> = versions(&run).as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, BTreeSet::from(["redis".to_owned()]));
}
