//! Settings of `dhctl bundle`.

use std::{collections::BTreeSet, path::PathBuf};

use bundle::WriteSums;

use super::{Output, required_modules};
use crate::{
    args::{
        BundleVerifyArgs, CompleteArgs, DigestsArgs, GostArgs, InspectArgs, JoinArgs, MissingPartsArgs,
        SplitArgs,
    },
    delivery_file::CommandLine,
    expected_sum::ExpectedSum,
    failure::Failure,
};

/// Settings of `dhctl bundle inspect`.
#[derive(Debug, Clone)]
pub(crate) struct InspectSettings {
    /// The bundle.
    pub(crate) files: Vec<PathBuf>,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings of `dhctl bundle verify`.
#[derive(Debug, Clone)]
pub(crate) struct BundleVerifySettings {
    /// The bundle.
    pub(crate) files: Vec<PathBuf>,
    /// The sum that the bundle and the files next to it must have.
    pub(crate) expect_sum: Option<ExpectedSum>,
    /// Modules that may be missing although a release requires them.
    pub(crate) allow_missing_modules: BTreeSet<String>,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings of `dhctl bundle split`.
#[derive(Debug, Clone)]
pub(crate) struct SplitSettings {
    /// The bundle.
    pub(crate) files: Vec<PathBuf>,
    /// Which parts are written.
    pub(crate) parts: SplitParts,
    /// The directory for the parts.
    pub(crate) directory: PathBuf,
    /// When GOST checksums are written.
    pub(crate) sums: WriteSums,
    /// How to print.
    pub(crate) output: Output,
}

/// Which parts a split writes.
#[derive(Debug, Clone)]
pub(crate) enum SplitParts {
    /// All, of at most this size in bytes.
    All(u64),
    /// Those that this file requests.
    Requested(PathBuf),
}

/// Settings of `dhctl bundle missing-parts`.
#[derive(Debug, Clone)]
pub(crate) struct MissingPartsSettings {
    /// The bundle.
    pub(crate) files: Vec<PathBuf>,
    /// The file to write.
    pub(crate) out: PathBuf,
    /// Whether an existing file is replaced.
    pub(crate) replace: bool,
    /// How to print.
    pub(crate) output: Output,
}

impl From<MissingPartsArgs> for MissingPartsSettings {
    fn from(args: MissingPartsArgs) -> Self {
        let MissingPartsArgs { bundle, out, force, output } = args;
        Self { files: bundle.file, out, replace: force, output: (&output).into() }
    }
}

/// Settings of `dhctl bundle join`.
#[derive(Debug, Clone)]
pub(crate) struct JoinSettings {
    /// The bundle.
    pub(crate) files: Vec<PathBuf>,
    /// The file to write.
    pub(crate) out: PathBuf,
    /// When GOST checksums are written.
    pub(crate) sums: WriteSums,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings of `dhctl bundle digests`.
#[derive(Debug, Clone)]
pub(crate) struct DigestsSettings {
    /// The bundle.
    pub(crate) files: Vec<PathBuf>,
    /// The file to write.
    pub(crate) out: PathBuf,
    /// Whether an existing file is replaced.
    pub(crate) replace: bool,
    /// How to print.
    pub(crate) output: Output,
}

/// Settings of `dhctl bundle complete`.
#[derive(Debug, Clone)]
pub(crate) struct CompleteSettings {
    /// The thin bundle.
    pub(crate) files: Vec<PathBuf>,
    /// The bundles that have what it leaves out.
    pub(crate) bases: Vec<PathBuf>,
    /// The file to write.
    pub(crate) out: PathBuf,
    /// When GOST checksums are written.
    pub(crate) sums: WriteSums,
    /// How to print.
    pub(crate) output: Output,
}

impl From<DigestsArgs> for DigestsSettings {
    fn from(args: DigestsArgs) -> Self {
        let DigestsArgs { bundle, out, force, output } = args;
        Self { files: bundle.file, out, replace: force, output: (&output).into() }
    }
}

impl From<CompleteArgs> for CompleteSettings {
    fn from(args: CompleteArgs) -> Self {
        let CompleteArgs { bundle, base, out, gost, output } = args;
        Self { files: bundle.file, bases: base, out, sums: write_sums(gost), output: (&output).into() }
    }
}

impl From<InspectArgs> for InspectSettings {
    fn from(args: InspectArgs) -> Self {
        let InspectArgs { bundle, output } = args;
        Self { files: bundle.file, output: (&output).into() }
    }
}

impl From<BundleVerifyArgs> for BundleVerifySettings {
    fn from(args: BundleVerifyArgs) -> Self {
        let BundleVerifyArgs { bundle, required, expect_sum, output } = args;
        let allow_missing_modules = required_modules::allowed(required);
        Self { files: bundle.file, expect_sum, allow_missing_modules, output: (&output).into() }
    }
}

/// Settings of a split.
///
/// # Errors
/// If a size is given together with a request, which has its own.
pub(crate) fn split(args: SplitArgs, line: &CommandLine) -> (Output, Result<SplitSettings, Failure>) {
    let SplitArgs { bundle, part_size, only, out, gost, output } = args;
    let output = Output::from(&output);
    // A size of the variable is for pulls.
    if only.is_some() && line.is_typed(PART_SIZE) {
        let message =
            format!("--{PART_SIZE} (-c) cannot be used with --only: the parts have the size of the request");
        return (output, Err(Failure::usage(message).hint("remove -c")));
    }
    let settings = SplitSettings {
        files: bundle.file,
        parts: match only {
            Some(request) => SplitParts::Requested(request),
            None => SplitParts::All(part_size.unwrap_or_default()),
        },
        directory: out,
        sums: write_sums(gost),
        output,
    };
    (output, Ok(settings))
}

/// The flag with the size of parts.
const PART_SIZE: &str = "images-bundle-chunk-size";

impl From<JoinArgs> for JoinSettings {
    fn from(args: JoinArgs) -> Self {
        let JoinArgs { bundle, out, gost, output } = args;
        Self { files: bundle.file, out, sums: write_sums(gost), output: (&output).into() }
    }
}

fn write_sums(args: GostArgs) -> WriteSums {
    if args.gost_digest { WriteSums::Always } else { WriteSums::IfInputHasThem }
}
