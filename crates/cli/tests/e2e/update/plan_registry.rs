//! `dhctl update plan --registry`: what a real registry holds of the releases that lie ahead of a real cluster.

use std::sync::Arc;

use http::StatusCode;
use registry_server::{RunningServer, ServerOptions};
use serde_json::{Value, json};
use testkit::{
    distribution::Distribution,
    docker_registry::{DockerAuth, DockerRegistry, DockerRegistryOptions},
    docker_storage::write_docker_registry_storage,
    faults::{Fault, Rule, Script},
};
use tokio::runtime::Runtime;

use super::platform::{Platform, release};
use crate::world::{Run, serve};

/// A cluster whose next release waits.
pub(super) fn platform() -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.57.5", &settings);
    platform.put(&[release("v1.57.5", "Deployed"), release("v1.58.3", "Pending")]);
    platform.edition("EE");
    platform
}

/// The channel of the cluster leads to v1.59.4; above it there is one more.
pub(super) fn distribution() -> Distribution {
    Distribution::builder()
        .releases(&["v1.57.5", "v1.58.3", "v1.58.10", "v1.59.4", "v1.60.0"])
        .channels(&[("stable", "v1.59.4"), ("alpha", "v1.60.0")])
        .images_per_release(1)
        .modules(Vec::new())
        .without_databases()
        .without_standalone()
        .build()
}

/// Debian's registry, and its address with the path.
struct Holding {
    registry: DockerRegistry,
    url: String,
    _storage: tempfile::TempDir,
}

fn holding(distribution: &Distribution, auth: DockerAuth) -> Holding {
    let storage = tempfile::tempdir().unwrap();
    write_docker_registry_storage(&distribution.store, storage.path()).unwrap();
    let options = DockerRegistryOptions {
        storage: Some(storage.path().to_owned()),
        auth,
        ..DockerRegistryOptions::default()
    };
    let registry = DockerRegistry::start(options).unwrap();
    let url = format!("{}/{}", registry.addr(), distribution.root);
    Holding { registry, url, _storage: storage }
}

/// A registry that answers by script.
struct Scripted {
    url: String,
    _server: RunningServer,
    _runtime: Runtime,
}

fn scripted(distribution: &Distribution, refused: &str) -> Scripted {
    answering(distribution, vec![Rule::new("*", refused, Fault::Status(StatusCode::FORBIDDEN))])
}

fn answering(distribution: &Distribution, rules: Vec<Rule>) -> Scripted {
    let runtime = Runtime::new().unwrap();
    let options =
        ServerOptions { interceptor: Some(Arc::new(Script::new(rules))), ..ServerOptions::default() };
    let entered = runtime.enter();
    let server = serve(Arc::new(distribution.store.clone()), options);
    drop(entered);
    let url = format!("{}/{}", server.addr(), distribution.root);
    Scripted { url, _server: server, _runtime: runtime }
}

fn plan(platform: &Platform, url: &str, words: &[&str]) -> Run {
    platform.update(&[&["plan", "--insecure", "--registry", url], words].concat())
}

#[test]
fn the_chain_contains_the_releases_of_the_registry() {
    let platform = platform();
    let distribution = distribution();
    let Holding { mut registry, url, _storage } = holding(&distribution, DockerAuth::None);
    let text = plan(&platform, &url, &[]).expect(0).stdout.replace(&url, "REGISTRY");
    insta::assert_snapshot!(text);

    let above = plan(&platform, &url, &["--to", "v1.60.0"]).expect(7);
    assert!(
        above.stdout.contains("points to v1.59.4, which is older than v1.60.0 (--to)"),
        "{}",
        above.stdout
    );
    let absent = plan(&platform, &url, &["--to", "v1.61.0"]).expect(2);
    assert!(
        absent.stderr.contains("known releases: v1.58.3, v1.58.10, v1.59.4, v1.60.0"),
        "{}",
        absent.stderr
    );

    // The variable of the pushes counts here too.
    let mut command = platform.command(&["plan", "--insecure"]);
    let run = Run::of(command.env("DHCTL_CLI_MIRROR_PRIVATE_REGISTRY", &url).output().unwrap()).expect(0);
    assert_eq!(run.stdout.replace(&url, "REGISTRY"), text);

    // What only the registry has is as good as delivered.
    let yaml = plan(&platform, &url, &["--output", "yaml"]).expect(0).stdout;
    let names: Vec<&str> = yaml.lines().filter_map(|line| line.strip_prefix("  name: ")).collect();
    assert_eq!(names, ["v1.58.10", "v1.59.4"], "{yaml}");
    assert!(yaml.contains("changelogLink:") && yaml.contains("requirements:"), "{yaml}");
    assert!(!yaml.contains("approved"), "{yaml}");

    registry.kill();
    let away = plan(&platform, &url, &[]).expect(5);
    assert_eq!(away.stdout, "");
    assert!(away.stderr.contains("error: "), "{}", away.stderr);
}

#[test]
fn a_wait_for_the_registry_is_reported() {
    let platform = platform();
    let rule = Rule::new("GET", "/v2/deckhouse/ee/*", Fault::TooManyRequests(3600));
    let Scripted { url, .. } = &answering(&distribution(), vec![rule]);
    let run = plan(&platform, url, &["--retry-timeout", "1s"]);
    let note = run.stderr.lines().find(|line| line.contains("requests a wait of 1h00m, until "));
    assert!(note.is_some_and(|note| note.starts_with("note: ")), "{}", run.stderr);
}

#[test]
fn missing_images_block() {
    let platform = platform();
    let distribution = distribution();
    assert!(distribution.store.remove_tag(&distribution.root, "v1.59.4"));
    let Holding { url, .. } = &holding(&distribution, DockerAuth::None);
    let run = plan(&platform, url, &["--output", "json"]).expect(7).json();
    let result = &run["result"];
    assert_eq!(result["registry"]["leadsTo"], "v1.59.4");
    let found = |step: usize| result["steps"][step]["inRegistry"].clone();
    assert_eq!(found(0), json!({ "image": "there", "description": "there" }));
    assert_eq!(found(1), json!({ "image": "missing", "description": "there" }));
    let blocking = result["blocking"].as_array().unwrap();
    assert_eq!(
        blocking,
        &[Value::from(format!(
            "Registry/{url} does not have these images: {url}:v1.59.4; pull a bundle with the releases from 1.57 on: dhctl mirror pull -i d8.tar --min-version 1.57; push \
             the bundle: dhctl mirror push -i d8.tar --registry {url}"
        ))]
    );
    insta::assert_snapshot!(plan(&platform, url, &[]).expect(7).stdout.replace(url.as_str(), "REGISTRY"));
    // Up to the one before everything is there.
    plan(&platform, url, &["--to", "v1.58.10"]).expect(0);
    // Nothing has been pushed there yet.
    let empty = plan(&platform, &format!("{url}/other"), &[]).expect(7).stdout;
    assert!(
        empty.contains("MISSING  in the registry: the platform image and the release-channel image"),
        "{empty}"
    );
    assert!(empty.contains("does not have the image of the release channel"), "{empty}");
}

#[test]
fn a_registry_with_another_edition_is_refused() {
    let platform = platform();
    platform.edition("FE");
    let Holding { url, .. } = &holding(&distribution(), DockerAuth::None);
    let run = plan(&platform, url, &["--output", "json"]).expect(7).json();
    let edition = &run["result"]["registry"]["edition"];
    assert_eq!(*edition, json!({ "state": "different", "cluster": "FE", "registry": "EE" }));
    let text = plan(&platform, url, &[]).expect(7).stdout;
    assert!(
        text.contains("has the edition EE of the platform, but the cluster runs the edition FE"),
        "{text}"
    );
    assert!(
        text.contains("dhctl mirror pull -i d8.tar --source registry.deckhouse.ru/deckhouse/fe"),
        "{text}"
    );
    plan(&platform, url, &["--allow-edition-change"]).expect(0);
    platform.update(&["plan", "--allow-edition-change"]).expect(2);

    // An edition that is not known is not another one.
    platform.edition("");
    let text = plan(&platform, url, &[]).expect(0).stdout;
    assert!(
        text.contains("the edition in the registry was not compared with the edition of the cluster: "),
        "{text}"
    );
}

#[test]
fn a_refused_login_is_reported() {
    let platform = platform();
    let auth = DockerAuth::Htpasswd { login: "reader".to_owned(), password: "secret".to_owned() };
    let Holding { url, .. } = &holding(&distribution(), auth);
    for words in [&[][..], &["-u", "reader", "-p", "wrong"]] {
        let run = plan(&platform, url, words).expect(4);
        assert!(run.stdout.is_empty() && run.stderr.contains("login"), "{words:?}: {}", run.stderr);
    }
    let password = platform.folder.path().join("password");
    std::fs::write(&password, "secret\n").unwrap();
    let words = ["-u", "reader", "--registry-password-file", password.to_str().unwrap()];
    plan(&platform, url, &words).expect(0);
    let wrong = plan(&platform, "registry-without-path", &[]).expect(2);
    assert!(wrong.stderr.contains("--registry"), "{}", wrong.stderr);
}

#[test]
fn releases_missing_in_a_tag_list_are_requested() {
    let platform = platform();
    let distribution = distribution();
    let registry = scripted(&distribution, "*/tags/list");
    let text = plan(&platform, &registry.url, &[]).expect(0).stdout;
    assert!(text.contains(", because its tags cannot be listed ("), "{text}");
    // The channel leads to one that neither the file nor the cluster has.
    assert!(text.contains("1. v1.58.3 ") && text.contains("2. v1.59.4 "), "{text}");

    let registry = scripted(&distribution, "*/ee/manifests/v1.58.10");
    let text = plan(&platform, &registry.url, &["--to", "v1.58.10"]).expect(0).stdout;
    assert!(text.contains("unknown  in the registry: the platform image"), "{text}");
    assert!(text.contains(&format!("{}:v1.58.10: ", registry.url)), "{text}");

    let registry = scripted(&distribution, "*/release-channel/manifests/v1.58.10");
    let run = plan(&platform, &registry.url, &["--output", "yaml"]).expect(0);
    assert!(run.stderr.contains("note: v1.58.10 is left out"), "{}", run.stderr);
    assert!(run.stdout.contains("name: v1.59.4") && !run.stdout.contains("v1.58.10"), "{}", run.stdout);

    let registry = scripted(&distribution, "*/manifests/stable");
    let text = plan(&platform, &registry.url, &[]).expect(0).stdout;
    assert!(text.contains("3. v1.60.0 ") && text.contains("release-channel:stable: "), "{text}");
}

#[test]
fn a_tag_list_of_a_proxy_cache_is_not_believed() {
    let platform =
        Platform::running("v1.57.5", &json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } }));
    platform.put(&[release("v1.57.5", "Deployed")]);
    let distribution = distribution();
    let error = |code: &str| json!({ "errors": [{ "code": code, "message": "no" }] }).to_string();
    let list = |status, body: String| {
        let fault = Fault::Answer { status, headers: Vec::new(), body };
        vec![Rule::new("GET", "*/release-channel/tags/list", fault)]
    };
    for rules in [
        list(StatusCode::OK, json!({ "tags": ["stable", "v1.59.4"] }).to_string()),
        list(StatusCode::OK, json!({ "tags": null }).to_string()),
        list(StatusCode::NOT_FOUND, error("NAME_UNKNOWN")),
    ] {
        let registry = answering(&distribution, rules);
        let run = plan(&platform, &registry.url, &[]).expect(7);
        assert!(run.stdout.contains("1. v1.58.10 ") && run.stdout.contains("2. v1.59.4 "), "{}", run.stdout);
        assert!(run.stdout.contains("but does not list their tags: v1.58.3, v1.58.10"), "{}", run.stdout);
        let command = format!("--proxy-registry --source {} --min-version 1.57", registry.url);
        assert!(run.stdout.contains(&command), "{}", run.stdout);
        // The way out that needs no cache: the objects are created from what was found by name.
        let yaml = plan(&platform, &registry.url, &["--output", "yaml"]).expect(7).stdout;
        let names: Vec<&str> = yaml.lines().filter_map(|line| line.strip_prefix("  name: ")).collect();
        assert_eq!(names, ["v1.58.10", "v1.59.4"], "{yaml}");
    }

    // A Harbor that is a proxy cache answers 404 also where it cannot ask its upstream: such an image is not missing.
    let not_found = |path, message: &str| {
        let body = json!({ "errors": [{ "code": "NOT_FOUND", "message": message }] }).to_string();
        let fault = Fault::Answer { status: StatusCode::NOT_FOUND, headers: Vec::new(), body };
        Rule::new("*", path, fault)
    };
    let of_upstream = "resource not found: repo cache/ee/release-channel, tag v0.0.0 not found";
    let registry = answering(
        &distribution,
        vec![
            not_found("*/release-channel/manifests/v0.0.0", of_upstream),
            not_found("*/ee/manifests/v1.59.4", "artifact cache/ee:v1.59.4 not found"),
        ],
    );
    let run = plan(&platform, &registry.url, &[]).expect(0);
    assert!(run.stdout.contains("unknown  in the registry: the platform image"), "{}", run.stdout);
}

#[test]
fn a_real_pull_through_cache_gives_the_plan_of_its_upstream() {
    let platform = platform();
    let distribution = distribution();
    let upstream = holding(&distribution, DockerAuth::None);
    let options = DockerRegistryOptions {
        proxy_of: Some(format!("http://{}", upstream.registry.addr())),
        ..DockerRegistryOptions::default()
    };
    let cache = DockerRegistry::start(options).unwrap();
    let url = format!("{}/{}", cache.addr(), distribution.root);
    let expected = plan(&platform, &upstream.url, &[]).expect(0).stdout;
    assert_eq!(plan(&platform, &url, &[]).expect(0).stdout.replace(&url, &upstream.url), expected);
}
