//! Flags of every command: how results and progress are shown.

use clap::{Args, ValueEnum};

/// How to print.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Form of the result on standard output
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub output: OutputFormat,
    /// Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere
    #[arg(long, value_enum, default_value_t = ProgressFormat::Auto, value_name = "FORMAT")]
    pub progress: ProgressFormat,
    /// Tell about every object
    #[arg(long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Print only warnings, errors and the result
    #[arg(long)]
    pub quiet: bool,
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Form of the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressFormat {
    /// A bar on a terminal, lines elsewhere.
    Auto,
    /// A line every few seconds.
    Plain,
    /// One JSON object a line.
    Json,
}

/// `dhctl version`
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// Form of the result on standard output
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub output: OutputFormat,
}
