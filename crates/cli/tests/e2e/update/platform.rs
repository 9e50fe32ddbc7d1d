//! A cluster with the platform in it, as its API shows it.

use std::path::PathBuf;

use kube::api::{ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use testkit::kube::{Answer, ApiServer, Borrowed, Kubelet, Objects, Webhook, wait};

use crate::world::{Run, command};

const API: &str = "deckhouse.io/v1alpha1";

/// An API server for one test, with the platform's pod on one master, whose queue is empty.
pub(crate) struct Platform {
    pub(crate) server: Borrowed,
    pub(crate) kubelet: Kubelet,
    pub(crate) webhook: Webhook,
    pub(crate) folder: tempfile::TempDir,
}

impl Platform {
    /// With this tag at the image of the platform, and these settings of `ModuleConfig/deckhouse`.
    pub(crate) fn running(tag: &str, settings: &Value) -> Self {
        let server = ApiServer::borrow().unwrap();
        let webhook = Webhook::start(&server).unwrap();
        let platform = Self {
            server,
            kubelet: Kubelet::start().unwrap(),
            webhook,
            folder: tempfile::tempdir().unwrap(),
        };
        platform.queue(0);
        let mut node = platform.kubelet.node("master-0");
        node["metadata"]["labels"] =
            json!({ "node.deckhouse.io/group": "master", "node-role.kubernetes.io/control-plane": "" });
        node["status"]["nodeInfo"] = node_info("5.15.0-53-generic");
        let image = format!("registry.example.com/dkp/ee:{tag}");
        platform.put(&[
            node,
            deployment(&image),
            pod(&image),
            json!({
                "apiVersion": API, "kind": "ModuleConfig", "metadata": { "name": "deckhouse" },
                "spec": { "version": 1, "settings": settings },
            }),
        ]);
        platform
    }

    /// The running controller names this edition.
    pub(crate) fn edition(&self, name: &str) {
        let api = self.admin().api("apps/v1", "Deployment", Some("d8-system"));
        let patch = json!({ "metadata": { "annotations": { "core.deckhouse.io/edition": name } } });
        wait(
            async move { api.patch("deckhouse", &PatchParams::default(), &Patch::Merge(patch)).await.unwrap() },
        );
    }

    /// The queue holds so many tasks from now on.
    pub(crate) fn queue(&self, tasks: u64) {
        let json = json!({
            "active": if tasks == 0 { json!([]) } else {
                json!([{ "name": "main", "tasksCount": tasks, "status": "run first task",
                    "tasks": [{ "index": 1, "description": "ModuleRun:main:prometheus:doStartup" }] }])
            },
            "summary": {
                "mainQueueTasks": tasks, "otherQueues": { "active": 0, "empty": 88, "tasks": 0 },
                "totalTasks": tasks,
            },
        });
        self.kubelet.on("queue", Answer::prints(json.to_string()));
    }

    /// Writes objects, with their status.
    pub(crate) fn put(&self, objects: &[Value]) {
        let (admin, objects) = (self.admin(), objects.to_vec());
        wait(async move {
            for object in objects {
                admin.put(&object).await.unwrap();
            }
        });
    }

    /// An object as it is; null if it is not there.
    pub(crate) fn get(&self, kind: &str, name: &str) -> Value {
        let (api, name) = (self.admin().api(version_of(kind), kind, None), name.to_owned());
        let object = wait(async move { api.get_opt(&name).await.unwrap() });
        object.map_or(Value::Null, |object| serde_json::to_value(object).unwrap())
    }

    /// Name and resource version of all objects of a kind.
    pub(crate) fn versions(&self, kind: &str) -> Vec<(String, String)> {
        let api = self.admin().api(API, kind, None);
        let list = wait(async move { api.list(&ListParams::default()).await.unwrap() });
        let mut versions: Vec<(String, String)> = list
            .items
            .into_iter()
            .map(|it| {
                (it.metadata.name.unwrap_or_default(), it.metadata.resource_version.unwrap_or_default())
            })
            .collect();
        versions.sort();
        versions
    }

    /// Runs `dhctl update` with these words.
    pub(crate) fn update(&self, words: &[&str]) -> Run {
        Run::of(self.command(words).output().unwrap())
    }

    /// The same, to be started.
    pub(crate) fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = command(self.folder.path());
        command.arg("update").args(words).env("KUBECONFIG", self.kubeconfig());
        command
    }

    /// Runs it as `alice`, who has no rights until some are granted.
    pub(crate) fn as_alice(&self, words: &[&str]) -> Run {
        let mut command = self.command(words);
        Run::of(command.env("KUBECONFIG", self.server.kubeconfig("alice").unwrap()).output().unwrap())
    }

    /// Gives `alice` what `dhctl update rbac` prints with these flags, and nothing else.
    pub(crate) fn grant_printed(&self, flags: &[&str]) {
        let manifest = self.update(&[&["rbac", "--user", "alice"], flags].concat()).expect(0).stdout;
        let admin = self.admin();
        wait(async move { admin.put_yaml(&manifest).await.unwrap() });
        let read_only = flags.contains(&"--read-only");
        let verb = if read_only { "list" } else { "patch" };
        let has_exec = !read_only || flags.contains(&"--queues");
        let (in_pods, pods) = if has_exec { ("create", "pods/exec") } else { ("get", "pods/log") };
        for (verb, group, resource, namespace) in [
            ("list", "deckhouse.io", "deckhousereleases", None),
            (verb, "", "nodes", None),
            (in_pods, "", pods, Some("d8-system")),
        ] {
            self.until_alice_may(verb, group, resource, namespace);
        }
        if !read_only || flags.contains(&"--secrets") {
            self.until_alice_may("get", "", "secrets=deckhouse-registry", Some("d8-system"));
            self.until_alice_may("get", "", "secrets=d8-cluster-configuration", Some("kube-system"));
        }
    }

    /// Waits until a right that was given to `alice` holds.
    pub(crate) fn until_alice_may(&self, verb: &str, group: &str, resource: &str, namespace: Option<&str>) {
        block_on(self.server.until_allowed("alice", verb, group, resource, namespace)).unwrap();
    }

    /// Changes an object, as somebody else would.
    pub(crate) fn merge(&self, kind: &str, name: &str, patch: Value) {
        let (api, name) = (self.admin().api(version_of(kind), kind, None), name.to_owned());
        wait(async move { api.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap() });
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.server.kubeconfig("admin").unwrap()
    }

    fn admin(&self) -> Objects {
        self.server.admin().unwrap()
    }
}

fn version_of(kind: &str) -> &'static str {
    match kind {
        "Node" => "v1",
        "NodeGroup" => "deckhouse.io/v1",
        _ => API,
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A release in this phase; an empty one is none.
pub(crate) fn release(version: &str, phase: &str) -> Value {
    let mut release = json!({
        "apiVersion": API, "kind": "DeckhouseRelease", "metadata": { "name": version },
        "spec": { "version": version },
    });
    if !phase.is_empty() {
        release["status"] = json!({ "phase": phase });
    }
    release
}

/// What a node says of itself.
pub(crate) fn node_info(kernel: &str) -> Value {
    json!({
        "kernelVersion": kernel, "osImage": "Ubuntu 22.04.3 LTS", "kubeletVersion": "v1.30.4",
        "containerRuntimeVersion": "containerd://1.7.20", "architecture": "amd64", "bootID": "",
        "kubeProxyVersion": "v1.30.4", "machineID": "", "operatingSystem": "linux", "systemUUID": "",
    })
}

pub(crate) fn deployment(image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "deckhouse", "namespace": "d8-system" },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": "deckhouse" } },
            "template": {
                "metadata": { "labels": { "app": "deckhouse" } },
                "spec": { "containers": [{ "name": "deckhouse", "image": image }] },
            },
        },
        "status": { "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1 },
    })
}

pub(crate) fn pod(image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "deckhouse-0", "namespace": "d8-system", "labels": { "app": "deckhouse", "leader": "true" },
        },
        "spec": { "nodeName": "master-0", "containers": [{ "name": "deckhouse", "image": image }] },
        "status": {
            "phase": "Running", "podIP": "10.0.0.1", "startTime": "2026-01-01T00:00:00Z",
            "conditions": [{ "type": "Ready", "status": "True" }],
        },
    })
}
