//! `dhctl mirror-modules verify`

use std::collections::BTreeSet;

use mirror::{Root, complete::Expected};

use super::push;
use crate::{
    Environment, commands::mirror::verify::Comparison, failure::Failure, invocation::Invocation,
    settings::ModulesVerifySettings,
};

const NAME: &str = "mirror-modules verify";

pub(crate) fn invocation(settings: ModulesVerifySettings, environment: Environment) -> Invocation {
    Invocation::new(NAME, settings.read_back.output, run(settings, environment))
}

async fn run(settings: ModulesVerifySettings, environment: Environment) -> Result<(), Failure> {
    let ModulesVerifySettings { directory, read_back } = settings;
    let bundle = push::open(&directory)?;
    let root = Root::Modules(read_back.registry.repository.clone());
    let (promised, allow_missing_modules) = (&BTreeSet::new(), &BTreeSet::new());
    let expected = Expected { promised, allow_missing_modules };
    let comparison = Comparison { bundle: &bundle, path: &directory, expected, root };
    comparison.run(NAME, &read_back, &environment).await
}
