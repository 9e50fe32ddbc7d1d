//! `dhctl bundle …`

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::FalseyValueParser};

use super::OutputArgs;
use crate::{expected_sum::ExpectedSum, size_arg};

/// What can be done with a bundle.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Tell what is inside a bundle: releases, channels, modules, databases, sizes
    Inspect(InspectArgs),
    /// Read a whole bundle and tell what is damaged or missing: structure, digest of every blob, GOST sums, and
    /// all that the lists of its releases and modules name
    Verify(BundleVerifyArgs),
    /// Write a bundle in parts that fit a medium
    ///
    /// The parts are named FILE.0000.chunk and so on. A .gostsum file next to the bundle or one of its
    /// parts is checked while the bundle is read.
    Split(SplitArgs),
    /// Join the parts of a bundle into one file, byte for byte
    ///
    /// A .gostsum file next to the bundle or one of its parts is checked while the bundle is read.
    Join(JoinArgs),
}

/// The bundle of a command that reads one.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The bundle, by the name of the whole file even if it is in parts; once for each directory that has
    /// parts (repeatable)
    #[arg(value_name = "FILE", required = true)]
    pub file: Vec<PathBuf>,
}

/// The bundle of a command that reads it as one set of repositories.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// The bundle, by the name of the whole file even if it is in parts; or a directory of archives, as
    /// "d8 mirror pull" makes them; once for each directory that has parts (repeatable)
    #[arg(value_name = "FILE", required = true)]
    pub file: Vec<PathBuf>,
}

/// `dhctl bundle inspect`
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `dhctl bundle verify`
#[derive(Debug, Args)]
pub struct BundleVerifyArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Fail unless the whole delivery has this sum, which the pull printed: 64 hexadecimal digits, blanks do not
    /// matter
    #[arg(long, value_name = "SUM")]
    pub expect_sum: Option<ExpectedSum>,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `dhctl bundle split`
#[derive(Debug, Args)]
pub struct SplitArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: FileArgs,
    /// Size of a part, which none exceeds: a number of GiB, or as 200MB, 4GiB, fat32
    #[arg(
        short = 'c',
        long = "images-bundle-chunk-size",
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE_CHUNK_SIZE",
        value_name = "SIZE",
        value_parser = size_arg::parse
    )]
    pub part_size: u64,
    /// Directory for the parts
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Sums to write.
    #[command(flatten)]
    pub gost: GostArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `dhctl bundle join`
#[derive(Debug, Args)]
pub struct JoinArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: FileArgs,
    /// The file to write. Must end in .tar
    #[arg(short, long, value_name = "OUT")]
    pub out: PathBuf,
    /// Sums to write.
    #[command(flatten)]
    pub gost: GostArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Whether sums are written.
#[derive(Debug, Clone, Copy, Args)]
pub struct GostArgs {
    /// Write the GOST R 34.11-2012 sum of the bundle and of each part to .gostsum files, also where the
    /// input has none
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_DO_GOST_DIGESTS",
        value_parser = FalseyValueParser::new()
    )]
    pub gost_digest: bool,
}
