//! `dhctl config init-configuration`

use deckhouse::manifests::write_init_configuration;

use super::access;
use crate::{
    invocation::Invocation,
    settings::{ClusterRegistry, Output},
};

pub(crate) fn invocation(settings: ClusterRegistry) -> Invocation {
    Invocation::immediate("config init-configuration", Output::plain(), move || {
        access::write(&settings, write_init_configuration)
    })
}
