//! `dhctl update prepare`: what it writes, in which order, and that it can be stopped anywhere.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    sync::Arc,
};

use base64::Engine as _;
use parking_lot::Mutex;
use serde_json::{Value, json};
use testkit::{
    Distribution, DockerRegistry, DockerRegistryOptions, kube::Kubeconfig, write_docker_registry_storage,
};

use super::platform::{Platform, release};
use crate::world::Run;

const NOTE: &str = "dhctl.deckhouse.io/release-channel";

const DELIVERY: &str = "\
---
apiVersion: deckhouse.io/v1alpha1
approved: false
kind: DeckhouseRelease
metadata: {creationTimestamp: null, name: v1.68.9}
spec: {version: v1.68.9, changelogLink: 'https://example.com/v1.68.9'}
status: {approved: false, message: '', transitionTime: '0001-01-01T00:00:00Z'}
---
apiVersion: deckhouse.io/v1alpha1
approved: false
kind: DeckhouseRelease
metadata: {creationTimestamp: null, name: v1.69.2}
spec:
  version: v1.69.2
  requirements: {k8s: '1.29'}
  changelog: {candi: {fixes: [{summary: a fix}]}}
status: {approved: false, message: '', transitionTime: '0001-01-01T00:00:00Z'}
";

/// An old platform in the mode Auto, with a delivery of two releases.
fn old_platform() -> Platform {
    let platform = Platform::running("v1.68.5", &json!({ "releaseChannel": "Stable", "logLevel": "Info" }));
    platform.put(&[release("v1.68.5", "Deployed")]);
    std::fs::write(platform.folder.path().join("deckhousereleases.yaml"), DELIVERY).unwrap();
    platform
}

const PREPARE: [&str; 3] = ["prepare", "-f", "deckhousereleases.yaml"];

fn prepare(platform: &Platform, words: &[&str]) -> Run {
    platform.update(&[&PREPARE, words].concat())
}

#[track_caller]
fn assert_prepared(platform: &Platform) {
    let config = platform.get("ModuleConfig", "deckhouse");
    assert_eq!(
        config["spec"]["settings"],
        json!({ "releaseChannel": "Stable", "logLevel": "Info", "update": { "mode": "Manual" } })
    );
    assert_eq!(config["metadata"]["annotations"][NOTE], Value::Null);
    assert_eq!(names(platform), ["v1.68.5", "v1.68.9", "v1.69.2"]);
    let new = platform.get("DeckhouseRelease", "v1.69.2");
    assert_eq!((&new["approved"], &new["status"]), (&json!(false), &Value::Null));
    assert_eq!(new["spec"]["changelog"]["candi"]["fixes"][0]["summary"], "a fix");
}

/// The names of the releases.
fn names(platform: &Platform) -> Vec<String> {
    platform.versions("DeckhouseRelease").into_iter().map(|(name, _)| name).collect()
}

/// The releases that were touched so that the controller processes them.
fn touched(platform: &Platform) -> Vec<String> {
    let is_touched = |name: &String| {
        platform.get("DeckhouseRelease", name)["metadata"]["annotations"]["dhctl.deckhouse.io/touched"]
            .is_string()
    };
    names(platform).into_iter().filter(is_touched).collect()
}

/// The text without the times that mark what was touched.
fn without_marks(text: &str) -> String {
    let (before, mark) = (r#""dhctl.deckhouse.io/touched":""#, "2026-11-29T02:29:08Z".len());
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}{before}TIME{}", &part[mark..]))
}

fn versions(platform: &Platform) -> Vec<(String, String)> {
    [platform.versions("DeckhouseRelease"), platform.versions("ModuleConfig")].concat()
}

#[test]
fn one_run_does_all_and_a_second_one_writes_nothing() {
    let platform = old_platform();
    let before = versions(&platform);
    let shown = prepare(&platform, &["--dry-run"]).expect(0);
    assert_eq!(versions(&platform), before, "a dry run writes nothing");
    let asked = prepare(&platform, &[]).expect(2);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(versions(&platform), before, "nobody has said yes");

    let run = prepare(&platform, &["--yes"]).expect(0);
    assert_prepared(&platform);
    let asked = platform.webhook.asked();
    let names = |dry_run: bool| {
        asked.iter().filter(|it| it.dry_run == dry_run).map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    let in_turn = ["deckhouse", "deckhouse", "v1.68.9", "v1.69.2", "deckhouse"];
    assert_eq!(names(true), in_turn, "asked before");
    // The last seven are ours: the objects of the test itself came before. The releases were created while no channel
    // was set, so they are changed after it is.
    let all = [&in_turn[..], &["v1.68.9", "v1.69.2"]].concat();
    assert_eq!(names(false)[names(false).len() - 7..], all);
    assert_eq!(touched(&platform), ["v1.68.9", "v1.69.2"]);
    let prepared = versions(&platform);
    let second = prepare(&platform, &["--yes"]).expect(0);
    assert_eq!(versions(&platform), prepared, "a second run writes nothing");
    let shown = Run { stdout: without_marks(&shown.stdout), ..shown };
    let stderr = without_marks(&run.stderr);
    let (_, told) = stderr.split_once(&*shown.stdout).unwrap();
    let mut transcript = String::new();
    for (word, stderr, stdout) in [
        ("--dry-run", &*shown.stderr, &*shown.stdout),
        ("--yes", &format!("(as above)\n{told}"), &*run.stdout),
        ("--yes", &*second.stderr, &*second.stdout),
    ] {
        transcript += &format!(
            "$ dhctl update prepare -f deckhousereleases.yaml {word}\n--- stderr\n{stderr}--- stdout\n{stdout}\n"
        );
    }
    insta::assert_snapshot!(transcript);
}

/// Runs it, and kills it when it writes for the `number`-th time. What it wrote before has arrived; whether that last write
/// does is open, as it is in life. Whether it was killed.
fn killed_at_write(platform: &Platform, number: usize) -> bool {
    let process: Arc<Mutex<Option<Child>>> = Arc::default();
    // Held until the process is in its place: its first write waits for that.
    let mut place = process.lock();
    let (victim, mut writes) = (Arc::clone(&process), 0);
    platform.webhook.decide(move |request| {
        writes += usize::from(!request.dry_run);
        if writes == number && !request.dry_run {
            victim.lock().as_mut().unwrap().kill().unwrap();
        }
        Ok(())
    });
    let command = &mut platform.command(&[&PREPARE[..], &["--yes"]].concat());
    *place = Some(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let stderr = place.as_mut().unwrap().stderr.take().unwrap();
    drop(place);
    // Closed when it has ended; until then the webhook needs the process.
    BufReader::new(stderr).lines().for_each(drop);
    let ended = process.lock().as_mut().unwrap().wait().unwrap();
    platform.webhook.allow();
    assert!(matches!(ended.code(), None | Some(0)), "{ended}");
    ended.code().is_none()
}

#[test]
fn a_run_killed_at_any_write_is_resumed() {
    let platform = old_platform();
    let mut killed = 0;
    // At the first write, and after it: so each run but the last gets one write further, and is killed at both ends of it.
    while killed_at_write(&platform, killed % 2 + 1) {
        killed += 1;
        let config = platform.get("ModuleConfig", "deckhouse");
        let set = &config["spec"]["settings"]["releaseChannel"];
        let noted = &config["metadata"]["annotations"][NOTE];
        assert!(set.is_string() != noted.is_string(), "one of them knows the channel: {config}");
    }
    assert!(killed >= 3, "{killed}");
    assert_prepared(&platform);
    let prepared = versions(&platform);
    prepare(&platform, &["--yes"]).expect(0);
    assert_eq!(versions(&platform), prepared);
}

#[test]
fn releases_that_the_controller_has_not_processed_are_touched() {
    let platform = Platform::running("v1.70.3", &json!({ "update": { "mode": "Manual" } }));
    platform.put(&[release("v1.70.3", "Deployed"), release("v1.71.4", ""), release("v1.72.5", "Pending")]);
    let run = platform.update(&["prepare", "--channel", "stable", "--yes"]).expect(0);
    assert_eq!(touched(&platform), ["v1.71.4"]);
    assert!(run.stderr.contains("done       annotate release v1.71.4, so that"), "{}", run.stderr);
    assert!(run.stdout.contains("2 changes written"), "{}", run.stdout);
    let prepared = versions(&platform);
    platform.update(&["prepare", "--yes"]).expect(0);
    assert_eq!(versions(&platform), prepared, "the controller may be about to process it");
    platform.put(&[release("v1.73.1", "")]);
    let run = platform.update(&["prepare", "--yes"]).expect(0);
    assert_eq!(touched(&platform), ["v1.71.4"], "it was created a moment ago while a channel was set");
    assert!(run.stderr.contains("no phase yet: v1.73.1"), "{}", run.stderr);
}

#[test]
fn what_the_controller_creates_in_the_meantime_is_not_counted() {
    let platform = Platform::running("v1.70.3", &json!({ "releaseChannel": "Stable" }));
    platform.put(&[release("v1.70.3", "Deployed")]);
    let file = "kind: DeckhouseRelease\nspec: {version: v1.71.4}\n---\nkind: DeckhouseRelease\nspec: {version: v1.72.5}\n";
    std::fs::write(platform.folder.path().join("deckhousereleases.yaml"), file).unwrap();
    // The queue is not empty after the mode is set.
    platform.queue(1);
    let mut child = platform
        .command(&[&PREPARE[..], &["--yes"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("waiting")));
    platform.put(&[release("v1.71.4", "Pending")]);
    platform.queue(0);
    assert_eq!(lines.filter(|line| line.starts_with("done")).count(), 1);
    let run = Run::of(child.wait_with_output().unwrap()).expect(0);
    assert!(run.stdout.contains("the cluster is prepared: 2 changes written"), "{}", run.stdout);
}

#[test]
fn releases_above_the_channel_are_not_created() {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.57.5", &settings);
    let distribution = Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3", "v1.59.4"])
        .channels(&[("stable", "v1.58.3")])
        .images_per_release(1)
        .modules(Vec::new())
        .without_databases()
        .without_standalone()
        .build();
    let storage = tempfile::tempdir().unwrap();
    write_docker_registry_storage(&distribution.store, storage.path()).unwrap();
    let options = DockerRegistryOptions {
        storage: Some(storage.path().to_owned()),
        ..DockerRegistryOptions::default()
    };
    let registry = DockerRegistry::start(options).unwrap();
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let address = registry.addr().to_string();
    platform.put(&[
        release("v1.57.5", "Deployed"),
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "metadata": { "name": "deckhouse-registry", "namespace": "d8-system" },
            "data": {
                ".dockerconfigjson": encode(r#"{"auths":{}}"#),
                "address": encode(&address),
                "path": encode(&format!("/{}", distribution.root)),
                "scheme": encode("http"),
                "imagesRegistry": encode(&format!("{address}/{}", distribution.root)),
            },
        }),
    ]);
    let file = "kind: DeckhouseRelease\nspec: {version: v1.58.3}\n---\nkind: DeckhouseRelease\nspec: {version: v1.59.4}\n";
    std::fs::write(platform.folder.path().join("deckhousereleases.yaml"), file).unwrap();
    // The images in the registry are of the edition EE.
    platform.edition("FE");
    let other = prepare(&platform, &["--yes"]).expect(3);
    assert!(
        other.stderr.contains("has the edition EE of the platform, but the cluster runs the edition FE"),
        "{}",
        other.stderr
    );
    assert_eq!(names(&platform), ["v1.57.5"]);
    prepare(&platform, &["--dry-run", "--allow-edition-change"]).expect(0);
    platform.edition("EE");
    let run = prepare(&platform, &["--yes"]).expect(0);
    assert!(!run.stderr.contains("edition"), "{}", run.stderr);
    assert_eq!(names(&platform), ["v1.57.5", "v1.58.3"]);
    assert!(
        run.stderr
            .contains("note: left out: v1.59.4: newer than v1.58.3, which the release channel points to"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("1 change written"), "{}", run.stdout);
}

#[test]
fn a_moving_tag_is_refused_and_nothing_is_written() {
    let platform = Platform::running("stable", &json!({ "releaseChannel": "Stable" }));
    let before = versions(&platform);
    let run = platform.update(&["prepare", "--yes"]).expect(7);
    assert!(run.stderr.contains("runs the moving tag stable"), "{}", run.stderr);
    assert_eq!(versions(&platform), before);
}

#[test]
fn invalid_settings_are_refused() {
    let platform = Platform::running("v1.70.3", &json!({}));
    for (words, said) in [
        (&["--window", "8:00-9:00"][..], "--window has no effect in Manual mode"),
        (&["--mode", "Auto", "--window", "22:00-6:00"], "for a window over midnight, give two windows"),
        (&["--channel", "stabile"], "is not a release channel"),
        (&["--to", "v1.70.4"], "--file"),
    ] {
        let run = platform.update(&[&["prepare", "--yes"], words].concat()).expect(2);
        assert!(run.stderr.contains(said), "{words:?}: {}", run.stderr);
    }
    let twice = "kind: DeckhouseRelease\nspec: {version: v1.71.1}\n---\nkind: DeckhouseRelease\nspec: {version: v1.71.1, \
                 disruptions: [x]}\n";
    for (file, said) in [
        ("kind: ConfigMap\n", "not a DeckhouseRelease"),
        ("", "it contains no releases"),
        (twice, "v1.71.1 is described twice"),
    ] {
        std::fs::write(platform.folder.path().join("deckhousereleases.yaml"), file).unwrap();
        let run = prepare(&platform, &["--yes"]).expect(3);
        assert!(run.stderr.contains(said), "{file}: {}", run.stderr);
    }
    let one = "kind: DeckhouseRelease\nspec: {version: v1.71.1}\n";
    std::fs::write(platform.folder.path().join("deckhousereleases.yaml"), one).unwrap();
    let run = prepare(&platform, &["--yes", "--to", "v1.99.0"]).expect(2);
    assert!(run.stderr.contains("v1.99.0 is unknown; known releases: v1.71.1"), "{}", run.stderr);
}

/// As a version before the mode `AutoPatch` and the channel `LTS` refuses them.
fn knows_no_newer_settings(platform: &Platform) {
    platform.webhook.decide(|request| {
        let settings = &request.object["spec"]["settings"];
        if settings["update"]["mode"] == "AutoPatch" {
            return Err("spec.settings.update.mode should be one of [Auto Manual]".to_owned());
        }
        if settings["releaseChannel"] == "LTS" {
            return Err("spec.settings.releaseChannel should be one of [Alpha Stable]".to_owned());
        }
        Ok(())
    });
}

#[test]
fn settings_unknown_to_the_version_are_refused_before_anything_is_written() {
    let platform = old_platform();
    knows_no_newer_settings(&platform);
    let before = versions(&platform);
    for (words, said) in [
        (&["--mode", "AutoPatch"][..], "update.mode should be one of"),
        (&["--mode", "AutoPatch", "--window", "8:00-9:00"], "update.mode should be one of"),
        (&["--channel", "lts"], "releaseChannel should be one of"),
    ] {
        let run = prepare(&platform, &[&["--yes"], words].concat()).expect(7);
        assert!(run.stderr.contains(said), "{words:?}: {}", run.stderr);
        assert!(run.stderr.contains("hint: nothing was written"), "{words:?}: {}", run.stderr);
        assert_eq!(versions(&platform), before, "{words:?}");
    }
    prepare(&platform, &["--yes"]).expect(0);
    assert_prepared(&platform);
}

#[test]
fn windows_mode_and_channel_are_set() {
    let platform = Platform::running("v1.70.3", &json!({}));
    let words = ["--mode", "AutoPatch", "--window", "Mon,Tue 22:00-23:30", "--window", "8:00-9:00"];
    let run =
        platform.update(&[&["prepare", "--yes", "--channel", "early-access"], &words[..]].concat()).expect(0);
    let config = platform.get("ModuleConfig", "deckhouse");
    assert_eq!(
        config["spec"]["settings"],
        json!({
            "releaseChannel": "EarlyAccess",
            "update": {
                "mode": "AutoPatch",
                "windows": [
                    { "from": "22:00", "to": "23:30", "days": ["Mon", "Tue"] },
                    { "from": "8:00", "to": "9:00" },
                ],
            },
        }),
        "{}",
        run.stderr
    );
}

#[test]
fn an_unavailable_webhook_is_waited_for() {
    let platform = Platform::running("v1.70.3", &json!({ "releaseChannel": "Stable" }));
    platform.webhook.down();
    let mut child =
        platform.command(&["prepare", "--yes"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line.starts_with("waiting")).unwrap();
    assert!(said.contains("10 minutes at most") && said.contains("failed calling webhook"), "{said}");
    platform.webhook.up().unwrap();
    assert_eq!(lines.filter(|line| line.starts_with("done")).count(), 1);
    assert!(child.wait().unwrap().success());
    let config = platform.get("ModuleConfig", "deckhouse");
    assert_eq!(config["spec"]["settings"]["update"]["mode"], "Manual");
}

#[test]
fn an_unreachable_cluster_or_refused_login_is_reported_immediately() {
    let platform = Platform::running("v1.70.3", &json!({}));
    let path = platform.folder.path().join("kubeconfig");
    for (url, token, code) in [("https://127.0.0.1:1", "x", 5), (platform.server.url(), "x", 4)] {
        Kubeconfig::new().context_at("away", url, platform.server.ca_pem(), token).write(&path).unwrap();
        for words in [&["prepare", "--yes"][..], &["approve", "v1.70.4", "--yes"]] {
            let run = platform.update(&[words, &["--kubeconfig", path.to_str().unwrap()]].concat());
            let run = run.expect(code);
            assert!(!run.stderr.contains("waiting"), "{}", run.stderr);
        }
    }
}

#[test]
fn duplicates_are_deleted_if_that_is_safe() {
    let platform =
        Platform::running("v1.70.3", &json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } }));
    let twin = |name: &str, version: &str, approved: bool| {
        json!({
            "apiVersion": "deckhouse.io/v1alpha1", "kind": "DeckhouseRelease", "metadata": { "name": name },
            "approved": approved, "spec": { "version": version }, "status": { "phase": "Pending" },
        })
    };
    platform.put(&[
        release("v1.70.3", "Deployed"),
        twin("v1-70-3", "v1.70.3", false),
        release("v1.71.4", "Pending"),
        twin("v1-71-4", "v1.71.4", false),
        twin("v1-72-0", "v1.72.0", false),
    ]);
    let run = platform.update(&["prepare", "--yes"]).expect(0);
    assert_eq!(names(&platform), ["v1-72-0", "v1.70.3", "v1.71.4"]);
    let place = |name: &str| run.stderr.find(&format!("deckhousereleases.deckhouse.io {name}")).unwrap();
    assert!(place("v1-71-4") < place("v1-70-3"), "highest first: {}", run.stderr);
    assert!(
        run.stderr.contains("note: DeckhouseRelease/v1-72-0 is a duplicate and is not deleted: the regular object of this release, DeckhouseRelease/v1.72.0, does not exist"),
        "{}",
        run.stderr
    );
}
