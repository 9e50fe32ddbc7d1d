//! `dhctl mirror-modules verify`

use std::collections::BTreeSet;

use mirror::Root;

use super::push;
use crate::{Environment, args::ModulesVerifyArgs, commands::mirror::verify::compare, failure::Failure};

pub(crate) async fn run(args: ModulesVerifyArgs, environment: Environment) -> Result<(), Failure> {
    let bundle = push::open(&args.modules_dir)?;
    let root = Root::Modules(args.read_back.registry.repository.clone());
    let subject = (&bundle, args.modules_dir.as_path());
    compare("mirror-modules verify", subject, &BTreeSet::new(), root, &args.read_back, &environment).await
}
