//! `dhctl update`: the platform inside a cluster.

#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

mod approve;
mod consent;
mod doctor;
mod kernel;
mod plan;
mod prepare;
mod rbac;
mod status;
mod support_bundle;
mod want;
mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use semver::Version;

pub use approve::ApproveArgs;
pub use consent::{ChangeArgs, ConsentArgs};
pub use doctor::DoctorArgs;
pub use kernel::KernelArgs;
pub use plan::{PlanArgs, PlanFormat};
pub use prepare::PrepareArgs;
pub use rbac::RbacArgs;
pub use status::{StatusArgs, StatusFormat};
pub use support_bundle::SupportBundleArgs;
pub use want::WantArgs;
pub use watch::{RunArgs, WaitArgs, WatchArgs};

/// What can be done with the platform inside a cluster.
#[derive(Debug, Subcommand)]
pub enum UpdateCommand {
    /// Show the state of a cluster: releases and why they wait, queue, alerts, nodes, modules, registry
    ///
    /// The line below the name of the cluster says whether anything blocks the update, and names the next command. Changes
    /// nothing. What cannot be read is shown as unknown, with the reason.
    #[command(after_help = super::EXIT_CODES)]
    Status(StatusArgs),
    /// Show the releases up to the target release, what each one requires, and what it may break
    ///
    /// Changes nothing. The requirements of all releases are checked against the current state of the cluster; each unmet
    /// requirement is shown with the object, its value, the value that is needed, and the fix. For the next
    /// release, plan shows the result that the platform's controller reports, instead of its own. Exit code 7 if something
    /// blocks the update.
    #[command(after_help = super::EXIT_CODES)]
    Plan(Box<PlanArgs>),
    /// Prepare the cluster: set the update mode, create the releases, set the release channel
    ///
    /// Shows each change with the kubectl command that does the same, and asks for confirmation. It also deletes duplicate
    /// objects of releases (such as v1-72-3 next to v1.72.3) if that is safe. It never approves a release. To resume an
    /// interrupted run, run the same command again; once everything is prepared, it writes nothing.
    #[command(after_help = super::EXIT_CODES)]
    Prepare(Box<PrepareArgs>),
    /// Approve a release, the disruptive part of a release, or a disruptive update of nodes (drain, reboot)
    ///
    /// Only the next release can be approved: no minor version is skipped, and nothing is approved while the previous update
    /// is running, even if the controller allows it. Shows each change and asks for confirmation. Nothing is
    /// written if it is approved already.
    #[command(after_help = super::EXIT_CODES)]
    Approve(Box<ApproveArgs>),
    /// Approve the next release, wait until it is done, and continue with the one after it
    ///
    /// Shows each approval, with the kubectl command that does the same, and asks. Waits for update windows,
    /// notification delays and gradual rollouts. In an automatic update mode it only watches. If something
    /// needs a person (an unmet requirement, a missing release, an unset channel, a disruption to approve), the run reports
    /// it immediately, and ends with exit code 7 if it is not fixed within --patience. All state is in the cluster: the
    /// same command resumes a run that was stopped.
    #[command(after_help = watch::stages_and(super::EXIT_CODES))]
    Run(Box<RunArgs>),
    /// Watch an update until it is done
    ///
    /// "Deployed" is the start of an update. It is done when all of this has been true for the time of --settle: the
    /// release, the platform's pod, the modules and the nodes are healthy; the queues are empty; no alert about the update
    /// is firing. Stopping the watch does not stop the update.
    #[command(after_help = watch::stages_and(super::EXIT_CODES))]
    Watch(Box<WatchArgs>),
    /// Find out why an update does not continue, and what to do
    ///
    /// Reads the cluster, and its registry with the cluster's own login. Changes nothing. A running update is not reported as a
    /// problem. What could not be checked is listed. Exit code 7 if something blocks the update.
    #[command(after_help = super::EXIT_CODES)]
    Doctor(Box<DoctorArgs>),
    /// Upgrade the kernel on all nodes of a node group, or check that they already run the given version
    ///
    /// Creates a NodeGroupConfiguration for each group. The platform then installs the kernel and REBOOTS the nodes, one
    /// after another, as the group's disruption settings say. Supports operating systems with apt and dpkg, with
    /// dnf, or with yum; the packages come from the repositories that the nodes use.
    #[command(after_help = super::EXIT_CODES)]
    Kernel(Box<KernelArgs>),
    /// Write what the vendor's support needs into one file; secrets are masked
    ///
    /// Contains objects and events of the platform, logs of its pods, task queues, and the results of status and doctor.
    /// Changes nothing in the cluster. Lists all files and what is left out, and asks for confirmation before it writes the
    /// file. Objects of the kind Secret are never in it; in everything else, values that look like secrets are replaced by
    /// ***. Read the file before you send it.
    #[command(after_help = super::EXIT_CODES)]
    SupportBundle(Box<SupportBundleArgs>),
    /// Write a want list for a pull outside: what clusters run, and which images their registries contain
    ///
    /// Reads the running release, the edition, the release channel, enabled modules and packages of each cluster, and with
    /// --registry every manifest and the last byte of every blob of the registry. An image is listed only if all of it can
    /// be read. Pass the file to "dhctl mirror pull --want" outside. Also prints the equivalent pull without a file. Changes
    /// nothing. The file contains no logins.
    #[command(after_help = super::EXIT_CODES)]
    Want(Box<WantArgs>),
    /// Print the permissions that the update commands need, as a manifest for kubectl apply
    ///
    /// Does not connect to a cluster.
    Rbac(RbacArgs),
}

/// The cluster.
#[derive(Debug, Clone, Args)]
pub struct ClusterArgs {
    /// Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in
    #[arg(long, value_name = "FILE", env = "DHCTL_CLI_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; default: the current context
    #[arg(long, value_name = "NAME", env = "DHCTL_CLI_CONTEXT")]
    pub context: Option<String>,
}

/// The clusters.
#[derive(Debug, Clone, Args)]
pub struct ClustersArgs {
    /// Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in
    #[arg(long, value_name = "FILE", env = "DHCTL_CLI_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig (repeatable); default: the current context
    #[arg(long, value_name = "NAME", env = "DHCTL_CLI_CONTEXT")]
    pub context: Vec<String>,
}

impl ClustersArgs {
    /// One for each context.
    pub fn each(&self) -> Vec<ClusterArgs> {
        let of = |context| ClusterArgs { kubeconfig: self.kubeconfig.clone(), context };
        if self.context.is_empty() {
            vec![of(None)]
        } else {
            self.context.iter().cloned().map(Some).map(of).collect()
        }
    }
}

/// A release: `vX.Y.Z`, with or without the `v`.
pub(super) fn parse_release(text: &str) -> Result<Version, String> {
    let version = deckhouse::version::parse_tag(text).or_else(|| Version::parse(text).ok());
    version.ok_or_else(|| "not a version such as v1.68.3".to_owned())
}
