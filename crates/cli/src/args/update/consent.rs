//! Flags of commands that change a cluster.

use clap::Args;

/// Whether it is asked before.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConsentArgs {
    /// Do it without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// Whether it is asked before, or only shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct ChangeArgs {
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// Show what would be changed, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}
