//! `dhctl update plan`

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use oci::RepositoryUrl;
use semver::Version;

use super::{ClustersArgs, parse_release};
use crate::args::{ConnectionArgs, OutputFormat, TargetLoginArgs};

/// `dhctl update plan`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("editions").args(["registry", "bundle"]).multiple(true))]
#[expect(clippy::struct_excessive_bools, reason = "independent flags")]
pub struct PlanArgs {
    /// Releases file: the deckhousereleases.yaml that a pull writes next to the bundle
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Read the releases and their edition from this bundle instead of a releases file. If its parts are in several
    /// directories, repeat the flag, once for each directory
    #[arg(short = 'i', long, value_name = "FILE", conflicts_with = "file")]
    pub bundle: Vec<PathBuf>,
    /// Last release of the plan; default: the last known release
    #[arg(long, value_name = "VERSION", value_parser = parse_release)]
    pub to: Option<Version>,
    /// Also search all Helm releases for removed Kubernetes APIs; needs permission to read all Secrets
    #[arg(long)]
    pub helm: bool,
    /// List all changes of each release; default: only those with an impact, and how many others there are
    #[arg(long)]
    pub changelog: bool,
    /// Also check this registry, HOST[:PORT]/PATH: further releases, the release that the cluster's channel points to,
    /// and whether the images are there
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        help_heading = "Private registry"
    )]
    pub registry: Option<RepositoryUrl>,
    /// Also check that the images of the first release of the plan can be read in the registry that the cluster pulls from,
    /// with the cluster's own login. Reads each manifest and the last byte of each blob. Includes only the modules that the
    /// release requires (migratedModules)
    #[arg(long)]
    pub check_images: bool,
    /// Also plan with a registry or a bundle that has another edition of the platform than the cluster runs
    #[arg(long, requires = "editions")]
    pub allow_edition_change: bool,
    /// Who we are to it.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach it.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// The clusters.
    #[command(flatten)]
    pub clusters: ClustersArgs,
    /// Format of the result on standard output; "yaml": the releases of the plan, for kubectl create
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT")]
    pub output: PlanFormat,
}

/// Format of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// Human-readable text.
    Text,
    /// One JSON document.
    Json,
    /// The releases of the plan as deckhousereleases.yaml, without `approved` and `status`.
    Yaml,
}

impl PlanFormat {
    /// The format of failures.
    pub fn of_failures(self) -> OutputFormat {
        match self {
            Self::Json => OutputFormat::Json,
            Self::Text | Self::Yaml => OutputFormat::Text,
        }
    }
}
