//! `dhctl registry list`: what a registry contains, what of it is complete, and what clusters use of the rest.

use std::{fs, sync::Arc};

use cluster::Timestamp;
use http::StatusCode;
use oci::{Digest, RawManifest, TagOrDigest};
use registry_server::{MemoryStore, RunningServer, ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::{
    distribution::Distribution,
    docker_registry::{DockerAuth, DockerRegistry, DockerRegistryOptions, Version},
    docker_storage::write_docker_registry_storage,
    faults::{Fault, Rule, Script},
};

use crate::{
    update::platform::{Platform, release},
    world::{Run, World, command, dhctl, serve},
};

/// A registry that is served from memory, and the record of its requests.
struct Served {
    url: String,
    script: Arc<Script>,
    _server: RunningServer,
}

fn serve_store(store: &MemoryStore, root: &str, rules: Vec<Rule>) -> Served {
    let script = Arc::new(Script::new(rules));
    let options = ServerOptions { interceptor: Some(script.clone()), ..ServerOptions::default() };
    let server = serve(Arc::new(store.clone()), options);
    Served { url: format!("{}/{root}", server.addr()), script, _server: server }
}

fn list(args: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    dhctl(folder.path(), &[&["registry", "list", "--insecure"][..], args].concat())
}

/// Two releases, one module and one database.
pub(crate) fn small() -> Distribution {
    Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3"])
        .channels(&[("stable", "v1.58.3"), ("rock-solid", "v1.57.5")])
        .images_per_release(3)
        .build()
}

/// The only registry of a result.
fn only(run: &Run) -> Value {
    let mut result = run.json()["result"]["registries"].take();
    assert_eq!(result.as_array().unwrap().len(), 1);
    result[0].take()
}

/// An image that only this release lists.
fn own_image(distribution: &Distribution, version: &str) -> (String, Digest) {
    let others: Vec<&Digest> = distribution
        .releases
        .iter()
        .filter(|(other, _)| *other != version)
        .flat_map(|(_, release)| release.images.values())
        .collect();
    let images = &distribution.releases[version].images;
    let (name, digest) = images.iter().find(|(_, digest)| !others.contains(digest)).unwrap();
    (name.replace('/', "."), *digest)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_registry() {
    let distribution = small();
    let served = serve_store(&distribution.store, &distribution.root, Vec::new());
    let run = list(&[&served.url]).expect(0);
    insta::assert_snapshot!(run.stdout.replace(&served.url, "REGISTRY"));
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }

    let result = only(&list(&[&served.url, "--output", "json"]).expect(0));
    assert_eq!(result["missing"], json!([]));
    let releases: Vec<&Value> = result["releases"].as_array().unwrap().iter().collect();
    assert_eq!(releases.iter().map(|it| &it["version"]).collect::<Vec<_>>(), ["v1.57.5", "v1.58.3"]);
    assert!(releases.iter().all(|it| it["complete"] == true));
    assert_eq!(result["channels"]["stable"]["release"], "v1.58.3");
    assert_eq!(result["modules"]["console"]["channels"]["alpha"], "v1.3.0");
    let databases: Vec<&String> = result["databases"].as_object().unwrap().keys().collect();
    assert_eq!(databases, distribution.databases.keys().collect::<Vec<_>>());
    let attestations = distribution.releases["v1.58.3"].attestations.len();
    assert_eq!(releases[1]["attachments"]["attestations"], attestations);

    let limited = only(&list(&[&served.url, "--release", "v1.58.3", "--output", "json"]).expect(0));
    assert_eq!(limited["releases"].as_array().unwrap().len(), 1);
    assert_eq!(limited["channels"].as_object().unwrap().keys().collect::<Vec<_>>(), ["stable"]);
    assert_eq!(limited["modules"], json!({}));
    assert_eq!(limited["limited_to"], json!(["v1.58.3"]));
    let limited = list(&[&served.url, "--release", "v1.58.3"]).expect(0).stdout;
    assert!(limited.contains("\nnot read") && !limited.contains("\nmodules"), "{limited}");
}

/// Where a database has the date on which it was made.
enum DatedBy {
    /// An annotation of its manifest, as `oras push` writes it.
    Annotation,
    /// The configuration of the image.
    Configuration,
}

/// Gives a database of the distribution a date.
fn date(distribution: &Distribution, path: &str, created: Timestamp, by: &DatedBy) {
    let (store, repository) = (&distribution.store, format!("{}/{path}", distribution.root));
    let tag: TagOrDigest = distribution.databases[path].tag.parse().unwrap();
    let undated = store.manifest(&repository, &tag).unwrap();
    let mut document: Value = serde_json::from_slice(undated.bytes()).unwrap();
    match by {
        DatedBy::Annotation => {
            document["annotations"] = json!({ "org.opencontainers.image.created": created.to_string() });
        }
        DatedBy::Configuration => {
            let config = json!({ "created": created.to_string() }).to_string();
            document["config"]["digest"] = json!(Digest::of(config.as_bytes()).to_string());
            document["config"]["size"] = json!(config.len());
            store.insert_blob(&repository, Digest::of(config.as_bytes()), bytes::Bytes::from(config));
        }
    }
    let dated = RawManifest::new(Some(undated.media_type()), document.to_string().into()).unwrap();
    store.insert_manifest(&repository, &dated.digest().into(), dated.clone());
    store.insert_manifest(&repository, &tag, dated);
}

/// From the vendor's registry through a bundle into one's own.
#[tokio::test(flavor = "multi_thread")]
async fn databases_and_their_age() {
    let distribution = Distribution::sample();
    let hours_ago = |hours: i64| Timestamp::from_second(Timestamp::now().as_second() - hours * 3600).unwrap();
    let (fresh, old) = (hours_ago(3), hours_ago(40 * 24));
    date(&distribution, "security/trivy-db", fresh, &DatedBy::Annotation);
    date(&distribution, "security/trivy-java-db", old, &DatedBy::Annotation);
    date(&distribution, "security/trivy-bdu", old, &DatedBy::Configuration);
    let world = World::of(distribution);
    world.pull(&[]).expect(0);
    world.push(&[]).expect(0);
    let run = list(&[&world.target_url]).expect(0);
    for words in ["trivy-db:2 (3 hours old)", "trivy-java-db:1 (40 days old)", "trivy-bdu:1 (40 days old)"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    assert!(run.stdout.contains("trivy-checks:0 (age unknown)"), "{}", run.stdout);
    let result = only(&list(&[&world.target_url, "--output", "json"]).expect(0));
    assert_eq!(result["databases"]["security/trivy-db"]["created"], fresh.to_string());
    assert_eq!(result["databases"]["security/trivy-bdu"]["created"], old.to_string());
    assert_eq!(result["databases"]["security/trivy-checks"]["created"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_belongs_to_a_release() {
    let distribution = small();
    let (root, store) = (&distribution.root, &distribution.store);
    let (name, image) = own_image(&distribution, "v1.58.3");
    assert!(store.remove_manifest(root, &image));
    let served = serve_store(store, root, Vec::new());
    let run = list(&[&served.url]).expect(3);
    assert!(
        run.stdout.contains("v1.58.3    INCOMPLETE") && run.stdout.contains(&format!("as image {name}")),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("v1.57.5    complete"), "{}", run.stdout);
    assert!(run.stderr.contains("error: ") && run.stderr.contains("release v1.58.3"), "{}", run.stderr);

    // A release that was not asked for does not count.
    list(&[&served.url, "--release", "v1.57.5"]).expect(0);
    let asked = list(&[&served.url, "--release", "1.58.3", "--release", "v1.57.5"]).expect(3);
    assert!(asked.stderr.contains("incomplete: v1.58.3"), "{}", asked.stderr);
    // Nor does a tag make a release, or its absence hide one.
    let absent = list(&[&served.url, "--release", "v1.99.0", "--output", "json"]).expect(3);
    let result = only(&absent);
    assert_eq!(result["releases"][0]["version"], "v1.99.0");
    assert_eq!(result["releases"][0]["complete"], false);
    assert_eq!(result["missing"].as_array().unwrap().len(), 3, "{result:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_is_listed_and_returns_404_is_a_contradiction() {
    let distribution = small();
    let unknown = Fault::Answer {
        status: StatusCode::NOT_FOUND,
        headers: vec![(http::header::CONTENT_TYPE, "application/json".to_owned())],
        body: r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#.to_owned(),
    };
    let rule = Rule::new("GET", "/v2/deckhouse/ee/install/manifests/v1.57.5", unknown);
    let served = serve_store(&distribution.store, &distribution.root, vec![rule]);
    let run = list(&[&served.url, "--release", "v1.57.5"]).expect(3);
    assert!(served.script.is_spent());
    let reason = "the registry lists this tag, but returns 404 for it";
    assert!(run.stdout.contains(reason), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_one_for_each_object() {
    let distribution = Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3", "v1.59.4", "v1.60.0"])
        .channels(&[("stable", "v1.58.3"), ("rock-solid", "v1.57.5")])
        .images_per_release(670)
        .layer_size(64)
        .build();
    let served = serve_store(&distribution.store, &distribution.root, Vec::new());
    let run = list(&[&served.url, "--output", "json"]).expect(0);
    let result = only(&run);
    let objects = |kind: &str| usize::try_from(result["totals"][kind].as_u64().unwrap()).unwrap();
    let (objects, requests) = (objects("manifests") + objects("blobs"), served.script.seen().len());
    assert!(objects >= 8000, "{objects}");
    assert!(requests * 100 <= objects * 105, "{requests} requests for {objects} objects");
    assert!(result["releases"].as_array().unwrap().iter().all(|it| it["images"].as_u64().unwrap() >= 670));
}

/// What a registry answers from its cache proves nothing: only reading the last byte does.
#[test]
fn real_registries() {
    let distribution = small();
    for version in Version::ALL {
        let storage = tempfile::tempdir().unwrap();
        write_docker_registry_storage(&distribution.store, storage.path()).unwrap();
        let auth = DockerAuth::Htpasswd { login: "reader".to_owned(), password: "secret".to_owned() };
        let registry = DockerRegistry::start(DockerRegistryOptions {
            version,
            storage: Some(storage.path().to_owned()),
            auth,
            ..DockerRegistryOptions::default()
        })
        .unwrap();
        let url = format!("{}/{}", registry.addr(), distribution.root);
        list(&[&url, "-u", "reader", "-p", "wrong"]).expect(4);
        let nowhere = "127.0.0.1:1/dkp/ee";
        let login = ["-u", "reader", "-p", "secret"];
        list(&[&[url.as_str()][..], &login].concat()).expect(0);

        // Several in one call: each has its report, and the worst counts.
        let other = format!("{}/nothing/here", registry.addr());
        let both =
            [&[url.as_str(), nowhere][..], &login, &["--output", "json", "--retry-timeout", "1s"]].concat();
        let result = list(&both).expect(5).json();
        let registries = result["result"]["registries"].as_array().unwrap();
        assert_eq!(registries[0]["releases"].as_array().unwrap().len(), 2);
        assert_eq!(registries[1]["error"]["kind"], "network");
        let empty = list(&[&[url.as_str(), other.as_str()][..], &login].concat()).expect(3);
        assert!(empty.stderr.contains("contains no images of the platform"), "{}", empty.stderr);

        let (name, image) = own_image(&distribution, "v1.57.5");
        let manifest = distribution.store.manifest(&distribution.root, &image.into()).unwrap();
        let manifest = match manifest.parse().unwrap() {
            oci::Manifest::Index { manifests } => {
                let child = manifests[0].digest.into();
                distribution.store.manifest(&distribution.root, &child).unwrap().parse().unwrap()
            }
            image @ oci::Manifest::Image { .. } => image,
        };
        let layer = manifest.blobs().last().unwrap().digest;
        let hex = layer.hex();
        let blobs = storage.path().join("docker/registry/v2/blobs/sha256");
        fs::write(blobs.join(&hex[..2]).join(&hex).join("data"), "").unwrap();
        let run = list(&[&[url.as_str()][..], &login].concat()).expect(3);
        assert!(run.stdout.contains(&layer.to_string()) && run.stdout.contains(&name), "{}", run.stdout);
        assert!(run.stdout.contains("v1.57.5    INCOMPLETE"), "{}", run.stdout);
    }
}

/// A cluster that runs v1.57.5, with v1.58.3 waiting if `waits`.
fn platform(waits: bool) -> Platform {
    let platform = Platform::running("v1.57.5", &json!({ "releaseChannel": "RockSolid" }));
    platform.put(&[release("v1.57.5", "Deployed")]);
    if waits {
        platform.put(&[release("v1.58.3", "Pending")]);
    }
    platform
}

fn compare(platform: &Platform, url: &str, args: &[&str]) -> Run {
    let mut command = command(platform.folder.path());
    command.args(["registry", "list", "--insecure", url, "--context"]).args(args);
    Run::of(command.env("KUBECONFIG", platform.kubeconfig()).output().unwrap())
}

#[test]
fn what_clusters_use_counts() {
    let distribution = small();
    let (name, image) = own_image(&distribution, "v1.58.3");
    assert!(distribution.store.remove_manifest(&distribution.root, &image));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entered = runtime.enter();
    let served = serve_store(&distribution.store, &distribution.root, Vec::new());
    drop(entered);
    let context = "test";
    let platform = platform(false);
    let run = compare(&platform, &served.url, &[context]).expect(0);
    assert!(run.stdout.contains("everything that this cluster uses is there"), "{}", run.stdout);
    assert!(run.stdout.contains("1 object missing, but not used by this cluster"), "{}", run.stdout);

    // A release that was asked for is one that the cluster will run.
    let run = compare(&platform, &served.url, &[context, "--release", "v1.58.3"]).expect(3);
    assert!(run.stdout.contains("1 object missing and used by this cluster"), "{}", run.stdout);
    // What was not read is not called complete.
    let run = compare(&platform, &served.url, &[context, "--release", "v1.57.5"]).expect(0);
    assert!(run.stdout.contains("everything of v1.57.5 that this cluster uses is there"), "{}", run.stdout);

    // The release is waiting now, but the module of the missing image is switched off.
    platform.put(&[release("v1.58.3", "Pending")]);
    let run = compare(&platform, &served.url, &[context, "--output", "json"]).expect(3);
    let cluster = &only(&run)["clusters"][0];
    assert_eq!((&cluster["release"], &cluster["channel"]), (&json!("v1.57.5"), &json!("rock-solid")));
    assert_eq!(cluster["missing"][0]["reference"], image.to_string());
    let module = name.split('.').next().unwrap();
    let module: String = module
        .chars()
        .flat_map(|it| if it.is_ascii_uppercase() { vec!['-', it.to_ascii_lowercase()] } else { vec![it] })
        .collect();
    platform.put(&[json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "Module", "metadata": { "name": module },
        "status": { "conditions": [{ "type": "EnabledByModuleManager", "status": "False" }] },
    })]);
    compare(&platform, &served.url, &[context]).expect(0);

    // What a cluster runs is looked for, whether the registry lists it or not.
    platform.put(&[release("v1.56.1", "Deployed")]);
    let run = compare(&platform, &served.url, &[context]).expect(3);
    assert!(run.stdout.contains("v1.56.1    INCOMPLETE"), "{}", run.stdout);

    let away = compare(&platform, &served.url, &["nobody"]).expect(2);
    assert!(away.stdout.contains("REGISTRY") || away.stdout.contains(&served.url), "{}", away.stdout);
}
