//! Everything that must hold before a change lands.

use anyhow::Result;

use crate::{
    docs,
    shell::{self, cargo},
    static_binary, tools,
};

pub(crate) fn run() -> Result<()> {
    tools::ensure()?;
    shell::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    shell::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    shell::run(&mut cargo(&["test", "--workspace"]))?;
    docs::run(true)?;
    static_binary::build()?;
    println!("all checks passed");
    Ok(())
}
