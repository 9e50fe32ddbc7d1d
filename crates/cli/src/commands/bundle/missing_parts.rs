//! `dhctl bundle missing-parts FILE -o REQUEST`

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::bundle::{MissingParts, missing_parts, part_name};
use commands::{Dhctl, Sentence};
use mirror::{Event, Observer, Stage, bundle_task};
use serde::Serialize;

use crate::{
    Environment,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    result_file::{self, Readers},
    settings::{MissingPartsSettings, Output},
    words::list,
};

const NAME: &str = "bundle missing-parts";

/// The most parts that are named.
const MOST_PARTS: usize = 12;

/// What was found.
#[derive(Serialize)]
struct Found {
    /// Parts that are missing.
    missing: Vec<PathBuf>,
    /// Parts that are there and damaged.
    damaged: Vec<PathBuf>,
    /// Every part from this number on is requested too, since the last part is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u32>,
    /// Parts that were not checked.
    unchecked: Vec<PathBuf>,
    /// The file with the request; none if nothing is missing or damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

pub(crate) fn invocation(settings: MissingPartsSettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment)).if_interrupted(interrupted::CONVERT)
}

async fn run(settings: MissingPartsSettings, environment: Environment) -> Result<(), Failure> {
    let MissingPartsSettings { files, out, replace, output } = settings;
    if !replace {
        result_file::is_free(&out, result_file::IF_EXISTS)?;
    }
    let bundle = files[0].clone();
    let progress: Arc<dyn Observer> = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let look = move |progress: &dyn ::bundle::Progress| missing_parts(&files, progress);
    let MissingParts { request, damaged, unchecked } =
        bundle_task::run(Stage::Check, &progress, look).await?;
    let names = |numbers: &BTreeSet<u32>| -> Vec<PathBuf> {
        numbers.iter().map(|number| part_name(&bundle, *number)).collect()
    };
    let requested = request.as_ref().map(|request| request.parts.clone()).unwrap_or_default();
    if let Some(request) = &request {
        result_file::write(&out, &request.to_text(), Readers::All, replace)?;
    }
    if !unchecked.is_empty() {
        progress.event(Event::Warning(format!(
            "these parts were not checked, because there is no GOST checksum next to them: {}",
            listed(&names(&unchecked))
        )));
    }
    let found = Found {
        missing: names(&requested.difference(&damaged).copied().collect()),
        damaged: names(&damaged),
        from: request.as_ref().and_then(|request| request.from),
        unchecked: names(&unchecked),
        file: request.is_some().then(|| out.display().to_string()),
    };
    Printer::new(output).result(NAME, &found, &text(&found, &bundle, output))
}

fn text(found: &Found, bundle: &Path, output: Output) -> String {
    let Some(file) = &found.file else {
        return format!("no part of {} is missing or damaged\n", bundle.display());
    };
    let mut text = String::new();
    let mut missing = listed(&found.missing);
    if let Some(from) = found.from {
        let separator = if missing.is_empty() { "" } else { ", and " };
        let first = part_name(bundle, from);
        missing += &format!("{separator}{} and all parts after it, if there are any", first.display());
    }
    if !missing.is_empty() {
        text += &format!("missing    {missing}\n");
    }
    if !found.damaged.is_empty() {
        text += &format!("damaged    {}\n", listed(&found.damaged));
    }
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let request = Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    text += &format!("written    {file}\n");
    text += &output.next_steps(&[
        Sentence::from("outside: ").command(Dhctl::BundleSplitOnly { request, bundle: name }),
        Sentence::from("copy the new parts over the missing and damaged ones"),
        Sentence::from("inside: ").command(Dhctl::BundleVerify(bundle.display().to_string())),
    ]);
    text
}

fn listed(parts: &[PathBuf]) -> String {
    let names: Vec<String> = parts.iter().map(|part| part.display().to_string()).collect();
    list(&names, MOST_PARTS)
}
