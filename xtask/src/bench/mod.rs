//! `cargo xtask bench`: how fast and how lean dhctl is, as ratios against floors of the same run.

mod cluster;
mod floor;
mod gost;
mod kill;
mod large;
mod links;
mod measure;
mod modules;
mod options;
mod peers;
mod planning;
mod pull;
mod push;
mod registry;
mod run;
mod setup;
mod table;
mod thin;
mod upload;

pub(crate) use options::Options;
pub(crate) use run::run;
