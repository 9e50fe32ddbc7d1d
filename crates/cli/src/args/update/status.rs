//! `dhctl update status`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ClustersArgs;
use crate::args::{OutputFormat, ProgressArgs};

/// `dhctl update status`
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The clusters.
    #[command(flatten)]
    pub clusters: ClustersArgs,
    /// For monitoring: exit code 0 only if every cluster is idle and healthy, otherwise 7, with the reason on standard error.
    /// Unreadable data counts as unhealthy. A release that waits for approval or for an update window counts as healthy
    #[arg(long)]
    pub exit_code: bool,
    /// Format of the result on standard output; "prometheus": metrics in the text format of Prometheus
    #[arg(long, value_enum, default_value_t = StatusFormat::Text, value_name = "FORMAT")]
    pub output: StatusFormat,
    /// With --output prometheus: write the metrics to this file instead of standard output; the file is
    /// written atomically
    #[arg(short, long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Progress.
    #[command(flatten)]
    pub progress: ProgressArgs,
}

/// Format of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// Human-readable text.
    Text,
    /// One JSON document.
    Json,
    /// Metrics in the text format of Prometheus.
    Prometheus,
}

impl StatusFormat {
    /// The format of failures.
    pub fn of_failures(self) -> OutputFormat {
        match self {
            Self::Json => OutputFormat::Json,
            Self::Text | Self::Prometheus => OutputFormat::Text,
        }
    }
}
