//! Adds what a delivery file sets to the command line.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Arg, parser::ValueSource};
use deckhouse::{
    Delivery,
    delivery::{Key, Kind, Setting, Takes},
};

use super::{CommandLine, cli, command_line::Typed, refusal, with_flag};
use crate::{
    args::{Command, MirrorArgs},
    exit_code::Exit,
    failure::Failure,
};

/// The command line with a delivery file.
pub(crate) struct WithFile {
    /// What clap has read of both.
    pub(crate) args: MirrorArgs,
    /// The arguments of both.
    pub(crate) line: CommandLine,
    /// What there is to say of the file.
    pub(crate) file: DeliveryFile,
}

/// A delivery file that was read.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryFile {
    path: PathBuf,
    /// The keys that have an effect.
    keys: Vec<&'static Key>,
    /// The keys that have no effect, because a flag or a variable cannot be used with them.
    pub(crate) replaced: Vec<Replaced>,
}

/// Keys that have no effect because of one flag or variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// The keys and the reason.
    pub(crate) text: String,
    /// Whether it is a variable: it may have been set for something else.
    pub(crate) by_variable: bool,
}

/// Reads the file, and adds what it sets to the command line of a pull.
///
/// # Errors
/// A wrong usage if it is not a delivery file, or if its settings are not valid or cannot be used together.
pub(crate) fn add(line: &CommandLine, path: PathBuf) -> Result<WithFile, Failure> {
    let text = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
    let delivery = Delivery::parse(&text).map_err(|error| {
        Failure::usage(format!("{} {error}", path.display()))
            .hint("to see a valid file, add --print-config to a pull with flags")
    })?;
    add_read(line, path, &delivery)
}

/// Adds what a file sets that was read from this path.
pub(super) fn add_read(line: &CommandLine, path: PathBuf, delivery: &Delivery) -> Result<WithFile, Failure> {
    let root = cli();
    let typed = line.typed(&root);
    let given = typed.given();
    // There are no positional arguments: after "--" there is nothing.
    let mut args: Vec<OsString> = line.args.iter().take_while(|arg| *arg != "--").cloned().collect();
    let mut keys = Vec::new();
    let mut replaced: BTreeMap<(bool, String), Vec<&str>> = BTreeMap::new();
    for (key, setting) in delivery.settings() {
        let Some(arg) = with_flag(typed.command, key.flag) else {
            return Err(Failure::internal(format!("no flag for {}", key.path)));
        };
        if given.iter().any(|it| it.get_id() == arg.get_id()) {
            continue;
        }
        if let Some(by) = given.iter().find(|it| typed.conflict(it, arg)) {
            replaced.entry(named(&typed, by)).or_default().push(key.path);
        } else {
            args.extend(arguments(key, setting, arg, &path)?);
            keys.push(key);
        }
    }
    let replaced = replaced.into_iter().map(|((by_variable, by), keys)| Replaced {
        text: format!(
            "because of {by}, these keys of {} have no effect: {}",
            path.display(),
            keys.join(", ")
        ),
        by_variable,
    });
    let file = DeliveryFile { keys, replaced: replaced.collect(), path };
    let (cli, line) =
        CommandLine::parse(args).map_err(|error| refusal::describe(error, &file.path, typed.command))?;
    match cli.command {
        Command::Mirror(args) => Ok(WithFile { args: *args, line, file }),
        _ => Err(Failure::internal("the command with its delivery file is another command")),
    }
}

/// The arguments that mean the same as a key.
fn arguments(key: &Key, setting: &Setting, arg: &Arg, file: &Path) -> Result<Vec<OsString>, Failure> {
    let flag = format!("--{}", key.flag);
    let values = match setting {
        Setting::On => return Ok(vec![flag.into()]),
        Setting::Text(value) => std::slice::from_ref(value),
        Setting::List(values) => values,
    };
    let is_path = matches!(key.takes, Takes::One(Kind::Path) | Takes::List(Kind::Path));
    let argument = |value: &String| {
        if arg.get_value_delimiter().is_some_and(|delimiter| value.contains(delimiter)) {
            return Err(refusal::value(file, key, value, "write each value as an element of the list"));
        }
        let mut argument = OsString::from(format!("{flag}="));
        if is_path {
            argument.push(relative_to(file, value));
        } else {
            argument.push(value);
        }
        Ok(argument)
    };
    values.iter().map(argument).collect()
}

/// A path that begins in the directory of the file. That of a file in the current directory stays as it is written.
fn relative_to(file: &Path, path: &str) -> PathBuf {
    match file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        Some(directory) => directory.join(path),
        None => path.into(),
    }
}

/// Whether an argument is from a variable, and the name of the variable or the flag.
fn named(typed: &Typed<'_>, arg: &Arg) -> (bool, String) {
    match (typed.source(arg), arg.get_env(), arg.get_long()) {
        (Some(ValueSource::EnvVariable), Some(variable), _) => {
            (true, variable.to_string_lossy().into_owned())
        }
        (_, _, Some(flag)) => (false, format!("--{flag}")),
        _ => (false, arg.to_string()),
    }
}

impl DeliveryFile {
    /// The failure of a pull that has no bundle.
    pub(crate) fn without_bundle(&self) -> Failure {
        Failure::usage("no bundle is named")
            .hint(format!("name it with -i, or as bundle.path in {}", self.path.display()))
    }

    /// Names the keys of the file in a wrong usage, which may name the flags that stand for them.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        if failure.exit != Exit::Usage || self.keys.is_empty() {
            return failure;
        }
        let keys = self.keys.iter().map(|key| format!("{} (--{})", key.path, key.flag));
        let keys = keys.collect::<Vec<_>>().join(", ");
        failure.hint(format!("{} sets {keys}", self.path.display()))
    }
}
