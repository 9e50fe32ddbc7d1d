//! `dhctl bundle split FILE --only REQUEST -o DIR`

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::bundle::{PartsRequest, WriteSums};
use mirror::{Observer, Stage, bundle_task};
use serde::Serialize;

use super::convert::directory_exists;
use crate::{
    Environment, exit_code::Exit, failure::Failure, printer::Printer, progress::Progress, settings::Output,
    side_files::files_text,
};

const NAME: &str = "bundle split";

/// What is to be written.
pub(super) struct RequestedParts {
    /// The bundle.
    pub(super) files: Vec<PathBuf>,
    /// The file with the request.
    pub(super) request: PathBuf,
    /// The directory for the parts.
    pub(super) directory: PathBuf,
    /// When GOST checksums are written.
    pub(super) sums: WriteSums,
    /// How to print.
    pub(super) output: Output,
}

#[derive(Serialize)]
struct Written {
    files: Vec<String>,
}

pub(super) async fn run(parts: RequestedParts, environment: Environment) -> Result<(), Failure> {
    let RequestedParts { files, request, directory, sums, output } = parts;
    let request = read(&request)?;
    directory_exists(&directory)?;
    let progress: Arc<dyn Observer> = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let split = move |progress: &dyn ::bundle::Progress| {
        ::bundle::split_only(&files, &directory, &request, sums, progress)
    };
    let files = bundle_task::run(Stage::Copy, &progress, split).await?;
    let written = Written { files: files.iter().map(|file| file.display().to_string()).collect() };
    Printer::new(output).result(NAME, &written, &files_text(&files, &BTreeMap::new()))
}

fn read(path: &Path) -> Result<PartsRequest, Failure> {
    let Some(bytes) = ::bundle::read_file(path)? else {
        return Err(Failure::new(Exit::Files, format!("{} does not exist", path.display()))
            .hint("name the file that dhctl bundle missing-parts has written"));
    };
    PartsRequest::parse(&bytes).map_err(|error| Failure::usage(format!("{} {error}", path.display())))
}
