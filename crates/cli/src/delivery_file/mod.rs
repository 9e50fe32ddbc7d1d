//! A delivery file together with the command line: `dhctl mirror pull --config`, `--print-config`.
//!
//! Flags win over variables, and variables over the file. clap parses the command line, then what the file sets and nothing
//! on the command line replaces is added as arguments, and clap parses the whole. So values and conflicts in the file follow
//! the rules of the flags, which are written once: in `args`.

mod add;
mod command_line;
mod refusal;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    add::{DeliveryFile, Replaced, WithFile, add},
    command_line::CommandLine,
};

use clap::{Arg, Command, CommandFactory as _};
use deckhouse::delivery::{self, Kind, Takes};

use crate::args::Cli;

/// The JSON schema of delivery files. Its descriptions are the help texts of the flags.
pub fn schema() -> serde_json::Value {
    let command = cli();
    let pull = command.find_subcommand("mirror").and_then(|mirror| mirror.find_subcommand("pull"));
    delivery::schema(&|key| {
        let arg = pull.and_then(|pull| with_flag(pull, key.flag));
        let help = arg.and_then(|arg| arg.get_long_help().or(arg.get_help())).map(ToString::to_string);
        let path = match key.takes {
            Takes::One(Kind::Path) | Takes::List(Kind::Path) => {
                ". A relative path begins in the directory of the delivery file"
            }
            _ => "",
        };
        format!("The same as --{}. {}{path}", key.flag, help.unwrap_or_default())
    })
}

/// The definition of the command line.
fn cli() -> Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// The argument with this flag.
fn with_flag<'a>(command: &'a Command, flag: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(flag))
}
