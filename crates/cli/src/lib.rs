//! The command line of `dhctl`: arguments, settings, commands, printing, progress and exit codes.
//!
//! Everything that touches the terminal or the environment is in this crate; the libraries below it
//! take values and give values.

#[allow(rustdoc::broken_intra_doc_links, reason = "HOST[:PORT] in a help text is not a link")]
pub mod args;
mod commands;
mod d8_variables;
mod delivery_file;
mod environment;
pub mod exit_code;
mod expected_sum;
mod failure;
mod format;
mod interrupted;
mod interrupts;
mod invocation;
mod limits;
mod lock_file;
mod log;
mod logins;
mod printer;
mod progress;
mod prometheus;
mod releases_files;
mod result_file;
mod run;
mod settings;
mod side_files;
mod size_arg;
mod thin;
mod watch;
pub mod words;
mod wrong_request;

pub use delivery_file::schema as delivery_schema;
pub use environment::Environment;
pub use run::run;
