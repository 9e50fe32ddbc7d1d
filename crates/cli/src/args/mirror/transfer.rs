//! The documented form of pull and push: `dhctl mirror -i FILE [--registry REGISTRY]`.

use std::path::PathBuf;

use clap::{Arg, Args};
use oci::RepositoryUrl;

use super::{PullFlags, PushFlags};
use crate::args::{ConnectionArgs, OutputArgs, RequiredModulesArgs, TargetLoginArgs};

/// Flags of pull and push.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// The bundle: written by a pull, read by a push. The name must end in .tar. A push also accepts a directory of
    /// archives, as "d8 mirror pull" writes them. If parts of the bundle are in several directories, repeat the flag, once
    /// for each directory. Required, unless the file of --config names it
    #[arg(
        short = 'i',
        long,
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE",
        value_name = "FILE",
        required_unless_present_any = ["config", "print_config"]
    )]
    pub images_bundle_path: Vec<PathBuf>,
    /// A pull.
    #[command(flatten)]
    pub pull: PullFlags,
    /// Private registry, HOST[:PORT]/PATH; makes the command a push
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        help_heading = "Private registry"
    )]
    pub registry: Option<RepositoryUrl>,
    /// A push.
    #[command(flatten)]
    pub push: PushFlags,
    /// Modules that may be missing.
    #[command(flatten)]
    pub required: RequiredModulesArgs,
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
        "config" | "print_config" | "proxy_registry" | "max_version" | "channel" | "exclude_channel"
        | "point_channel" | "ignore_suspend" | "no_security_db" | "include_module" | "exclude_module"
        | "modules_filter" | "lock" | "locked" | "no_platform" | "only_extra_images" | "no_vex" | "tag"
        | "installer_tag" | "no_installer" | "no_signatures" | "include_package" | "exclude_package"
        | "no_packages" | "include_plugin" | "no_plugins" | "no_modules" | "want" | "image_list"
        | "media_size" | "bundle_format" | "with_binary" | "no_pull_resume" | "dry_run" => {
            arg.conflicts_with("registry")
        }
        "allow_incomplete" | "expect_sum" | "deep" => arg.requires("registry"),
        _ => arg,
    }
}
