//! `dhctl config docker-cfg`

use deckhouse::manifests::DockerCfg;

use super::access;
use crate::{args::DockerCfgArgs, failure::Failure};

pub(crate) fn run(args: &DockerCfgArgs) -> Result<(), Failure> {
    let cfg = access::docker_cfg(&args.registry, &args.login)?
        .unwrap_or_else(|| DockerCfg::anonymous(&args.registry));
    access::give(&format!("{}\n", cfg.expose()), &args.file)
}
