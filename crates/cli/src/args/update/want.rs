//! `dhctl update want`

use std::path::PathBuf;

use clap::Args;
use oci::RepositoryUrl;
use semver::Version;

use super::{ClustersArgs, parse_release};
use crate::args::{ConnectionArgs, OutputArgs, TargetLoginArgs};

/// `dhctl update want`
#[derive(Debug, Args)]
pub struct WantArgs {
    /// Want list to write; without it, only the summary and the equivalent pull are printed
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Leave out the names and addresses of clusters and registries
    #[arg(long)]
    pub anonymous: bool,
    /// Release to update to; default: the one that the cluster's release channel points to in the source registry
    #[arg(long, value_name = "VERSION", value_parser = parse_release)]
    pub to: Option<Version>,
    /// Private registry, HOST[:PORT]/PATH, whose complete images are listed (repeatable: images that all of the
    /// registries contain)
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        help_heading = "Private registry"
    )]
    pub registry: Vec<RepositoryUrl>,
    /// Who we are to it.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach it.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// The clusters.
    #[command(flatten)]
    pub clusters: ClustersArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
