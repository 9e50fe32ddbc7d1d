//! The flags that choose releases, as they reach the plan.

use serde_json::{Value, json};
use testkit::distribution::Distribution;

use crate::world::World;

/// Releases and channels of a dry run.
fn plan(world: &World, args: &[&str]) -> (Vec<String>, Value, String) {
    let run = world.pull(&[&["--dry-run", "--no-modules", "--output", "json"], args].concat()).expect(0);
    let result = run.json()["result"].clone();
    let releases = result["releases"].as_array().unwrap();
    let releases = releases.iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    (releases, result["channels"].clone(), run.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_choose_releases_and_channels() {
    let world = World::sample();
    let (releases, channels, _) = plan(&world, &["--release", "v1.58.3"]);
    assert_eq!((releases, channels), (vec!["v1.58.3".into()], json!({"stable": "v1.58.3"})));

    let (releases, channels, _) = plan(&world, &["--release", "1.57.5", "--release", "v1.58.3"]);
    assert_eq!(releases, ["v1.57.5", "v1.58.3"]);
    assert_eq!(channels, json!({"stable": "v1.58.3", "rock-solid": "v1.57.5"}));

    let (releases, channels, _) = plan(&world, &["--channel", "stable"]);
    assert_eq!((releases, channels), (vec!["v1.58.3".into()], json!({"stable": "v1.58.3"})));

    let (releases, channels, stderr) = plan(&world, &["--max-version", "1.58"]);
    assert_eq!(releases, ["v1.57.5", "v1.58.3", "v1.58.10"]);
    assert_eq!(channels.as_object().unwrap().len(), 3);
    for channel in ["alpha", "beta"] {
        assert!(stderr.contains(&format!("channel {channel}")), "{stderr}");
    }

    let (releases, channels, _) = plan(&world, &["--max-version", "1.58.3", "--point-channel", "alpha"]);
    assert_eq!(releases.last().unwrap(), "v1.58.3");
    assert_eq!(channels["alpha"], "v1.58.3");

    let (releases, _, stderr) = plan(&world, &["--min-version", "1.59"]);
    assert_eq!(releases.first().unwrap(), "v1.57.5", "a minimum above rock-solid is ignored");
    assert!(stderr.contains("warning") && stderr.contains("1.59"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pointed_channel_has_its_tags_in_every_repository() {
    let world = World::sample();
    world.pull(&["--max-version", "1.58", "--point-channel", "alpha", "--no-modules"]).expect(0);
    world.push(&[]).expect(0);
    for path in ["", "/install", "/install-standalone", "/release-channel"] {
        let repository = format!("{}{path}", crate::world::TARGET_ROOT);
        let tags = world.target.tagged(&repository);
        assert_eq!(tags["alpha"], tags["v1.58.10"], "{repository}");
        assert!(!tags.contains_key("beta"), "{repository}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_stand_for_flags_and_flags_win() {
    let world = World::sample();
    let run = |variables: &[(&str, &str)], args: &[&str]| {
        let mut command = crate::world::command(world.folder.path());
        command.args(["mirror", "--insecure", "--dry-run", "--output", "json", "--no-modules"]).args(args);
        crate::world::Run::of(command.envs(variables.iter().copied()).output().unwrap())
    };
    let base = [
        ("DHCTL_CLI_MIRROR_SOURCE", world.source_url.as_str()),
        ("DHCTL_CLI_MIRROR_IMAGES_BUNDLE", "d8.tar"),
        ("DHCTL_CLI_MIRROR_RELEASE", "v1.58.3"),
    ];
    assert_eq!(run(&base, &[]).expect(0).json()["result"]["releases"], json!(["v1.58.3"]));
    let flag = run(&base, &["--release", "v1.57.5"]).expect(0).json();
    assert_eq!(flag["result"]["releases"], json!(["v1.57.5"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_channels_are_refused_without_the_flag() {
    let distribution = Distribution::builder().suspend("beta").build();
    let world = World::of(distribution);
    let run = world.pull(&["--dry-run"]).expect(2);
    assert!(
        run.stderr.contains("channel beta is suspended") && run.stderr.contains("--ignore-suspend"),
        "{}",
        run.stderr
    );
    world.pull(&["--dry-run", "--ignore-suspend"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_the_chain_is_a_warning() {
    let builder = Distribution::builder().releases(&["v1.57.5", "v1.59.4"]);
    let world = World::of(builder.channels(&[("alpha", "v1.59.4"), ("rock-solid", "v1.57.5")]).build());
    let run = world.pull(&[]).expect(0);
    assert!(run.stderr.contains("warning") && run.stderr.contains("1.58"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_with_long_term_support_only_is_pulled_whole() {
    let world = World::of(Distribution::builder().releases(&["v1.58.3"]).lts_only("v1.58.3").build());
    let run = world.pull(&["--output", "json"]).expect(0).json();
    assert_eq!(run["result"]["releases"], json!(["v1.58.3"]));
    assert_eq!(run["result"]["channels"], json!({"lts": "v1.58.3"}));
    world.push(&[]).expect(0);
    let expected = world.distribution.expected(&["v1.58.3"], &["lts"]);
    assert_eq!(expected.missing_in(&world.target, crate::world::TARGET_ROOT), Vec::<String>::new());
}
