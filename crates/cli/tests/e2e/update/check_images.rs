//! `--check-images` of `dhctl update plan` and `run`: every image of the next release is read in the cluster's registry, with
//! the cluster's own login.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use oci::{Digest, Manifest};
use registry_server::{Auth, BasicAuth, RunningServer, ServerOptions, Store as _};
use serde_json::{Value, json};
use testkit::{
    distribution::{Distribution, ModuleSpec},
    faults::{Fault, Rule, Script},
};
use tokio::runtime::Runtime;

use super::{
    platform::{Platform, release},
    watching::Watching,
};
use crate::world::serve;

const NEXT: &str = "v1.58.3";

/// A registry that requires the login of the cluster.
struct Registry {
    address: String,
    root: String,
    requests: Arc<Script>,
    _server: RunningServer,
    _runtime: Runtime,
}

fn distribution() -> Distribution {
    Distribution::builder()
        .releases(&["v1.57.5", NEXT])
        .channels(&[("stable", NEXT)])
        .images_per_release(6)
        .modules(Vec::new())
        .without_databases()
        .build()
}

fn serving(distribution: &Distribution) -> Registry {
    answering(distribution, Vec::new())
}

fn answering(distribution: &Distribution, rules: Vec<Rule>) -> Registry {
    let (runtime, requests) = (Runtime::new().unwrap(), Arc::new(Script::new(rules)));
    let auth = Auth::Basic(BasicAuth::new("cluster", "right"));
    let options = ServerOptions { auth, interceptor: Some(requests.clone()), ..ServerOptions::default() };
    let entered = runtime.enter();
    let server = serve(Arc::new(distribution.store.clone()), options);
    drop(entered);
    let address = server.addr().to_string();
    Registry { address, root: distribution.root.clone(), requests, _server: server, _runtime: runtime }
}

/// A blob that only this image of the next release has.
fn own_blob(distribution: &Distribution, image: &str) -> Digest {
    let blobs = |digest: &Digest| -> Vec<Digest> {
        let manifest = distribution.store.manifest(&distribution.root, &(*digest).into()).unwrap();
        match manifest.parse().unwrap() {
            Manifest::Image { layers, .. } => layers.iter().map(|it| it.digest).collect(),
            Manifest::Index { .. } => Vec::new(),
        }
    };
    let images = &distribution.releases[NEXT].images;
    let others: Vec<Digest> =
        images.iter().filter(|(name, _)| *name != image).flat_map(|(_, digest)| blobs(digest)).collect();
    blobs(&images[image]).into_iter().find(|blob| !others.contains(blob)).unwrap()
}

/// A cluster whose next release waits, and that pulls from this registry with this password.
fn platform(registry: &Registry, password: &str) -> Platform {
    let settings = json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } });
    let platform = Platform::running("v1.57.5", &settings);
    let module = json!({
        "apiVersion": "deckhouse.io/v1alpha1", "kind": "Module", "metadata": { "name": "ingress-nginx" },
        "properties": { "source": "Embedded" },
        "status": { "conditions": [{ "type": "EnabledByModuleManager", "status": "False" }] },
    });
    platform.put(&[
        release("v1.57.5", "Deployed"),
        release(NEXT, "Pending"),
        module,
        secret(registry, password),
    ]);
    platform
}

fn secret(registry: &Registry, password: &str) -> Value {
    let encode = |text: &str| STANDARD.encode(text);
    let Registry { address, root, .. } = registry;
    let config = json!({ "auths": { address: {
        "username": "cluster", "password": password, "auth": encode(&format!("cluster:{password}")),
    } } });
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": { "name": "deckhouse-registry", "namespace": "d8-system" },
        "data": {
            ".dockerconfigjson": encode(&config.to_string()),
            "address": encode(address),
            "path": encode(&format!("/{root}")),
            "scheme": encode("http"),
            "imagesRegistry": encode(&format!("{address}/{root}")),
        },
    })
}

fn plan(platform: &Platform, words: &[&str], code: i32) -> Value {
    let run = platform.update(&[&["plan", "--check-images", "--output", "json"], words].concat());
    run.expect(code).json()["result"].take()
}

#[test]
fn a_complete_registry_blocks_nothing() {
    let registry = serving(&distribution());
    let platform = platform(&registry, "right");
    let images = plan(&platform, &[], 0)["images"].take();
    assert_eq!(
        (&images["release"], &images["missing"], &images["missingUnused"]),
        (&json!(NEXT), &json!([]), &json!([]))
    );
    assert!(images["objects"].as_u64().unwrap() > 20, "{images}");
    let text = platform.update(&["plan", "--check-images"]).expect(0).stdout;
    assert!(
        text.contains("the cluster's login can read everything of v1.58.3 that this cluster needs ("),
        "{text}"
    );
    assert!(!text.contains("The images were not checked"), "{text}");
    assert_eq!(plan(&platform, &["--to", "v1.57.5"], 0)["images"], Value::Null, "no release follows");

    // Two contexts of one registry and login: it is read once.
    let path = platform.folder.path().join("two");
    let two = testkit::kube::Kubeconfig::new().context("one", &platform.server, "admin");
    two.context("other", &platform.server, "admin").write(&path).unwrap();
    let before = registry.requests.count("*", &format!("*/{}/manifests/{NEXT}", registry.root));
    let words = ["--kubeconfig", path.to_str().unwrap(), "--context", "one", "--context", "other"];
    let both = plan(&platform, &words, 0);
    assert_eq!(both[0]["images"], both[1]["images"]);
    let after = registry.requests.count("*", &format!("*/{}/manifests/{NEXT}", registry.root));
    assert_eq!(after - before, 1);
}

#[test]
fn a_missing_blob_blocks_only_if_the_cluster_uses_it() {
    let distribution = distribution();
    let unused = own_blob(&distribution, "ingressNginx/exporter2");
    assert!(distribution.store.remove_blob(&distribution.root, &unused));
    let registry = serving(&distribution);
    let platform = platform(&registry, "right");
    let images = plan(&platform, &[], 0)["images"].take();
    assert_eq!(images["missing"], json!([]));
    assert_eq!(images["missingUnused"][0]["images"], json!(["ingressNginx.exporter2"]));
    let text = platform.update(&["plan", "--check-images"]).expect(0).stdout;
    assert!(
        text.contains(&format!(
            "cannot be read, but this cluster does not use it: {}/{}@{unused} (",
            registry.address, registry.root
        )),
        "{text}"
    );

    let used = own_blob(&distribution, "cniCilium/agent1");
    assert!(distribution.store.remove_blob(&distribution.root, &used));
    let result = plan(&platform, &[], 7);
    let missing = &result["images"]["missing"];
    assert_eq!((missing.as_array().unwrap().len(), &missing[0]["images"]), (1, &json!(["cniCilium.agent1"])));
    let text = platform.update(&["plan", "--check-images"]).expect(7).stdout;
    let url = format!("{}/{}", registry.address, registry.root);
    insta::assert_snapshot!(
        text.replace(&url, "REGISTRY")
            .replace(&used.to_string(), "USED")
            .replace(&unused.to_string(), "UNUSED")
    );

    // A manifest is missing too; its list of images is not.
    let image = distribution.releases[NEXT].images["nodeManager/webhook3"];
    assert!(distribution.store.remove_manifest(&distribution.root, &image));
    let missing = plan(&platform, &[], 7)["images"]["missing"].take();
    let named: Vec<&Value> = missing.as_array().unwrap().iter().map(|it| &it["images"][0]).collect();
    assert_eq!(named.len(), 2, "{missing}");
    assert!(named.contains(&&json!("nodeManager.webhook3")), "{missing}");
}

/// Modules that left the platform's image with the next release are pulled from the same registry.
#[test]
fn modules_that_the_release_requires_are_read_too() {
    let module = |name: &str| ModuleSpec {
        name: name.to_owned(),
        versions: vec!["v1.0.0".to_owned(), "v1.1.0".to_owned()],
        channels: vec![("stable".to_owned(), "v1.1.0".to_owned())],
        images: 2,
        ..ModuleSpec::default()
    };
    let distribution = Distribution::builder()
        .releases(&["v1.57.5", NEXT])
        .channels(&[("stable", NEXT)])
        .migrated_modules(NEXT, &["log-shipper", "ingress-nginx", "prompp"])
        .images_per_release(6)
        .modules(["log-shipper", "ingress-nginx"].map(module).to_vec())
        .without_databases()
        .build();
    let lost = |name: &str, version: &str| {
        let image = distribution.modules[name].versions[version].images["image0"];
        let repository = format!("{}/modules/{name}", distribution.root);
        assert!(distribution.store.remove_manifest(&repository, &image));
        image
    };
    let registry = serving(&distribution);
    let platform = platform(&registry, "right");
    let source = |names: &[&str]| {
        let modules: Vec<Value> = names.iter().map(|it| json!({ "name": it, "version": "v1.1.0" })).collect();
        json!({
            "apiVersion": "deckhouse.io/v1alpha1", "kind": "ModuleSource", "metadata": { "name": "deckhouse" },
            "spec": { "registry": { "repo": format!("{}/{}/modules", registry.address, registry.root) } },
            "status": { "modules": modules },
        })
    };

    // No source names a version.
    let images = plan(&platform, &[], 0)["images"].take();
    assert_eq!(images["modulesNotChecked"], json!(["log-shipper", "prompp"]), "ingress-nginx is disabled");
    let without = images["objects"].as_u64().unwrap();
    let text = platform.update(&["plan", "--check-images"]).expect(0).stdout;
    let said = "not checked: images of modules that v1.58.3 requires: log-shipper, prompp";
    assert!(text.contains(said), "{text}");

    // Another version and a disabled module do not block.
    platform.put(&[source(&["log-shipper", "ingress-nginx"])]);
    lost("log-shipper", "v1.0.0");
    let unused = lost("ingress-nginx", "v1.1.0");
    let images = plan(&platform, &[], 0)["images"].take();
    assert_eq!((&images["missing"], &images["modulesNotChecked"]), (&json!([]), &json!(["prompp"])));
    assert!(images["objects"].as_u64().unwrap() > without + 4, "{images}");
    assert_eq!(images["missingUnused"], json!([]), "{unused} is not read");

    let used = lost("log-shipper", "v1.1.0");
    let result = plan(&platform, &[], 7);
    let missing = &result["images"]["missing"][0];
    assert_eq!(missing["images"], json!(["log-shipper.image0"]), "{result:#}");
    assert!(result["blocking"].to_string().contains(&used.to_string()), "{result:#}");
}

#[test]
fn a_refused_login_and_an_unreachable_registry_block() {
    let registry = serving(&distribution());
    let platform = platform(&registry, "wrong");
    let result = plan(&platform, &[], 7);
    assert_eq!(result["images"]["objects"], Value::Null);
    let blocking = result["blocking"][0].as_str().unwrap();
    assert!(blocking.starts_with("Secret/deckhouse-registry has a login that "), "{blocking}");
    assert!(!result.to_string().contains("wrong"), "{result}");

    // A port that nothing listens on.
    let nobody = Registry { address: "127.0.0.1:1".to_owned(), ..serving(&distribution()) };
    platform.put(&[secret(&nobody, "right")]);
    let result = plan(&platform, &["--retry-timeout", "1s"], 7);
    let blocking = result["blocking"][0].as_str().unwrap();
    assert!(blocking.contains("could not be read to check the images of v1.58.3"), "{blocking}");
}

#[test]
fn a_proxy_cache_without_its_upstream_is_not_taken_for_one_that_lacks_images() {
    let distribution = distribution();
    let not_found = |path: &str, message: &str| {
        let body = json!({ "errors": [{ "code": "NOT_FOUND", "message": message }] }).to_string();
        Rule::new("*", path, Fault::Answer { status: StatusCode::NOT_FOUND, headers: Vec::new(), body })
    };
    let image = distribution.releases[NEXT].images["cniCilium/agent1"];
    let of_upstream = "resource not found: repo cache/ee/release-channel, tag v0.0.0 not found";
    let registry = answering(
        &distribution,
        vec![
            not_found("*/release-channel/manifests/v0.0.0", of_upstream),
            not_found(&format!("*/ee/manifests/{image}"), "artifact cache/ee not found"),
        ],
    );
    let platform = platform(&registry, "right");
    let result = plan(&platform, &["--retry-timeout", "1s"], 7);
    assert_eq!(result["images"]["objects"], Value::Null);
    let blocking = result["blocking"][0].as_str().unwrap();
    assert!(blocking.contains("could not be read to check the images of v1.58.3"), "{blocking}");
    assert!(!blocking.contains("mirror push"), "{blocking}");
}

#[test]
fn run_approves_nothing_whose_images_are_missing() {
    let incomplete = distribution();
    let used = own_blob(&incomplete, "cniCilium/agent1");
    assert!(incomplete.store.remove_blob(&incomplete.root, &used));
    let (broken, whole) = (serving(&incomplete), serving(&distribution()));
    let platform = platform(&broken, "right");
    platform.ready("v1.57.5");
    platform.converge(true);
    let words = ["run", "--settle", "1s", "--patience", "3s", "--check-images", "--yes"];
    let (run, _) = Watching::start(platform.command(&words)).end();
    let run = run.expect(7);
    assert!(
        run.stderr.contains(&used.to_string()) && run.stderr.contains("cniCilium.agent1"),
        "{}",
        run.stderr
    );
    assert_eq!(platform.get("DeckhouseRelease", NEXT)["approved"], Value::Bool(false));
    let manifest = format!("*/{}/manifests/{NEXT}", broken.root);
    assert_eq!(broken.requests.count("*", &manifest), 1, "not with every observation");

    platform.put(&[secret(&whole, "right")]);
    let mut run = Watching::start(platform.command(&words));
    run.until("the images", |line| {
        line["event"] == "note"
            && line["text"]
                .as_str()
                .is_some_and(|it| it.contains("everything of v1.58.3 that this cluster needs"))
    });
    run.until("its wait", |line| line["verdict"] == "notStarted" && line["target"] == "1.58.3");
    assert_eq!(platform.get("DeckhouseRelease", NEXT)["approved"], true);
    assert_eq!(whole.requests.count("*", &manifest), 1);
    run.signal("-INT");
    run.end().0.expect(130);
}
