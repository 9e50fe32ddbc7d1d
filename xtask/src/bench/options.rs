//! What a run of the benchmarks is asked to do.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `cargo xtask bench`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Runs of each pair; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) repeat: u16,
    /// Measure only this (repeatable)
    #[arg(long, value_enum)]
    pub(crate) only: Vec<Part>,
    /// Fail if a figure is over its limit
    #[arg(long)]
    pub(crate) strict: bool,
    /// Time d8 too, once: the binary that `DHCTL_TEST_D8` names
    #[arg(long)]
    pub(crate) peers: bool,
    /// Where the files go; the system's directory for temporary files without it
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Measure this dhctl instead of building one, to compare two states
    #[arg(long, value_name = "FILE")]
    pub(crate) dhctl: Option<PathBuf>,
    /// Give these to dhctl as well (repeatable), to try a setting
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) dhctl_arg: Vec<String>,
}

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Pull on loopback
    Pull,
    /// Pull over a round trip of 50 ms
    PullFar,
    /// Pull over a round trip of 50 ms and a line of 20 MB/s
    PullSlow,
    /// Pull through Squid with a login, near and over a round trip of 50 ms
    Squid,
    /// Bytes that come again when a pull is killed twenty times
    Kill,
    /// Push to an empty registry, and again
    Push,
    /// A month later as a thin bundle: size, pull and push
    Thin,
    /// Checking a registry, and listing what it holds
    Registry,
    /// Sixty modules on their own: pull and push
    Modules,
    /// Looking at a cluster of 500 nodes and 300 modules, and watching it
    Cluster,
    /// Memory with one blob of a gigabyte
    Large,
    /// Laying out 40 000 blobs
    Planning,
    /// GOST sums: the hash, and a pull with them
    Gost,
}

impl Options {
    /// Whether a part is to be measured.
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}
