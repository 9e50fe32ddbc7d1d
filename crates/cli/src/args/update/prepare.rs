//! `dhctl update prepare`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cluster::objects::{UpdateMode, UpdateWindow};
use deckhouse::Channel;
use semver::Version;

use super::{ChangeArgs, ClusterArgs, parse_release};
use crate::args::OutputArgs;

/// `dhctl update prepare`
#[derive(Debug, Args)]
pub struct PrepareArgs {
    /// Releases file: the deckhousereleases.yaml that a pull writes next to the bundle; its releases are created in the
    /// cluster
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Last release to create; default: the last one in the releases file
    #[arg(long, value_name = "VERSION", value_parser = parse_release, requires = "file")]
    pub to: Option<Version>,
    /// Release channel that the cluster follows afterwards; default: unchanged
    #[arg(long, value_name = "NAME")]
    pub channel: Option<Channel>,
    /// Update mode that the cluster has afterwards
    #[arg(long, value_name = "MODE", value_enum, default_value_t = Mode::Manual)]
    pub mode: Mode,
    /// Update window in UTC, such as 'Mon,Tue 22:00-23:30' (repeatable); not with the mode Manual, which has no windows
    #[arg(long, value_name = "WINDOW", value_parser = cluster::prepare::parse_window)]
    pub window: Vec<UpdateWindow>,
    /// Also create releases if the cluster's registry has another edition of the platform than the cluster runs
    #[arg(long, requires = "file")]
    pub allow_edition_change: bool,
    /// Changes.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Update modes, by their names in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Every release needs an approval.
    #[value(name = "Manual")]
    Manual,
    /// Minor releases need an approval, patches do not.
    #[value(name = "AutoPatch")]
    AutoPatch,
    /// No release needs an approval.
    #[value(name = "Auto")]
    Auto,
}

impl From<Mode> for UpdateMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Manual => Self::Manual,
            Mode::AutoPatch => Self::AutoPatch,
            Mode::Auto => Self::Auto,
        }
    }
}
