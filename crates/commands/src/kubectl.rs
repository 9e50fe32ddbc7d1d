//! The invocations of kubectl that are suggested.

use serde_json::{Value, json};

use crate::{
    ClusterFlags,
    manifest::{Json, Manifest},
    objects::{Objects, Output, Resource},
    pods::{Controller, Logs, Pods},
    words::Words,
};

/// The annotation that is written only so that a controller looks at an object again.
pub const TOUCHED: &str = "dhctl.deckhouse.io/touched";
const TOUCHED_ASSIGNED: &str = "dhctl.deckhouse.io/touched=";

impl Kubectl {
    /// Changes the settings of updates.
    pub fn change_updates(settings: &Value) -> Self {
        Self::Patch {
            resource: Resource::ModuleConfig,
            name: "deckhouse".to_owned(),
            status: false,
            patch: Json::from(&json!({ "spec": { "settings": { "update": settings } } })),
        }
    }

    /// Sets the update mode in which every release needs an approval.
    pub fn set_manual_mode() -> Self {
        Self::change_updates(&json!({ "mode": "Manual" }))
    }
}

/// An invocation of kubectl.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kubectl {
    /// Shows objects.
    Get(Objects, Output),
    /// Shows the metrics of the API server.
    GetMetrics,
    /// Shows objects with their events.
    Describe(Objects),
    /// Shows what the platform's pods have logged.
    Logs(Logs),
    /// Asks the platform's controller.
    Exec(Pods, Controller),
    /// Saves the token with the data of the cluster that the license server needs, to a file: nobody is to read it.
    SaveClusterData,
    /// Opens the Secret with the platform's registry in an editor.
    EditRegistry,
    /// Restarts the platform's pod.
    RestartPlatform,
    /// Sets the image of the platform's Deployment.
    SetPlatformImage(String),
    /// Gives the platform's Deployment its one pod.
    ScalePlatform,
    /// Makes a backup of etcd now, with a `CronJob` of the platform.
    BackUpEtcd {
        /// The `CronJob`.
        cron_job: String,
        /// The name of the job that it is made with.
        job: String,
    },
    /// Moves the pods away from a node, and lets no new ones onto it.
    Drain(String),
    /// Lets pods onto a node again.
    Uncordon(String),
    /// Removes the annotations of a drain from a node.
    ForgetDrain(String),
    /// Writes an annotation of ours to objects, whose controller looks at them then.
    Touch {
        /// Their kind.
        resource: Resource,
        /// Their names.
        names: Vec<String>,
        /// The value of the annotation.
        mark: String,
    },
    /// Changes an object by a merge patch (RFC 7386).
    Patch {
        /// Its kind.
        resource: Resource,
        /// Its name.
        name: String,
        /// Whether its status is changed.
        status: bool,
        /// What is written.
        patch: Json,
    },
    /// Changes an object by the merge patch in a file.
    PatchFile {
        /// Its kind.
        resource: Resource,
        /// Its name.
        name: String,
        /// The file.
        file: String,
    },
    /// Removes objects.
    Delete(Resource, Vec<String>),
    /// Makes an object.
    Create(Manifest),
    /// Writes the objects of a file.
    Apply(String),
}

impl Kubectl {
    pub(crate) fn words(&self, flags: &ClusterFlags) -> Words {
        let words = flags.add_to(Words::default().fixed(&["kubectl"]));
        let platform = |words: Words| words.fixed(&["-n", "d8-system"]);
        match self {
            Self::Get(objects, output) => output.words(objects.words(words, "get")),
            Self::GetMetrics => words.fixed(&["get", "--raw", "/metrics"]),
            Self::Describe(objects) => objects.words(words, "describe"),
            Self::Logs(logs) => logs.words(platform(words)),
            Self::Exec(pods, command) => command.words(pods, platform(words)),
            Self::SaveClusterData => words
                .fixed(&["get", "effectivelicense", "deckhouse-platform", "-o"])
                .joined("jsonpath=", "{.status.registrationRequest}"),
            Self::EditRegistry => platform(words).fixed(&["edit", "secret", "deckhouse-registry"]),
            Self::RestartPlatform => platform(words).fixed(&["rollout", "restart", "deployment/deckhouse"]),
            Self::SetPlatformImage(image) => {
                platform(words).fixed(&["set", "image", "deployment/deckhouse"]).joined("deckhouse=", image)
            }
            Self::ScalePlatform => platform(words).fixed(&["scale", "deployment/deckhouse", "--replicas=1"]),
            Self::BackUpEtcd { cron_job, job } => words
                .fixed(&["-n", "kube-system", "create", "job"])
                .joined("--from=cronjob/", cron_job)
                .operand(job),
            Self::Drain(node) => {
                words.fixed(&["drain", "--ignore-daemonsets", "--delete-emptydir-data"]).operand(node)
            }
            Self::Uncordon(node) => words.fixed(&["uncordon"]).operand(node),
            Self::ForgetDrain(node) => words
                .fixed(&["annotate", "node"])
                .operand(node)
                .fixed(&["update.node.deckhouse.io/draining-", "update.node.deckhouse.io/drained-"]),
            Self::Touch { resource, names, mark } => {
                let words = words.fixed(&["annotate", resource.qualified(), "--overwrite"]);
                let words = names.iter().fold(words, |words, name| words.operand(name));
                words.joined(TOUCHED_ASSIGNED, mark)
            }
            Self::Patch { resource, name, status, patch } => {
                let words = words.fixed(&["patch", resource.qualified()]).operand(name);
                let words = if *status { words.fixed(&["--subresource=status"]) } else { words };
                words.fixed(&["--type=merge", "-p"]).joined("", patch.as_str())
            }
            Self::PatchFile { resource, name, file } => words
                .fixed(&["patch", resource.qualified()])
                .operand(name)
                .fixed(&["--type=merge", "--patch-file"])
                .file(file),
            Self::Delete(resource, names) => {
                let words = words.fixed(&["delete", resource.qualified()]);
                names.iter().fold(words, |words, name| words.operand(name))
            }
            Self::Create(_) => words.fixed(&["create", "-f", "-"]),
            Self::Apply(file) => words.fixed(&["apply", "-f"]).file(file),
        }
    }
}
