//! What is said of arguments that cannot be meant: clap's words, without a secret in them, and with the
//! variable that an argument may have come from.

use std::collections::BTreeSet;

use clap::{
    Command, CommandFactory, Error,
    error::{ContextKind, ContextValue},
};

use crate::args::Cli;

/// The text for standard error. `variables` are the names of those that are set.
pub(crate) fn describe(mut error: Error, variables: &BTreeSet<String>) -> String {
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if let Some(ContextValue::String(text)) = error.get(kind)
            && let Some(at) = text.rfind('@')
        {
            // As in the errors of `oci`: whoever pastes `user:password@host` must not find the password in a log.
            let hidden = format!("***{}", &text[at..]);
            error.insert(kind, ContextValue::String(hidden));
        }
    }
    let mut text = error.render().to_string().trim_end().to_owned();
    let mut blamed = BTreeSet::new();
    let mut command = Cli::command();
    command.build();
    collect(&command, &named(&error), &mut blamed);
    for name in blamed.intersection(variables) {
        text += &format!("\nhint: {name} is set in the environment");
    }
    text
}

/// The arguments that the error names, as `--release <VERSION>`.
fn named(error: &Error) -> Vec<&str> {
    [ContextKind::InvalidArg, ContextKind::PriorArg]
        .into_iter()
        .filter_map(|kind| error.get(kind))
        .flat_map(|value| match value {
            ContextValue::String(text) => std::slice::from_ref(text),
            ContextValue::Strings(texts) => texts.as_slice(),
            _ => &[],
        })
        .map(String::as_str)
        .collect()
}

fn collect(command: &Command, named: &[&str], variables: &mut BTreeSet<String>) {
    for arg in command.get_arguments() {
        if let Some(variable) = arg.get_env()
            && named.contains(&arg.to_string().as_str())
        {
            variables.insert(variable.to_string_lossy().into_owned());
        }
    }
    for command in command.get_subcommands() {
        collect(command, named, variables);
    }
}
