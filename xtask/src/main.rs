//! What those who build dhctl run: `cargo xtask demo | test | kube | theatre | bench | style | static | dist | docs`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for developers that talks on the terminal"
)]

mod bench;
mod cargo_tool;
mod command_literals;
mod demo;
mod deny;
mod dist;
mod docs;
mod kube;
mod line_width;
mod promises;
mod shell;
mod static_binary;
mod style;
mod test;
mod theatre;
mod tools;
mod where_to_look;

use clap::Parser;

/// Tasks of the dhctl workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Run the whole line on an embedded synthetic distribution: no account, no network
    Demo,
    /// Install what the tests need, then check format and lints, run every test, check the static binary
    Test,
    /// Build the Kubernetes API that the tests run against, and print its folder on the last line
    Kube,
    /// Play a scenario of an update in a Kubernetes API, for `dhctl update watch` beside it; Ctrl-C ends it
    Theatre(theatre::Options),
    /// Measure time, memory and disk as ratios against floors of the same run
    Bench(bench::Options),
    /// Check texts: phrases that docs/style.md tells us to avoid, commands that are not values, long lines in
    /// documentation, paths in ARCHITECTURE.md that do not exist
    Style,
    /// Build the one static binary, check it, and print its path on the last line
    Static,
    /// Write the files of a release to target/dist: archive, packages, image, SBOM, checksums (RELEASING.md)
    Dist(dist::Options),
    /// Write the generated documentation: command reference, man pages, completions
    Docs {
        /// Only compare; fail if anything would change
        #[arg(long)]
        check: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Demo => demo::run(),
        Task::Test => test::run(),
        Task::Kube => {
            println!("{}", kube::ensure()?.display());
            Ok(())
        }
        Task::Theatre(options) => theatre::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Style => check_texts(),
        Task::Static => {
            println!("{}", static_binary::build()?.display());
            Ok(())
        }
        Task::Dist(options) => dist::run(&options),
        Task::Docs { check } => docs::run(check),
    }
}

fn check_texts() -> anyhow::Result<()> {
    style::run()?;
    command_literals::run()?;
    line_width::run()?;
    where_to_look::run()
}
