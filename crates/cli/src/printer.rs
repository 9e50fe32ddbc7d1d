//! The one place that writes to standard output and standard error.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use foreign_text::{escaped_json, one_line, printable};
use serde::Serialize;
use serde_json::json;

use crate::{
    args::{OutputFormat, ProgressFormat},
    failure::Failure,
    settings::Output,
};

/// Version of the JSON documents; grows when a field changes its meaning or goes away.
const DOCUMENT_VERSION: u32 = 1;

/// Whether every line of standard error is a JSON object (`--progress json`). Of the process, as standard error is.
static JSON_LINES: AtomicBool = AtomicBool::new(false);

/// From now on standard error has this form.
pub(crate) fn progress(format: ProgressFormat) {
    JSON_LINES.store(format == ProgressFormat::Json, Ordering::Relaxed);
}

/// Whether every line of standard error is a JSON object.
pub(crate) fn is_json() -> bool {
    JSON_LINES.load(Ordering::Relaxed)
}

/// Writes results and failures in the requested format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    format: OutputFormat,
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
    pub(crate) fn new(output: impl Into<Output>) -> Self {
        Self { format: output.into().format }
    }

    /// Prints a result: `text` for people, `value` as a document for machines.
    pub(crate) fn result<T: Serialize>(self, command: &str, value: &T, text: &str) -> Result<(), Failure> {
        match self.format {
            OutputFormat::Text => Self::stdout(printable(text).as_bytes()),
            OutputFormat::Json => Self::document(command, Outcome::Result(value)),
        }
    }

    /// Prints a failure: always to standard error, as text or as the last line of a progress in JSON, and as a
    /// document where those are asked for.
    pub(crate) fn failure(self, command: &str, failure: &Failure) {
        failed(failure);
        if self.format == OutputFormat::Json && !failure.after_result {
            // The failure has been reported; that its second form cannot be written changes nothing.
            drop(Self::document(command, Outcome::<()>::Error(failure)));
        }
    }

    fn document<T: Serialize>(command: &str, outcome: Outcome<'_, T>) -> Result<(), Failure> {
        let document = Document { version: DOCUMENT_VERSION, command, outcome };
        let mut text = serde_json::to_string_pretty(&document).map_err(Failure::internal)?;
        text.push('\n');
        Self::stdout(escaped_json(&text).as_bytes())
    }

    /// A reader that has closed the pipe has seen enough: not a failure.
    pub(crate) fn stdout(bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::stdout(&error)),
            _ => Ok(()),
        }
    }
}

/// Writes a failure to standard error, as text or as an event.
pub(crate) fn failed(failure: &Failure) {
    if is_json() {
        note(&failure.event().to_string());
    } else {
        write_to(&mut io::stderr().lock(), printable(&failure.render()).as_bytes());
    }
}

/// Prints to standard error: a `note`, a `warning`, what is waited for (`waiting`), what has been written
/// (`done`), what is about to be written (`changes`). As an event it has the same text, without the word before it.
pub(crate) fn say(event: &str, text: &str) {
    if is_json() {
        note(&json!({ "event": event, "text": text }).to_string());
        return;
    }
    match event {
        "note" | "warning" => note(&one_line(&format!("{event}: {text}"))),
        "waiting" | "done" => note(&one_line(&format!("{event:<10} {text}"))),
        _ => note(text),
    }
}

/// Writes a line to standard error as it is. Where the command has `--progress`, this is for what is a JSON object already;
/// the rest goes through [`say`].
pub(crate) fn note(line: &str) {
    let line = if is_json() { escaped_json(line) } else { printable(line) };
    write_to(&mut io::stderr().lock(), format!("{line}\n").as_bytes());
}

/// Writes a question to standard error, and leaves its line open for the answer.
pub(crate) fn question(text: &str) {
    if is_json() {
        say("question", text);
    } else {
        write_to(&mut io::stderr().lock(), printable(text).as_bytes());
    }
}

/// Writes what draws on the terminal, control sequences and all, to standard error.
pub(crate) fn drawing(text: &str) {
    write_to(&mut io::stderr().lock(), text.as_bytes());
}

/// Standard error may be closed, and there is no third place to say so.
fn write_to(out: &mut dyn Write, bytes: &[u8]) {
    drop(out.write_all(bytes).and_then(|()| out.flush()));
}
