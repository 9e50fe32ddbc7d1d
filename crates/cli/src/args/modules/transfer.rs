//! The documented form of pull and push: `dhctl mirror-modules -d DIR --module-source FILE` or `--registry REGISTRY`.

#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

use std::path::PathBuf;

use clap::{Arg, ArgGroup, Args};
use oci::RepositoryUrl;

use super::{ModulesPullFlags, ModulesPushFlags};
use crate::args::{ConnectionArgs, OutputArgs, TargetLoginArgs};

/// Flags of pull and push.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("direction").required(true).args(["module_source", "registry"]))]
pub struct ModulesTransferArgs {
    /// Directory of the modules: written by a pull, read by a push. A push also accepts image layouts in directories, as
    /// older versions of mirror-modules wrote them
    #[arg(short = 'd', long, env = "DHCTL_CLI_MIRROR_MODULES_DIR", value_name = "DIR", required = true)]
    pub modules_dir: Option<PathBuf>,
    /// ModuleSource manifest of the modules to pull; makes the command a pull
    #[arg(
        short = 'm',
        long,
        env = "DHCTL_CLI_MIRROR_MODULES_SOURCE",
        value_name = "FILE",
        help_heading = "Source (pull)"
    )]
    pub module_source: Option<PathBuf>,
    /// A pull.
    #[command(flatten)]
    pub pull: ModulesPullFlags,
    /// Private registry, HOST[:PORT]/PATH; each module is a repository directly below; makes the command a push
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        conflicts_with = "module_source",
        help_heading = "Private registry"
    )]
    pub registry: Option<RepositoryUrl>,
    /// A push.
    #[command(flatten)]
    pub push: ModulesPushFlags,
    /// The login at the private registry.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// How to reach the registries.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A flag of the other direction is an error. Flags that have a variable are ignored instead, since the variables of
/// both directions may be set.
pub(super) fn pull_or_push(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "source_login"
        | "source_password"
        | "source_password_file"
        | "license"
        | "license_file"
        | "include_module"
        | "exclude_module"
        | "modules_filter"
        | "no_signatures"
        | "no_vex"
        | "no_pull_resume"
        | "dry_run" => arg.conflicts_with("registry"),
        // `requires` alone is not enough: clap takes it for fulfilled where --registry could not be given.
        "out" | "force" | "allow_incomplete" | "deep" => {
            arg.requires("registry").conflicts_with("module_source")
        }
        _ => arg,
    }
}
