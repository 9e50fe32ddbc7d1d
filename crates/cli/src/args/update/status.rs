//! `dhctl update status`

use std::path::PathBuf;

use clap::Args;

use crate::args::OutputArgs;

/// `dhctl update status`
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in
    #[arg(long, value_name = "FILE", env = "DHCTL_CLI_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig (repeatable: one report for each); default: its current one
    #[arg(long, value_name = "NAME", env = "DHCTL_CLI_CONTEXT")]
    pub context: Vec<String>,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
