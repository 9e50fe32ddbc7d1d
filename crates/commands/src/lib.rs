//! Commands that users are shown and paste into a shell.
//!
//! Names, versions, addresses and paths in them come from clusters, registries and files. A command is therefore a value
//! whose arguments are values, and is rendered in one way only: each word quoted for a shell. Text with commands in it
//! is a [`Sentence`], in which they stay values until it is shown, so that they can still be made to name a cluster.
//!
//! `cargo xtask style` finds string literals that would build a command in another way.

#![forbid(unsafe_code)]

mod cluster_flags;
mod command;
mod dhctl;
mod kubectl;
mod manifest;
mod objects;
mod pods;
mod sentence;
mod tool;
mod word;
mod words;

pub use cluster_flags::ClusterFlags;
pub use command::{Command, Filter};
pub use dhctl::{
    Approve, Dhctl, Exclusion, Inclusion, Mirror, PullChain, Registry, RegistryConnection, RegistryLogin,
    Update, WANT_LIST,
};
pub use kubectl::{Kubectl, TOUCHED};
pub use manifest::{Json, Manifest};
pub use objects::{Objects, Output, Resource};
pub use pods::{Controller, Logs, Pods};
pub use sentence::Sentence;
pub use tool::{Conversion, Tool};
pub use word::{comment, word};

#[cfg(test)]
mod tests;
