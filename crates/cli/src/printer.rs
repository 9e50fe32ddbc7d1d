//! The one place that writes to standard output and standard error.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    args::{OutputArgs, OutputFormat, ProgressFormat},
    failure::Failure,
    harmless::harmless,
};

/// Version of the JSON documents; grows when a field changes its meaning or goes away.
const DOCUMENT_VERSION: u32 = 1;

/// Writes results, warnings and errors in the form that was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    format: OutputFormat,
    progress: ProgressFormat,
}

#[derive(Serialize)]
struct Document<'a, T> {
    version: u32,
    command: &'a str,
    #[serde(flatten)]
    outcome: Outcome<'a, T>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<'a, T> {
    Result(&'a T),
    Error(&'a Failure),
}

impl Printer {
    pub(crate) fn new(args: &OutputArgs) -> Self {
        Self { format: args.output, progress: args.progress }
    }

    /// For a command whose forms of output are its own.
    pub(crate) fn of(format: OutputFormat) -> Self {
        Self { format, progress: ProgressFormat::Plain }
    }

    /// For commands whose result is a file: it has one form.
    pub(crate) fn plain() -> Self {
        Self { format: OutputFormat::Text, progress: ProgressFormat::Plain }
    }

    /// Prints a result: `text` for people, `value` as a document for machines.
    pub(crate) fn result<T: Serialize>(self, command: &str, value: &T, text: &str) -> Result<(), Failure> {
        match self.format {
            OutputFormat::Text => Self::stdout(harmless(text).as_bytes()),
            OutputFormat::Json => Self::document(command, Outcome::Result(value)),
        }
    }

    /// Prints a failure: always to standard error, as text or as the last line of a progress in JSON, and as a
    /// document where those are asked for.
    pub(crate) fn failure(self, command: &str, failure: &Failure) {
        match self.progress {
            ProgressFormat::Json => note(&failure.event().to_string()),
            ProgressFormat::Auto | ProgressFormat::Plain => {
                write_to(&mut io::stderr().lock(), harmless(&failure.render()).as_bytes());
            }
        }
        if self.format == OutputFormat::Json && !failure.after_result {
            // The failure has been told; that its second form cannot be written changes nothing.
            drop(Self::document(command, Outcome::<()>::Error(failure)));
        }
    }

    fn document<T: Serialize>(command: &str, outcome: Outcome<'_, T>) -> Result<(), Failure> {
        let document = Document { version: DOCUMENT_VERSION, command, outcome };
        let mut bytes = serde_json::to_vec_pretty(&document).map_err(Failure::internal)?;
        bytes.push(b'\n');
        Self::stdout(&bytes)
    }

    /// A reader that has gone away has seen enough: no failure.
    pub(crate) fn stdout(bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::stdout(&error)),
            _ => Ok(()),
        }
    }
}

/// Writes a line to standard error.
pub(crate) fn note(line: &str) {
    write_to(&mut io::stderr().lock(), format!("{}\n", harmless(line)).as_bytes());
}

/// Writes a question to standard error, and leaves its line open for the answer.
pub(crate) fn question(text: &str) {
    write_to(&mut io::stderr().lock(), harmless(text).as_bytes());
}

/// Writes what draws on the terminal, control sequences and all, to standard error.
pub(crate) fn drawing(text: &str) {
    write_to(&mut io::stderr().lock(), text.as_bytes());
}

/// Standard error may be closed, and there is no third place to say so.
fn write_to(out: &mut dyn Write, bytes: &[u8]) {
    drop(out.write_all(bytes).and_then(|()| out.flush()));
}
