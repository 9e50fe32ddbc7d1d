//! What is said of arguments that cannot be meant: clap's words, without a secret in them, and with the
//! variable that an argument may have come from.

use std::{collections::BTreeSet, ffi::OsString};

use clap::{
    Command, CommandFactory, Error, ValueEnum as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{
    args::{Cli, ProgressFormat},
    failure::Failure,
};

/// What is wrong with the arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongRequest {
    /// clap's own text, of several lines.
    said: String,
    hints: Vec<String>,
}

impl WrongRequest {
    /// The text for standard error.
    pub(crate) fn text(&self) -> String {
        let hints = self.hints.iter().map(|hint| format!("\nhint: {hint}"));
        std::iter::once(self.said.clone()).chain(hints).collect()
    }

    /// The same for a progress in JSON lines: what is wrong in one line, and clap's tips as hints. The usage is left out.
    pub(crate) fn failure(self) -> Failure {
        let mut parts = self.said.split("\n\n");
        let wrong = parts.next().unwrap_or_default();
        let wrong = wrong.strip_prefix("error: ").unwrap_or(wrong);
        let message = wrong.split_whitespace().collect::<Vec<_>>().join(" ");
        let tips = parts.flat_map(str::lines).filter_map(|line| line.trim().strip_prefix("tip: "));
        let tips: Vec<String> = tips.map(str::to_owned).collect();
        let hints = tips.into_iter().chain(self.hints);
        hints.fold(Failure::usage(message), Failure::hint)
    }
}

/// The form of the progress that arguments ask for which are not understood as a whole. The last one that is named counts.
pub(crate) fn progress(args: &[OsString]) -> ProgressFormat {
    let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let next = args.windows(2).filter(|pair| pair[0] == "--progress").map(|pair| pair[1]);
    let joined = args.iter().filter_map(|arg| arg.strip_prefix("--progress="));
    let named = next.chain(joined).last();
    named.and_then(|name| ProgressFormat::from_str(name, false).ok()).unwrap_or(ProgressFormat::Auto)
}

/// What is said of this error. `variables` are the names of those that are set.
pub(crate) fn describe(mut error: Error, variables: &BTreeSet<String>) -> WrongRequest {
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if let Some(ContextValue::String(text)) = error.get(kind)
            && let Some(at) = text.rfind('@')
        {
            // As in the errors of `oci`: if a user pastes `user:password@host`, the password must not get into a log.
            let hidden = format!("***{}", &text[at..]);
            error.insert(kind, ContextValue::String(hidden));
        }
    }
    let said = error.render().to_string().trim_end().to_owned();
    let mut blamed = BTreeSet::new();
    let mut command = Cli::command();
    command.build();
    let named = named(&error);
    collect(&command, &named, &mut blamed);
    let is_of_log = error.kind() == ErrorKind::InvalidValue && named.contains(&"--log <LEVEL>");
    let of_log = is_of_log.then(|| "to write the log to a file, set --log-file".to_owned());
    let hints = blamed.intersection(variables).map(|name| format!("{name} is set in the environment"));
    WrongRequest { said, hints: hints.chain(of_log).collect() }
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn the_output_format_is_found_in_invalid_arguments() {
        for (args, json) in [
            (&["dhctl", "--progress", "json", "--what"][..], true),
            (&["dhctl", "--progress=json"], true),
            (&["dhctl", "--progress=plain"], false),
            (&["dhctl", "--progress", "jsn"], false),
            (&["dhctl", "--progress"], false),
            (&["dhctl", "json"], false),
        ] {
            let args: Vec<OsString> = args.iter().map(Into::into).collect();
            assert_eq!(progress(&args) == ProgressFormat::Json, json, "{args:?}");
        }
    }

    #[test]
    fn a_usage_error_is_one_line_with_hints() {
        let error = Cli::try_parse_from(["dhctl", "mirror", "--sourc", "r/x"]).unwrap_err();
        let wrong = describe(error, &BTreeSet::new());
        assert!(wrong.text().contains("\n\nUsage:"), "{}", wrong.text());
        let failure = wrong.failure();
        assert_eq!(failure.message, "unexpected argument '--sourc' found".into());
        assert!(
            failure.hints.iter().any(|hint| hint.to_string().contains("'--source'")),
            "{:?}",
            failure.hints
        );
        let error = Cli::try_parse_from(["dhctl", "update", "approve", "--quiet", "--verbose", "v1.2.3"]);
        let failure = describe(error.unwrap_err(), &BTreeSet::new()).failure();
        assert_eq!(failure.message, "the argument '--quiet' cannot be used with '--verbose'".into());
        let error = Cli::try_parse_from(["dhctl", "version", "--log", "d8.log"]).unwrap_err();
        let wrong = describe(error, &BTreeSet::new());
        assert!(
            wrong.text().ends_with("\nhint: to write the log to a file, set --log-file"),
            "{}",
            wrong.text()
        );
    }
}
