//! Everything that must hold before a change lands.

use std::{path::PathBuf, process::Command, thread};

use anyhow::{Result, anyhow};
use testkit::{distribution_3, kube::assets};

use crate::{
    check_texts, deny, dist, docs, kube, promises,
    shell::{self, cargo},
    static_binary, tools,
};

/// The tests of the whole workspace.
const TESTS: [&str; 2] = ["test", "--workspace"];

pub(crate) fn run() -> Result<()> {
    tools::ensure()?;
    let kube = thread::scope(|scope| {
        // Its downloads take longer than its compilation: cargo compiles meanwhile.
        let programs = scope.spawn(|| distribution_3::ensure().and_then(|()| kube::ensure()));
        check_sources()?;
        compile()?;
        join(programs)
    })?;
    thread::scope(|scope| {
        // Tests wait for servers, clocks and processes half of the time; this uses the rest.
        let dependencies = scope.spawn(deny::run_checks);
        run_tests(kube)?;
        join(dependencies)
    })?;
    println!("all checks passed");
    Ok(())
}

/// What takes seconds, so that it fails first.
fn check_sources() -> Result<()> {
    shell::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    check_texts()?;
    promises::run()?;
    docs::run(true)?;
    dist::check_inputs()
}

/// Lints, the documentation of the crates, the tests, and the static binary from what the tests are linked with.
fn compile() -> Result<()> {
    shell::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    // Needs of other crates what clippy has made.
    let mut documentation = cargo(&["doc", "--workspace", "--no-deps"]);
    shell::run(documentation.env("RUSTDOCFLAGS", "--deny warnings"))?;
    let mut tests = cargo(&TESTS);
    tests.args(["--no-run", "--message-format", "json-render-diagnostics"]);
    static_binary::check_with(&shell::output_shown(&mut tests)?)
}

fn run_tests(kube: PathBuf) -> Result<()> {
    // With a thread for each core half of the time nothing runs.
    let threads = thread::available_parallelism()?.get() * 2;
    let mut tests: Command = cargo(&TESTS);
    shell::run(tests.env(assets::VARIABLE, kube).env("RUST_TEST_THREADS", threads.to_string()))
}

fn join<T>(handle: thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    handle.join().map_err(|_| anyhow!("a check panicked"))?
}
