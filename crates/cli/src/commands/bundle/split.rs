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
    let split = move |progress: &dyn ::bundle::Progress| {
        ::bundle::split(&files, &directory, part_size, sums, progress)
    };
    write((NAME, output), &name, &environment, split).await
}
