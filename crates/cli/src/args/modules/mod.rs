//! `dhctl mirror-modules …`. Names, short forms and variables of the documented flags are fixed by the
//! platform's documentation.

#![expect(clippy::doc_markdown, reason = "help texts are read on a terminal")]

mod choice;
mod pull;
mod push;
mod transfer;
mod verify;

use clap::{Args, Subcommand};

pub use choice::{ModuleChoiceArgs, ModuleFilter};
pub use pull::{ModulesPullArgs, ModulesPullFlags};
pub use push::{ModulesPushArgs, ModulesPushFlags};
pub use transfer::ModulesTransferArgs;
pub use verify::ModulesVerifyArgs;

/// `dhctl mirror-modules`
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true, mut_args = transfer::pull_or_push)]
pub struct MirrorModulesArgs {
    /// An explicit command; without one, the documented form.
    #[command(subcommand)]
    pub command: Option<MirrorModulesCommand>,
    /// The documented form: a pull with `--module-source`, a push with `--registry`.
    #[command(flatten)]
    pub transfer: ModulesTransferArgs,
}

/// Commands below `dhctl mirror-modules`.
#[derive(Debug, Subcommand)]
pub enum MirrorModulesCommand {
    /// Pull the modules of a ModuleSource manifest, each into one archive
    ///
    /// The same as "dhctl mirror-modules" with --module-source. The variable of --registry has no effect here.
    #[command(after_help = crate::args::EXIT_CODES)]
    Pull(Box<ModulesPullArgs>),
    /// Push modules into a private registry, and read everything back
    ///
    /// The same as "dhctl mirror-modules" with --registry. The variable of --module-source has no effect here.
    #[command(after_help = crate::args::EXIT_CODES)]
    Push(Box<ModulesPushArgs>),
    /// Compare a registry with modules: every tag, manifest and blob
    #[command(after_help = crate::args::EXIT_CODES)]
    Verify(Box<ModulesVerifyArgs>),
}
