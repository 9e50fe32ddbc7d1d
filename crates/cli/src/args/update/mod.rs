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
pub use status::StatusArgs;
pub use watch::{RunArgs, WaitArgs, WatchArgs};

/// What can be done with the platform inside a cluster.
#[derive(Debug, Subcommand)]
pub enum UpdateCommand {
    /// Tell where the cluster stands: releases and why they wait, queue, alerts, nodes, modules, registry
    ///
    /// Changes nothing. What cannot be read is said to be unknown, with the reason.
    #[command(after_help = super::EXIT_CODES)]
    Status(StatusArgs),
    /// Tell what lies ahead: the releases one after another, what each requires, and what it may break
    ///
    /// Changes nothing. The requirements of all releases are checked ahead against what the cluster has now; each unmet one
    /// is shown with the object, its value, the value that is needed, and the way to reach it. For the release that is
    /// next the controller's own answer wins. Exit code 7 if something blocks.
    #[command(after_help = super::EXIT_CODES)]
    Plan(Box<PlanArgs>),
    /// Get the cluster ready: update mode, releases, release channel
    ///
    /// Says what it is going to change, each with the kubectl command that does the same, and asks. Releases are never
    /// approved here. The same command resumes a run that was stopped; a second run writes nothing.
    #[command(after_help = super::EXIT_CODES)]
    Prepare(Box<PrepareArgs>),
    /// Approve one release, the disruption of a release, or the disruption of nodes
    ///
    /// Only what is next is approved: no minor version is jumped over, and nothing is approved while the update before goes
    /// on, whatever the controller would allow. Nothing is written if it is approved already.
    #[command(after_help = super::EXIT_CODES)]
    Approve(Box<ApproveArgs>),
    /// Approve the next release, wait until it is done, then the next
    ///
    /// Shows each approval, with the kubectl command that does the same, and asks. Waits for update windows,
    /// notification delays and gradual rollouts. In an automatic update mode it only watches. What only a person can
    /// change (an unmet requirement, a missing release, an unset channel, a disruption to be approved) is reported
    /// immediately and ends the run with exit code 7 after --patience; if it is changed in time, the run continues. All
    /// state is in the cluster: the same command resumes a run that was stopped.
    #[command(after_help = super::EXIT_CODES)]
    Run(Box<RunArgs>),
    /// Watch an update until it is done
    ///
    /// "Deployed" is the start of an update. It is done when release, pod, queues, alerts, modules and nodes have all been
    /// healthy for the time of --settle. Stopping the watch does not stop the update.
    #[command(after_help = super::EXIT_CODES)]
    Watch(Box<WatchArgs>),
    /// Tell why an update does not go on, and what to do about it
    ///
    /// Reads the cluster, and asks its registry with the cluster's own login. Changes nothing. A cluster in the middle of an
    /// update is not called ill. What could not be looked at is listed. Exit code 7 if something blocks.
    #[command(after_help = super::EXIT_CODES)]
    Doctor(Box<DoctorArgs>),
    /// Upgrade the kernel on the nodes of chosen groups, or check that it has happened
    ///
    /// Creates a NodeGroupConfiguration for each group. The platform then installs the kernel and reboots node after
    /// node, as the group's disruption settings say. For systems with apt and dpkg, dnf or yum; the packages come from
    /// the repositories that the nodes use.
    #[command(after_help = super::EXIT_CODES)]
    Kernel(Box<KernelArgs>),
    /// Print the rights that the update commands need, as a manifest for kubectl apply
    ///
    /// Nothing is asked of a cluster.
    Rbac(RbacArgs),
}

/// Which cluster is meant.
#[derive(Debug, Clone, Args)]
pub struct ClusterArgs {
    /// Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in
    #[arg(long, value_name = "FILE", env = "DHCTL_CLI_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; default: its current one
    #[arg(long, value_name = "NAME", env = "DHCTL_CLI_CONTEXT")]
    pub context: Option<String>,
}

/// Which clusters are meant.
#[derive(Debug, Clone, Args)]
pub struct ClustersArgs {
    /// Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in
    #[arg(long, value_name = "FILE", env = "DHCTL_CLI_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig (repeatable: one report for each); default: its current one
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

/// A release as it is named everywhere: `vX.Y.Z`, and no harm without the `v`.
fn parse_release(text: &str) -> Result<Version, String> {
    let version = deckhouse::version::parse_tag(text).or_else(|| Version::parse(text).ok());
    version.ok_or_else(|| "not a version such as v1.68.3".to_owned())
}
