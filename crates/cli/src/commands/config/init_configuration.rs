//! `dhctl config init-configuration`

use deckhouse::manifests::write_init_configuration;

use super::access;
use crate::{args::AccessArgs, failure::Failure};

pub(crate) fn run(args: &AccessArgs) -> Result<(), Failure> {
    access::write(args, write_init_configuration)
}
