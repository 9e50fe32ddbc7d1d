//! `dhctl bundle join FILE -o OUT`

use std::sync::Arc;

use mirror::{Observer, Stage, bundle_task};

use super::convert::{Written, directory_exists};
use crate::{
    Environment,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    settings::{self, JoinSettings},
};

const NAME: &str = "bundle join";

pub(crate) fn invocation(settings: JoinSettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment)).if_interrupted(interrupted::CONVERT)
}

async fn run(settings: JoinSettings, environment: Environment) -> Result<(), Failure> {
    let JoinSettings { files, out, sums, output } = settings;
    let out = settings::bundle_path(&out)?;
    directory_exists(settings::directory(&out))?;
    let name = out.clone();
    let progress: Arc<dyn Observer> = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let join = move |progress: &dyn ::bundle::Progress| ::bundle::join(&files, &out, sums, progress);
    let done = bundle_task::run(Stage::Copy, &progress, join).await?;
    let written = Written::new(&name, done);
    Printer::new(output).result(NAME, &written, &written.text())
}
