//! Requirements on components that have versions of their own: ingress controllers, Istio.

use std::collections::BTreeMap;

use semver::Version;

use super::{
    Answer, Fix, Holder, Shortfall, Unmet, WhyUnknown, is_off, known, known_or_absent, loose,
    required_version,
};
use crate::ClusterState;

const FIRST: Version = Version::new(1, 0, 0);
const CONTROLLER: &str = "IngressNginxController";

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
        let (value, fix) = match (controller.version.as_deref(), default) {
            (Some(own), _) => (own, Fix::RaiseIngressController { name: controller.name.clone() }),
            (None, Some(default)) => (default, Fix::RaiseDefaultIngressController),
            (None, None) => continue,
        };
        let object = Holder::object(CONTROLLER, &controller.name);
        let Some(version) = loose::version(value) else {
            return Err(WhyUnknown::FoundNotAVersion { object, value: value.to_owned() });
        };
        if version < lowest {
            unmet.push(Unmet {
                objects: vec![object],
                shortfall: Shortfall::IngressController {
                    found: value.to_owned(),
                    lowest: needed.to_owned(),
                },
                fix,
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
                objects: controllers.iter().map(|(name, _)| Holder::object(CONTROLLER, name)).collect(),
                shortfall: Shortfall::MixedIngressControllers { class: class.to_owned() },
                fix: Fix::RaiseOldIngressControllers,
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
            return Err(WhyUnknown::ModuleState { module: "istio".to_owned() });
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
            objects: vec![Holder::object("ModuleConfig", "istio")],
            shortfall: Shortfall::Istio { found: (*text).to_owned(), lowest: needed.to_owned() },
            fix: Fix::MoveIstioWorkloads,
            may_change: false,
        })
        .collect();
    if unmet.is_empty() && global.is_none() {
        return Err(WhyUnknown::IstioVersion);
    }
    Ok(unmet)
}
