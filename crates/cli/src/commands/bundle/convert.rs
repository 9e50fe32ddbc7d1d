//! `dhctl bundle split FILE -c SIZE -o DIR` and `dhctl bundle join FILE -o OUT`

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bundle::{Converted, GostSum};
use commands::{Dhctl, Sentence};
use mirror::Stage;
use serde::Serialize;

use crate::{
    Environment,
    args::{JoinArgs, OutputArgs, SplitArgs},
    bundle_task,
    failure::Failure,
    format::{count, human},
    printer::Printer,
    settings,
    side_files::files_text,
};

#[derive(Serialize)]
struct Written {
    size: u64,
    files: Vec<String>,
    /// GOST sums that lay beside the input and were right.
    sums_checked: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    gost: Option<Gost>,
    /// The sums by file name, as a pull has them: of the whole and of each part.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    gost_sums: BTreeMap<PathBuf, String>,
}

#[derive(Serialize)]
struct Gost {
    whole: GostSum,
    parts: Vec<GostSum>,
}

pub(crate) async fn split(args: SplitArgs, environment: Environment) -> Result<(), Failure> {
    let SplitArgs { bundle, part_size, out, gost, output } = args;
    if part_size == 0 {
        return Err(Failure::usage(
            Sentence::from("-c 0: a part needs a size; '")
                .command(Dhctl::BundleJoin)
                .text("' writes one file"),
        ));
    }
    directory_exists(&out)?;
    let name = out.join(bundle.file[0].file_name().unwrap_or_default());
    let done = bundle_task::run(Stage::Copy, &output, &environment, move |progress| {
        bundle::split(&bundle.file, &out, part_size, gost.gost_digest, progress)
    })
    .await?;
    tell("bundle split", &output, &name, done)
}

pub(crate) async fn join(args: JoinArgs, environment: Environment) -> Result<(), Failure> {
    let JoinArgs { bundle, out, gost, output } = args;
    let out = settings::bundle_path(&out)?;
    directory_exists(settings::directory(&out))?;
    let name = out.clone();
    let done = bundle_task::run(Stage::Copy, &output, &environment, move |progress| {
        bundle::join(&bundle.file, &out, gost.gost_digest, progress)
    })
    .await?;
    tell("bundle join", &output, &name, done)
}

fn directory_exists(directory: &Path) -> Result<(), Failure> {
    match std::fs::metadata(directory) {
        Ok(data) if data.is_dir() => Ok(()),
        Ok(_) => Err(Failure::usage(format!("{} is not a directory", directory.display()))),
        Err(error) => Err(Failure::file(directory, &error).hint("the directory must exist")),
    }
}

/// `name` is that of the whole bundle that was written, be it in parts.
fn tell(command: &str, output: &OutputArgs, name: &Path, done: Converted) -> Result<(), Failure> {
    let sums = done.sums.as_ref().map(|sums| sums.by_name(name, &done.files)).unwrap_or_default();
    let files = files_text(&done.files, &sums);
    let written = Written {
        size: done.size,
        files: done.files.iter().map(|file| file.display().to_string()).collect(),
        sums_checked: done.checked,
        gost: done.sums.map(|sums| Gost { whole: sums.whole, parts: sums.parts }),
        gost_sums: sums,
    };
    Printer::new(output).result(command, &written, &(text(&written) + &files))
}

fn text(written: &Written) -> String {
    let mut text = format!("size       {}\n", human(written.size));
    if written.sums_checked > 0 {
        text += &format!("checked    {} of the input\n", count(written.sums_checked, "GOST sum"));
    }
    text
}
