//! `dhctl update plan`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oci::RepositoryUrl;
use semver::Version;

use super::{ClustersArgs, parse_release};
use crate::args::{ConnectionArgs, OutputFormat, TargetLoginArgs};

/// `dhctl update plan`
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Releases of the delivery: deckhousereleases.yaml
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The last release that is wanted; default: the last that is known
    #[arg(long, value_name = "VERSION", value_parser = parse_release)]
    pub to: Option<Version>,
    /// Also look into all Helm releases for Kubernetes APIs that go away; needs the right to read all Secrets
    #[arg(long)]
    pub helm: bool,
    /// Also look into this registry, as HOST[:PORT]/PATH: further releases, what the cluster's channel leads to, and
    /// whether the images have arrived
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        help_heading = "Private registry"
    )]
    pub registry: Option<RepositoryUrl>,
    /// Who we are to it.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach it.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// The clusters.
    #[command(flatten)]
    pub clusters: ClustersArgs,
    /// Form of the result on standard output; "yaml": the releases that lie ahead, safe to apply
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT")]
    pub output: PlanFormat,
}

/// Form of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// The releases of the chain as deckhousereleases.yaml, without `approved` and `status`.
    Yaml,
}

impl PlanFormat {
    /// How failures are shown beside it.
    pub fn of_failures(self) -> OutputFormat {
        match self {
            Self::Json => OutputFormat::Json,
            Self::Text | Self::Yaml => OutputFormat::Text,
        }
    }
}
