//! Requirements on modules: which must be off, which must be on offer, and what they themselves require.

use commands::{Approve, Command, Mirror, Sentence};
use semver::Version;
use serde_json::json;

use super::{Answer, Outcome, Requirement, Unmet, constraint, known};
use crate::{
    ClusterState, Reading,
    change::{Change, Kind, Write},
    objects::Module,
};

/// `disabledModules`: none of these may be on.
pub(super) fn disabled(state: &ClusterState, needed: &str) -> Answer {
    let modules = known(&state.modules, "modules")?;
    let is_on = |name: &&str| modules.iter().any(|it| it.name == **name && it.enabled == Some(true));
    let reason = |name: &str| Unmet {
        objects: vec![format!("Module/{name}")],
        value: "enabled".to_owned(),
        needed: "disabled".to_owned(),
        fix: Sentence::from("see to what takes its place, then: ").command(switch_off(state, name)),
        may_change: false,
    };
    let unmet: Vec<Unmet> = names(needed).filter(is_on).map(reason).collect();
    let in_doubt = |name: &&str| modules.iter().any(|it| it.name == **name && it.enabled.is_none());
    match names(needed).find(in_doubt) {
        Some(name) if unmet.is_empty() => {
            Err(format!("Module/{name} does not say whether it is on; the cluster will judge"))
        }
        _ => Ok(unmet),
    }
}

/// Most modules are on without a `ModuleConfig`, and what is not there cannot be patched. One that may be there is not
/// applied: kubectl would remove its other settings.
fn switch_off(state: &ClusterState, name: &str) -> Command {
    let configs = state.module_configs.known();
    let write = if configs.is_none_or(|configs| configs.iter().any(|it| it.name == name)) {
        Write::Merge(json!({ "spec": { "enabled": false } }))
    } else {
        Write::Create(json!({ "spec": { "enabled": false } }))
    };
    let change = Change { what: String::new(), kind: Kind::ModuleConfig, name: name.to_owned(), write };
    change.one_line_command()
}

/// `migratedModules`: each that is not off must be in a source, without an error there.
pub(super) fn migrated(state: &ClusterState, needed: &str) -> Answer {
    if names(needed).next().is_none() {
        return Ok(Vec::new());
    }
    let sources = match &state.module_sources {
        Reading::Absent(why) => return Err(format!("{why}; the cluster will judge")),
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
        let (object, value) = match offers.next() {
            Some((source, module)) => {
                let error = module.error.as_deref().unwrap_or_default();
                (format!("ModuleSource/{}", source.name), format!("{name}: {error}"))
            }
            None => ("ModuleSource".to_owned(), format!("none has {name}")),
        };
        unmet.push(Unmet {
            objects: vec![object],
            value,
            needed: format!("the module {name}, without an error"),
            fix: Sentence::from("bring the module into the registry (")
                .command(Mirror::PullModule(name.to_owned()))
                .text("), or disable it"),
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
        Err(why) => Err(why),
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
        let range = module.requires_deckhouse.as_deref().unwrap_or_default();
        let object = format!("Module/{}", module.name);
        match (constraint::admits(range, release), module.enabled) {
            (Some(true), _) => {}
            (Some(false), None) => {
                unread =
                    Some(format!("{object} needs the platform {range}, and does not say whether it is on"));
            }
            (Some(false), Some(_)) => unmet.push(Unmet {
                objects: vec![object],
                value: format!("needs the platform {range}"),
                needed: format!("works with v{release}"),
                fix: Sentence::from("update the module (")
                    .command(Approve::Module { module: module.name.clone(), version: "VERSION".to_owned() })
                    .text("), or disable it"),
                // What the platform itself brings changes with each of its releases.
                may_change: module.source.as_deref().is_none_or(|source| source == "Embedded"),
            }),
            (None, _) => unread = Some(format!("{object} needs '{range}', which dhctl does not understand")),
        }
    }
    match unread {
        Some(why) if unmet.is_empty() => Err(format!("{why}; the cluster will judge")),
        _ => Ok(unmet),
    }
}

fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}
