//! Requirements on components that have versions of their own: ingress controllers, Istio.

use std::collections::BTreeMap;

use semver::Version;

use super::{Answer, Unmet, is_off, known, known_or_absent, loose, required_version};
use crate::ClusterState;

const FIRST: Version = Version::new(1, 0, 0);

/// `ingressNginx`. A controller without a version of its own, in a module without one, has the platform's default.
pub(super) fn ingress(state: &ClusterState, needed: &str) -> Answer {
    let lowest = required_version(needed)?;
    if is_off(state, "ingress-nginx") {
        return Ok(Vec::new());
    }
    let Some(controllers) = known_or_absent(&state.ingress_controllers, "ingress controllers")? else {
        return Ok(Vec::new());
    };
    let configs = known(&state.module_configs, "ModuleConfigs")?;
    let config = configs.iter().find(|config| config.name == "ingress-nginx");
    let default = config.and_then(|config| config.settings["defaultControllerVersion"].as_str());
    let mut unmet = Vec::new();
    let mut classes: BTreeMap<&str, Vec<(&str, Version)>> = BTreeMap::new();
    for controller in controllers {
        let (value, place) = match (controller.version.as_deref(), default) {
            (Some(own), _) => {
                (own, format!("spec.controllerVersion of IngressNginxController/{}", controller.name))
            }
            (None, Some(default)) => {
                (default, "settings.defaultControllerVersion of ModuleConfig/ingress-nginx".to_owned())
            }
            (None, None) => continue,
        };
        let object = format!("IngressNginxController/{}", controller.name);
        let version =
            loose::version(value).ok_or_else(|| format!("{object} has '{value}', which is not a version"))?;
        if version < lowest {
            unmet.push(Unmet {
                objects: vec![object],
                value: value.to_owned(),
                needed: needed.to_owned(),
                fix: format!("raise or remove {place}").into(),
                may_change: false,
            });
        }
        classes
            .entry(controller.class.as_deref().unwrap_or_default())
            .or_default()
            .push((&controller.name, version));
    }
    for (class, controllers) in classes {
        let old = controllers.iter().filter(|(_, version)| *version < FIRST).count();
        if old > 0 && old < controllers.len() {
            unmet.push(Unmet {
                objects: controllers
                    .iter()
                    .map(|(name, _)| format!("IngressNginxController/{name}"))
                    .collect(),
                value: format!("versions below and above 1.0 in the class {class}"),
                needed: "all of one class below 1.0, or all above".to_owned(),
                fix: "raise spec.controllerVersion of the old ones".into(),
                may_change: false,
            });
        }
    }
    Ok(unmet)
}

/// `istioMinimalVersion`: every control plane that is installed.
pub(super) fn istio(state: &ClusterState, needed: &str) -> Answer {
    let lowest = required_version(needed)?;
    let modules = known(&state.modules, "modules");
    let istio = modules.iter().copied().flatten().find(|it| it.name == "istio");
    match istio.map(|it| it.enabled) {
        Some(None) => {
            return Err("Module/istio does not say whether it is on; the cluster will judge".to_owned());
        }
        Some(Some(false)) | None if modules.is_ok() => return Ok(Vec::new()),
        _ => {}
    }
    let configs = known(&state.module_configs, "ModuleConfigs")?;
    let config = configs.iter().find(|config| config.name == "istio");
    let settings = config.map(|config| &config.settings);
    let global = settings.and_then(|it| it["globalVersion"].as_str());
    let additional = settings.and_then(|it| it["additionalVersions"].as_array()).into_iter().flatten();
    let named: Vec<&str> = global.into_iter().chain(additional.filter_map(|it| it.as_str())).collect();
    let old = named.iter().filter(|text| loose::version(text).is_none_or(|version| version < lowest));
    let unmet: Vec<Unmet> = old
        .map(|text| Unmet {
            objects: vec!["ModuleConfig/istio".to_owned()],
            value: format!("Istio {text}"),
            needed: format!("Istio {needed}"),
            fix: "move the workloads to a later revision, then take the old one out of globalVersion and \
                  additionalVersions"
                .into(),
            may_change: false,
        })
        .collect();
    if unmet.is_empty() && global.is_none() {
        return Err(
            "ModuleConfig/istio has no globalVersion, so the version is the module's choice; the cluster \
                    will judge"
                .to_owned(),
        );
    }
    Ok(unmet)
}
