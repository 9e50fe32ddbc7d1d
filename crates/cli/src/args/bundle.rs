//! `dhctl bundle …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::OutputArgs;

/// What can be done with a bundle.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Tell what is inside a bundle: releases, channels, modules, databases, sizes
    Inspect(InspectArgs),
}

/// `dhctl bundle inspect`
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The bundle
    #[arg(value_name = "FILE", required = true)]
    pub file: PathBuf,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}
