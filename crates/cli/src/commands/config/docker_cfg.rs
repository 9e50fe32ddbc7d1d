//! `dhctl config docker-cfg`

use deckhouse::manifests::DockerCfg;

use super::access;
use crate::{
    failure::Failure,
    invocation::Invocation,
    settings::{DockerCfgSettings, Output},
};

pub(crate) fn invocation(settings: DockerCfgSettings) -> Invocation {
    Invocation::immediate("config docker-cfg", Output::plain(), move || run(&settings))
}

fn run(settings: &DockerCfgSettings) -> Result<(), Failure> {
    let cfg = access::docker_cfg(&settings.registry, &settings.login)?
        .unwrap_or_else(|| DockerCfg::anonymous(&settings.registry));
    access::print(&format!("{}\n", cfg.expose()), &settings.file)
}
