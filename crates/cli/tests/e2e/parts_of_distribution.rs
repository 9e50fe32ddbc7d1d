//! Pulls of parts of a distribution: without the platform, only what changes often, single builds, the installer.

use std::collections::BTreeSet;

use oci::Descriptor;
use serde_json::{Value, json};
use testkit::distribution::{Builder, Distribution};

use crate::{
    surgery::forget,
    world::{Run, TARGET_ROOT, World, dhctl},
};

fn builder() -> Builder {
    Distribution::builder().releases(&["v1.57.5", "v1.58.3"]).channels(&[
        ("alpha", "v1.58.3"),
        ("stable", "v1.58.3"),
        ("rock-solid", "v1.57.5"),
    ])
}

/// Verifies the bundle, pushes it and compares the registry with it.
fn carry(world: &World) {
    verify_bundle(world).expect(0);
    world.push(&[]).expect(0);
    world.verify(&[]).expect(0);
}

fn verify_bundle(world: &World) -> Run {
    dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"])
}

/// The repositories of the target, below its root.
fn repositories(world: &World) -> BTreeSet<String> {
    let below =
        |name: String| name.strip_prefix(TARGET_ROOT).map(|path| path.trim_start_matches('/').to_owned());
    world.target.repositories().into_iter().filter_map(below).collect()
}

fn result(run: &Run) -> Value {
    run.json()["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_and_databases_without_the_platform() {
    let world = World::of(builder().build());
    let run = result(&world.pull(&["--no-platform", "--output", "json"]).expect(0));
    assert_eq!((&run["releases"], &run["channels"]), (&json!([]), &json!({})));
    assert_eq!(run["modules"].as_object().unwrap().len(), 3);
    assert_eq!(run["databases"].as_array().unwrap().len(), 4);
    assert_eq!(world.files(), ["d8.tar", "dhctl", "dhctl.sha256"]);
    carry(&world);
    let repositories = repositories(&world);
    assert!(repositories.contains("modules/console/release") && repositories.contains("security/trivy-db"));
    for path in ["", "install", "release-channel"] {
        assert!(!repositories.contains(path), "{path}: {repositories:?}");
    }

    // The file of an earlier bundle stays, and does not disturb.
    std::fs::write(world.path("deckhousereleases.yaml"), "---\napiVersion: deckhouse.io/v1alpha1\nkind: DeckhouseRelease\nmetadata: {name: v1.58.3}\nspec: {version: v1.58.3}\n").unwrap();
    world.pull(&["--no-platform", "--include-module", "console@1.2.0"]).expect(0);
    verify_bundle(&world).expect(0);

    let nothing = ["--no-platform", "--no-modules", "--no-packages", "--no-security-db", "--no-installer"];
    let run = world.pull(&nothing).expect(2);
    assert!(run.stderr.contains("the flags leave out everything"), "{}", run.stderr);
    let run = world.pull(&["--no-platform", "--no-modules", "--no-security-db"]).expect(3);
    assert!(run.stderr.contains("the source has nothing of what was selected"), "{}", run.stderr);
    let run = world.pull(&["--no-platform", "--proxy-registry"]).expect(2);
    assert!(run.stderr.contains("which modules the source has"), "{}", run.stderr);
    for args in [&["--release", "v1.58.3"][..], &["--channel", "stable"], &["--min-version", "1.57"]] {
        world.pull(&[&["--no-platform"], args].concat()).expect(2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_without_the_platform_has_no_archive_of_it() {
    let world = World::of(builder().build());
    std::fs::create_dir(world.path("d8")).unwrap();
    let pull = |args: &[&str]| {
        let base = [
            "mirror",
            "pull",
            "--insecure",
            "--source",
            &world.source_url,
            "-i",
            "d8",
            "--bundle-format",
            "d8",
        ];
        dhctl(world.folder.path(), &[&base, args].concat())
    };
    pull(&["--no-platform"]).expect(0);
    let names = std::fs::read_dir(world.path("d8")).unwrap();
    let names: BTreeSet<String> = names.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    let expected =
        ["module-commander-agent.tar", "module-console.tar", "module-operator-trivy.tar", "security.tar"];
    let tars: Vec<&String> = names.iter().filter(|name| name.contains(".tar")).collect();
    assert_eq!(tars, expected, "{names:?}");
    dhctl(world.folder.path(), &["bundle", "verify", "d8"]).expect(0);

    // With the platform, and then without: its archive would stay part of the bundle.
    pull(&[]).expect(0);
    let run = pull(&["--no-platform"]).expect(6);
    assert!(run.stderr.contains("platform.tar"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_databases_and_extra_images() {
    let world = World::of(builder().build());
    let run = result(&world.pull(&["--only-extra-images", "--output", "json"]).expect(0));
    let extra = ["modules/console/extra/reporter:v1.2", "modules/console/extra/scanner:v3"];
    assert_eq!((&run["extra_images"], &run["modules"]), (&json!(extra), &json!({})));
    assert_eq!(run["images"], 6);
    carry(&world);
    let databases =
        ["security/trivy-bdu", "security/trivy-checks", "security/trivy-db", "security/trivy-java-db"];
    let expected =
        ["modules/console/extra/reporter", "modules/console/extra/scanner"].into_iter().chain(databases);
    assert_eq!(repositories(&world), expected.map(str::to_owned).collect());

    let run = world.pull(&["--only-extra-images", "--no-platform", "--no-modules"]).expect(0);
    assert!(run.stdout.contains("modules    none\ndatabases  trivy-db"), "{}", run.stdout);
    let run = world.pull(&["--only-extra-images", "--include-module", "nosuch"]).expect(2);
    assert!(run.stderr.contains("no module nosuch"), "{}", run.stderr);
    world.pull(&["--only-extra-images", "--installer-tag", "latest"]).expect(2);

    // A listed extra image that is missing is reported.
    let world = World::of(builder().build());
    let (_, digest) = world.distribution.modules["console"].versions["v1.3.0"].extra["scanner"].clone();
    let repository = format!("{}/modules/console/extra/scanner", world.distribution.root);
    world.distribution.store.remove_manifest(&repository, &digest);
    let run = world.pull(&["--only-extra-images"]).expect(3);
    assert!(run.stderr.contains("extra/scanner:v3"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn attestations_are_left_out() {
    let world = World::of(builder().build());
    for flag in ["--no-vex", "--skip-vex-images"] {
        world.pull(&[flag]).expect(0);
        let is_attestation = |_: &str, it: &Descriptor| {
            it.annotations[oci::layout::SHORT_TAG].rsplit_once('.').is_some_and(|(_, kind)| kind == "att")
        };
        assert_eq!(forget(&world.path("d8.tar"), is_attestation), 0, "{flag}");
        carry(&world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_pulled_whole() {
    let world = World::of(builder().release("pr123").build());
    let run = result(&world.pull(&["--tag", "pr123", "--no-modules", "--output", "json"]).expect(0));
    assert_eq!(
        (&run["tags"], &run["releases"], &run["channels"]),
        (&json!(["pr123"]), &json!([]), &json!({}))
    );
    carry(&world);
    let expected = world.distribution.expected(&["pr123"], &[]);
    let missing = expected.missing_in(&world.target, TARGET_ROOT);
    assert_eq!(
        missing.iter().filter(|it| !it.contains("/modules")).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    let inspected = dhctl(world.folder.path(), &["bundle", "inspect", "d8.tar"]).expect(0);
    assert!(inspected.stdout.contains("tags       pr123\n"), "{}", inspected.stdout);

    // What its installer lists is part of the bundle's completeness.
    let image = world.distribution.releases["pr123"].images.values().next().unwrap().hex();
    let gone =
        |path: &str, it: &Descriptor| path.is_empty() && it.annotations[oci::layout::SHORT_TAG] == image;
    assert_eq!(forget(&world.path("d8.tar"), gone), 1);
    let run = verify_bundle(&world).expect(3);
    assert!(run.stderr.contains("(required by tag pr123)"), "{}", run.stderr);

    // Versions and channels mean what their own flags mean, and may be combined.
    let args =
        ["--deckhouse-tag", "pr123", "--tag", "v1.57.5", "--tag", "stable", "--dry-run", "--output", "json"];
    let run = result(&world.pull(&args).expect(0));
    assert_eq!(run["releases"], json!(["v1.57.5", "v1.58.3"]));
    assert_eq!((&run["tags"], &run["channels"]), (&json!(["pr123"]), &json!({"stable": "v1.58.3"})));

    let run = world.pull(&["--tag", "pr124"]).expect(2);
    assert!(run.stderr.contains("no tag pr124"), "{}", run.stderr);
    world.pull(&["--tag", "pr123", "--point-channel", "stable"]).expect(2);
    world.pull(&["--tag", "pr123", "--no-platform"]).expect(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installer_is_in_the_bundle() {
    let world = World::of(builder().with_installer().build());
    let run = world.pull(&["--release", "v1.57.5"]).expect(0);
    assert!(run.stdout.contains("installer  latest\n"), "{}", run.stdout);
    carry(&world);
    let pushed = || world.target.tagged(&format!("{TARGET_ROOT}/installer"));
    assert_eq!(pushed().get("latest").copied(), world.distribution.installer);

    let run = world.pull(&["--release", "v1.57.5", "--installer-tag", "v9"]).expect(3);
    assert!(
        run.stderr.contains("installer:v9: not found (required by standalone installer)"),
        "{}",
        run.stderr
    );
    let run = world.pull(&["--release", "v1.57.5", "--no-installer"]).expect(0);
    assert!(!run.stdout.contains("installer"), "{}", run.stdout);
    world.pull(&["--no-installer", "--installer-tag", "latest"]).expect(2);

    let run = World::of(builder().build()).pull(&["--dry-run"]).expect(0);
    assert!(
        run.stderr.contains("note: the source has no installer:latest; it is left out"),
        "{}",
        run.stderr
    );
}
