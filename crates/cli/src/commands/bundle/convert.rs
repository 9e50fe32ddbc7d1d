//! What `split` and `join` have in common.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ::bundle::{Converted, GostSum};
use serde::Serialize;

use crate::{
    failure::Failure,
    format::{count, human},
    side_files::files_text,
};

/// What was written.
#[derive(Serialize)]
pub(super) struct Written {
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
    pub(super) fn new(name: &Path, done: Converted) -> Self {
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
    pub(super) fn text(&self) -> String {
        let mut text = format!("size       {}\n", human(self.size));
        if self.sums_checked > 0 {
            text += &format!("checked    {} of the input\n", count(self.sums_checked, "GOST checksum"));
        }
        text + &files_text(&self.paths, &self.gost_sums)
    }
}

/// Checks the directory that a command writes into.
pub(super) fn directory_exists(directory: &Path) -> Result<(), Failure> {
    match std::fs::metadata(directory) {
        Ok(data) if data.is_dir() => Ok(()),
        Ok(_) => Err(Failure::usage(format!("{} is not a directory", directory.display()))),
        Err(error) => Err(Failure::file(directory, &error).hint("create the directory first")),
    }
}
