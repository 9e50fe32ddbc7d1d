//! `dhctl bundle complete THIN --base BASE -o OUT`

use std::path::Path;

use ::bundle::{Bundle, BundleDigests, BundleError};
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

/// A base. A file with digests has no blobs, so it is a base of a pull only.
fn open_base(path: &Path) -> Result<Bundle, Failure> {
    let not_a_bundle = match Bundle::open(&[path.to_owned()]) {
        Err(error @ BundleError::NotABundle { .. }) => error,
        opened => return Ok(opened?),
    };
    let bytes = ::bundle::read_file(path).ok().flatten();
    if bytes.is_none_or(|bytes| BundleDigests::parse(&bytes).is_err()) {
        return Err(not_a_bundle.into());
    }
    let message = format!("{} contains the digests of a bundle, and no blobs", path.display());
    Err(Failure::usage(message).hint("name the earlier bundle itself with --base"))
}

async fn run(settings: CompleteSettings, environment: Environment) -> Result<(), Failure> {
    let CompleteSettings { files, bases, out, sums, output } = settings;
    let out = settings::one_file_path(&out)?;
    directory_exists(settings::directory(&out))?;
    let thin = Bundle::open(&files)?;
    if thin.thin().is_none() {
        let message = format!("{} is not a thin bundle: it is full already", files[0].display());
        return Err(Failure::usage(message));
    }
    let bases = bases.into_iter().map(|base| open_base(&base)).collect::<Result<Vec<_>, _>>()?;
    let full = FullBundle::plan(&thin, &bases)?;
    let whole = out.clone();
    let work = move |progress: &dyn ::bundle::Progress| full.write((&thin, &bases), &out, sums, progress);
    write((NAME, output), &whole, &environment, work).await
}
