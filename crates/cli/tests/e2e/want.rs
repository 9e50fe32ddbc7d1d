//! `dhctl mirror --want`: what takes clusters from the release that they run to their target.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use deckhouse::{
    Channel, Edition,
    version::parse_tag,
    want::{UnknownPart, WantList, WantedCluster, WantedModule, WantedPackage, WantedPlatform},
};
use http::StatusCode;
use registry_server::{ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::{
    distribution::{Builder, Distribution, ModuleSpec},
    faults::{Fault, Rule, Script},
};

use crate::world::{Run, World};

fn module(name: &str, versions: &[&str], channels: &[(&str, &str)]) -> ModuleSpec {
    ModuleSpec {
        name: name.to_owned(),
        versions: versions.iter().map(|it| (*it).to_owned()).collect(),
        channels: channels.iter().map(|(name, to)| ((*name).to_owned(), (*to).to_owned())).collect(),
        images: 2,
        ..ModuleSpec::default()
    }
}

/// Five minors; the modules `ingress-nginx` left the platform in the last one.
pub(crate) fn builder() -> Builder {
    let releases =
        ["v1.73.9", "v1.74.0", "v1.74.5", "v1.75.1", "v1.75.14", "v1.76.2", "v1.76.8", "v1.77.1", "v1.77.2"];
    Distribution::builder()
        .releases(&releases)
        .channels(&[("alpha", "v1.77.2"), ("stable", "v1.76.2"), ("rock-solid", "v1.73.9")])
        .migrated_modules("v1.77.1", &["ingress-nginx"])
        .modules(vec![
            module(
                "console",
                &["v1.0.0", "v1.1.0", "v1.1.4", "v1.2.0", "v1.3.0"],
                &[("stable", "v1.2.0"), ("rock-solid", "v1.0.0")],
            ),
            module("ingress-nginx", &["v1.0.0"], &[("stable", "v1.0.0")]),
            module("operator-trivy", &["v2.0.0"], &[("stable", "v2.0.0")]),
        ])
        .packages(vec![
            module("postgres", &["v1.0.0", "v1.1.0", "v1.2.0"], &[("stable", "v1.2.0")]),
            module("redis", &["v0.3.0"], &[("stable", "v0.3.0")]),
        ])
        .images_per_release(3)
        .layer_size(512)
}

pub(crate) fn cluster(version: &str, channel: Option<Channel>, target: Option<&str>) -> WantedCluster {
    WantedCluster {
        name: Some("prod".to_owned()),
        server: None,
        platform: WantedPlatform {
            version: parse_tag(version).unwrap(),
            target: target.and_then(parse_tag),
            edition: Edition::parse("EE"),
            channel,
            kubernetes: None,
        },
        modules: vec![wanted("console", "v1.1.0", "deckhouse")],
        embedded_modules: BTreeSet::new(),
        packages: Vec::new(),
        databases: true,
        unknown: Vec::new(),
    }
}

fn wanted(name: &str, version: &str, source: &str) -> WantedModule {
    WantedModule {
        name: name.to_owned(),
        version: Some(version.parse().unwrap()),
        source: Some(source.to_owned()),
        policy: None,
        channel: None,
    }
}

fn package(name: &str, version: Option<&str>, repository: &str) -> WantedPackage {
    WantedPackage {
        name: name.to_owned(),
        repository: Some(repository.to_owned()),
        version: version.map(|it| it.parse().unwrap()),
    }
}

pub(crate) fn write(folder: &Path, clusters: Vec<WantedCluster>) {
    let list = WantList { clusters, ..WantList::default() };
    fs::write(folder.join("want.yaml"), list.to_yaml().unwrap()).unwrap();
}

fn pull(world: &World, args: &[&str]) -> Run {
    world.pull(&[&["--want", "want.yaml"][..], args].concat())
}

fn planned(world: &World, clusters: Vec<WantedCluster>) -> Value {
    write(world.folder.path(), clusters);
    pull(world, &["--dry-run", "--output", "json"]).expect(0).json()["result"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_and_the_modules_on_the_way() {
    let world = World::of(builder().build());
    let mut with_package = cluster("v1.75.1", Some(Channel::Stable), Some("v1.77.1"));
    with_package.packages = vec![package("postgres", Some("v1.1.0"), "deckhouse")];
    let to_target = planned(&world, vec![with_package]);
    assert_eq!(to_target["packages"], json!({ "postgres": ["v1.1.0", "v1.2.0"] }));
    assert_eq!(to_target["releases"], json!(["v1.75.14", "v1.76.2", "v1.76.8", "v1.77.1"]));
    // rock-solid is behind the cluster, alpha ahead of the target.
    assert_eq!(to_target["channels"], json!({ "stable": "v1.76.2" }));
    let modules = json!({
        "console": ["v1.0.0", "v1.1.4", "v1.2.0"],
        // A release ahead requires it.
        "ingress-nginx": ["v1.0.0"],
    });
    assert_eq!(to_target["modules"], modules);
    assert!(!to_target["databases"].as_array().unwrap().is_empty());
    assert_eq!(to_target["wanting_clusters"], 1);

    let mut plain = cluster("v1.74.0", Some(Channel::Stable), None);
    (plain.modules, plain.databases) = (Vec::new(), false);
    let along_channel = planned(&world, vec![plain.clone()]);
    assert_eq!(along_channel["releases"], json!(["v1.74.5", "v1.75.14", "v1.76.2"]));
    assert_eq!((&along_channel["modules"], &along_channel["databases"]), (&json!({}), &json!([])));

    // One list for both.
    let both = planned(&world, vec![plain, cluster("v1.75.14", None, Some("v1.77.1"))]);
    assert_eq!(both["releases"], json!(["v1.74.5", "v1.75.14", "v1.76.2", "v1.76.8", "v1.77.1"]));

    // The bundle is complete, and says nothing of what was left out.
    pull(&world, &[]).expect(0);
    let verified = crate::world::dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);
    assert!(verified.stdout.contains("is complete: 5 releases, 4 module versions"), "{}", verified.stdout);
    world.push(&[]).expect(0);
}

/// What the registry contains already is left out. Whether it still does is proved by the push.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_registry_contains_is_left_out() {
    let world = World::of(builder().build());
    write(world.folder.path(), vec![cluster("v1.75.14", None, Some("v1.75.14"))]);
    pull(&world, &[]).expect(0);
    world.push(&[]).expect(0);
    let images: BTreeSet<_> = world.distribution.releases["v1.75.14"].images.values().copied().collect();
    let held = BTreeMap::from([(String::new(), images)]);
    let clusters = vec![cluster("v1.75.14", None, Some("v1.76.8"))];
    let list = WantList { clusters: clusters.clone(), held, ..WantList::default() };

    write(world.folder.path(), clusters);
    let full = pull(&world, &["--dry-run", "--output", "json"]).expect(0).json()["result"].take();
    assert_eq!(full["left_out"], Value::Null);
    fs::write(world.path("want.yaml"), list.to_yaml().unwrap()).unwrap();
    let thin = pull(&world, &["--lock", "d8.lock", "--output", "json"]).expect(0).json()["result"].take();
    assert_eq!(thin["held_images"], list.held_count());
    let left_out = thin["left_out"]["size"].as_u64().unwrap();
    assert!(left_out > 0, "{thin:#}");
    let size = |result: &Value| result["download_size"].as_u64().unwrap();
    assert!(size(&thin) < size(&full), "{thin:#}");
    world.push(&[]).expect(0);
    world.verify(&[]).expect(0);
    assert_eq!(thin["releases"], json!(["v1.75.14", "v1.76.2", "v1.76.8"]));

    // With a lock file, the want list only says what is left out.
    let bytes = fs::read(world.path("d8.tar")).unwrap();
    pull(&world, &["--locked", "d8.lock"]).expect(0);
    assert!(fs::read(world.path("d8.tar")).unwrap() == bytes);

    // The source does not have such a manifest any more: nothing is known about its blobs.
    let gone = BTreeMap::from([(String::new(), BTreeSet::from([oci::Digest::of(b"gone")]))]);
    fs::write(world.path("want.yaml"), WantList { held: gone, ..list }.to_yaml().unwrap()).unwrap();
    let run = pull(&world, &["--dry-run"]).expect(0);
    assert!(
        run.stderr.contains("the manifests of 1 image that the want list names as held"),
        "{}",
        run.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_reported_before_the_download() {
    let world = World::of(builder().build());
    let refused = |clusters: Vec<WantedCluster>, said: &[&str]| {
        write(world.folder.path(), clusters);
        let run = pull(&world, &[]).expect(3);
        for said in said {
            assert!(run.stderr.contains(said), "'{said}' in\n{}", run.stderr);
        }
        assert_eq!(world.files(), ["want.yaml"]);
    };
    refused(vec![cluster("v1.75.1", None, Some("v1.78.0"))], &["the source has no target release v1.78.0"]);
    refused(
        vec![cluster("v1.70.1", None, Some("v1.74.5"))],
        &["no release of 1.71, 1.72 between v1.70.1 and v1.74.5"],
    );
    // All modules that are missing, but none of another source.
    let mut lacking = cluster("v1.75.1", None, Some("v1.76.8"));
    lacking.modules.extend([
        wanted("stronghold", "v1.0.0", "deckhouse"),
        wanted("virtualization", "v1.0.0", "deckhouse-modules"),
        wanted("billing", "v1.0.0", "corp"),
    ]);
    lacking.packages = vec![package("mysql", None, "deckhouse"), package("billing", None, "corp")];
    refused(
        vec![lacking.clone()],
        &[
            "3 objects are missing",
            "/packages:mysql: the source does not have this package",
            "/modules:stronghold: the source does not have this module",
            "/modules:virtualization: the source does not have this module",
        ],
    );
    // What the hint names can be left out.
    write(world.folder.path(), vec![lacking.clone()]);
    let leave_out = [
        "--exclude-module",
        "stronghold",
        "--exclude-module",
        "virtualization",
        "--exclude-package",
        "mysql",
    ];
    let left_out =
        pull(&world, &[&leave_out[..], &["--dry-run", "--output", "json"]].concat()).expect(0).json();
    let pulled = left_out["result"]["modules"].as_object().unwrap();
    let pulled: Vec<&String> = pulled.keys().collect();
    assert_eq!(pulled, ["console"]);
    let mut migrated = cluster("v1.76.8", None, Some("v1.77.1"));
    migrated.modules.retain(|module| module.name == "console");
    write(world.folder.path(), vec![migrated]);
    let run = pull(&world, &["--exclude-module", "ingress-nginx"]).expect(3);
    assert!(run.stderr.contains("the selection leaves this module out"), "{}", run.stderr);
    lacking.modules.retain(|module| ["console", "billing"].contains(&module.name.as_str()));
    lacking.packages.remove(0);
    write(world.folder.path(), vec![lacking]);
    let run = pull(&world, &["--dry-run"]).expect(0);
    assert!(run.stderr.contains("module billing of another source is left out"), "{}", run.stderr);
}

fn requiring(mut module: ModuleSpec, required: &[(&str, &str, &str)]) -> ModuleSpec {
    let owned = |(of, name, constraint): &(&str, &str, &str)| {
        ((*of).to_owned(), (*name).to_owned(), (*constraint).to_owned())
    };
    module.requires = required.iter().map(owned).collect();
    module
}

/// `console` requires modules of the platform, one of the source, which requires another, and modules that need not be there.
#[tokio::test(flavor = "multi_thread")]
async fn modules_that_modules_require() {
    let console = requiring(
        module("console", &["v1.1.0", "v1.2.0"], &[("stable", "v1.2.0")]),
        &[
            ("v1.2.0", "console-api", ">= 2.0.0"),
            ("v1.2.0", "cni-cilium", ">= 1.70"),
            ("v1.2.0", "secret-copier", ">= 0.0.0"),
            ("v1.2.0", "not-there", ">= 0.0.0 !optional"),
            ("v1.2.0", "billing", ">= 0.0.0"),
        ],
    );
    let api = requiring(
        module("console-api", &["v2.0.0", "v2.1.0"], &[("stable", "v2.1.0")]),
        &[("v2.1.0", "storage", ">= 3.0.0"), ("v2.1.0", "console", ">= 0.0.0")],
    );
    let storage = module("storage", &["v2.9.0"], &[("stable", "v2.9.0")]);
    let other = module("operator-trivy", &["v2.0.0"], &[("stable", "v2.0.0")]);
    let of = |modules: &[&ModuleSpec]| {
        World::of(builder().modules(modules.iter().copied().cloned().collect()).build())
    };
    let mut clusters = vec![cluster("v1.75.1", None, Some("v1.76.8"))];
    clusters[0].embedded_modules = BTreeSet::from(["secret-copier".to_owned()]);
    clusters[0].modules.push(wanted("billing", "v1.0.0", "corp"));

    let world = of(&[&console, &api, &storage, &other]);
    write(world.folder.path(), clusters.clone());
    let run = pull(&world, &["--output", "json"]).expect(0);
    let modules = json!({
        "console": ["v1.1.0", "v1.2.0"], "console-api": ["v2.1.0"], "storage": ["v2.9.0"],
    });
    assert_eq!(run.json()["result"]["modules"], modules);
    for said in [
        "module console-api is pulled for module console v1.2.0",
        "module storage is pulled for module console-api v2.1.0",
        "module console-api v2.1.0 requires module storage >= 3.0.0, but its versions in this pull are v2.9.0",
    ] {
        assert!(run.stderr.contains(said), "'{said}' in\n{}", run.stderr);
    }
    world.push(&[]).expect(0);

    // What the source lacks is reported before the download, and so is what is excluded.
    let world = of(&[&console, &api, &other]);
    write(world.folder.path(), clusters.clone());
    let run = pull(&world, &[]).expect(3);
    let said =
        "/modules:storage: the source does not have this module (required by module console-api v2.1.0)";
    assert!(run.stderr.contains(said) && run.stderr.contains("1 object is missing"), "{}", run.stderr);
    assert!(run.stderr.contains("add --allow-missing-module storage"), "{}", run.stderr);
    assert_eq!(world.files(), ["want.yaml"]);
    let run = pull(&world, &["--allow-missing-module", "storage", "--dry-run"]).expect(0);
    let said = "module storage is left out, although it is required by module console-api v2.1.0";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    let run = pull(&world, &["--exclude-module", "console-api"]).expect(3);
    let said =
        "/modules:console-api: the selection leaves this module out (required by module console v1.2.0)";
    assert!(
        run.stderr.contains(said) && run.stderr.contains("remove --exclude-module console-api"),
        "{}",
        run.stderr
    );
    pull(&world, &["--exclude-module", "console-api", "--allow-missing-module", "console-api"]).expect(0);

    // No cluster has this module of the platform.
    clusters[0].embedded_modules = BTreeSet::from(["other".to_owned()]);
    write(world.folder.path(), clusters.clone());
    let run = pull(&world, &["--allow-missing-module", "storage"]).expect(3);
    assert!(run.stderr.contains("/modules:secret-copier: the source does not have"), "{}", run.stderr);
    // Which modules of the platform a cluster has is unknown.
    clusters[0].embedded_modules.clear();
    write(world.folder.path(), clusters);
    let run = pull(&world, &["--allow-missing-module", "storage", "--dry-run"]).expect(0);
    let said = "module secret-copier is required by module console v1.2.0, and the source does not have it";
    assert!(run.stderr.contains(said), "{}", run.stderr);
}

/// What only versions require that no cluster will get does not matter.
#[tokio::test(flavor = "multi_thread")]
async fn versions_beyond_the_followed_channels_require_nothing() {
    let console = requiring(
        module("console", &["v1.1.0", "v1.2.0", "v2.0.0"], &[("stable", "v1.2.0"), ("alpha", "v2.0.0")]),
        &[("v2.0.0", "storage", ">= 0.0.0")],
    );
    let world = World::of(builder().modules(vec![console, module("x", &["v1.0.0"], &[])]).build());
    let with_channel = |channel| {
        let mut cluster = cluster("v1.75.1", channel, Some("v1.76.8"));
        cluster.embedded_modules = BTreeSet::from(["other".to_owned()]);
        write(world.folder.path(), vec![cluster]);
    };
    with_channel(Some(Channel::Stable));
    let run = pull(&world, &["--dry-run", "--output", "json"]).expect(0);
    assert_eq!(run.json()["result"]["modules"], json!({ "console": ["v1.1.0", "v1.2.0", "v2.0.0"] }));
    // Ahead of stable; or it is unknown which channel the cluster follows.
    for channel in [Some(Channel::Alpha), None] {
        with_channel(channel);
        let run = pull(&world, &[]).expect(3);
        assert!(run.stderr.contains("required by module console v2.0.0"), "{}", run.stderr);
    }
}

/// A source that has nothing usable of a required module ends the pull before the download, in every case.
#[tokio::test(flavor = "multi_thread")]
async fn a_required_module_without_a_usable_version() {
    let console = || {
        let console = module("console", &["v1.1.0", "v1.2.0"], &[("stable", "v1.2.0")]);
        requiring(console, &[("v1.2.0", "storage", ">= 0.0.0"), ("v1.2.0", "Odd name", ">= 0.0.0")])
    };
    let mut wanting = cluster("v1.75.1", Some(Channel::Stable), Some("v1.76.8"));
    wanting.embedded_modules = BTreeSet::from(["other".to_owned()]);
    let with = |storage: ModuleSpec| {
        let world = World::of(builder().modules(vec![console(), storage]).build());
        write(world.folder.path(), vec![wanting.clone()]);
        world
    };
    // Versions without a channel.
    let world = with(module("storage", &["v1.0.0"], &[]));
    let run = pull(&world, &[]).expect(3);
    let said = "/modules:storage: the source does not have this module (required by module console v1.2.0)";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    // The same if the cluster has a later version, which the source lacks.
    let mut later = wanting.clone();
    later.modules.push(wanted("storage", "v2.0.0", "deckhouse"));
    write(world.folder.path(), vec![later]);
    let run = pull(&world, &[]).expect(3);
    assert!(run.stderr.contains("/modules:storage: the source does not have this module"), "{}", run.stderr);
    // A channel that cannot be read.
    let world = with(module("storage", &["v1.0.0"], &[("stable", "v1.0.0")]));
    let repository = format!("{}/modules/storage/release", world.distribution.root);
    let blob = {
        let release = world.distribution.modules["storage"].versions["v1.0.0"].release;
        let manifest = world.distribution.store.manifest(&repository, &release.into()).unwrap();
        let oci::Manifest::Image { layers, .. } = manifest.parse().unwrap() else { panic!() };
        layers[0].digest
    };
    assert!(world.distribution.store.remove_blob(&repository, &blob));
    let run = pull(&world, &[]).expect(3);
    assert!(run.stderr.contains("/modules/storage/release:stable"), "{}", run.stderr);
    // A registry that refuses what it does not have. What is no name of a module is only reported.
    let refused = Rule::new("GET", "*/modules/storage/*", Fault::Status(StatusCode::FORBIDDEN));
    let interceptor = Some(Arc::new(Script::new(vec![refused])) as _);
    let options = ServerOptions { interceptor, ..ServerOptions::default() };
    let world = World::with(builder().modules(vec![console()]).build(), options);
    write(world.folder.path(), vec![wanting]);
    let run = pull(&world, &[]).expect(3);
    assert!(
        run.stderr.contains("/modules:storage: cannot read") && run.stderr.contains("denied"),
        "{}",
        run.stderr
    );
    let run = pull(&world, &["--allow-missing-module", "storage", "--dry-run"]).expect(0);
    let said = "module console v1.2.0 requires 'Odd name', which is not the name of a module";
    assert!(run.stderr.contains(said), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests() {
    let world = World::of(builder().build());
    write(world.folder.path(), vec![cluster("v1.75.1", Some(Channel::Stable), None)]);
    for flags in [
        &["--min-version", "1.70"][..],
        &["--max-version", "1.70"],
        &["--release", "1.75.1"],
        &["--channel", "stable"],
        &["--include-module", "console"],
        &["--no-modules"],
        &["--proxy-registry"],
    ] {
        let run = pull(&world, flags).expect(2);
        assert!(run.stderr.contains("--want"), "{flags:?}: {}", run.stderr);
    }
    let mut other = cluster("v1.75.1", Some(Channel::Stable), None);
    other.platform.edition = Edition::parse("SE-plus");
    write(world.folder.path(), vec![other]);
    let run = pull(&world, &[]).expect(2);
    assert!(run.stderr.contains("run edition SE-PLUS, and 127.0.0.1"), "{}", run.stderr);
    fs::write(world.path("want.yaml"), "apiVersion: dhctl.deckhouse.io/v9\nkind: WantList\n").unwrap();
    let run = pull(&world, &[]).expect(2);
    assert!(run.stderr.contains("want.yaml has the apiVersion 'dhctl.deckhouse.io/v9'"), "{}", run.stderr);
    world.pull(&["--want", "nothing.yaml"]).expect(6);
    world.push(&["--want", "want.yaml"]).expect(2);

    let mut unknown = cluster("v1.75.1", Some(Channel::Stable), None);
    unknown.unknown = vec![UnknownPart { what: "edition".to_owned(), why: None }];
    write(world.folder.path(), vec![unknown]);
    let run = pull(&world, &["--dry-run"]).expect(0);
    assert!(run.stderr.contains("unknown are: edition"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_images_bytes_and_sticks() {
    let world = World::of(builder().build());
    write(world.folder.path(), vec![cluster("v1.75.14", None, Some("v1.77.1"))]);
    // The tested program is much larger than the stick.
    fs::write(world.path("small"), b"\x7fELF").unwrap();
    let stick = ["--dry-run", "--media-size", "100KB", "-c", "40KB", "--with-binary"];
    let flags = [&stick[..], &["small", "--image-list", "images.txt"]].concat();
    let run = pull(&world, &flags).expect(0);
    let disk = |line: &str| if line.starts_with("free disk") { "free disk  SIZE" } else { line }.to_owned();
    insta::assert_snapshot!("dry_run", run.stdout.lines().map(disk).collect::<Vec<_>>().join("\n"));
    let exists = pull(&world, &flags).expect(6);
    assert!(exists.stderr.contains("images.txt: this file exists"), "{}", exists.stderr);
    let program = pull(&world, &stick[..5]).expect(0);
    assert!(program.stdout.contains("next to the bundle does not fit on 97.7 KiB"), "{}", program.stdout);

    fs::remove_file(world.path("images.txt")).unwrap();
    let result =
        pull(&world, &[&flags[..], &["--output", "json"]].concat()).expect(0).json()["result"].take();
    let parts = result["parts"].as_object().unwrap();
    let sum = |field: &str| parts.values().map(|it| it[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("bytes"), result["download_size"].as_u64().unwrap());
    let listed = result["image_list"].as_array().unwrap();
    assert_eq!(sum("images"), listed.len() as u64);
    let names: Vec<&String> = parts.keys().collect();
    assert_eq!(names, ["databases", "module console", "module ingress-nginx", "platform"]);
    let lines = fs::read_to_string(world.path("images.txt")).unwrap();
    assert_eq!(lines.lines().count(), listed.len());
    let release = format!("{}:v1.77.1@sha256:", world.source_url);
    assert_eq!(lines.lines().filter(|line| line.starts_with(&release)).count(), 1, "{lines}");

    let too_large = pull(&world, &["--dry-run", "--media-size", "10KB", "--with-binary", "small"]).expect(0);
    assert!(too_large.stdout.contains("does not fit on 9.77 KiB"), "{}", too_large.stdout);
    let verbose = pull(&world, &["--dry-run", "--verbose"]).expect(0);
    assert!(lines.lines().all(|line| verbose.stdout.contains(line)), "{}", verbose.stdout);
    pull(&world, &["--media-size", "1"]).expect(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_does_not_list_versions() {
    let refused =
        Rule::new("GET", "*/modules/console/release/tags/list", Fault::Status(StatusCode::FORBIDDEN));
    let interceptor = Some(Arc::new(Script::new(vec![refused])) as _);
    let world = World::with(builder().build(), ServerOptions { interceptor, ..ServerOptions::default() });
    write(world.folder.path(), vec![cluster("v1.75.1", None, Some("v1.76.8"))]);
    let run = pull(&world, &["--dry-run"]).expect(2);
    assert!(
        run.stderr.contains("cannot determine which versions of module console the source has"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("hint: a want list needs all versions of its modules"), "{}", run.stderr);
}

/// The range is that of the want list, so a hint about flags would not help.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_newer_than_its_channel() {
    let world = World::of(builder().build());
    write(world.folder.path(), vec![cluster("v1.99.1", Some(Channel::Stable), None)]);
    let run = pull(&world, &["--dry-run"]).expect(3);
    assert!(run.stderr.contains("hint: a want list requests the releases from the one"), "{}", run.stderr);
}
