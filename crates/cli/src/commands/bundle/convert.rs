//! What `split`, `join` and `complete` have in common.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::bundle::{BundleError, Converted, GostSum};
use mirror::{Event, Observer, Stage, bundle_task};
use serde::Serialize;

use crate::{
    Environment,
    failure::Failure,
    format::{count, human},
    printer::Printer,
    progress::Progress,
    settings::Output,
    side_files::files_text,
};

/// What was written.
#[derive(Serialize)]
struct Written {
    size: u64,
    files: Vec<String>,
    /// GOST sums next to the input that were correct.
    sums_checked: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    gost: Option<Gost>,
    /// The sums by file name: of the whole and of each part.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    gost_sums: BTreeMap<PathBuf, String>,
    #[serde(skip)]
    paths: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Gost {
    whole: GostSum,
    parts: Vec<GostSum>,
}

impl Written {
    /// `name` is that of the whole bundle, even if it was written in parts.
    fn new(name: &Path, done: Converted) -> Self {
        let gost_sums = done.sums.as_ref().map(|sums| sums.by_name(name, &done.files)).unwrap_or_default();
        Self {
            size: done.size,
            files: done.files.iter().map(|file| file.display().to_string()).collect(),
            sums_checked: done.checked,
            gost: done.sums.map(|sums| Gost { whole: sums.whole, parts: sums.parts }),
            gost_sums,
            paths: done.files,
        }
    }

    /// The result as text.
    fn text(&self) -> String {
        let mut text = format!("size       {}\n", human(self.size));
        if self.sums_checked > 0 {
            text += &format!("checked    {} of the input\n", count(self.sums_checked, "GOST checksum"));
        }
        text + &files_text(&self.paths, &self.gost_sums)
    }
}

/// Writes the bundle `whole` with `work`, and prints what was written as the result of `command`.
pub(super) async fn write(
    (command, output): (&'static str, Output),
    whole: &Path,
    environment: &Environment,
    work: impl FnOnce(&dyn ::bundle::Progress) -> Result<Converted, BundleError> + Send + 'static,
) -> Result<(), Failure> {
    let progress: Arc<dyn Observer> = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let earlier = ::bundle::earlier(whole)?;
    if !earlier.is_empty() {
        progress.event(Event::Note(format!(
            "{} of an earlier bundle {} {} replaced when the new one is complete",
            count(earlier.len() as u64, "file"),
            whole.display(),
            if earlier.len() == 1 { "is" } else { "are" },
        )));
    }
    let written = Written::new(whole, bundle_task::run(Stage::Copy, &progress, work).await?);
    Printer::new(output).result(command, &written, &written.text())
}

/// Checks the directory that a command writes into.
pub(super) fn directory_exists(directory: &Path) -> Result<(), Failure> {
    match std::fs::metadata(directory) {
        Ok(data) if data.is_dir() => Ok(()),
        Ok(_) => Err(Failure::usage(format!("{} is not a directory", directory.display()))),
        Err(error) => Err(Failure::file(directory, &error).hint("create the directory first")),
    }
}
