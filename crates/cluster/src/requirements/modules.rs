//! Requirements on modules: which must be off, which must be on offer, and what they themselves require.

use semver::Version;

use super::{
    Answer, Fix, Holder, Outcome, Product, Requirement, Shortfall, Unmet, WhyUnknown, constraint, known,
};
use crate::{ClusterState, Reading, objects::Module};

/// `disabledModules`: none of these may be on.
pub(super) fn disabled(state: &ClusterState, needed: &str) -> Answer {
    let modules = known(&state.modules, "modules")?;
    let is_on = |name: &&str| modules.iter().any(|it| it.name == **name && it.enabled == Some(true));
    let reason = |name: &str| Unmet {
        objects: vec![Holder::object("Module", name)],
        shortfall: Shortfall::ModuleEnabled,
        fix: Fix::DisableModule { module: name.to_owned(), configured: is_configured(state, name) },
        may_change: false,
    };
    let unmet: Vec<Unmet> = names(needed).filter(is_on).map(reason).collect();
    let in_doubt = |name: &&str| modules.iter().any(|it| it.name == **name && it.enabled.is_none());
    match names(needed).find(in_doubt) {
        Some(name) if unmet.is_empty() => Err(WhyUnknown::ModuleState { module: name.to_owned() }),
        _ => Ok(unmet),
    }
}

/// Whether a module has a `ModuleConfig`, or may have one. Most modules are enabled without, and what does not exist
/// cannot be patched. One that may exist is not applied: kubectl would remove its other settings.
fn is_configured(state: &ClusterState, name: &str) -> bool {
    state.module_configs.known().is_none_or(|configs| configs.iter().any(|it| it.name == name))
}

/// `migratedModules`: each that is not off must be in a source, without an error there.
pub(super) fn migrated(state: &ClusterState, needed: &str) -> Answer {
    if names(needed).next().is_none() {
        return Ok(Vec::new());
    }
    let sources = match &state.module_sources {
        Reading::Absent(why) => return Err(WhyUnknown::NoModuleSources(why.clone())),
        other => known(other, "ModuleSources")?,
    };
    let configs = known(&state.module_configs, "ModuleConfigs")?;
    let is_off = |name: &str| {
        super::is_off(state, name) || configs.iter().any(|it| it.name == name && it.enabled == Some(false))
    };
    let mut unmet = Vec::new();
    for name in names(needed).filter(|name| !is_off(name)) {
        let mut offers = sources.iter().flat_map(|source| {
            source.modules.iter().filter(|it| it.name == name).map(move |module| (source, module))
        });
        if offers.clone().any(|(_, module)| module.error.is_none()) {
            continue;
        }
        let (object, shortfall) = match offers.next() {
            Some((source, module)) => (
                Holder::object("ModuleSource", &source.name),
                Shortfall::ModuleOfferedWithError {
                    module: name.to_owned(),
                    error: module.error.clone().unwrap_or_default(),
                },
            ),
            None => (Holder::AnyOf("ModuleSource"), Shortfall::ModuleNotOffered { module: name.to_owned() }),
        };
        unmet.push(Unmet {
            objects: vec![object],
            shortfall,
            fix: Fix::PushModule { module: name.to_owned() },
            may_change: false,
        });
    }
    Ok(unmet)
}

/// What the modules that are on require of the platform. `None` if none requires anything.
pub fn module_constraints(state: &ClusterState, release: &Version) -> Option<Requirement> {
    let answer = match known(&state.modules, "modules") {
        // Old versions have no such objects, and no such constraints.
        Err(_) if matches!(state.modules, Reading::Absent(_)) => return None,
        Err(why) => Err(why.into()),
        Ok(modules) => {
            let bound = |it: &&Module| it.enabled != Some(false) && it.requires_deckhouse.is_some();
            let bound: Vec<&Module> = modules.iter().filter(bound).collect();
            if bound.is_empty() {
                return None;
            }
            of_modules(&bound, release)
        }
    };
    Some(Requirement {
        key: "modules".to_owned(),
        needed: format!("work with v{release}"),
        outcome: Outcome::from(answer),
    })
}

fn of_modules(modules: &[&Module], release: &Version) -> Answer {
    let mut unmet = Vec::new();
    let mut unread = None;
    for module in modules {
        let range = module.requires_deckhouse.clone().unwrap_or_default();
        let (name, product) = (module.name.clone(), Product::Platform);
        match (constraint::admits(&range, release), module.enabled) {
            (Some(true), _) => {}
            (Some(false), None) => unread = Some(WhyUnknown::ModuleStateOf { module: name, product, range }),
            (Some(false), Some(_)) => unmet.push(Unmet {
                objects: vec![Holder::object("Module", &name)],
                shortfall: Shortfall::ModuleNeedsPlatform { range, release: release.clone() },
                fix: Fix::UpdateModule { module: name },
                // What the platform itself brings changes with each of its releases.
                may_change: module.source.as_deref().is_none_or(|source| source == "Embedded"),
            }),
            (None, _) => unread = Some(WhyUnknown::ConstraintNotUnderstood { module: name, product, range }),
        }
    }
    match unread {
        Some(why) if unmet.is_empty() => Err(why),
        _ => Ok(unmet),
    }
}

fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}
