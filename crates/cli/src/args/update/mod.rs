//! `dhctl update`: the platform inside a cluster.

use std::path::PathBuf;

use clap::Args;

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
