//! `mirror pull`, `mirror push` and the same of `mirror-modules`: what they do does not depend on variables that are left
//! over from the other direction.

use std::fs;

use testkit::distribution::Distribution;

use crate::world::{Run, TARGET_ROOT, World, command};

const REGISTRY: &str = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY";
const MODULE_SOURCE: &str = "DHCTL_CLI_MIRROR_MODULES_SOURCE";
const CHANNELS: [&str; 5] = ["alpha", "beta", "early-access", "stable", "rock-solid"];

/// Runs the binary with this variable set.
fn with_variable(world: &World, name: &str, value: &str, args: &[&str]) -> Run {
    Run::of(command(world.folder.path()).env(name, value).args(args).output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_left_over_registry_does_not_turn_a_pull_into_a_push() {
    let world = World::sample();
    let pull =
        ["mirror", "pull", "--insecure", "--source", &world.source_url, "-i", "d8.tar", "--output", "json"];
    let pulled = with_variable(&world, REGISTRY, &world.target_url, &pull).expect(0).json();
    assert_eq!(pulled["command"], "mirror pull");
    assert_eq!(world.files(), ["d8.tar", "deckhousereleases.yaml", "dhctl", "dhctl.sha256"]);
    assert!(world.target.repositories().is_empty(), "{:?}", world.target.repositories());

    // The flags of a pull are accepted in spite of the variable.
    let dry = ["--dry-run", "--channel", "stable"];
    with_variable(&world, REGISTRY, &world.target_url, &[&pull[..], &dry].concat()).expect(0);

    // A push takes its registry from the variable.
    let push = ["mirror", "push", "--insecure", "-i", "d8.tar", "--output", "json"];
    let pushed = with_variable(&world, REGISTRY, &world.target_url, &push).expect(0).json();
    assert_eq!(pushed["command"], "mirror push");
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &CHANNELS);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_needs_a_registry_and_has_no_flags_of_a_pull() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    for (args, message) in [
        (&["mirror", "push", "-i", "d8.tar"][..], "--registry <REGISTRY>"),
        (&["mirror", "push", "-i", "d8.tar", "-r", "r.example/x", "--dry-run"], "'--dry-run'"),
        (&["mirror", "pull", "-i", "d8.tar", "--registry", "r.example/x"], "'--registry'"),
        (&["mirror-modules", "push", "-d", "mods"], "--registry <REGISTRY>"),
        (&["mirror-modules", "pull", "-d", "mods"], "--module-source <FILE>"),
    ] {
        let run = Run::of(command(world.folder.path()).args(args).output().unwrap()).expect(2);
        assert!(run.stderr.contains(message), "{args:?}: {}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_have_explicit_commands_too() {
    let world = World::sample();
    let manifest = format!(
        "apiVersion: deckhouse.io/v1alpha1\nkind: ModuleSource\nmetadata:\n  name: ours\nspec:\n  registry:\n    \
         scheme: HTTP\n    repo: {}/modules\n",
        world.source_url
    );
    fs::write(world.path("source.yml"), manifest).unwrap();
    let pull = ["mirror-modules", "pull", "-d", "mods", "-m", "source.yml"];
    let pulled = with_variable(&world, REGISTRY, &world.target_url, &pull).expect(0);
    assert!(pulled.stdout.contains("dhctl mirror-modules push -d mods --registry"), "{}", pulled.stdout);
    assert!(world.target.repositories().is_empty(), "{:?}", world.target.repositories());

    let push = ["mirror-modules", "push", "--insecure", "-d", "mods", "-r", &world.target_url];
    let pushed = with_variable(&world, MODULE_SOURCE, "source.yml", &push).expect(0);
    assert!(pushed.stdout.contains("kubectl apply -f module_source.yml"), "{}", pushed.stdout);
    assert!(!world.target.repositories().is_empty());
}
