//! `dhctl update`: the platform inside a cluster.

mod doctor;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use doctor::DoctorArgs;

/// What can be done with the platform inside a cluster.
#[derive(Debug, Subcommand)]
pub enum UpdateCommand {
    /// Tell why an update does not go on, and what to do about it
    ///
    /// Reads the cluster, and asks its registry with the cluster's own login. Changes nothing. A cluster in the middle of an
    /// update is not called ill. What could not be looked at is listed. Exit code 7 if something blocks.
    #[command(after_help = super::EXIT_CODES)]
    Doctor(Box<DoctorArgs>),
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
