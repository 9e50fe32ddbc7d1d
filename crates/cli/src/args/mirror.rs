//! `dhctl mirror …`. Names, short forms and variables of the documented flags are fixed by the
//! platform's documentation.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum, builder::FalseyValueParser};
use cluster::duration;
use deckhouse::{Bound, Channel};
use egress::Secret;
use oci::RepositoryUrl;

use super::{ModuleChoiceArgs, OutputArgs};
use crate::{expected_sum::ExpectedSum, size_arg};

/// `dhctl mirror`
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub struct MirrorArgs {
    /// Commands beside pull and push.
    #[command(subcommand)]
    pub command: Option<MirrorCommand>,
    /// Pull and push.
    #[command(flatten)]
    pub transfer: TransferArgs,
}

/// Commands below `dhctl mirror`.
#[derive(Debug, Subcommand)]
pub enum MirrorCommand {
    /// Read a registry back against a bundle: every tag, manifest and blob
    Verify(VerifyArgs),
}

/// Flags of pull and push.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// The bundle: written by a pull, read by a push. Must end in .tar. A push may be given several, one
    /// for each directory that has parts of it, or a directory of archives as "d8 mirror pull" makes them
    #[arg(short = 'i', long, env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE", value_name = "FILE", required = true)]
    pub images_bundle_path: Vec<PathBuf>,

    /// Registry to pull from, as HOST[:PORT]/PATH
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_SOURCE",
        value_name = "REGISTRY",
        default_value = "registry.deckhouse.ru/deckhouse/ee",
        help_heading = "Pull"
    )]
    pub source: RepositoryUrl,
    /// Login for --source
    #[arg(long, env = "DHCTL_CLI_MIRROR_SOURCE_LOGIN", value_name = "LOGIN", help_heading = "Pull")]
    pub source_login: Option<String>,
    /// Password for --source; with --source-login it wins over --license
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_SOURCE_PASSWORD",
        hide_env_values = true, value_parser = parse_secret,
        value_name = "PASSWORD",
        help_heading = "Pull"
    )]
    pub source_password: Option<Secret>,
    /// Read the password for --source from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Pull")]
    pub source_password_file: Option<PathBuf>,
    /// Licence key: stands for login "license-token" with this password
    #[arg(
        short = 'l',
        long,
        env = "DHCTL_CLI_MIRROR_LICENSE",
        hide_env_values = true, value_parser = parse_secret,
        value_name = "KEY",
        help_heading = "Pull"
    )]
    pub license: Option<Secret>,
    /// Read the licence key from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Pull")]
    pub license_file: Option<PathBuf>,

    /// The source is a proxy cache: do not believe its tag lists, and find releases by asking for each
    #[arg(conflicts_with = "registry", long, help_heading = "Pull")]
    pub proxy_registry: bool,

    /// Oldest release to pull, X.Y or X.Y.Z; no effect above the rock-solid release
    #[arg(
        short = 'v',
        long,
        env = "DHCTL_CLI_MIRROR_MIN_VERSION",
        value_name = "VERSION",
        help_heading = "Choice of releases (pull)"
    )]
    pub min_version: Option<Bound>,
    /// Newest release to pull, X.Y (with all its patches) or X.Y.Z; channels that point above are left out
    #[arg(
        conflicts_with = "registry",
        long,
        value_name = "VERSION",
        help_heading = "Choice of releases (pull)"
    )]
    pub max_version: Option<Bound>,
    /// Pull exactly this release (repeatable)
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_RELEASE",
        value_name = "VERSION",
        value_parser = parse_release,
        value_delimiter = ',',
        conflicts_with = "min_version",
        help_heading = "Choice of releases (pull)"
    )]
    pub release: Vec<semver::Version>,
    /// Pull only what this release channel points to (repeatable)
    #[arg(
        conflicts_with = "registry",
        long,
        value_name = "NAME",
        help_heading = "Choice of releases (pull)"
    )]
    pub channel: Vec<Channel>,
    /// Leave this release channel out (repeatable)
    #[arg(
        conflicts_with_all = ["registry", "channel"],
        long,
        value_name = "NAME",
        help_heading = "Choice of releases (pull)"
    )]
    pub exclude_channel: Vec<Channel>,
    /// In the bundle, let this channel point to the highest release pulled
    #[arg(
        conflicts_with = "registry",
        long,
        value_name = "NAME",
        help_heading = "Choice of releases (pull)"
    )]
    pub point_channel: Option<Channel>,
    /// Pull releases of suspended channels too
    #[arg(conflicts_with = "registry", long, help_heading = "Choice of releases (pull)")]
    pub ignore_suspend: bool,
    /// Which modules.
    #[command(flatten)]
    pub modules: ModuleChoiceArgs,
    /// Leave the modules out
    #[arg(
        conflicts_with_all = ["registry", "include_module", "exclude_module", "modules_filter"],
        long,
        help_heading = "Choice of modules (pull)"
    )]
    pub no_modules: bool,
    /// Leave the vulnerability databases out
    #[arg(conflicts_with = "registry", long, help_heading = "Choice of releases (pull)")]
    pub no_security_db: bool,
    /// Cut the bundle into parts of this size, which none exceeds: a number of GiB, or as 200MB, 4GiB,
    /// fat32
    #[arg(
        short = 'c',
        long,
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE_CHUNK_SIZE",
        value_name = "SIZE",
        value_parser = size_arg::parse,
        help_heading = "Pull"
    )]
    pub images_bundle_chunk_size: Option<u64>,
    /// Form of the bundle: "tar" is one file; "d8" is archives in the directory that -i names, as
    /// "d8 mirror pull" makes them
    #[arg(
        conflicts_with = "registry",
        long,
        value_enum,
        default_value_t = BundleFormat::Tar,
        value_name = "FORMAT",
        help_heading = "Pull"
    )]
    pub bundle_format: BundleFormat,
    /// Write the GOST R 34.11-2012 sum of the bundle, and of each part, to .gostsum files
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_DO_GOST_DIGESTS",
        value_parser = FalseyValueParser::new(),
        help_heading = "Pull"
    )]
    pub gost_digest: bool,
    /// Start over instead of resuming an interrupted pull
    #[arg(conflicts_with = "registry", long, help_heading = "Pull")]
    pub no_pull_resume: bool,
    /// Only tell what would be pulled: releases, images, bytes to download, size of the bundle, free disk
    #[arg(conflicts_with = "registry", long, help_heading = "Pull")]
    pub dry_run: bool,

    /// Private registry to push to, as HOST[:PORT]/PATH; makes the command a push
    #[arg(
        short = 'r',
        long,
        env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY",
        value_name = "REGISTRY",
        help_heading = "Private registry"
    )]
    pub registry: Option<RepositoryUrl>,
    /// Push a bundle that lacks some of what its own lists name; the exit code is still 3
    #[arg(requires = "registry", long, help_heading = "Private registry")]
    pub allow_incomplete: bool,
    /// Push only if the whole delivery has this sum, which the pull printed: 64 hexadecimal digits, blanks do not
    /// matter
    #[arg(requires = "registry", long, value_name = "SUM", help_heading = "Private registry")]
    pub expect_sum: Option<ExpectedSum>,
    /// Download and hash every blob that the registry has, and upload again what is damaged
    #[arg(requires = "registry", long, help_heading = "Private registry")]
    pub deep: bool,
    /// Who we are to it.
    #[command(flatten)]
    pub login: TargetLoginArgs,

    /// How to reach the registries.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Form of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BundleFormat {
    /// One archive.
    Tar,
    /// A directory of archives.
    D8,
}

/// Who we are to the private registry.
#[derive(Debug, Args)]
pub struct TargetLoginArgs {
    /// Login for --registry
    #[arg(
        short = 'u',
        long,
        env = "DHCTL_CLI_MIRROR_USER",
        value_name = "LOGIN",
        help_heading = "Private registry"
    )]
    pub registry_login: Option<String>,
    /// Password for --registry
    #[arg(
        short = 'p',
        long,
        env = "DHCTL_CLI_MIRROR_PASS",
        hide_env_values = true, value_parser = parse_secret,
        value_name = "PASSWORD",
        help_heading = "Private registry"
    )]
    pub registry_password: Option<Secret>,
    /// Read the password for --registry from a file; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Private registry")]
    pub registry_password_file: Option<PathBuf>,
}

/// `dhctl mirror verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The bundle that the registry is compared with, or a directory of archives of d8; once for each directory
    /// that has parts (repeatable)
    #[arg(short = 'i', long, env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE", value_name = "FILE", required = true)]
    pub images_bundle_path: Vec<PathBuf>,
    /// The registry, and how to read it.
    #[command(flatten)]
    pub read_back: ReadBackArgs,
}

/// A registry that is read back.
#[derive(Debug, Args)]
pub struct ReadBackArgs {
    /// Registry to read, as HOST[:PORT]/PATH
    #[arg(short = 'r', long, env = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY", value_name = "REGISTRY")]
    pub registry: RepositoryUrl,
    /// Who we are to it.
    #[command(flatten)]
    pub login: TargetLoginArgs,
    /// Download and hash every blob instead of reading its last byte
    #[arg(long)]
    pub deep: bool,
    /// How to reach the registry.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How registries are reached.
#[derive(Debug, Clone, Args)]
pub struct ConnectionArgs {
    /// Maximum number of blobs in transfer at the same time [default: 16]; fewer while the network or the registry
    /// cannot keep up. If given, it also limits the number of small requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Connection")]
    pub parallel: Option<u16>,
    /// How long to wait for a registry that rejects all requests (429, 503, read-only) before giving up, as 30s, 5m or
    /// 2h; each success starts it again
    #[arg(
        long,
        value_name = "TIME",
        default_value = "5m",
        value_parser = duration::parse,
        help_heading = "Connection"
    )]
    pub retry_timeout: Duration,
    /// Plain HTTP instead of HTTPS
    #[arg(long, help_heading = "Connection")]
    pub insecure: bool,
    /// Accept any TLS certificate
    #[arg(long, help_heading = "Connection")]
    pub tls_skip_verify: bool,
    /// File with certificates (PEM) that are trusted beside the system's (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ca_file: Vec<PathBuf>,
}

fn parse_release(text: &str) -> Result<semver::Version, String> {
    let bare = text.strip_prefix('v').unwrap_or(text);
    bare.parse().map_err(|_| "expected an exact release, as v1.58.3".to_owned())
}

/// Taken out of plain text immediately, so that no debug output of the arguments can show it.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a value parser")]
pub(super) fn parse_secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// Blobs in transfer at the same time if nothing else is given.
const PARALLEL: u16 = 16;

impl ConnectionArgs {
    /// Blobs in transfer at the same time, at most.
    pub(crate) fn parallel(&self) -> usize {
        usize::from(self.parallel.unwrap_or(PARALLEL))
    }
}
