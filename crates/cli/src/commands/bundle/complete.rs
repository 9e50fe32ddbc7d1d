//! `dhctl bundle complete THIN --base BASE -o OUT`

use ::bundle::Bundle;
use mirror::thin::FullBundle;

use super::convert::{directory_exists, write};
use crate::{
    Environment,
    failure::Failure,
    interrupted,
    invocation::Invocation,
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
    let whole = out.clone();
    let work = move |progress: &dyn ::bundle::Progress| full.write((&thin, &bases), &out, sums, progress);
    write((NAME, output), &whole, &environment, work).await
}
