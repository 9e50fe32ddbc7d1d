//! Flags of commands that change a cluster.

use clap::Args;

/// Whether to ask for confirmation.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConsentArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// Whether to ask for confirmation, or only show the changes.
#[derive(Debug, Clone, Copy, Args)]
pub struct ChangeArgs {
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// Show the changes and write nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}
