//! `dhctl update status`

use clap::Args;

use super::ClustersArgs;
use crate::args::OutputArgs;

/// `dhctl update status`
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The clusters.
    #[command(flatten)]
    pub clusters: ClustersArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
