//! Flags of the log, which every command has.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The log.
#[derive(Debug, Clone, Default, Args)]
pub struct LogArgs {
    /// Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too
    #[arg(
        long,
        global = true,
        value_enum,
        env = "DHCTL_CLI_LOG",
        value_name = "LEVEL",
        help_heading = "Log"
    )]
    pub log: Option<LogLevel>,
    /// File to append the log to, created for its owner only; without --log its level is "debug"
    #[arg(long, global = true, value_name = "PATH", help_heading = "Log")]
    pub log_file: Option<PathBuf>,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Failures of what should not fail.
    Error,
    /// What may be wrong.
    Warn,
    /// Decisions and retries.
    Info,
    /// Each request.
    Debug,
    /// Everything.
    Trace,
}
