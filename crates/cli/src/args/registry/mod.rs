//! `dhctl registry`: the private registry.

mod check;
mod clusters;
mod list;
mod prune;
mod setup;

use clap::Subcommand;

pub use check::{CheckArgs, CheckPurpose};
pub use clusters::UsingClustersArgs;
pub use list::ListArgs;
pub use prune::PruneArgs;
pub use setup::{
    AdminArgs, HarborArgs, NexusArgs, OutgoingProxyArgs, ServerArgs, SetupArgs, SetupCommand, UpstreamArgs,
};

/// What can be done with a private registry.
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Check whether a registry can be used for a push, or by a cluster
    ///
    /// Takes seconds and leaves nothing in the registry: an upload is opened and canceled, nothing is written. Each check
    /// is ok, a warning, a failure, or "not checked" (with the reason); for each failure, dhctl says what to do. Exit code 4
    /// if the login is rejected or a permission is missing, 5 if the registry cannot be reached, 3 for any other failure; 0
    /// if there are only warnings.
    #[command(after_help = super::EXIT_CODES)]
    Check(Box<CheckArgs>),
    /// Show what registries contain: releases and whether they are complete, channels, modules, databases
    ///
    /// Needs no bundle. For every release, channel and module version in the registry, reads each manifest that it refers
    /// to, and the last byte of each blob; a tag alone proves nothing. Changes nothing. Exit code 3 if something is
    /// incomplete: with --release, one of these releases; with --context, something that one of these clusters uses; with
    /// neither, anything.
    #[command(after_help = super::EXIT_CODES)]
    List(Box<ListArgs>),
    /// Set up Nexus or Harbor for the platform, through the registry's API
    ///
    /// Creates what is missing: a repository or project, accounts with the least permissions, and the settings that the
    /// platform needs. Existing objects are changed only after a confirmation, and are never replaced or deleted. A
    /// second run changes nothing.
    #[command(subcommand)]
    Setup(SetupCommand),
    /// Remove old releases from a registry: write a plan, then apply it
    ///
    /// Without --apply, writes a plan for review: what goes, how many bytes that frees, what stays and why. With --apply,
    /// deletes exactly what the plan says, by digest, the oldest release first. Never deletes anything that a channel, a
    /// kept release, an index or a named cluster refers to. Refuses a plan that no longer matches the registry. Modules,
    /// packages and databases stay.
    #[command(after_help = super::EXIT_CODES)]
    Prune(Box<PruneArgs>),
}
