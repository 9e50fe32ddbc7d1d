//! The binary `dhctl`.

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_env = "gnu", target_feature = "crt-static"))]
mod libc_shadow;

fn main() -> ExitCode {
    cli::run(std::env::args_os(), cli::Environment::of_process())
}
