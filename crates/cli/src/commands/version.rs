//! `dhctl version`

use serde::Serialize;

use crate::{
    args::OutputFormat, failure::Failure, invocation::Invocation, printer::Printer, settings::Output,
    side_files::IS_STATIC,
};

const NAME: &str = "version";

/// What this program is.
#[derive(Serialize)]
struct Build {
    version: &'static str,
    /// The commit that it was built from; empty if unknown.
    commit: &'static str,
    /// The platform that it was built for, as Rust names it.
    target: &'static str,
    /// How it was built.
    features: Vec<&'static str>,
}

pub(crate) fn invocation(format: OutputFormat) -> Invocation {
    let output = Output::result_only(format);
    Invocation::immediate(NAME, output, move || run(output))
}

fn run(output: Output) -> Result<(), Failure> {
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
    Printer::new(output).result(NAME, &build, &text)
}

fn features() -> Vec<&'static str> {
    let linking = if IS_STATIC { "static" } else { "dynamic" };
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    vec![linking, profile]
}
