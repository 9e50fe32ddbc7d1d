//! Plugins of the d8 CLI: those that the pulled modules need, those that plugins require, and those that are named.

use std::{fs, sync::Arc};

use deckhouse::want::WantList;
use http::StatusCode;
use oci::TagOrDigest;
use registry_server::{ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::{
    distribution::{Builder, Distribution, PluginSpec},
    faults::{Fault, Rule, Script},
};

use crate::world::{Run, TARGET_ROOT, World, dhctl};

fn for_console(constraint: &str) -> Value {
    json!({ "modules": { "mandatory": [{ "name": "console", "constraint": constraint }] } })
}

/// The module console is pulled in versions v1.2.3 and v1.3.0.
fn builder() -> Builder {
    let with_library = json!({
        "modules": { "anyOf": [{ "name": "ui", "modules": [{ "name": "console", "constraint": ">=1.3" }] }] },
        "plugins": { "mandatory": [{ "name": "library", "constraint": "^1" }, { "name": "package" }] },
    });
    let inside = PluginSpec {
        contract_in_images: true,
        ..PluginSpec::new("console-ctl", "v1.0.0", for_console(">=1.2 <1.3"))
    };
    Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3"])
        .channels(&[("stable", "v1.58.3"), ("rock-solid", "v1.57.5")])
        .images_per_release(3)
        .plugins(vec![
            inside,
            PluginSpec::new("console-ctl", "v2.0.0", with_library),
            PluginSpec::new("console-ctl", "v3.0.0", for_console(">=9")),
            PluginSpec { requirements: None, ..PluginSpec::new("library", "v1.4.0", Value::Null) },
            PluginSpec::new("library", "v2.0.0", json!({})),
            PluginSpec::new("pg", "v1.0.0", json!({ "modules": { "mandatory": [{ "name": "postgres" }] } })),
            PluginSpec::new("future", "v1.0.0", for_console(">=9")),
        ])
}

fn plugins(run: &Run) -> Value {
    run.json()["result"]["plugins"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn they_come_with_the_modules_that_need_them() {
    let world = World::of(builder().build());
    let run = world.pull(&["--output", "json"]).expect(0);
    assert_eq!(plugins(&run), json!({ "console-ctl": ["v1.0.0", "v2.0.0"], "library": ["v1.4.0"] }));
    for text in [
        "note: plugin console-ctl of the d8 CLI is pulled for module console\n",
        "note: plugin library of the d8 CLI is pulled for plugin console-ctl v2.0.0\n",
        "warning: plugin future of the d8 CLI is left out: module console v1.2.3: v1.0.0: it requires module console >=9 \
         (pulled: v1.2.3); module console v1.3.0: ",
    ] {
        assert!(run.stderr.contains(text), "{text}\n{}", run.stderr);
    }
    let run = world.pull(&["--dry-run", "--output", "json"]).expect(0);
    let parts = run.json()["result"]["parts"].clone();
    assert_eq!(parts["plugin library"]["images"], 1, "{parts}");

    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    let inspected = run(&["bundle", "inspect", "d8.tar", "--output", "json"]).expect(0);
    assert_eq!(plugins(&inspected), json!({ "console-ctl": ["v1.0.0", "v2.0.0"], "library": ["v1.4.0"] }));
    let inspected = run(&["bundle", "inspect", "d8.tar"]).expect(0).stdout;
    assert!(
        inspected.contains("\nplugins    2\n  console-ctl  v1.0.0, v2.0.0\n  library  v1.4.0\n"),
        "{inspected}"
    );
    run(&["bundle", "verify", "d8.tar"]).expect(0);
    world.push(&[]).expect(0);
    world.verify(&[]).expect(0);

    // The whole index of each, with the images for every platform, and the tags by which a cluster finds them.
    let list = format!("{TARGET_ROOT}/deckhouse-cli/plugins");
    let names: Vec<String> = world.target.tagged(&list).into_keys().collect();
    assert_eq!(names, ["console-ctl", "library"]);
    for (name, version) in [("console-ctl", "v1.0.0"), ("console-ctl", "v2.0.0"), ("library", "v1.4.0")] {
        let repository = format!("{list}/{name}");
        let index = world.distribution.plugins[name][version];
        assert_eq!(world.target.tagged(&repository).get(version), Some(&index), "{name} {version}");
        let index = world.target.manifest(&repository, &index.into()).unwrap().parse().unwrap();
        assert_eq!(index.children().len(), 2);
        for child in index.children() {
            let image = world.target.manifest(&repository, &child.digest.into()).unwrap().parse().unwrap();
            assert!(image.blobs().all(|blob| world.target.blob(&repository, &blob.digest).is_some()));
        }
    }
    let list = ["registry", "list", "--insecure", &world.target_url, "--output", "json"];
    let listed = run(&list).expect(0).json()["result"]["registries"][0]["plugins"].clone();
    assert_eq!(listed["console-ctl"]["versions"][1], json!({ "version": "v2.0.0", "complete": true }));

    // From the mirror they can be pulled again, also as archives of `d8`.
    fs::create_dir(world.path("out")).unwrap();
    let from_mirror =
        ["mirror", "--insecure", "--source", &world.target_url, "-i", "out", "--bundle-format", "d8"];
    let again = run(&[&from_mirror[..], &["--output", "json"]].concat()).expect(0);
    assert_eq!(plugins(&again), json!({ "console-ctl": ["v1.0.0", "v2.0.0"], "library": ["v1.4.0"] }));
    assert!(
        world.path("out/plugin-console-ctl.tar").exists() && world.path("out/plugin-library.tar").exists()
    );
    run(&["bundle", "verify", "out"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_chosen() {
    let world = World::of(builder().build());
    let pull = |args: &[&str]| world.pull(&[&["--dry-run", "--output", "json"], args].concat());
    for (args, expected) in [
        (&["--no-plugins"][..], Value::Null),
        (&["--no-modules"], Value::Null),
        (&["--only-extra-images"], Value::Null),
        (&["--exclude-module", "console"], Value::Null),
        (&["--include-module", "console@=v1.2.3"], json!({ "console-ctl": ["v1.0.0"] })),
        (&["--no-modules", "--include-plugin", "library"], json!({ "library": ["v2.0.0"] })),
        (&["--no-modules", "--include-plugin", "library@^1"], json!({ "library": ["v1.4.0"] })),
        (
            &["--no-modules", "--include-plugin", "library@=v1.4.0", "--include-plugin", "pg"],
            json!({ "library": ["v1.4.0"], "pg": ["v1.0.0"] }),
        ),
        (
            &[
                "--no-platform",
                "--no-modules",
                "--no-packages",
                "--no-security-db",
                "--no-installer",
                "--include-plugin",
                "pg",
            ],
            json!({ "pg": ["v1.0.0"] }),
        ),
        (
            &[
                "--proxy-registry",
                "--min-version",
                "1.57",
                "--no-modules",
                "--no-packages",
                "--include-plugin",
                "library@=v2.0.0",
            ],
            json!({ "library": ["v2.0.0"] }),
        ),
    ] {
        assert_eq!(plugins(&pull(args).expect(0)), expected, "{args:?}");
    }
    let run = pull(&["--no-modules", "--include-plugin", "pg"]).expect(0);
    let warning = "warning: plugin pg v1.0.0: it requires module postgres (not pulled)\n";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    for (args, reason) in [
        (&["--include-plugin", "nothing"][..], "plugin nothing: the source does not list such a plugin"),
        (&["--include-plugin", "library@=v7.0.0"], "plugin library: the source does not have version v7.0.0"),
        (&["--include-plugin", "library@^7"], "plugin library: no version satisfies '^7'"),
        (&["--include-plugin", "library@=v2.0.0+stable"], "plugins have no release channels"),
        (&["--include-plugin", "../x"], "'../x' is not the name of a"),
        (&["--no-plugins", "--include-plugin", "pg"], "cannot be used with"),
        (&["--only-extra-images", "--include-plugin", "pg"], "cannot be used with"),
        (
            &["--proxy-registry", "--min-version", "1.57", "--no-modules", "--include-plugin", "library"],
            "name one: library@=v1.2.3",
        ),
    ] {
        let run = pull(args).expect(2);
        assert!(run.stderr.contains(reason), "{args:?}\n{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_plugins_or_that_hides_them() {
    for (status, note) in [
        (StatusCode::NOT_FOUND, None),
        (
            StatusCode::FORBIDDEN,
            Some("note: the source does not show whether it has plugins of the d8 CLI: "),
        ),
        (
            StatusCode::UNAUTHORIZED,
            Some("note: the source does not show whether it has plugins of the d8 CLI: "),
        ),
    ] {
        let code = if status == StatusCode::NOT_FOUND { "NAME_UNKNOWN" } else { "DENIED" };
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#);
        let answer = Fault::Answer { status, headers: Vec::new(), body };
        let script = Script::new(vec![Rule::new("*", "/v2/deckhouse/deckhouse-cli/*", answer)]);
        let options = ServerOptions { interceptor: Some(Arc::new(script)), ..ServerOptions::default() };
        let world = World::with(builder().build(), options);
        let run = world.pull(&["--output", "json"]).expect(0);
        assert_eq!(plugins(&run), Value::Null);
        match note {
            Some(note) => assert!(run.stderr.contains(note), "{status}: {}", run.stderr),
            None => assert!(!run.stderr.contains("plugin"), "{}", run.stderr),
        }
        let named = world.pull(&["--dry-run", "--include-plugin", "pg"]);
        let named = named.expect(2);
        assert!(named.stderr.contains("plugin pg: "), "{}", named.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_lacks_is_reported() {
    let world = World::of(builder().build());
    let index = world.distribution.plugins["library"]["v1.4.0"];
    let repository = "deckhouse/deckhouse-cli/plugins/library";
    let store = &world.distribution.store;
    let image = store.manifest(repository, &index.into()).unwrap().parse().unwrap().children()[1].digest;
    let manifest = store.manifest(repository, &image.into()).unwrap();
    store.remove_manifest(repository, &image);
    let run = world.pull(&["--output", "json"]).expect(3);
    let missing = run.json()["error"]["missing"].clone();
    assert_eq!(missing[0]["reference"], image.to_string());
    assert_eq!(missing[0]["wanted_by"], json!(["plugin library v1.4.0"]));
    assert!(run.stderr.contains("to leave out the listed objects: --no-plugins"), "{}", run.stderr);
    store.insert_manifest(repository, &image.into(), manifest);

    // A registry that has lost a plugin that another one requires.
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let list = format!("{TARGET_ROOT}/deckhouse-cli/plugins");
    world.target.remove_manifest(&format!("{list}/library"), &index);
    let entry = world.target.tagged(&list)["library"];
    world.target.remove_manifest(&list, &entry);
    let args = ["registry", "list", "--insecure", &world.target_url, "--output", "json"];
    let run = dhctl(world.folder.path(), &args).expect(3);
    let registry = run.json()["result"]["registries"][0].clone();
    let missing = &registry["missing"][0];
    assert_eq!(missing["reference"], "library", "{registry}");
    assert_eq!(missing["wanted_by"], json!(["plugin console-ctl v2.0.0"]));
    assert_eq!(missing["reason"], "no version satisfies ^1");
    assert_eq!(registry["plugins"]["console-ctl"]["complete"], false);
    world.push(&[]).expect(0);
    dhctl(world.folder.path(), &args).expect(0);
}

/// What a registry inside has is refreshed; what the source does not have is no failure.
#[tokio::test(flavor = "multi_thread")]
async fn a_want_list_has_them() {
    let world = World::of(builder().build());
    let mut cluster = crate::want::cluster("v1.57.5", None, Some("v1.58.3"));
    cluster.modules.clear();
    let plugins_of = ["library", "own"].map(str::to_owned).into();
    let list = WantList { clusters: vec![cluster], plugins: plugins_of, ..WantList::default() };
    fs::write(world.path("want.yaml"), list.to_yaml().unwrap()).unwrap();
    let pull = |args: &[&str]| {
        world.pull(&[&["--want", "want.yaml", "--dry-run", "--output", "json"], args].concat()).expect(0)
    };
    let run = pull(&[]);
    assert_eq!(plugins(&run), json!({ "library": ["v2.0.0"] }));
    let warning = "warning: plugin own of the d8 CLI is left out: the source does not list such a plugin\n";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    assert_eq!(plugins(&pull(&["--include-plugin", "library@^1"])), json!({ "library": ["v1.4.0"] }));
    assert_eq!(plugins(&pull(&["--no-plugins"])), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_file_and_a_base_have_them() {
    let world = World::of(builder().build());
    world.pull(&["--lock", "d8.lock"]).expect(0);
    fs::rename(world.path("d8.tar"), world.path("first.tar")).unwrap();
    // The tag moves, as tags of plugins should not.
    let store = &world.distribution.store;
    let repository = "deckhouse/deckhouse-cli/plugins/library";
    let newer = world.distribution.plugins["library"]["v2.0.0"];
    let manifest = store.manifest(repository, &newer.into()).unwrap();
    store.insert_manifest(repository, &"v1.4.0".parse::<TagOrDigest>().unwrap(), manifest);
    let run = world.pull(&["--locked", "d8.lock", "--output", "json"]).expect(0);
    assert_eq!(plugins(&run), json!({ "console-ctl": ["v1.0.0", "v2.0.0"], "library": ["v1.4.0"] }));
    assert_eq!(fs::read(world.path("first.tar")).unwrap(), fs::read(world.path("d8.tar")).unwrap());

    world.push(&[]).expect(0);
    fs::remove_file(world.path("d8.tar")).unwrap();
    let run = world.pull(&["--base", "first.tar", "--include-plugin", "pg", "--output", "json"]).expect(0);
    assert_eq!(plugins(&run)["pg"], json!(["v1.0.0"]));
    world.push(&[]).expect(0);
    world.verify(&[]).expect(0);
    let pushed = world.target.tagged(&format!("{TARGET_ROOT}/deckhouse-cli/plugins/pg"));
    assert_eq!(pushed.get("v1.0.0"), Some(&world.distribution.plugins["pg"]["v1.0.0"]));
}
