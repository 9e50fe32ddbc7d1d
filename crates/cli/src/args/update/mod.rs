//! `dhctl update`: the platform inside a cluster.

mod watch;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use watch::{RunArgs, WaitArgs, WatchArgs};

/// What can be done with the platform inside a cluster.
#[derive(Debug, Subcommand)]
pub enum UpdateCommand {
    /// Approve the next release, wait until it is really done, then the next
    ///
    /// Says what it is going to do, with the kubectl command that does the same, and asks. Update windows,
    /// notifications, gradual rollouts and approvals of disruptions are waited for. In an automatic mode it only watches. All
    /// that it knows is in the cluster: a run that was stopped is gone on with by the same command.
    #[command(after_help = super::EXIT_CODES)]
    Run(Box<RunArgs>),
    /// Watch an update until it is really done
    ///
    /// "Deployed" is the start of an update. Done is said when release, pod, queues, alerts, modules and nodes have all been
    /// quiet for the settle time. Stopping the watch does not stop the update.
    #[command(after_help = super::EXIT_CODES)]
    Watch(Box<WatchArgs>),
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
