//! What helps if a module does not work with a release of the platform.

use problems::{Advice, ModuleAdvice};
use semver::Version;

use super::turn::{ModuleTurn, turn, waits};
use crate::{
    ClusterState,
    objects::Module,
    plan::deployed_version,
    requirements::{is_configured, works_with},
};

/// The next release of a module, if it works with the running platform and leads to one that works with `release` of the
/// platform. `vX.Y.Z`.
pub(crate) fn update_for(state: &ClusterState, module: &str, release: &Version) -> Option<String> {
    let waiting = || {
        let all = state.module_releases.known().into_iter().flatten();
        all.filter(|it| it.module == module && waits(it))
    };
    let running = deployed_version(state)?;
    let last = waiting().filter(|it| works_with(it, release)).filter_map(|it| it.version.as_ref()).max()?;
    let next = waiting().filter(|it| works_with(it, &running)).filter_map(|it| it.version.as_ref());
    let next = next
        .filter(|it| *it <= last)
        .filter(|it| matches!(turn(state, module, it), ModuleTurn::Now | ModuleTurn::Approved))
        .max()?;
    Some(deckhouse::version::tag_of(next))
}

/// What to do about a module that does not work with `release` of the platform; `None`: it is not known which one.
pub(crate) fn against_constraint(
    state: &ClusterState,
    module: &str,
    release: Option<&Version>,
) -> Vec<Advice> {
    let module = module.to_owned();
    let disable =
        ModuleAdvice::Disable { configured: is_configured(state, &module), module: module.clone() }.into();
    let object = state.modules.known().into_iter().flatten().find(|it| it.name == module);
    if object.is_some_and(Module::is_embedded) {
        return vec![disable];
    }
    if let Some(version) = release.and_then(|release| update_for(state, &module, release)) {
        return vec![ModuleAdvice::UpdateFirst { module, version }.into(), disable];
    }
    let push = Advice::Push { registry: state.registry_address() };
    vec![ModuleAdvice::PullNewer { module }.into(), push, disable]
}
