//! Requirements on modules: which must be off, which must be on offer, and what they themselves require.

use deckhouse::constraint;
use semver::Version;

use super::{
    Answer, Fix, Holder, Outcome, Product, Requirement, Shortfall, Unmet, WhyUnknown, known,
    module_ranges::{ModuleRange, ranges, required},
};
use crate::{
    ClusterState, Reading, Unknown, modules,
    objects::{Module, ModuleRelease},
};

/// The key of the requirement that the enabled modules work with the release. It is not in the release.
pub(crate) const MODULES: &str = "modules";

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
pub(crate) fn is_configured(state: &ClusterState, name: &str) -> bool {
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
    let answer = match ranges(state, Product::Platform) {
        // Old versions have no such objects, and no such constraints.
        Err(_) if matches!(state.modules, Reading::Absent(_)) => return None,
        Err(why) => Err(why.into()),
        Ok((bound, None)) if bound.is_empty() => return None,
        Ok((bound, unread)) => of_modules(state, &bound, unread, release),
    };
    Some(Requirement {
        key: MODULES.to_owned(),
        needed: format!("work with v{release}"),
        outcome: Outcome::from(answer),
    })
}

fn of_modules(
    state: &ClusterState,
    bound: &[ModuleRange<'_>],
    unread: Option<Unknown>,
    release: &Version,
) -> Answer {
    let mut unmet: Vec<Unmet> = Vec::new();
    let mut unread = unread.map(WhyUnknown::from);
    for ModuleRange { module, range } in bound {
        let (name, range, product) = (module.name.clone(), (*range).to_owned(), Product::Platform);
        match (constraint::admits(&range, release), module.enabled) {
            (Some(true), _) => {}
            (Some(false), None) => unread = Some(WhyUnknown::ModuleStateOf { module: name, product, range }),
            (Some(false), Some(_)) => unmet.push(Unmet {
                objects: vec![Holder::object("Module", &name)],
                shortfall: Shortfall::ModuleNeedsPlatform { range, release: release.clone() },
                fix: fix(state, &name, release),
                // What the platform itself brings changes with each of its releases.
                may_change: module.source.is_none() && !has_releases(state, &name) || module.is_embedded(),
            }),
            (None, _) => unread = Some(WhyUnknown::ConstraintNotUnderstood { module: name, product, range }),
        }
    }
    match unread {
        Some(why) if unmet.is_empty() => Err(why),
        _ => Ok(unmet),
    }
}

/// How a module that does not work with a release of the platform is dealt with. One of the platform itself has no releases.
pub(crate) fn fix(state: &ClusterState, module: &str, release: &Version) -> Fix {
    let object = state.modules.known().into_iter().flatten().find(|it| it.name == module);
    if object.is_some_and(Module::is_embedded) {
        return Fix::DisableModule { module: module.to_owned(), configured: is_configured(state, module) };
    }
    Fix::UpdateModule { module: module.to_owned(), to: modules::update_for(state, module, release) }
}

fn has_releases(state: &ClusterState, module: &str) -> bool {
    state.module_releases.known().into_iter().flatten().any(|it| it.module == module)
}

/// Whether a release of a module works with a version of the platform, by its own requirements. One that dhctl does not
/// understand counts as met: the controller decides.
pub(crate) fn works_with(release: &ModuleRelease, platform: &Version) -> bool {
    let range = required(release, Product::Platform);
    range.is_none_or(|range| constraint::admits(range, platform) != Some(false))
}

fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}
