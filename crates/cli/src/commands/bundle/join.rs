//! `dhctl bundle join FILE -o OUT`

use super::convert::{directory_exists, write};
use crate::{
    Environment,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    settings::{self, JoinSettings},
};

const NAME: &str = "bundle join";

pub(crate) fn invocation(settings: JoinSettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment)).if_interrupted(interrupted::CONVERT)
}

async fn run(settings: JoinSettings, environment: Environment) -> Result<(), Failure> {
    let JoinSettings { files, out, sums, output } = settings;
    let out = settings::one_file_path(&out)?;
    directory_exists(settings::directory(&out))?;
    let whole = out.clone();
    let join = move |progress: &dyn ::bundle::Progress| ::bundle::join(&files, &out, sums, progress);
    write((NAME, output), &whole, &environment, join).await
}
