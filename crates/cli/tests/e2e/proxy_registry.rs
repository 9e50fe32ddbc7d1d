//! Sources that are proxy caches: they list no tags, or some, and serve the rest when asked by name.

use std::{fs, sync::Arc};

use http::StatusCode;
use registry_server::ServerOptions;
use serde_json::json;
use testkit::{
    distribution::Distribution,
    faults::{Fault, Rule, Script},
};

use crate::world::{Run, World};

/// Every module of the sample by name.
pub(crate) const MODULES: [&str; 6] = [
    "--include-module",
    "console",
    "--include-module",
    "commander-agent",
    "--include-module",
    "operator-trivy",
];

/// Has a gap of patches, a minor that begins late, and no 1.60 at all.
fn distribution() -> Distribution {
    Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3", "v1.58.0", "v1.58.19", "v1.59.31", "v1.61.0"])
        .channels(&[("rock-solid", "v1.57.5"), ("stable", "v1.58.3"), ("alpha", "v1.61.0")])
        .images_per_release(4)
        .layer_size(1024)
        .build()
}

const SELECTION: [&str; 5] = ["v1.57.5", "v1.58.3", "v1.58.19", "v1.59.31", "v1.61.0"];

fn answer(status: StatusCode, body: &str) -> Fault {
    Fault::Answer { status, headers: Vec::new(), body: body.to_owned() }
}

/// A world whose source meets every request for tags with `fault`.
fn world(distribution: Distribution, faults: Vec<Rule>) -> (World, Arc<Script>) {
    let script = Arc::new(Script::new(faults));
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    (World::with(distribution, options), script)
}

fn lists(fault: Fault) -> Vec<Rule> {
    vec![Rule::new("GET", "*/tags/list", fault)]
}

fn pull(world: &World, args: &[&str]) -> Run {
    world.pull(&[&MODULES, args].concat())
}

fn bytes(world: &World) -> [Vec<u8>; 2] {
    ["d8.tar", "deckhousereleases.yaml"].map(|name| fs::read(world.path(name)).unwrap())
}

/// What a source gives that lists all it has.
fn honest() -> [Vec<u8>; 2] {
    let world = World::of(distribution());
    let run = world.pull(&["--output", "json"]).expect(0);
    assert_eq!(run.json()["result"]["releases"], json!(SELECTION));
    assert_eq!(run.json()["result"]["versions_asked"], 0);
    bytes(&world)
}

/// Answers to a request for tags that real proxy caches give.
fn answers() -> Vec<(&'static str, Fault)> {
    let error = |code: &str| json!({"errors": [{"code": code, "message": "no"}]}).to_string();
    vec![
        ("an empty list", answer(StatusCode::OK, r#"{"name":"x","tags":[]}"#)),
        ("null", answer(StatusCode::OK, r#"{"name":"x","tags":null}"#)),
        ("nulls", answer(StatusCode::OK, r#"{"name":"x","tags":[null]}"#)),
        ("no such repository", answer(StatusCode::NOT_FOUND, &error("NAME_UNKNOWN"))),
        ("Harbor's 404", answer(StatusCode::NOT_FOUND, &error("UNKNOWN"))),
        ("forbidden", answer(StatusCode::FORBIDDEN, &error("DENIED"))),
        ("a web server's 404", Fault::Status(StatusCode::NOT_FOUND)),
        ("not allowed", answer(StatusCode::METHOD_NOT_ALLOWED, "")),
        ("not implemented", Fault::Status(StatusCode::NOT_IMPLEMENTED)),
        (
            "what the last pull left in the cache",
            answer(
                StatusCode::OK,
                r#"{"tags":["alpha","rock-solid","stable","v1.57.5","v1.58.3","v1.58.19","v1.61.0"]}"#,
            ),
        ),
        ("channels only", answer(StatusCode::OK, r#"{"tags":["alpha","rock-solid","stable"]}"#)),
        ("a single release", answer(StatusCode::OK, r#"{"tags":["v1.58.3"]}"#)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_tag_list_is_detected_and_versions_are_requested() {
    let honest = honest();
    for (name, fault) in answers() {
        let (world, _) = world(distribution(), lists(fault));
        let run = pull(&world, &[]).expect(0);
        let said =
            run.stderr.contains("warning: ") && run.stderr.contains("Versions are requested one by one");
        assert!(said, "{name}: {}", run.stderr);
        assert!(run.stdout.contains("(requested one by one)"), "{name}: {}", run.stdout);
        assert!(bytes(&world) == honest, "{name}: {}", run.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_flag_no_tag_list_is_requested() {
    let honest = honest();
    let (world, script) = world(distribution(), lists(Fault::Status(StatusCode::INTERNAL_SERVER_ERROR)));
    let planned = pull(&world, &["--proxy-registry", "--dry-run", "--output", "json"]).expect(0);
    assert_eq!(planned.json()["result"]["releases"], json!(SELECTION));
    let asked = planned.json()["result"]["versions_asked"].as_u64().unwrap();
    assert!(
        planned.stderr.contains(&format!("{asked} versions were requested one by one")),
        "{}",
        planned.stderr
    );
    let run = pull(&world, &["--proxy-registry"]).expect(0);
    assert!(!run.stderr.contains("Versions are requested"), "{}", run.stderr);
    assert!(bytes(&world) == honest);
    assert_eq!(script.count("GET", "*/tags/list"), 0);
    // 1.57.6 to .38, 1.58.4 to .52, 1.59.0 to .64, 1.60.0 to .32; nothing of 1.61, where the range ends.
    assert_eq!(asked, 33 + 49 + 65 + 33);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_module_list_never_counts_as_empty() {
    for (name, fault) in answers() {
        let (world, _) = world(distribution(), lists(fault));
        let run = world.pull(&[]).expect(2);
        for said in ["which modules the source has", "--include-module", "--no-modules"] {
            assert!(run.stderr.contains(said), "{name}: {}", run.stderr);
        }
        assert_eq!(world.files(), Vec::<String>::new(), "{name}");
    }
    let empty = vec![Rule::new("GET", "*/modules/tags/list", answer(StatusCode::OK, r#"{"tags":[]}"#))];
    let (world, _) = world(Distribution::sample(), empty);
    let run = world.pull(&[]).expect(2);
    assert!(run.stderr.contains("lists none, which proves nothing"), "{}", run.stderr);
    let run = world.pull(&["--proxy-registry"]).expect(2);
    assert!(run.stderr.contains("--include-module"), "{}", run.stderr);
    world.pull(&["--proxy-registry", "--no-modules", "--dry-run"]).expect(0);
    world.pull(&["--no-modules", "--include-module", "console"]).expect(2);
    world.pull(&["--proxy-registry", "--include-module", "console@1.2"]).expect(2);
    world.push(&["--include-module", "console"]).expect(2);
    world.push(&["--proxy-registry"]).expect(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_modules_and_no_others_are_pulled() {
    let world = World::sample();
    let named = ["--include-module", "console", "--dry-run", "--output", "json"];
    let run = world.pull(&named).expect(0).json();
    assert_eq!(run["result"]["modules"], json!({"console": ["v1.2.3", "v1.3.0"]}));
    let run = world.pull(&[&named[..], &["--include-module", "consol", "--include-module", "x"]].concat());
    let message = run.expect(2).json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("the source has no module consol, x"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn named_releases_and_channels_need_no_list() {
    let (world, script) = world(distribution(), lists(answer(StatusCode::OK, r#"{"tags":[]}"#)));
    let releases = |args: &[&str]| {
        let run = world.pull(&[&["--no-modules", "--dry-run", "--output", "json"], args].concat()).expect(0);
        run.json()["result"]["releases"].clone()
    };
    assert_eq!(releases(&["--release", "v1.59.31"]), json!(["v1.59.31"]));
    assert_eq!(releases(&["--release", "v1.58.0", "--proxy-registry"]), json!(["v1.58.0"]));
    assert_eq!(script.count("GET", "*/release-channel/manifests/v1.58.1"), 0);
    assert_eq!(releases(&["--channel", "stable", "--proxy-registry"]), json!(["v1.58.3"]));
    let run = world.pull(&["--no-modules", "--release", "v1.58.1"]).expect(2);
    assert!(run.stderr.contains("no release v1.58.1"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_certain_not_found_counts() {
    let late = "*/release-channel/manifests/v1.58.7";
    let error = json!({"errors": [{"code": "UNKNOWN", "message": "artifact not found"}]}).to_string();
    for (fault, code) in [
        (answer(StatusCode::NOT_FOUND, &error), 0),
        (answer(StatusCode::FORBIDDEN, &error), 4),
        (Fault::Status(StatusCode::NOT_FOUND), 5),
        (answer(StatusCode::NOT_IMPLEMENTED, &error), 5),
    ] {
        let (world, _) = world(distribution(), vec![Rule::new("*", late, fault.clone())]);
        let run = world.pull(&["--proxy-registry", "--no-modules", "--dry-run"]).expect(code);
        if code != 0 {
            assert!(run.stderr.contains("release-channel:v1.58.7"), "{fault:?}: {}", run.stderr);
        }
    }
}
