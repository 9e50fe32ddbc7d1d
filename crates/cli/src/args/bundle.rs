//! `dhctl bundle …`

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::FalseyValueParser};

use super::{OutputArgs, RequiredModulesArgs};
use crate::{expected_sum::ExpectedSum, size_arg};

/// Commands below `dhctl bundle`.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Print the contents of a bundle: releases, release channels, modules, databases, sizes
    #[command(after_help = super::EXIT_CODES)]
    Inspect(InspectArgs),
    /// Read a whole bundle and report what is damaged or missing
    ///
    /// Checks the structure, the digest of every blob, the GOST checksums, and that the bundle has every image that its
    /// releases and modules name.
    #[command(after_help = super::EXIT_CODES)]
    Verify(BundleVerifyArgs),
    /// Split a bundle into parts, for media of limited size
    ///
    /// The parts are named FILE.0000.chunk, FILE.0001.chunk and so on. If there is a .gostsum file next to the bundle or
    /// one of its parts, it is checked while the bundle is read.
    #[command(after_help = super::EXIT_CODES)]
    Split(SplitArgs),
    /// Join the parts of a bundle into one file, byte for byte
    ///
    /// If there is a .gostsum file next to the bundle or one of its parts, it is checked while the bundle is read.
    #[command(after_help = super::EXIT_CODES)]
    Join(JoinArgs),
    /// Find the parts of a bundle that are missing or damaged, and request them
    ///
    /// Compares every part that is there with its GOST checksum. Without checksums, parts are checked only if all are there.
    /// Carry the file outside, where "dhctl bundle split --only" writes the requested parts again.
    #[command(after_help = super::EXIT_CODES)]
    MissingParts(MissingPartsArgs),
    /// Write the digests of a bundle's blobs to a small file, for a later pull with --base
    ///
    /// Keep the file where the next pull runs: it replaces the bundle itself as --base.
    #[command(after_help = super::EXIT_CODES)]
    Digests(DigestsArgs),
    /// Make the full bundle from a thin bundle and its base, byte for byte
    ///
    /// The digest of every blob is checked while it is copied.
    #[command(after_help = super::EXIT_CODES)]
    Complete(CompleteArgs),
}

/// The bundle of a command that reads one.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The bundle, by the name of the whole file even if it is in parts. If its parts are in several directories, give one
    /// path for each directory
    #[arg(value_name = "FILE", required = true)]
    pub file: Vec<PathBuf>,
}

/// The bundle of a command that reads it as one set of repositories.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// The bundle, by the name of the whole file even if it is in parts; or a directory of archives, as
    /// "d8 mirror pull" writes them. If its parts are in several directories, give one path for each directory
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
    /// Modules that may be missing.
    #[command(flatten)]
    pub required: RequiredModulesArgs,
    /// Fail unless the bundle and the files next to it have this sum, which the pull printed: 64 hexadecimal digits, with
    /// or without spaces
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
    /// Maximum size of a part: a number of GiB, or a size such as 200MB, 4GiB or fat32
    #[arg(
        short = 'c',
        long = "images-bundle-chunk-size",
        env = "DHCTL_CLI_MIRROR_IMAGES_BUNDLE_CHUNK_SIZE",
        value_name = "SIZE",
        value_parser = size_arg::parse,
        required_unless_present = "only"
    )]
    pub part_size: Option<u64>,
    /// Write only the parts that this file requests, which "dhctl bundle missing-parts" has written
    #[arg(long, value_name = "FILE")]
    pub only: Option<PathBuf>,
    /// Directory for the parts
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Sums.
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
    /// The file to write; the name must end in .tar
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Sums.
    #[command(flatten)]
    pub gost: GostArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `dhctl bundle missing-parts`
#[derive(Debug, Args)]
pub struct MissingPartsArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: FileArgs,
    /// The file to write; none is written if no part is missing or damaged
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `dhctl bundle digests`
#[derive(Debug, Args)]
pub struct DigestsArgs {
    /// The bundle.
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `dhctl bundle complete`
#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// The thin bundle.
    #[command(flatten)]
    pub bundle: FileArgs,
    /// A bundle that has blobs which the thin bundle leaves out (repeatable)
    #[arg(long, value_name = "FILE", required = true)]
    pub base: Vec<PathBuf>,
    /// The file to write; the name must end in .tar
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Sums.
    #[command(flatten)]
    pub gost: GostArgs,
    /// How to print.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Whether sums are written.
#[derive(Debug, Clone, Copy, Args)]
pub struct GostArgs {
    /// Write GOST R 34.11-2012 checksums of the bundle and of each part to .gostsum files, even if the input has none
    #[arg(
        long,
        env = "DHCTL_CLI_MIRROR_DO_GOST_DIGESTS",
        value_parser = FalseyValueParser::new()
    )]
    pub gost_digest: bool,
}
