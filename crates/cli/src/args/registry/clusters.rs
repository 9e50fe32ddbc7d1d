//! Clusters that use a registry.

use std::path::PathBuf;

use clap::Args;

use crate::args::{ClusterArgs, ClustersArgs};

/// Clusters that use a registry.
#[derive(Debug, Clone, Args)]
pub struct UsingClustersArgs {
    /// Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config
    #[arg(long, value_name = "FILE", env = "DHCTL_CLI_KUBECONFIG", help_heading = "Clusters")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig, for a cluster that uses the registry (repeatable)
    #[arg(long, value_name = "NAME", env = "DHCTL_CLI_CONTEXT", help_heading = "Clusters")]
    pub context: Vec<String>,
}

impl UsingClustersArgs {
    /// The clusters that are named, each by its arguments.
    pub fn each(&self) -> Vec<ClusterArgs> {
        if self.context.is_empty() {
            return Vec::new();
        }
        ClustersArgs { kubeconfig: self.kubeconfig.clone(), context: self.context.clone() }.each()
    }
}
