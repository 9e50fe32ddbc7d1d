//! The flags that choose modules and their versions.

use serde_json::json;
use testkit::distribution::{Distribution, ModuleSpec};

use crate::world::{TARGET_ROOT, World};

fn world() -> World {
    let pairs = |of: &[(&str, &str)]| of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let versions = ["v1.1.0", "v1.2.0", "v1.2.3", "v1.3.0", "v1.3.5", "v2.0.0"];
    let console = ModuleSpec {
        name: "console".to_owned(),
        versions: versions.map(str::to_owned).to_vec(),
        channels: pairs(&[("alpha", "v2.0.0"), ("stable", "v1.2.3")]),
        images: 2,
        ..ModuleSpec::default()
    };
    let trivy = ModuleSpec {
        name: "trivy".to_owned(),
        versions: vec!["v1.0.0".to_owned()],
        channels: pairs(&[("stable", "v1.0.0")]),
        images: 1,
        ..ModuleSpec::default()
    };
    let release = Distribution::builder().releases(&["v1.58.3"]).channels(&[("stable", "v1.58.3")]);
    World::of(release.without_databases().modules(vec![console, trivy]).build())
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_choose_modules_and_versions() {
    let world = world();
    let modules = |args: &[&str]| {
        let run = world.pull(&[&["--dry-run", "--output", "json"], args].concat()).expect(0);
        run.json()["result"]["modules"].clone()
    };
    let console = |versions: &[&str]| json!({"console": versions});
    let all = json!({"console": ["v1.2.3", "v2.0.0"], "trivy": ["v1.0.0"]});
    assert_eq!(modules(&[]), all);
    assert_eq!(modules(&["--exclude-module", "trivy"]), console(&["v1.2.3", "v2.0.0"]));
    assert_eq!(
        modules(&["--include-module", "console@1.1.0"]),
        console(&["v1.1.0", "v1.2.3", "v1.3.5", "v2.0.0"])
    );
    assert_eq!(
        modules(&["--include-module", "console@>=1.3.0 <2", "--include-module", "trivy"]),
        json!({"console": ["v1.2.3", "v1.3.0", "v1.3.5", "v2.0.0"], "trivy": ["v1.0.0"]})
    );
    assert_eq!(modules(&["--include-module", "console@=v1.3.0"]), console(&["v1.3.0"]));
    assert_eq!(modules(&["-f", "console:v1.3.0"]), console(&["v1.2.3", "v1.3.0", "v1.3.5", "v2.0.0"]));
    assert_eq!(
        modules(&["--modules-filter", "console:stable; trivy:v1.0.0"]),
        json!({"console": ["v1.2.3"], "trivy": ["v1.0.0"]})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_of_a_module_is_pointed_on_request() {
    let world = world();
    let run = world.pull(&["--include-module", "console@=v1.3.5+stable"]).expect(0);
    assert!(run.stderr.contains("stable of module console points to v1.3.5"), "{}", run.stderr);
    world.push(&[]).expect(0);
    let tags = world.target.tagged(&format!("{TARGET_ROOT}/modules/console/release"));
    assert_eq!(tags.keys().map(String::as_str).collect::<Vec<_>>(), ["stable", "v1.3.5"]);
    assert_eq!(tags["stable"], tags["v1.3.5"]);
    let made = &world.distribution.modules["console"].versions["v1.3.5"];
    assert_eq!(tags["stable"], made.release);

    let run = world.pull(&["--include-module", "console@=v1.3.0", "--dry-run"]).expect(0);
    assert!(run.stderr.contains("no release channel of module console"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_and_unavailable_choices() {
    let world = world();
    let cases: [(&[&str], &[&str]); 10] = [
        (&["--include-module", "console@"], &["quote the argument", "'console@>=1.2'"]),
        (&["--include-module", "console@="], &["quote the argument"]),
        (&["--include-module", "console@./x"], &["is not a constraint"]),
        (&["--include-module", "console@^3"], &["module console", "v1.3.5, v2.0.0"]),
        (&["--include-module", "console@=v9.9.9"], &["module console", "v9.9.9"]),
        (&["--include-module", "nosuch@^1"], &["no module nosuch"]),
        (&["--include-module", "console", "--exclude-module", "trivy"], &["cannot be used with"]),
        (
            &["--proxy-registry", "--include-module", "console@^1"],
            &["which versions of module console", "NAME@=v1.3.5"],
        ),
        (&["-f", "console:nightly"], &["nightly", "release channel"]),
        (&["-f", "console:beta"], &["no channel beta"]),
    ];
    for (args, said) in cases {
        let run = world.pull(args).expect(2);
        for said in said {
            assert!(run.stderr.contains(said), "{args:?}: '{said}' in\n{}", run.stderr);
        }
        assert_eq!(world.files(), Vec::<String>::new(), "{args:?}");
    }
    world.push(&["--exclude-module", "trivy"]).expect(2);
    let run = world.pull(&["--exclude-module", "tri", "--dry-run"]).expect(0);
    assert!(run.stderr.contains("the source does not list such a module"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_module_can_be_left_out() {
    let world = world();
    let image = *world.distribution.modules["console"].versions["v1.2.3"].images.values().next().unwrap();
    let repository = format!("{}/modules/console", world.distribution.root);
    world.distribution.store.remove_manifest(&repository, &image);
    let run = world.pull(&["--dry-run"]).expect(3);
    assert!(run.stderr.contains("module console v1.2.3"), "{}", run.stderr);
    assert!(run.stderr.contains("--exclude-module console"), "{}", run.stderr);
    world.pull(&["--exclude-module", "console"]).expect(0);
    world.push(&[]).expect(0);
}
