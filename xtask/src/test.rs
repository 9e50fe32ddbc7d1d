//! Everything that must hold before a change lands.

use std::thread;

use anyhow::Result;
use testkit::kube::assets;

use crate::{
    command_literals, deny, docs, kube, promises,
    shell::{self, cargo},
    static_binary, style, tools,
};

pub(crate) fn run() -> Result<()> {
    tools::ensure()?;
    testkit::distribution_3::ensure()?;
    let kube = kube::ensure()?;
    shell::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    shell::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    // Most tests wait for servers, clocks or processes: with a thread for each core half of the time nothing runs.
    let threads = thread::available_parallelism()?.get() * 2;
    let mut tests = cargo(&["test", "--workspace"]);
    shell::run(tests.env(assets::VARIABLE, kube).env("RUST_TEST_THREADS", threads.to_string()))?;
    style::run()?;
    promises::run()?;
    command_literals::run()?;
    deny::run_checks()?;
    docs::run(true)?;
    static_binary::build()?;
    println!("all checks passed");
    Ok(())
}
