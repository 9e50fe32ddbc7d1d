//! `dhctl mirror …`. Names, short forms and variables of the documented flags are fixed by the
//! platform's documentation.

mod delivery;
mod pull;
mod push;
mod transfer;
mod verify;

use clap::{Args, Subcommand};

use super::OutputArgs;

pub use delivery::DeliveryFileArgs;
pub use pull::{BundleFormat, PullArgs, PullFlags};
pub use push::{BundleInArgs, PushArgs, PushFlags, TargetArgs};
pub use transfer::TransferArgs;
pub use verify::{ReadBackArgs, VerifyArgs};

/// `dhctl mirror`
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true, mut_args = transfer::pull_or_push)]
pub struct MirrorArgs {
    /// An explicit command; without one, the documented form.
    #[command(subcommand)]
    pub command: Option<MirrorCommand>,
    /// The documented form: a pull, or with `--registry` a push.
    #[command(flatten)]
    pub transfer: TransferArgs,
}

/// Commands below `dhctl mirror`.
#[derive(Debug, Subcommand)]
pub enum MirrorCommand {
    /// Pull a distribution into a bundle
    ///
    /// The same as "dhctl mirror" without --registry. The variable of --registry has no effect here.
    #[command(after_help = crate::args::EXIT_CODES)]
    Pull(Box<PullArgs>),
    /// Push a bundle into a private registry, and read everything back
    ///
    /// The same as "dhctl mirror" with --registry.
    #[command(after_help = crate::args::EXIT_CODES)]
    Push(Box<PushArgs>),
    /// Compare a registry with a bundle: every tag, manifest and blob
    #[command(after_help = crate::args::EXIT_CODES)]
    Verify(Box<VerifyArgs>),
}

impl MirrorArgs {
    /// The delivery file of a pull, and how the pull prints; none if the command is not a pull.
    pub fn delivery_file(&self) -> Option<(&DeliveryFileArgs, &OutputArgs)> {
        match &self.command {
            Some(MirrorCommand::Pull(args)) => Some((&args.flags.delivery, &args.output)),
            None if self.transfer.registry.is_none() => {
                Some((&self.transfer.pull.delivery, &self.transfer.output))
            }
            _ => None,
        }
    }
}
