//! `dhctl bundle split FILE -c SIZE -o DIR`, and with `--only`

use std::sync::Arc;

use commands::{Dhctl, Sentence};
use mirror::{Observer, Stage, bundle_task};

use super::{
    convert::{Written, directory_exists},
    split_only::{self, RequestedParts},
};
use crate::{
    Environment,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    settings::{SplitParts, SplitSettings},
};

const NAME: &str = "bundle split";

pub(crate) fn invocation(settings: SplitSettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment)).if_interrupted(interrupted::CONVERT)
}

async fn run(settings: SplitSettings, environment: Environment) -> Result<(), Failure> {
    let SplitSettings { files, parts, directory, sums, output } = settings;
    let part_size = match parts {
        SplitParts::All(size) => size,
        SplitParts::Requested(request) => {
            return split_only::run(RequestedParts { files, request, directory, sums, output }, environment)
                .await;
        }
    };
    if part_size == 0 {
        return Err(Failure::usage(
            Sentence::from("-c 0: a part needs a size; '")
                .command(Dhctl::BundleJoin)
                .text("' writes one file"),
        ));
    }
    directory_exists(&directory)?;
    let name = directory.join(files[0].file_name().unwrap_or_default());
    let progress: Arc<dyn Observer> = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let split = move |progress: &dyn ::bundle::Progress| {
        ::bundle::split(&files, &directory, part_size, sums, progress)
    };
    let done = bundle_task::run(Stage::Copy, &progress, split).await?;
    let written = Written::new(&name, done);
    Printer::new(output).result(NAME, &written, &written.text())
}
