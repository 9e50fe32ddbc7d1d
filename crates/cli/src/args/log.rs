//! Flags of the log, which every command has.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The log.
#[derive(Debug, Clone, Default, Args)]
pub struct LogArgs {
    /// Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request
    #[arg(
        long,
        global = true,
        value_enum,
        env = "DHCTL_CLI_LOG",
        value_name = "LEVEL",
        help_heading = "Log"
    )]
    pub log: Option<LogLevel>,
    /// File to append the log to, created with mode 0600; without --log the level is "debug"
    #[arg(long, global = true, value_name = "PATH", help_heading = "Log")]
    pub log_file: Option<PathBuf>,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Unexpected failures.
    Error,
    /// Possible problems.
    Warn,
    /// Decisions and retries.
    Info,
    /// Each request.
    Debug,
    /// Everything.
    Trace,
}
