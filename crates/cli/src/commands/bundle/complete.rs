//! `dhctl bundle complete THIN --base BASE -o OUT`

use std::sync::Arc;

use ::bundle::Bundle;
use mirror::{Observer, Stage, bundle_task, thin::FullBundle};

use super::convert::{Written, directory_exists};
use crate::{
    Environment,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    settings::{self, CompleteSettings},
};

const NAME: &str = "bundle complete";

pub(crate) fn invocation(settings: CompleteSettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.output, run(settings, environment)).if_interrupted(interrupted::CONVERT)
}

async fn run(settings: CompleteSettings, environment: Environment) -> Result<(), Failure> {
    let CompleteSettings { files, bases, out, sums, output } = settings;
    let out = settings::bundle_path(&out)?;
    directory_exists(settings::directory(&out))?;
    let thin = Bundle::open(&files)?;
    if thin.thin().is_none() {
        let message = format!("{} is not a thin bundle: it is full already", files[0].display());
        return Err(Failure::usage(message));
    }
    let bases = bases.into_iter().map(|base| Bundle::open(&[base])).collect::<Result<Vec<_>, _>>()?;
    let full = FullBundle::plan(&thin, &bases)?;
    let name = out.clone();
    let progress: Arc<dyn Observer> = Arc::new(Progress::new(output, environment.stderr_is_terminal));
    let write = move |progress: &dyn ::bundle::Progress| full.write((&thin, &bases), &out, sums, progress);
    let done = bundle_task::run(Stage::Copy, &progress, write).await?;
    let written = Written::new(&name, done);
    Printer::new(output).result(NAME, &written, &written.text())
}
