//! `dhctl version`

use serde::Serialize;

use crate::{args::VersionArgs, failure::Failure, printer::Printer, side_files::IS_STATIC};

/// What this program is.
#[derive(Serialize)]
struct Build {
    version: &'static str,
    /// The commit that it was built from; empty if that is not known.
    commit: &'static str,
    /// The platform that it was built for, as Rust names it.
    target: &'static str,
    /// How it was built.
    features: Vec<&'static str>,
}

pub(crate) fn run(args: &VersionArgs) -> Result<(), Failure> {
    let build = Build {
        version: env!("CARGO_PKG_VERSION"),
        commit: env!("DHCTL_COMMIT"),
        target: env!("DHCTL_TARGET"),
        features: features(),
    };
    let commit = if build.commit.is_empty() { "unknown" } else { build.commit };
    let text = format!(
        "dhctl {}\ncommit    {commit}\ntarget    {}\nfeatures  {}\n",
        build.version,
        build.target,
        build.features.join(" ")
    );
    Printer::of(args.output).result("version", &build, &text)
}

fn features() -> Vec<&'static str> {
    let linking = if IS_STATIC { "static" } else { "dynamic" };
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    vec![linking, profile]
}
