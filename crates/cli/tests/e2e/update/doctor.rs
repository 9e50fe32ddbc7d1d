//! `dhctl update doctor`: against a real API server, and a real registry that wants the cluster's login.

use std::sync::Arc;

use base64::Engine as _;
use http::StatusCode;
use kube::api::DeleteParams;
use registry_server::ServerOptions;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    Distribution, DockerAuth, DockerRegistry, DockerRegistryOptions, Fault, Rule, Script,
    kube::{Answer, ApiServer, Borrowed, Kubelet, wait},
    write_docker_registry_storage,
};

use crate::world::{Run, command, serve};

const API: &str = "deckhouse.io/v1alpha1";
const PASSWORD: &str = "hunter2-of-the-cluster";
const APPROVAL: &str = "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation";

/// A cluster on channel alpha: v1.58.3 is deployed, v1.59.4, to which the channel leads, waits for its approval.
struct Setup {
    server: Borrowed,
    kubelet: Kubelet,
    registry: DockerRegistry,
    root: String,
    folder: TempDir,
    _storage: TempDir,
}

impl Setup {
    fn open() -> Self {
        let distribution = Distribution::sample();
        let storage = tempfile::tempdir().unwrap();
        write_docker_registry_storage(&distribution.store, storage.path()).unwrap();
        let registry = DockerRegistry::start(DockerRegistryOptions {
            storage: Some(storage.path().to_owned()),
            auth: DockerAuth::Htpasswd { login: "cluster".to_owned(), password: PASSWORD.to_owned() },
            ..DockerRegistryOptions::default()
        })
        .unwrap();
        let setup = Self {
            server: ApiServer::borrow().unwrap(),
            kubelet: Kubelet::start().unwrap(),
            registry,
            root: distribution.root,
            folder: tempfile::tempdir().unwrap(),
            _storage: storage,
        };
        let idle = json!({ "active": [], "summary": { "mainQueueTasks": 0, "totalTasks": 0, "otherQueues": { "active": 0, "empty": 88, "tasks": 0 } } });
        setup.kubelet.on("queue", Answer::prints(idle.to_string()));
        let mut node = setup.kubelet.node("master-0");
        node["metadata"]["labels"] = json!({ "node-role.kubernetes.io/control-plane": "" });
        setup.put(&[
            node,
            json!({
                "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": "deckhouse" },
                "spec": { "version": 1, "settings": { "releaseChannel": "Alpha", "update": { "mode": "Manual" } } },
            }),
            setup.deployment("v1.58.3"),
            Self::pod("deckhouse-0", "d8-system", &setup.image("v1.58.3"), None),
            release("v1.57.5", "Superseded", ""),
            release("v1.58.3", "Deployed", ""),
            release("v1.59.4", "Pending", APPROVAL),
            setup.secret(PASSWORD),
        ]);
        setup
    }

    fn image(&self, tag: &str) -> String {
        format!("{}/{}:{tag}", self.registry.addr(), self.root)
    }

    fn put(&self, objects: &[Value]) {
        let (admin, objects) = (self.server.admin().unwrap(), objects.to_vec());
        wait(async move {
            for object in objects {
                admin.put(&object).await.unwrap();
            }
        });
    }

    fn secret(&self, password: &str) -> Value {
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let address = self.registry.addr().to_string();
        let auth = encode(&format!("cluster:{password}"));
        let config =
            json!({ "auths": { &address: { "username": "cluster", "password": password, "auth": auth } } });
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "metadata": { "name": "deckhouse-registry", "namespace": "d8-system" },
            "data": {
                ".dockerconfigjson": encode(&config.to_string()),
                "address": encode(&address),
                "path": encode(&format!("/{}", self.root)),
                "scheme": encode("http"),
                "imagesRegistry": encode(&format!("{address}/{}", self.root)),
            },
        })
    }

    fn deployment(&self, tag: &str) -> Value {
        let pod = json!({
            "metadata": { "labels": { "app": "deckhouse" } },
            "spec": { "containers": [{ "name": "deckhouse", "image": self.image(tag) }] },
        });
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "deckhouse", "namespace": "d8-system" },
            "spec": { "replicas": 1, "selector": { "matchLabels": { "app": "deckhouse" } }, "template": pod },
            "status": {
                "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
                "conditions": [{ "type": "Available", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z" }],
            },
        })
    }

    /// A pod that runs, or one that waits for its image with this reason and message.
    fn pod(name: &str, namespace: &str, image: &str, waiting: Option<(&str, &str)>) -> Value {
        let app = if namespace == "d8-system" { "deckhouse" } else { name };
        let state = match waiting {
            Some((reason, message)) => json!({ "waiting": { "reason": reason, "message": message } }),
            None => json!({ "running": { "startedAt": "2026-01-01T00:00:00Z" } }),
        };
        let ready = waiting.is_none();
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": name, "namespace": namespace, "labels": { "app": app, "leader": "true" } },
            "spec": { "nodeName": "master-0", "containers": [{ "name": app, "image": image }] },
            "status": {
                "phase": if ready { "Running" } else { "Pending" },
                "startTime": "2026-01-01T00:00:00Z",
                "conditions": [{ "type": "Ready", "status": if ready { "True" } else { "False" } }],
                "containerStatuses": [{
                    "name": app, "image": image, "imageID": "", "ready": ready, "restartCount": 0, "state": state,
                }],
            },
        })
    }

    fn doctor(&self, args: &[&str]) -> Run {
        self.doctor_as("admin", args)
    }

    /// Runs the doctor; whatever it says, it never says the password.
    fn doctor_as(&self, user: &str, args: &[&str]) -> Run {
        let kubeconfig = self.server.kubeconfig(user).unwrap();
        let mut command = command(self.folder.path());
        command.args(["update", "doctor"]).args(args).env("KUBECONFIG", kubeconfig);
        let run = Run::of(command.output().unwrap());
        let encoded = base64::engine::general_purpose::STANDARD.encode(PASSWORD);
        for secret in [PASSWORD, encoded.as_str(), "wrong-password"] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run:?}");
        }
        run
    }

    /// The findings of a run with `--output json`, as `severity rule`.
    fn found(&self, code: i32) -> Vec<String> {
        let json = self.doctor(&["--output", "json"]).expect(code).json();
        // The clock is the API server's, whose dates have no fractions.
        assert!(!json["result"]["at"].as_str().unwrap().contains('.'), "{}", json["result"]["at"]);
        let findings = json["result"]["findings"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        findings.iter().map(|it| format!("{} {}", text(&it["severity"]), text(&it["rule"]))).collect()
    }
}

fn release(version: &str, phase: &str, message: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "DeckhouseRelease", "metadata": { "name": version },
        "spec": { "version": version },
        "status": { "phase": phase, "message": message, "transitionTime": "2026-01-01T00:00:00Z" },
    })
}

#[test]
fn a_healthy_cluster() {
    let setup = Setup::open();
    let run = setup.doctor(&[]).expect(0);
    assert!(run.stdout.starts_with("Nothing blocks the update.\n"), "{}", run.stdout);
    assert!(run.stdout.contains(": dhctl update approve v1.59.4\n"), "{}", run.stdout);
    assert!(
        !run.stdout.contains("in the registry"),
        "the registry was asked, and has everything: {}",
        run.stdout
    );
    assert_eq!(setup.found(0), ["notable approval"]);
    let short = setup.doctor(&["--no-registry"]).expect(0);
    assert!(short.stdout.contains("\nskipped: "), "{}", short.stdout);
    assert!(short.stdout.contains(" (--verbose lists them)\n"), "{}", short.stdout);
    let full = setup.doctor(&["--no-registry", "--verbose"]).expect(0);
    assert!(full.stdout.contains("  registry: --no-registry is set\n"), "{}", full.stdout);
}

#[test]
fn images_that_cannot_be_pulled_are_checked_in_the_registry() {
    let setup = Setup::open();
    let back_off = ("ImagePullBackOff", "Back-off pulling image");
    setup.put(&[Setup::pod("deckhouse-0", "d8-system", &setup.image("v1.99.0"), Some(back_off))]);
    let run = setup.doctor(&[]).expect(7);
    assert!(run.stdout.contains("\n  the registry does not have this image\n"), "{}", run.stdout);
    assert!(run.stderr.contains("error: something blocks the update\n"), "{}", run.stderr);

    let there = Setup::pod("deckhouse-0", "d8-system", &setup.image("v1.59.4"), Some(back_off));
    let digest = format!("{}/{}@sha256:{}", setup.registry.addr(), setup.root, "ab".repeat(32));
    setup.put(&[there, Setup::pod("grafana", "d8-monitoring", &digest, Some(("ErrImagePull", "rpc error")))]);
    let run = setup.doctor(&[]).expect(7);
    assert!(run.stdout.contains("\n  the registry has this image now"), "{}", run.stdout);
    assert!(
        run.stdout.contains("Pod/grafana in namespace d8-monitoring cannot pull the image "),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("\n  the registry does not have this image; the update is not done until"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stdout.matches(": kubectl -n d8-monitoring describe pod grafana\n").count(), 1);
}

#[test]
fn the_image_of_a_running_pod_may_be_missing_too() {
    let setup = Setup::open();
    let waiting = |name: &str, image: &str, message: &str| {
        json!({
            "name": name, "image": image, "imageID": "", "ready": false, "restartCount": 3,
            "state": { "waiting": { "reason": "ImagePullBackOff", "message": message } },
        })
    };
    let (gone, there) = (setup.image("v1.99.0"), setup.image("v1.58.3"));
    let mut sidecar = Setup::pod("grafana", "d8-monitoring", &there, None);
    let add = |list: &mut Value, item: Value| list.as_array_mut().unwrap().push(item);
    add(&mut sidecar["spec"]["containers"], json!({ "name": "sidecar", "image": gone }));
    add(&mut sidecar["status"]["containerStatuses"], waiting("sidecar", &gone, "Back-off pulling image"));
    // It has begun anew, with its init container.
    let mut init = Setup::pod("ingress", "kube-system", &there, None);
    init["spec"]["initContainers"] = json!([{ "name": "init", "image": there }]);
    init["spec"]["imagePullSecrets"] = json!([{ "name": "copy" }]);
    init["status"]["initContainerStatuses"] =
        json!([waiting("init", &there, "unexpected status: 401 Unauthorized")]);
    setup.put(&[sidecar, init]);
    let run = setup.doctor(&[]).expect(7);
    for said in [
        "Pod/grafana in namespace d8-monitoring cannot pull the image ",
        " of its container sidecar",
        "Pod/ingress in namespace kube-system cannot pull the image ",
        " of its container init: unexpected status: 401 Unauthorized (imagePullSecrets: copy)",
        "\n  the registry accepts the cluster's login but refused the node",
    ] {
        assert!(run.stdout.contains(said), "{said}: {}", run.stdout);
    }
}

#[test]
fn the_channel_in_the_registry_against_the_releases() {
    let setup = Setup::open();
    setup.put(&[release("v1.60.0", "Pending", "awaiting for v1.59.4 release to be deployed")]);
    assert_eq!(setup.found(7), ["blocks above-channel", "notable approval"]);
    let config = |channel: &str| {
        json!({
            "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": "deckhouse" },
            "spec": { "version": 1, "settings": { "releaseChannel": channel, "update": { "mode": "Manual" } } },
        })
    };
    setup.put(&[config("LTS")]);
    assert_eq!(setup.found(7), ["blocks channel-tag", "notable approval"]);
}

#[test]
fn a_proxy_cache_that_lists_only_a_part_of_the_releases() {
    let setup = Setup::open();
    let body = json!({ "tags": ["alpha", "v1.58.3"] }).to_string();
    let fault = Fault::Answer { status: StatusCode::OK, headers: Vec::new(), body };
    let script = Script::new(vec![Rule::new("GET", "*/release-channel/tags/list", fault)]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entered = runtime.enter();
    let options = ServerOptions { interceptor: Some(Arc::new(script)), ..ServerOptions::default() };
    let cache = serve(Arc::new(Distribution::sample().store), options);
    drop(entered);
    let encode = |text: String| json!(base64::engine::general_purpose::STANDARD.encode(text));
    let mut secret = setup.secret(PASSWORD);
    secret["data"]["address"] = encode(cache.addr().to_string());
    secret["data"]["imagesRegistry"] = encode(format!("{}/{}", cache.addr(), setup.root));
    setup.put(&[secret]);
    // The next release is listed neither, but has its object.
    assert_eq!(setup.found(0), ["slows registry-listing", "notable approval"]);
    let run = setup.doctor(&[]).expect(0);
    assert!(run.stdout.contains("but does not list their tags: v1.59.4"), "{}", run.stdout);
    assert!(run.stdout.contains("dhctl mirror pull --dry-run --proxy-registry --source"), "{}", run.stdout);
}

#[test]
fn a_minor_version_that_never_ran() {
    let setup = Setup::open();
    let replica_set = |tag: &str| {
        let labels = json!({ "app": "deckhouse" });
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": { "name": format!("deckhouse-{}", tag.replace('.', "-")), "namespace": "d8-system", "labels": labels },
            "spec": {
                "replicas": 0, "selector": { "matchLabels": labels },
                "template": {
                    "metadata": { "labels": labels },
                    "spec": { "containers": [{ "name": "deckhouse", "image": setup.image(tag) }] },
                },
            },
        })
    };
    setup.put(&[replica_set("v1.56.4"), replica_set("v1.58.3")]);
    assert_eq!(setup.found(0), ["slows skipped-minors", "notable approval"]);
    let run = setup.doctor(&[]).expect(0);
    assert!(
        run.stdout.contains("is deployed, but these earlier releases were skipped and never ran: v1.57.5"),
        "{}",
        run.stdout
    );
    // Nothing shows it any more.
    let mut earlier = release("v1.56.4", "Superseded", "");
    earlier["status"].as_object_mut().unwrap().remove("transitionTime");
    setup.put(&[earlier]);
    let sets = setup.server.admin().unwrap().api("apps/v1", "ReplicaSet", Some("d8-system"));
    wait(async move { sets.delete("deckhouse-v1-56-4", &DeleteParams::default()).await.unwrap() });
    assert_eq!(setup.found(0), ["notable skipped-minors", "notable approval"]);
    let run = setup.doctor(&[]).expect(0);
    assert!(
        run.stdout.contains("is deployed, but it is not known whether these earlier releases ran: v1.57.5"),
        "{}",
        run.stdout
    );
    // The objects show that it was deployed for an hour.
    let since = |name: &str, time: &str| {
        let mut release = release(name, "Superseded", "");
        release["status"]["transitionTime"] = json!(time);
        release
    };
    setup.put(&[since("v1.56.4", "2026-11-01T10:00:00Z"), since("v1.57.5", "2026-11-01T11:00:00Z")]);
    assert_eq!(setup.found(0), ["notable approval"]);
}

#[test]
fn a_login_that_the_registry_refuses() {
    let setup = Setup::open();
    setup.put(&[setup.secret("wrong-password")]);
    assert_eq!(setup.found(7), ["blocks registry-login", "notable approval"]);
}

#[test]
fn a_path_to_which_nothing_was_pushed() {
    let setup = Setup::open();
    let nowhere = format!("{}/nowhere", setup.registry.addr());
    let mut secret = setup.secret(PASSWORD);
    let encode = |text: &str| json!(base64::engine::general_purpose::STANDARD.encode(text));
    secret["data"]["path"] = encode("/nowhere");
    secret["data"]["imagesRegistry"] = encode(&nowhere);
    let waiting = Some(("ImagePullBackOff", "Back-off pulling image"));
    setup.put(&[secret, Setup::pod("deckhouse-0", "d8-system", &format!("{nowhere}:v1.58.3"), waiting)]);
    let run = setup.doctor(&[]).expect(7);
    assert!(run.stdout.contains("\n  the registry has no such repository"), "{}", run.stdout);
}

#[test]
fn a_certificate_that_does_not_match_the_ca_of_the_secret() {
    let setup = Setup::open();
    let encode = |text: &str| json!(base64::engine::general_purpose::STANDARD.encode(text));
    let mut secret = setup.secret(PASSWORD);
    // Any server with a certificate of its own authority.
    let address = setup.server.url().strip_prefix("https://").unwrap();
    secret["data"]["address"] = encode(address);
    secret["data"]["scheme"] = encode("https");
    setup.put(&[secret.clone()]);
    assert_eq!(setup.found(0), ["slows registry-trust", "notable approval"]);
    // With its CA it is trusted, and turns out to be no registry.
    secret["data"]["ca"] = encode(setup.server.ca_pem());
    setup.put(&[secret]);
    assert_eq!(setup.found(0), ["notable approval"]);
}

#[test]
fn a_registry_unreachable_from_here_is_not_a_finding() {
    let mut setup = Setup::open();
    setup.registry.kill();
    let run = setup.doctor(&["--verbose"]).expect(0);
    assert!(run.stdout.contains("  registry: cannot be reached from here: "), "{}", run.stdout);
    assert!(run.stdout.starts_with("Nothing blocks the update.\n"), "{}", run.stdout);
}

#[test]
fn what_the_platform_says_in_its_log() {
    let setup = Setup::open();
    let now = jiff::Timestamp::now();
    setup.kubelet.set_log(
        "deckhouse-0",
        &format!("{{\"level\":\"error\",\"msg\":\"list tags\",\"error\":\"GET https://u:p@r/v2/: 401\",\"time\":\"{now}\"}}\n"),
    );
    let run = setup.doctor(&[]).expect(0);
    assert!(run.stdout.contains(": list tags: GET https://r/v2/: 401\n"), "{}", run.stdout);
}

#[test]
fn too_little_could_be_read() {
    let setup = Setup::open();
    let run = setup.doctor_as("alice", &[]).expect(7);
    assert!(run.stdout.starts_with("No blocking problem was found, but not everything"), "{}", run.stdout);
    assert!(run.stdout.contains("  DeckhouseReleases: no permission: "), "{}", run.stdout);
    assert!(
        run.stderr.contains("hint: ask a cluster administrator to apply the permissions that this command prints: dhctl update rbac --user alice"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_printed_permissions_suffice_for_the_doctor() {
    let setup = Setup::open();
    let mut command = command(setup.folder.path());
    let manifest = Run::of(
        command
            .args(["update", "rbac", "--user", "alice", "--read-only", "--queues", "--secrets"])
            .output()
            .unwrap(),
    );
    let (admin, manifest) = (setup.server.admin().unwrap(), manifest.expect(0).stdout);
    wait(async move { admin.put_yaml(&manifest).await.unwrap() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (verb, group, resource, namespace) in [
        ("list", "deckhouse.io", "deckhousereleases", None),
        ("list", "", "pods", None),
        ("list", "", "events", Some("d8-system")),
        ("get", "", "pods/log", Some("d8-system")),
        ("get", "", "pods/exec", Some("d8-system")),
    ] {
        runtime.block_on(setup.server.until_allowed("alice", verb, group, resource, namespace)).unwrap();
    }
    let run = setup.doctor_as("alice", &[]).expect(0);
    assert!(run.stdout.starts_with("Nothing blocks the update.\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("no permission"), "{}", run.stdout);
}
