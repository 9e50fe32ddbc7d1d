//! `dhctl registry prune`

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use deckhouse::Bound;
use oci::RepositoryUrl;

use super::UsingClustersArgs;
use crate::args::{ConnectionArgs, OutputArgs, TargetLoginArgs};

/// `dhctl registry prune`
#[derive(Debug, Args)]
#[command(mut_arg("registry_login", |arg| arg.help("Login for the registry")))]
#[command(mut_arg("registry_password", |arg| arg.help("Password for the registry")))]
#[command(mut_arg("registry_password_file", |arg| {
    arg.help("Read the password for the registry from a file; \"-\" is standard input")
}))]
#[command(
    group = ArgGroup::new("what").args(["keep_from", "keep_for", "apply"]).required(true).multiple(true),
    group = ArgGroup::new("users").args(["context", "no_clusters"]).required(true)
)]
pub struct PruneArgs {
    /// Private registry, HOST[:PORT]/PATH
    #[arg(value_name = "REGISTRY")]
    pub registry: RepositoryUrl,
    /// Keep this release (X.Y or X.Y.Z), all later ones, those that channels point to, and those that the clusters need
    #[arg(long, value_name = "VERSION", conflicts_with = "apply", help_heading = "Plan")]
    pub keep_from: Option<Bound>,
    /// Keep what the clusters of --context need: the release that each runs, and all later ones
    #[arg(long, requires = "context", conflicts_with_all = ["apply", "no_clusters"], help_heading = "Plan")]
    pub keep_for: bool,
    /// File to write the plan to
    #[arg(
        long,
        value_name = "FILE",
        default_value = "prune-plan.json",
        conflicts_with = "apply",
        help_heading = "Plan"
    )]
    pub plan: PathBuf,
    /// Replace the file of --plan if it exists
    #[arg(long, conflicts_with = "apply", help_heading = "Plan")]
    pub force: bool,
    /// Delete what this plan says, and nothing else; the same command resumes an interrupted run
    #[arg(long, value_name = "PLAN", help_heading = "Apply")]
    pub apply: Option<PathBuf>,
    /// The clusters that use the registry. With --apply: the same as for the plan.
    #[command(flatten)]
    pub clusters: UsingClustersArgs,
    /// Confirm that no cluster uses the registry, or that the releases of those that do may be removed
    #[arg(long, help_heading = "Clusters")]
    pub no_clusters: bool,
    /// The login at the registry.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach the registry.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}
