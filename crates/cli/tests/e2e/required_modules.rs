//! Modules that releases require (`migratedModules`): pulled with them, or reported before anything is downloaded.

use serde_json::{Value, json};
use testkit::distribution::{Builder, Distribution, ModuleSpec};

use crate::{
    surgery::rewrite,
    world::{Run, TARGET_ROOT, World, dhctl},
};

fn module(name: &str) -> ModuleSpec {
    ModuleSpec {
        name: name.to_owned(),
        versions: vec!["v1.0.0".to_owned()],
        channels: vec![("stable".to_owned(), "v1.0.0".to_owned())],
        images: 1,
        ..ModuleSpec::default()
    }
}

/// Two releases; the newer one requires `ingress-nginx` and `log-shipper`.
fn builder() -> Builder {
    Distribution::builder()
        .releases(&["v1.76.2", "v1.77.1"])
        .channels(&[("alpha", "v1.77.1"), ("stable", "v1.76.2"), ("rock-solid", "v1.76.2")])
        .migrated_modules("v1.77.1", &["ingress-nginx", "log-shipper"])
        .modules(["console", "ingress-nginx", "log-shipper"].map(module).to_vec())
        .images_per_release(2)
        .without_databases()
}

fn modules(run: &Run) -> Vec<String> {
    let modules = run.json()["result"]["modules"].clone();
    modules.as_object().unwrap().keys().cloned().collect()
}

fn missing(run: &Run) -> Vec<(String, Value)> {
    let items = run.json()["error"]["missing"].clone();
    let item = |it: &Value| (it["reference"].as_str().unwrap().to_owned(), it["wanted_by"].clone());
    items.as_array().unwrap().iter().map(item).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_without_required_modules_is_refused_before_the_download() {
    let world = World::of(builder().build());
    let by = json!(["release v1.77.1"]);
    let both = [("ingress-nginx".to_owned(), by.clone()), ("log-shipper".to_owned(), by)];
    for (args, expected) in [
        (&["--no-modules"][..], &both[..]),
        (&["--include-module", "console"], &both),
        (&["--exclude-module", "log-shipper"], &both[1..]),
        (&["--no-modules", "--allow-missing-module", "log-shipper"], &both[..1]),
    ] {
        let run = world.pull(&[args, &["--output", "json"]].concat()).expect(3);
        assert_eq!(missing(&run), expected, "{args:?}");
        assert_eq!(world.files(), Vec::<String>::new(), "{args:?}");
    }
    let run = world.pull(&["--no-modules"]).expect(3);
    for said in [
        "/modules:log-shipper: the selection leaves this module out (required by release v1.77.1)",
        "--include-module ingress-nginx --include-module log-shipper instead of --no-modules",
        "--allow-missing-module ingress-nginx --allow-missing-module log-shipper",
    ] {
        assert!(run.stderr.contains(said), "'{said}' in\n{}", run.stderr);
    }

    // Releases that require nothing are pulled without modules as before.
    let run = world.pull(&["--no-modules", "--release", "v1.76.2", "--dry-run", "--output", "json"]);
    assert_eq!(modules(&run.expect(0)), Vec::<String>::new());
    let named = ["--include-module", "ingress-nginx", "--include-module", "log-shipper"];
    let run = world.pull(&[&named[..], &["--dry-run", "--output", "json"]].concat()).expect(0);
    assert_eq!(modules(&run), ["ingress-nginx", "log-shipper"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_module_that_the_source_does_not_list_is_pulled() {
    let distribution = builder().build();
    let repository = format!("{}/modules", distribution.root);
    let world = World::of(distribution);
    let index = world.distribution.modules["log-shipper"].index;
    world.distribution.store.remove_manifest(&repository, &index);
    let run = world.pull(&["--dry-run", "--output", "json"]).expect(0);
    assert_eq!(modules(&run), ["console", "ingress-nginx", "log-shipper"]);

    let world = World::of(builder().modules(["console", "ingress-nginx"].map(module).to_vec()).build());
    let run = world.pull(&[]).expect(3);
    let said = "/modules:log-shipper: the source does not have this module (required by release v1.77.1)";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(!run.stderr.contains("--include-module"), "{}", run.stderr);
    let run = world.pull(&["--allow-missing-module", "log-shipper"]).expect(0);
    let said = "module log-shipper is left out, although it is required by release v1.77.1";
    assert!(run.stderr.contains(said), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_without_a_required_module_is_incomplete() {
    let world = World::of(builder().build());
    world.pull(&[]).expect(0);
    let verify =
        |args: &[&str]| dhctl(world.folder.path(), &[&["bundle", "verify", "d8.tar"], args].concat());
    verify(&[]).expect(0);
    world.push(&[]).expect(0);

    let is_kept = |path: &str| !path.starts_with("modules/log-shipper");
    rewrite(&world.path("d8.tar"), |path, bytes| is_kept(path).then_some(bytes));
    let allow = ["--allow-missing-module", "log-shipper"];
    let run = verify(&[]).expect(3);
    let said = "modules:log-shipper: the module is missing (required by release v1.77.1)";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stderr.contains("--allow-missing-module log-shipper"), "{}", run.stderr);
    verify(&allow).expect(0);
    // The registry has it from the first push.
    world.verify(&[]).expect(0);

    let empty = World::of(builder().build());
    std::fs::copy(world.path("d8.tar"), empty.path("d8.tar")).unwrap();
    let run = empty.push(&[]).expect(3);
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert_eq!(empty.target.repositories(), Vec::<String>::new());
    empty.push(&allow).expect(0);
    assert!(empty.target.repositories().contains(&TARGET_ROOT.to_owned()));
    let run = empty.verify(&[]).expect(3);
    assert!(
        run.stderr.contains("also missing in the bundle (required by release v1.77.1)"),
        "{}",
        run.stderr
    );
    empty.verify(&allow).expect(0);
}

/// Without a want list, the selection is what the user chose.
#[tokio::test(flavor = "multi_thread")]
async fn what_modules_require_is_reported_if_the_selection_leaves_it_out() {
    let requires =
        |name: &str, constraint: &str| ("v1.0.0".to_owned(), name.to_owned(), constraint.to_owned());
    let console = ModuleSpec {
        requires: vec![
            requires("log-shipper", ">= 1.0.0"),
            requires("node-manager", ">= 1.77"),
            requires("prometheus", "< 1.70"),
            requires("secret-copier", ">= 0.0.0"),
            requires("../hostile\u{1b}[31m", ">= 0.0.0"),
        ],
        ..module("console")
    };
    let modules = vec![console, module("ingress-nginx"), module("log-shipper")];
    let world = World::of(builder().images_per_release(5).modules(modules).build());
    let releases = "v1.76.2, v1.77.1";
    let of_platform = format!(
        "module console v1.0.0 requires module prometheus < 1.70, but its versions in this pull are {releases}"
    );
    let left_out = "module log-shipper is left out, although it is required by module console v1.0.0";
    let allow = ["--allow-missing-module", "ingress-nginx"];
    let (named, allowed) = (["--include-module", "console"], ["--allow-missing-module", "log-shipper"]);
    for (args, is_left_out) in [
        (&[][..], false),
        (&["--exclude-module", "log-shipper", "--release", "v1.76.2"], true),
        (&[&named[..], &["--release", "v1.76.2"]].concat(), true),
        (&[&named[..], &allow, &allowed].concat(), true),
        (&[&named[..], &["--release", "v1.76.2"], &allowed].concat(), true),
    ] {
        let run = world.pull(&[args, &["--dry-run"]].concat()).expect(0);
        assert_eq!(run.stderr.contains(left_out), is_left_out, "{args:?}\n{}", run.stderr);
        assert!(run.stderr.contains("requires module prometheus < 1.70"), "{args:?}\n{}", run.stderr);
        assert!(!run.stderr.contains("secret-copier") && !run.stderr.contains('\u{1b}'), "{}", run.stderr);
        assert!(
            !run.stderr.contains("node-manager") || args.contains(&"v1.76.2"),
            "{args:?}\n{}",
            run.stderr
        );
    }
    let run = world.pull(&["--dry-run"]).expect(0);
    assert!(run.stderr.contains(&of_platform), "{}", run.stderr);
}
