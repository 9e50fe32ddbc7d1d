//! `dhctl update doctor`

use clap::Args;

use super::ClustersArgs;
use crate::args::OutputArgs;

/// `dhctl update doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Do not ask the cluster's registry, with the login that the cluster has for it
    #[arg(long)]
    pub no_registry: bool,
    /// The clusters.
    #[command(flatten)]
    pub clusters: ClustersArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
