//! The delivery file of a pull.

use std::path::PathBuf;

use clap::Args;

/// A file with the selection of a pull.
#[derive(Debug, Clone, Args)]
pub struct DeliveryFileArgs {
    /// Read what to pull, and how to write the bundle, from this delivery file. Flags and variables replace what the file
    /// sets: a flag replaces its own key and every key that it cannot be used with
    #[arg(long, value_name = "FILE", help_heading = "Delivery file (pull)")]
    pub config: Option<PathBuf>,
    /// Print the delivery file for the given flags, variables and --config, and do nothing else. It never contains a login
    #[arg(long, help_heading = "Delivery file (pull)")]
    pub print_config: bool,
}
