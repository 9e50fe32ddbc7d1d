//! Everything that must hold before a change lands.

use anyhow::Result;
use testkit::kube::assets;

use crate::{
    docs, kube,
    shell::{self, cargo},
    static_binary, style, tools,
};

pub(crate) fn run() -> Result<()> {
    tools::ensure()?;
    testkit::distribution_3::ensure()?;
    let kube = kube::ensure()?;
    shell::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    shell::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    shell::run(cargo(&["test", "--workspace"]).env(assets::VARIABLE, kube))?;
    style::run()?;
    docs::run(true)?;
    static_binary::build()?;
    println!("all checks passed");
    Ok(())
}
