//! `dhctl bundle split FILE -c SIZE -o DIR`, and with `--only`

use commands::{Dhctl, Sentence};

use super::{
    convert::{directory_exists, write},
    split_only::{self, RequestedParts},
};
use crate::{
    Environment,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    settings::{Output, SplitParts, SplitSettings},
};

const NAME: &str = "bundle split";

/// A split with these settings, or the failure that they are not valid.
pub(crate) fn invocation(
    output: Output,
    settings: Result<SplitSettings, Failure>,
    environment: Environment,
) -> Invocation {
    let work = async move { run(settings?, environment).await };
    Invocation::new(NAME, output, work).if_interrupted(interrupted::CONVERT)
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
    let split = move |progress: &dyn ::bundle::Progress| {
        ::bundle::split(&files, &directory, part_size, sums, progress)
    };
    write((NAME, output), &name, &environment, split).await
}
