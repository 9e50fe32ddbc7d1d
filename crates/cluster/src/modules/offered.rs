//! Which versions of modules the platform's own registry offers.

use std::collections::BTreeMap;

use oci::Tag;

use crate::{ClusterState, registry_use::switched_off};

/// The modules that a `ModuleSource` offers from the registry that the cluster pulls from, and the version of each on the
/// release channel of the cluster. Not among them are modules that are certainly switched off, and those of other registries,
/// which have other logins.
pub fn offered(state: &ClusterState) -> BTreeMap<String, Tag> {
    let Some(registry) = state.image_source().push_address() else { return BTreeMap::new() };
    let repo = format!("{registry}/modules");
    let switched_off = switched_off(state);
    let sources = state.module_sources.known().into_iter().flatten();
    sources
        .filter(|source| state.outside_name(&source.repo) == repo)
        .flat_map(|source| &source.modules)
        .filter(|module| !switched_off.contains(&module.name))
        .filter_map(|module| Some((module.name.clone(), module.version.as_ref()?.parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Reading,
        objects::{Module, ModuleSource, OfferedModule, RegistrySettings},
    };

    #[test]
    fn only_modules_of_the_same_registry_with_a_version() {
        let module = |name: &str, version: Option<&str>| OfferedModule {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            ..OfferedModule::default()
        };
        let source =
            |repo: &str, modules| ModuleSource { repo: repo.to_owned(), modules, ..ModuleSource::default() };
        let state = ClusterState {
            registry: Reading::Known(RegistrySettings {
                address: "r.corp".to_owned(),
                path: "/dkp/ee".to_owned(),
                ..RegistrySettings::default()
            }),
            module_sources: Reading::Known(vec![
                source(
                    "r.corp/dkp/ee/modules",
                    vec![
                        module("ingress-nginx", Some("v1.2.0")),
                        module("log-shipper", None),
                        module("istio", Some("v1.0.0")),
                        module("odd", Some("not a tag")),
                    ],
                ),
                source("r.corp/others/modules", vec![module("billing", Some("v1.0.0"))]),
            ]),
            modules: Reading::Known(vec![Module {
                name: "istio".to_owned(),
                enabled: Some(false),
                ..Module::default()
            }]),
            ..ClusterState::default()
        };
        assert_eq!(
            offered(&state),
            BTreeMap::from([("ingress-nginx".to_owned(), "v1.2.0".parse().unwrap())])
        );
        assert_eq!(offered(&ClusterState::default()), BTreeMap::new());
    }
}
