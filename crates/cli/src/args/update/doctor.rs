//! `dhctl update doctor`

use clap::Args;

use super::ClusterArgs;
use crate::args::OutputArgs;

/// `dhctl update doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Do not ask the cluster's registry, with the login that the cluster has for it
    #[arg(long)]
    pub no_registry: bool,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
