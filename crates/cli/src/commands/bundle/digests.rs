//! `dhctl bundle digests FILE -o OUT`

use ::bundle::Bundle;
use serde::Serialize;

use crate::{
    failure::Failure,
    format::human,
    invocation::Invocation,
    printer::Printer,
    result_file::{self, Readers},
    settings::DigestsSettings,
};

const NAME: &str = "bundle digests";

/// What was written.
#[derive(Serialize)]
struct Written {
    file: String,
    /// Blobs, each once.
    blobs: usize,
    /// Their bytes.
    size: u64,
    /// The sum over their digests, which a thin bundle names its base by.
    sum: String,
}

pub(crate) fn invocation(settings: DigestsSettings) -> Invocation {
    Invocation::new(NAME, settings.output, async move { run(&settings) })
}

fn run(settings: &DigestsSettings) -> Result<(), Failure> {
    let DigestsSettings { files, out, replace, output } = settings;
    let digests = mirror::thin::digests(&Bundle::open(files)?)?;
    result_file::write(out, &digests.to_text(), Readers::All, *replace)?;
    let written = Written {
        file: out.display().to_string(),
        blobs: digests.blobs.len(),
        size: digests.blobs.size(),
        sum: digests.blobs.sum().to_string(),
    };
    let text = format!(
        "blobs      {} ({})\nbase       {}\nwritten    {}\n",
        written.blobs,
        human(written.size),
        written.sum,
        written.file
    );
    Printer::new(*output).result(NAME, &written, &text)
}
