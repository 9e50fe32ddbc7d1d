//! The log (`--log`, `--log-file`): a line for each request, decision and retry, for anyone who has to find out what
//! happened behind an air gap.

use std::{fs::File, io, path::Path, sync::Mutex};

use bundle::owned::{self, Readers};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::{
    args::{LogArgs, LogLevel},
    failure::Failure,
};

/// Only these write into the log: what other crates write was never checked for secrets.
const CRATES: [&str; 7] = ["bundle", "cli", "cluster", "deckhouse", "egress", "mirror", "registry"];

/// Where the log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogDestination {
    /// Between what the user sees.
    Stderr,
    /// Into a file, or nowhere.
    NotStderr,
}

/// Begins the log that the flags ask for.
pub(crate) fn begin(args: &LogArgs) -> Result<LogDestination, Failure> {
    let Some(level) = level(args) else { return Ok(LogDestination::NotStderr) };
    let filter = Targets::new().with_targets(CRATES.map(|name| (name, level)));
    let lines = fmt::layer().with_ansi(false).log_internal_errors(false);
    let registry = tracing_subscriber::registry();
    match &args.log_file {
        Some(path) => {
            let file = Mutex::new(open(path)?);
            registry.with(lines.with_writer(file).with_filter(filter)).try_init()
        }
        None => registry.with(lines.with_writer(io::stderr).with_filter(filter)).try_init(),
    }
    .map_err(Failure::internal)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), commit = env!("DHCTL_COMMIT"), "dhctl");
    Ok(if args.log_file.is_some() { LogDestination::NotStderr } else { LogDestination::Stderr })
}

/// The level to log; `None` if there is to be no log.
fn level(args: &LogArgs) -> Option<LevelFilter> {
    let level = args.log.or_else(|| args.log_file.as_ref().map(|_| LogLevel::Debug))?;
    Some(match level {
        LogLevel::Off => return None,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    })
}

/// Opens a new file, or one to append to, that only its owner may read.
fn open(path: &Path) -> Result<File, Failure> {
    let file = owned::open(path, File::options().create(true).append(true), Readers::Owner);
    file.map_err(|error| Failure::from(error).hint("name another file with --log-file"))
}
