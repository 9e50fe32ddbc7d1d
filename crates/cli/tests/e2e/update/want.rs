//! `dhctl update want`: what clusters run, and what their registries contain, as a file.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use deckhouse::want::WantList;
use oci::{Digest, Manifest};
use registry_server::{MemoryStore, RunningServer, ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::{
    distribution::{Distribution, ModuleSpec, PluginSpec},
    kube::{Kubeconfig, NewerModules, wait},
};

use super::platform::{Platform, release};
use crate::{
    registry_list::small,
    world::{Run, TARGET_ROOT, World, dhctl, serve},
};

const API: &str = "deckhouse.io/v1alpha1";

struct Served {
    url: String,
    _server: RunningServer,
    _runtime: tokio::runtime::Runtime,
}

fn serve_store(store: &MemoryStore, root: &str) -> Served {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entered = runtime.enter();
    let server = serve(Arc::new(store.clone()), ServerOptions::default());
    drop(entered);
    Served { url: format!("{}/{root}", server.addr()), _server: server, _runtime: runtime }
}

fn module(name: &str, source: &str, version: &str, enabled: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "Module", "metadata": { "name": name },
        "properties": { "source": source, "version": version },
        "status": { "conditions": [{ "type": "EnabledByModuleManager", "status": enabled }] },
    })
}

fn module_release(name: &str, version: &str, phase: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "ModuleRelease", "metadata": { "name": format!("{name}-v{version}") },
        "spec": { "moduleName": name, "version": version }, "status": { "phase": phase },
    })
}

/// A platform of which `alice` may read what `rbac --read-only` allows.
fn platform() -> Platform {
    let platform = Platform::running("v1.57.5", &json!({ "releaseChannel": "Stable" }));
    platform.edition("EE");
    platform.put(&[
        release("v1.57.5", "Deployed"),
        release("v1.58.3", "Pending"),
        module("console", "deckhouse", "v1.2.3", "True"),
        module("billing", "corp", "v0.1.0", "True"),
        module("cert-manager", "Embedded", "v1.57.5", "True"),
        module("operator-trivy", "Embedded", "v1.57.5", "False"),
        module_release("console", "1.2.3", "Deployed"),
        module_release("console", "1.3.0", "Pending"),
        json!({
            "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": "console" },
            "spec": { "enabled": true, "version": 1, "updatePolicy": "slow" },
        }),
        json!({
            "apiVersion": "deckhouse.io/v1alpha2", "kind": "ModuleUpdatePolicy", "metadata": { "name": "slow" },
            "spec": { "releaseChannel": "RockSolid", "update": { "mode": "Manual" } },
        }),
        json!({
            "apiVersion": API, "kind": "ClusterApplication", "metadata": { "name": "pg" },
            "spec": { "packageName": "pg-operator", "packageRepositoryName": "deckhouse", "packageVersion": "v1.0.0" },
        }),
    ]);
    platform.grant_printed(&["--read-only"]);
    platform
}

fn want(platform: &Platform, words: &[&str]) -> Run {
    platform.as_alice(&[&["want", "--insecure"][..], words].concat())
}

fn list(platform: &Platform, name: &str) -> (String, WantList) {
    let text = fs::read_to_string(platform.folder.path().join(name)).unwrap();
    let list = WantList::parse(text.as_bytes()).unwrap();
    (text, list)
}

/// A layer of an image that a release lists by name, whether or not the image is an index.
fn layer(store: &MemoryStore, root: &str, image: &Digest) -> Digest {
    let parsed = store.manifest(root, &(*image).into()).unwrap().parse().unwrap();
    match parsed {
        Manifest::Index { manifests } => layer(store, root, &manifests[0].digest),
        image @ Manifest::Image { .. } => image.blobs().last().unwrap().digest,
    }
}

#[test]
fn the_file_and_the_text() {
    let platform = platform();
    let distribution = small();
    let (store, root) = (&distribution.store, &distribution.root);
    let served = serve_store(store, root);
    let whole = want(&platform, &["-r", &served.url, "-o", "whole.yaml"]).expect(0);
    assert!(!whole.stdout.contains("missing or damaged"), "{}", whole.stdout);
    let (_, complete) = list(&platform, "whole.yaml");

    // A tag and a manifest prove nothing: this image has lost a blob.
    let image = *distribution.releases["v1.58.3"].images.values().next().unwrap();
    let lost = layer(store, root, &image);
    assert!(store.remove_blob(root, &lost));
    let run = want(&platform, &["-r", &served.url, "-o", "want.yaml", "--anonymous"]).expect(0);
    insta::assert_snapshot!("text", run.stdout.replace(&served.url, "REGISTRY"));

    let (text, partial) = list(&platform, "want.yaml");
    assert!(!text.contains("127.0.0.1") && !text.contains("alice"), "{text}");
    let line = |line: &str| if line.contains("- sha256:") { "  - sha256:…" } else { line }.to_owned();
    insta::assert_snapshot!("file", text.lines().map(line).collect::<Vec<_>>().join("\n"));
    assert!(complete.held[""].contains(&image) && !partial.held[""].contains(&image));
    let users = complete.held[""].difference(&partial.held[""]).count();
    assert!((1..=2).contains(&users), "{users} images");
    assert_eq!(complete.clusters.len(), 1);
    assert_eq!(complete.registries, std::slice::from_ref(&served.url));
    assert!(complete.clusters[0].server.is_some());

    // The same state gives the same file, and nothing is replaced by accident.
    let refused = want(&platform, &["-r", &served.url, "-o", "want.yaml"]).expect(6);
    assert!(refused.stderr.contains("this file exists"), "{}", refused.stderr);
    want(&platform, &["-r", &served.url, "-o", "want.yaml", "--anonymous", "--force"]).expect(0);
    assert_eq!(list(&platform, "want.yaml").0, text);
}

/// From the list to the push: what the list names as held is left out, and a push proves that the registry still has it.
#[test]
fn from_the_list_to_the_push() {
    let platform = platform();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entered = runtime.enter();
    let distribution = Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3", "v1.58.4"])
        .channels(&[("stable", "v1.58.4"), ("rock-solid", "v1.57.5")])
        .packages(vec![ModuleSpec {
            name: "pg-operator".to_owned(),
            versions: vec!["v1.0.0".to_owned()],
            channels: vec![("stable".to_owned(), "v1.0.0".to_owned())],
            images: 1,
            ..ModuleSpec::default()
        }])
        .plugins(["v1.0.0", "v1.1.0"].map(|version| PluginSpec::new("backup", version, json!({}))).into())
        .images_per_release(4)
        .layer_size(4096)
        .build();
    let world = World::of(distribution);
    drop(entered);
    let plugin = ["--include-plugin", "backup@=v1.0.0"];
    world.pull(&[&["--release", "v1.57.5", "--release", "v1.58.3"][..], &plugin].concat()).expect(0);
    world.push(&[]).expect(0);
    let file = world.path("want.yaml");
    let out = file.to_str().unwrap();
    let written = want(&platform, &["-r", &world.target_url, "-o", out, "--anonymous"]).expect(0);
    assert!(written.stdout.contains("\nplugins    backup\n"), "{}", written.stdout);
    assert!(written.stdout.contains(" --include-plugin backup"), "{}", written.stdout);

    let thin = world.pull(&["--want", out, "--output", "json"]).expect(0).json()["result"].take();
    assert_eq!(thin["releases"], json!(["v1.57.5", "v1.58.4"]));
    assert!(thin["left_out"]["blobs"].as_u64().unwrap() > 10, "{thin:#}");
    assert_eq!(thin["plugins"], json!({ "backup": ["v1.1.0"] }));

    // The registry has lost a blob since then.
    let images = &world.distribution.releases["v1.57.5"].images;
    let lost = layer(&world.target, TARGET_ROOT, images.values().next().unwrap());
    let bytes = world.target.blob(TARGET_ROOT, &lost).unwrap();
    assert!(world.target.remove_blob(TARGET_ROOT, &lost));
    let refused = world.push(&[]).expect(3);
    assert!(refused.stderr.contains(&lost.to_string()), "{}", refused.stderr);
    let release: oci::TagOrDigest = "v1.58.4".parse().unwrap();
    assert!(world.target.manifest(TARGET_ROOT, &release).is_none(), "something was sent");
    world.target.insert_blob(TARGET_ROOT, lost, bytes);
    world.push(&[]).expect(0);
    world.verify(&[]).expect(0);
    assert!(world.target.manifest(TARGET_ROOT, &release).is_some());
}

#[test]
fn one_list_for_several_clusters_and_registries() {
    let (one, distribution) = (platform(), small());
    let both = Kubeconfig::new().context("one", &one.server, "admin").context("two", &one.server, "alice");
    both.write(&one.folder.path().join("both")).unwrap();

    let lacking = small();
    let image = *lacking.releases["v1.58.3"].images.values().next().unwrap();
    assert!(lacking.store.remove_manifest(&lacking.root, &image));
    let (first, second) =
        (serve_store(&distribution.store, &distribution.root), serve_store(&lacking.store, &lacking.root));
    let flags = ["want", "--insecure", "--kubeconfig", "both", "--context", "one", "--context", "two"];
    let registries = ["-r", first.url.as_str(), "-r", second.url.as_str()];
    let written =
        [&flags[..], &registries, &["-o", "want.yaml", "--to", "v1.60.1", "--output", "json"]].concat();
    let result = one.update(&written).expect(0).json()["result"].take();
    let (_, list) = list(&one, "want.yaml");
    assert!(!list.held[""].contains(&image), "held by one of them only");
    assert_eq!(result["held"], list.held_count());
    assert_eq!(result["registries"][1]["missing"], 1, "{result:#}");
    let names: Vec<&str> = list.clusters.iter().filter_map(|it| it.name.as_deref()).collect();
    assert_eq!(names, ["one", "two"]);
    assert_eq!(
        result["pullWithoutList"],
        format!(
            "dhctl mirror pull -i d8.tar --source registry.deckhouse.ru/deckhouse/ee --min-version 1.57.5 \
             --max-version 1.60.1 --include-module console@1.2.3 \
             --include-package pg-operator@1.0.0 --no-security-db"
        )
    );

    // A list that lacks one of the clusters or registries would not serve it.
    let nowhere =
        ["-r", first.url.as_str(), "-r", "127.0.0.1:1/dkp/ee", "--retry-timeout", "1s", "-o", "other.yaml"];
    one.update(&[&flags[..], &nowhere].concat()).expect(5);
    let unknown = one.update(&[&flags[..], &["--context", "three", "-o", "other.yaml"]].concat()).expect(2);
    assert!(unknown.stderr.contains("three"), "{}", unknown.stderr);
    assert!(!one.folder.path().join("other.yaml").exists());
}

#[test]
fn what_cannot_be_read() {
    let platform = Platform::running("v1.77.3", &json!({ "update": { "mode": "Manual" } }));
    platform.put(&[release("v1.77.3", "Deployed")]);
    // No rights at all.
    let refused = platform.as_alice(&["want", "-o", "want.yaml"]).expect(4);
    assert!(
        refused.stderr.contains("no permission") && refused.stderr.contains("dhctl update rbac"),
        "{}",
        refused.stderr
    );
    platform.grant_printed(&["--read-only"]);

    let nowhere = platform.as_alice(&["want", "-o", "want.yaml"]).expect(2);
    assert!(
        nowhere.stderr.contains("follows no release channel") && nowhere.stderr.contains("--to"),
        "{}",
        nowhere.stderr
    );
    let backwards = platform.as_alice(&["want", "--to", "v1.76.0"]).expect(2);
    assert!(backwards.stderr.contains("runs v1.77.3, which is newer than"), "{}", backwards.stderr);
    let run = platform.as_alice(&["want", "--to", "v1.78.1"]).expect(0);
    assert!(
        run.stdout.contains("unknown    edition: Deployment/deckhouse has no annotation"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("no want list was written"), "{}", run.stdout);

    // A version of the API that is not supported says nothing about modules.
    let admin = platform.server.admin().unwrap();
    wait(async move { admin.use_newer_modules(NewerModules::NewerAlone).await.unwrap() });
    let unknown = platform.update(&["want", "--to", "v1.78.1"]).expect(7);
    assert!(
        unknown
            .stderr
            .contains("modules cannot be read: the API server serves modules.deckhouse.io only as v1beta1"),
        "{}",
        unknown.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_clusters_a_registry_is_not_read_to_its_end() {
    // It takes connections, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = format!("{}/ee", silent.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let want = ["update", "want", "--insecure", "-r", &registry, "-o", "want.yaml", "--kubeconfig", "none"];
    let begun = Instant::now();
    let run = dhctl(folder.path(), &want);
    assert_ne!(run.code, Some(5), "{}", run.stderr);
    assert!(run.stderr.starts_with("error: ") && run.stderr.contains("none"), "{}", run.stderr);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
