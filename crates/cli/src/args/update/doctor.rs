//! `dhctl update doctor`

use clap::Args;

use super::ClustersArgs;
use crate::args::OutputArgs;

/// `dhctl update doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Do not check the cluster's registry (otherwise it is read with the cluster's own login)
    #[arg(long)]
    pub no_registry: bool,
    /// The clusters.
    #[command(flatten)]
    pub clusters: ClustersArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
