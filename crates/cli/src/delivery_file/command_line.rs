//! The command line as clap has parsed it: which arguments are given, and the delivery file that means the same.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use clap::{Arg, ArgMatches, Command, CommandFactory as _, Error, FromArgMatches as _, parser::ValueSource};
use deckhouse::{
    Delivery,
    delivery::{KEYS, Key, Setting, Takes},
};

use super::{cli, with_flag};
use crate::{args::Cli, failure::Failure, settings::ONE_BUNDLE};

/// The arguments of the process, and what clap found in them and in the variables. Passwords are among them: nothing here can
/// be printed with `Debug`.
pub(crate) struct CommandLine {
    pub(super) args: Vec<OsString>,
    matches: ArgMatches,
}

/// The command that was typed, such as `mirror pull`, and what was found of it.
pub(super) struct Typed<'a> {
    pub(super) command: &'a Command,
    matches: &'a ArgMatches,
}

impl CommandLine {
    /// Parses the arguments of the process.
    ///
    /// # Errors
    /// clap's error for arguments that are not valid.
    pub(crate) fn parse(args: Vec<OsString>) -> Result<(Cli, Self), Error> {
        let matches = Cli::command().try_get_matches_from(&args)?;
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut Cli::command()))?;
        Ok((cli, Self { args, matches }))
    }

    /// The delivery file that selects the same: every key whose argument is given with another value than its default, and
    /// the source.
    ///
    /// # Errors
    /// If an argument cannot be written into the file.
    pub(crate) fn delivery(&self) -> Result<Delivery, Failure> {
        let root = cli();
        let typed = self.typed(&root);
        let mut settings = BTreeMap::new();
        for key in KEYS {
            if let Some(setting) = typed.setting(key)? {
                settings.insert(key.path, setting);
            }
        }
        Ok(Delivery::of(|key| settings.get(key.path).cloned()))
    }

    /// Whether this flag is on the command line, and not only its variable in the environment.
    pub(crate) fn is_typed(&self, flag: &str) -> bool {
        let root = cli();
        let typed = self.typed(&root);
        let source = with_flag(typed.command, flag).and_then(|arg| typed.source(arg));
        source == Some(ValueSource::CommandLine)
    }

    pub(super) fn typed<'a>(&'a self, root: &'a Command) -> Typed<'a> {
        let (mut command, mut matches) = (root, &self.matches);
        while let Some((name, below)) = matches.subcommand()
            && let Some(found) = command.find_subcommand(name)
        {
            (command, matches) = (found, below);
        }
        Typed { command, matches }
    }
}

impl<'a> Typed<'a> {
    /// Where the value of an argument is from.
    pub(super) fn source(&self, arg: &Arg) -> Option<ValueSource> {
        let is_there = self.matches.ids().any(|id| id == arg.get_id());
        is_there.then(|| self.matches.value_source(arg.get_id().as_str())).flatten()
    }

    /// The arguments that a flag or a variable gives.
    pub(super) fn given(&self) -> Vec<&'a Arg> {
        let is_given = |arg: &&Arg| {
            matches!(self.source(arg), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
        };
        self.command.get_arguments().filter(is_given).collect()
    }

    /// Whether two arguments cannot be used together.
    pub(super) fn conflict(&self, one: &Arg, other: &Arg) -> bool {
        let names = |one: &Arg, other: &Arg| {
            self.command.get_arg_conflicts_with(one).iter().any(|it| it.get_id() == other.get_id())
        };
        names(one, other) || names(other, one)
    }

    fn setting(&self, key: &'static Key) -> Result<Option<Setting>, Failure> {
        let Some(arg) = with_flag(self.command, key.flag).filter(|arg| self.source(arg).is_some()) else {
            return Ok(None);
        };
        let id = arg.get_id().as_str();
        if key.takes == Takes::Switch {
            return Ok(self.matches.get_flag(id).then_some(Setting::On));
        }
        let values: Vec<&OsStr> = self.matches.get_raw(id).into_iter().flatten().collect();
        let is_default = values.iter().eq(arg.get_default_values().iter());
        if values.is_empty() || is_default && key.flag != "source" {
            return Ok(None);
        }
        let text = |value: &OsStr| match value.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(Failure::usage(format!(
                "{} is not valid UTF-8 and cannot be written into a delivery file",
                value.display()
            ))),
        };
        let mut values: Vec<String> = values.into_iter().map(text).collect::<Result<_, _>>()?;
        match key.takes {
            Takes::List(_) => Ok(Some(Setting::List(values))),
            _ if values.len() > 1 => Err(Failure::usage(ONE_BUNDLE)),
            _ => Ok(values.pop().map(Setting::Text)),
        }
    }
}
