//! `dhctl mirror-modules verify`

use std::path::PathBuf;

use clap::Args;

use crate::args::ReadBackArgs;

/// `dhctl mirror-modules verify`
#[derive(Debug, Args)]
pub struct ModulesVerifyArgs {
    /// Directory of the modules that the registry is compared with
    #[arg(short = 'd', long, env = "DHCTL_CLI_MIRROR_MODULES_DIR", value_name = "DIR")]
    pub modules_dir: PathBuf,
    /// The registry, and how to read it.
    #[command(flatten)]
    pub read_back: ReadBackArgs,
}
