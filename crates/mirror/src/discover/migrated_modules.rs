//! The modules that the selected releases require: pulled with them if modules are not chosen by name, else reported.

use deckhouse::{
    ReleaseManifest, VersionRule,
    module_rule::module_name,
    repositories::{Component, MODULES},
};

use super::{Modules, Request, components, modules::ModulesFound};
use crate::{
    Cause, Error,
    required_modules::{left_out_note, missing, required},
    source::{Found, Source},
};

/// Adds what the releases require to the modules that were found, as far as the source has it and the selection allows.
/// Everything else is missing, unless it may be.
pub(super) async fn complete(
    source: &Source,
    releases: &[ReleaseManifest],
    request: &Request,
    modules: &mut ModulesFound,
) -> Result<Found, Error> {
    let mut found = Found::default();
    for (name, by) in required(releases) {
        if modules.contains_key(&name) {
            continue;
        }
        let may_add = match &request.modules {
            Modules::Listed { except } | Modules::Needed { except, .. } => !except.contains(&name),
            Modules::Named(_) | Modules::Nothing => false,
        };
        if may_add && module_name(&name).is_ok() {
            let module =
                components::one(source, (Component::Module, &name), &[VersionRule::Channels]).await?;
            if let Some(module) = module.merge_into(&mut found) {
                modules.insert(name, module);
                continue;
            }
        }
        if request.allow_missing_modules.contains(&name) {
            found.note(left_out_note(&name, &by));
            continue;
        }
        let (cause, reason) = if may_add {
            (Cause::ModuleMissing, "the source does not have this module")
        } else {
            (Cause::ModuleLeftOut(request.modules.leaves_out()), "the selection leaves this module out")
        };
        found.miss(missing(source.name(MODULES), (&name, &by), cause, reason));
    }
    Ok(found)
}
