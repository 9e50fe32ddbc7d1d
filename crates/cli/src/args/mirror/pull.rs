//! `dhctl mirror pull`

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::FalseyValueParser};
use deckhouse::{Bound, Channel, ModuleRule, ParseModuleRuleError, VersionRule, module_rule};
use egress::Secret;
use oci::{RepositoryUrl, Tag};

use super::DeliveryFileArgs;
use crate::{
    args::{ConnectionArgs, ModuleChoiceArgs, OutputArgs, RequiredModulesArgs, login::parse_secret},
    size_arg,
};

/// `dhctl mirror pull`
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The bundle to write; the name must end in .tar. With --bundle-format d8, an existing directory. Required, unless the
    /// file of --config names it
    #[arg(
        short = 'i',
        long,
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE",
        value_name = "FILE",
        required_unless_present_any = ["config", "print_config"]
    )]
    pub images_bundle_path: Option<PathBuf>,
    /// What is pulled, and into what.
    #[command(flatten)]
    pub flags: PullFlags,
    /// Modules that may be missing.
    #[command(flatten)]
    pub required: RequiredModulesArgs,
    /// How to reach the source.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Flags of a pull, in both forms of the command.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
pub struct PullFlags {
    /// The file that sets the others.
    #[command(flatten)]
    pub delivery: DeliveryFileArgs,
    /// Registry to pull from, HOST[:PORT]/PATH
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_SOURCE",
        value_name = "REGISTRY",
        default_value = "registry.deckhouse.ru/deckhouse/ee",
        help_heading = "Source (pull)"
    )]
    pub source: RepositoryUrl,
    /// User name for --source
    #[arg(long, env = "DHCTL_CLI_MIRROR_SOURCE_LOGIN", value_name = "LOGIN", help_heading = "Source (pull)")]
    pub source_login: Option<String>,
    /// Password for --source; with --source-login it takes precedence over --license
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_SOURCE_PASSWORD",
        hide_env_values = true, value_parser = parse_secret,
        value_name = "PASSWORD",
        help_heading = "Source (pull)"
    )]
    pub source_password: Option<Secret>,
    /// Read the password for --source from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Source (pull)")]
    pub source_password_file: Option<PathBuf>,
    /// License key: the password of the user "license-token"
    #[arg(
        short = 'l',
        long,
        env = "DHCTL_CLI_MIRROR_LICENSE",
        hide_env_values = true, value_parser = parse_secret,
        value_name = "KEY",
        help_heading = "Source (pull)"
    )]
    pub license: Option<Secret>,
    /// Read the license key from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Source (pull)")]
    pub license_file: Option<PathBuf>,
    /// The source is a proxy cache: do not rely on its tag lists, request each release by its tag
    #[arg(long, help_heading = "Source (pull)")]
    pub proxy_registry: bool,

    /// Pull what the clusters in this want list need ("dhctl update want" writes it): the releases from the running one to
    /// the target, enabled modules, packages, plugins, databases, and modules that these releases require. Blobs of the
    /// images under "held" in the list are left out, so the bundle is thin
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "min_version", "max_version", "release", "tag", "channel", "exclude_channel", "no_platform",
            "only_extra_images", "include_module", "modules_filter", "no_modules", "include_package", "proxy_registry",
        ],
        help_heading = "Releases (pull)"
    )]
    pub want: Option<PathBuf>,
    /// Oldest release to pull, X.Y or X.Y.Z; has no effect if it is newer than the release of the channel rock-solid
    #[arg(
        short = 'v',
        long,
        env = "DHCTL_CLI_MIRROR_MIN_VERSION",
        value_name = "VERSION",
        help_heading = "Releases (pull)"
    )]
    pub min_version: Option<Bound>,
    /// Newest release to pull, X.Y (with all its patches) or X.Y.Z; channels that point to a newer release are
    /// left out
    #[arg(long, value_name = "VERSION", help_heading = "Releases (pull)")]
    pub max_version: Option<Bound>,
    /// Pull exactly this release (repeatable)
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_RELEASE",
        value_name = "VERSION",
        value_parser = parse_release,
        value_delimiter = ',',
        conflicts_with = "min_version",
        help_heading = "Releases (pull)"
    )]
    pub release: Vec<semver::Version>,
    /// Pull the build of the platform with this tag, such as pr123 (repeatable). For a version or a release channel, the
    /// same as --release or --channel
    #[arg(
        long,
        visible_alias = "deckhouse-tag",
        value_name = "NAME",
        conflicts_with_all = ["min_version", "max_version", "exclude_channel", "point_channel"],
        help_heading = "Releases (pull)"
    )]
    pub tag: Vec<Tag>,
    /// Pull only the release that this release channel points to (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "Releases (pull)")]
    pub channel: Vec<Channel>,
    /// Leave out this release channel (repeatable)
    #[arg(conflicts_with = "channel", long, value_name = "NAME", help_heading = "Releases (pull)")]
    pub exclude_channel: Vec<Channel>,
    /// In the bundle, point this release channel to the newest release that is pulled
    #[arg(long, value_name = "NAME", help_heading = "Releases (pull)")]
    pub point_channel: Option<Channel>,
    /// Pull releases of suspended release channels too
    #[arg(long, help_heading = "Releases (pull)")]
    pub ignore_suspend: bool,
    /// Leave out the platform: its releases and release channels
    #[arg(
        long,
        conflicts_with_all = ["min_version", "max_version", "release", "tag", "channel", "exclude_channel", "point_channel"],
        help_heading = "Releases (pull)"
    )]
    pub no_platform: bool,
    /// Pull only the vulnerability databases and the extra images of modules and packages, such as the data of scanners
    #[arg(
        long,
        conflicts_with_all = [
            "min_version", "max_version", "release", "tag", "channel", "exclude_channel", "point_channel", "installer_tag"
        ],
        help_heading = "Releases (pull)"
    )]
    pub only_extra_images: bool,
    /// Leave out the vulnerability databases
    #[arg(long, help_heading = "Releases (pull)")]
    pub no_security_db: bool,
    /// Leave out the attestations of images (VEX)
    #[arg(long, visible_alias = "skip-vex-images", help_heading = "Releases (pull)")]
    pub no_vex: bool,
    /// Pull the standalone installer with this tag instead of "latest"; the source must have it
    #[arg(long, value_name = "NAME", help_heading = "Releases (pull)")]
    pub installer_tag: Option<Tag>,
    /// Leave out the standalone installer
    #[arg(long, conflicts_with = "installer_tag", help_heading = "Releases (pull)")]
    pub no_installer: bool,
    /// Leave out signatures, SBOMs and other objects that are attached to images. Attestations (VEX, tags .att) are still
    /// pulled
    #[arg(long, help_heading = "Releases (pull)")]
    pub no_signatures: bool,
    /// Write what is pulled to this file: each image with its digest, for --locked
    #[arg(long, value_name = "FILE", help_heading = "Releases (pull)")]
    pub lock: Option<PathBuf>,
    /// Pull exactly the images that this file of --lock names, wherever their tags point now
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "lock", "min_version", "max_version", "release", "tag", "channel", "exclude_channel", "point_channel",
            "ignore_suspend", "no_platform", "only_extra_images", "no_security_db", "no_vex", "no_signatures", "installer_tag",
            "no_installer", "include_module", "exclude_module", "modules_filter", "no_modules", "include_package",
            "exclude_package", "no_packages", "include_plugin", "no_plugins", "allow_missing_module"
        ],
        help_heading = "Releases (pull)"
    )]
    pub locked: Option<PathBuf>,
    /// Which modules.
    #[command(flatten)]
    pub modules: ModuleChoiceArgs,
    /// Leave out all modules
    #[arg(
        conflicts_with_all = ["include_module", "exclude_module", "modules_filter"],
        long,
        help_heading = "Modules (pull)"
    )]
    pub no_modules: bool,
    /// Pull only the packages that are named with this flag, whether or not the source lists them (repeatable); the values
    /// are the same as for --include-module
    #[arg(long, value_name = "NAME[@CONSTRAINT]", help_heading = "Packages (pull)")]
    pub include_package: Vec<ModuleRule>,
    /// Leave out this package (repeatable)
    #[arg(
        conflicts_with = "include_package",
        long,
        value_name = "NAME",
        value_parser = module_rule::module_name,
        help_heading = "Packages (pull)"
    )]
    pub exclude_package: Vec<String>,
    /// Leave out all packages
    #[arg(
        conflicts_with_all = ["include_package", "exclude_package"],
        long,
        help_heading = "Packages (pull)"
    )]
    pub no_packages: bool,
    /// Pull this plugin of the d8 CLI too (repeatable): its newest version, the newest version that the constraint allows, or
    /// exactly the version of NAME@=VERSION. Plugins for the pulled modules are pulled without this flag
    #[arg(
        long,
        value_name = "NAME[@CONSTRAINT]",
        value_parser = parse_plugin,
        conflicts_with = "only_extra_images",
        help_heading = "Plugins (pull)"
    )]
    pub include_plugin: Vec<ModuleRule>,
    /// Leave out all plugins of the d8 CLI
    #[arg(conflicts_with = "include_plugin", long, help_heading = "Plugins (pull)")]
    pub no_plugins: bool,

    /// Split the bundle into parts of at most this size: a number of GiB, or a size such as 200MB, 4GiB or fat32
    #[arg(
        short = 'c',
        long,
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE_CHUNK_SIZE",
        value_name = "SIZE",
        value_parser = size_arg::parse,
        help_heading = "Bundle (pull)"
    )]
    pub images_bundle_chunk_size: Option<u64>,
    /// Format of the bundle: "tar" is one file; "d8" is a directory of archives, as "d8 mirror pull" writes them
    #[arg(
        long,
        value_enum,
        default_value_t = BundleFormat::Tar,
        value_name = "FORMAT",
        help_heading = "Bundle (pull)"
    )]
    pub bundle_format: BundleFormat,
    /// Write a thin bundle, without the blobs that this earlier bundle had (repeatable): a bundle, or a file that "dhctl
    /// bundle digests" has written. A thin bundle can only be pushed to a registry that has these blobs
    #[arg(long, value_name = "FILE", help_heading = "Bundle (pull)")]
    pub base: Vec<PathBuf>,
    /// Write GOST R 34.11-2012 checksums of the bundle and of each part to .gostsum files
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_DO_GOST_DIGESTS",
        value_parser = FalseyValueParser::new(),
        help_heading = "Bundle (pull)"
    )]
    pub gost_digest: bool,
    /// Copy this dhctl next to the bundle instead of the running one, for a machine with another operating system or
    /// architecture
    #[arg(long, value_name = "PATH", help_heading = "Bundle (pull)")]
    pub with_binary: Option<PathBuf>,
    /// Start over instead of resuming an interrupted pull
    #[arg(long, help_heading = "Bundle (pull)")]
    pub no_pull_resume: bool,
    /// Only print what would be pulled: releases, images, bytes to download by part, size of the bundle, free disk space;
    /// with --verbose also each image
    #[arg(long, help_heading = "Bundle (pull)")]
    pub dry_run: bool,
    /// With --dry-run: write the list of images to this new file, a line for each: REPOSITORY[:TAG]@DIGEST
    #[arg(long, value_name = "FILE", requires = "dry_run", help_heading = "Bundle (pull)")]
    pub image_list: Option<PathBuf>,
    /// With --dry-run: show how many USB drives or discs of this size the bundle needs; a number of GiB, or a size such as
    /// 32GB or 4700MB
    #[arg(
        long,
        value_name = "SIZE",
        value_parser = size_arg::parse,
        requires = "dry_run",
        help_heading = "Bundle (pull)"
    )]
    pub media_size: Option<u64>,
}

/// Format of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BundleFormat {
    /// One archive.
    Tar,
    /// A directory of archives.
    D8,
}

fn parse_plugin(text: &str) -> Result<ModuleRule, String> {
    let rule: ModuleRule = text.parse().map_err(|error: ParseModuleRuleError| error.to_string())?;
    match rule.versions {
        VersionRule::Exactly { point: Some(_), .. } => Err("plugins have no release channels".to_owned()),
        _ => Ok(rule),
    }
}

fn parse_release(text: &str) -> Result<semver::Version, String> {
    let bare = text.strip_prefix('v').unwrap_or(text);
    bare.parse().map_err(|_| "expected an exact release, such as v1.58.3".to_owned())
}
