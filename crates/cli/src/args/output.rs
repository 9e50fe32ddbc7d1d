//! Flags of every command: how results and progress are shown.

use clap::{Args, ValueEnum};

/// How to print.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Format of the result on standard output
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub output: OutputFormat,
    /// Progress.
    #[command(flatten)]
    pub log: ProgressArgs,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct ProgressArgs {
    /// Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and
    /// prints lines elsewhere
    #[arg(long, value_enum, default_value_t = ProgressFormat::Auto, value_name = "FORMAT")]
    pub progress: ProgressFormat,
    /// Print a line for every object
    #[arg(long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Print only warnings, errors and the result, without the next steps
    #[arg(long)]
    pub quiet: bool,
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Human-readable text.
    Text,
    /// One JSON document.
    Json,
}

/// Form of the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressFormat {
    /// A progress bar or a live screen on a terminal, lines elsewhere.
    Auto,
    /// A line every few seconds.
    Plain,
    /// One JSON object per line.
    Json,
}

/// `dhctl version`
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// Format of the result on standard output
    #[arg(long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub output: OutputFormat,
}
