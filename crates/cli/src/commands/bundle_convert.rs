//! `dhctl bundle split FILE -c SIZE -o DIR` and `dhctl bundle join FILE -o OUT`

use std::path::Path;

use bundle::{Converted, GostSum};
use mirror::Stage;
use serde::Serialize;

use super::{
    bundle_run,
    size::{count, human},
};
use crate::{
    Environment,
    args::{JoinArgs, OutputArgs, SplitArgs},
    failure::Failure,
    printer::Printer,
    settings,
};

#[derive(Serialize)]
struct Written {
    size: u64,
    files: Vec<String>,
    /// GOST sums that lay beside the input and were right.
    sums_checked: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    gost: Option<Gost>,
}

#[derive(Serialize)]
struct Gost {
    whole: GostSum,
    parts: Vec<GostSum>,
}

pub(crate) async fn split(args: SplitArgs, environment: Environment) -> Result<(), Failure> {
    let SplitArgs { bundle, part_size, out, gost, output } = args;
    if part_size == 0 {
        return Err(Failure::usage("-c 0: a part needs a size; 'dhctl bundle join' writes one file"));
    }
    directory_exists(&out)?;
    let done = bundle_run::run(Stage::Copy, &output, &environment, move |progress| {
        bundle::split(&bundle.file, &out, part_size, gost.gost_digest, progress)
    })
    .await?;
    tell("bundle split", &output, done)
}

pub(crate) async fn join(args: JoinArgs, environment: Environment) -> Result<(), Failure> {
    let JoinArgs { bundle, out, gost, output } = args;
    let out = settings::bundle_path(&out)?;
    directory_exists(settings::directory(&out))?;
    let done = bundle_run::run(Stage::Copy, &output, &environment, move |progress| {
        bundle::join(&bundle.file, &out, gost.gost_digest, progress)
    })
    .await?;
    tell("bundle join", &output, done)
}

fn directory_exists(directory: &Path) -> Result<(), Failure> {
    match std::fs::metadata(directory) {
        Ok(data) if data.is_dir() => Ok(()),
        Ok(_) => Err(Failure::usage(format!("{}: is no directory", directory.display()))),
        Err(error) => Err(Failure::file(directory, &error).hint("the directory must exist")),
    }
}

fn tell(command: &str, output: &OutputArgs, done: Converted) -> Result<(), Failure> {
    let written = Written {
        size: done.size,
        files: done.files.iter().map(|file| file.display().to_string()).collect(),
        sums_checked: done.checked,
        gost: done.sums.map(|sums| Gost { whole: sums.whole, parts: sums.parts }),
    };
    Printer::new(output).result(command, &written, &text(&written))
}

fn text(written: &Written) -> String {
    let mut text = format!("size       {}\n", human(written.size));
    if written.sums_checked > 0 {
        text += &format!("checked    {} of the input\n", count(written.sums_checked, "GOST sum"));
    }
    if let Some(gost) = &written.gost {
        text += &format!("GOST sum   {}\n", gost.whole);
    }
    for file in &written.files {
        text += &format!("written    {file}\n");
    }
    text
}
