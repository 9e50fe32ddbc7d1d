//! Moving a distribution: from a source registry into a bundle, from a bundle into a target registry,
//! and the proof that it arrived.
//!
//! The way is one-directional, each step takes a value and gives a value:
//! [`Request`] → [`discover`](discover::discover) → [`Plan`] → [`pull`](pull::pull) → bundle →
//! [`push`](push::push) → [`VerifyReport`](verify::VerifyReport).

#![forbid(unsafe_code)]

pub mod archives;
pub mod attached;
pub mod bundle_task;
pub mod complete;
pub mod contents;
pub mod discover;
pub mod error;
pub mod events;
pub mod holdings;
pub mod inspect;
pub mod journal;
pub mod limits;
mod listed;
pub mod local_blobs;
pub mod missing;
pub mod module_archives;
pub mod parts;
pub mod plan;
pub mod prune;
pub mod pull;
pub mod push;
pub mod read_back;
mod required_modules;
pub mod root;
pub mod set_sum;
pub mod source;
pub mod thin;
pub mod verify;
pub mod wanted;

pub use contents::Contents;
pub use discover::{Discovery, InClusters, Modules, Request};
pub use error::Error;
pub use events::{Event, Observer, Stage};
pub use local_blobs::LocalBlobs;
pub use missing::{Cause, LeavesOut, MissingItem, WantedBy};
pub use plan::Plan;
pub use root::Root;
pub use thin::Bases;
