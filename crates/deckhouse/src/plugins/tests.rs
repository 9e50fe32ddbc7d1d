//! Contracts, and which plugins are selected by them.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use oci::Tag;
use proptest::prelude::*;
use semver::Version;
use serde_json::{Value, json};

use super::*;
use crate::{ModuleRule, VersionRule};

fn encoded(contract: &Value) -> String {
    BASE64_STANDARD.encode(contract.to_string())
}

fn contract(requirements: &Value) -> PluginContract {
    PluginContract::parse(&encoded(&json!({ "name": "x", "requirements": requirements }))).unwrap()
}

/// A source of plugins, and what is pulled.
#[derive(Default)]
struct Scene {
    plugins: BTreeMap<String, BTreeMap<String, ContractState>>,
    modules: BTreeMap<String, Vec<Version>>,
    releases: BTreeSet<Version>,
    wanted: BTreeSet<String>,
    named: BTreeMap<String, Vec<VersionRule>>,
}

impl Scene {
    fn plugin(mut self, name: &str, version: &str, requirements: &Value) -> Self {
        let state = ContractState::Contract(contract(requirements));
        self.plugins.entry(name.to_owned()).or_default().insert(version.to_owned(), state);
        self
    }

    fn broken(mut self, name: &str, version: &str) -> Self {
        let state = ContractState::Unreadable(PluginContract::parse("?").unwrap_err());
        self.plugins.entry(name.to_owned()).or_default().insert(version.to_owned(), state);
        self
    }

    fn module(mut self, name: &str, versions: &[&str]) -> Self {
        self.modules.insert(name.to_owned(), versions.iter().map(|it| it.parse().unwrap()).collect());
        self
    }

    fn release(mut self, version: &str) -> Self {
        self.releases.insert(version.parse().unwrap());
        self
    }

    fn named(mut self, rule: &str) -> Self {
        let ModuleRule { name, versions } = rule.parse().unwrap();
        self.named.entry(name).or_default().push(versions);
        self
    }

    fn select(&self) -> Result<PluginSelection, PluginSelectionError> {
        let mut catalog = PluginCatalog::of(self.plugins.keys().cloned().collect());
        let Self { modules, releases, wanted, named, .. } = self;
        let request = PluginRequest { modules, releases, wanted, named };
        for _ in 0..100 {
            let lookups = match select(&request, &catalog)? {
                PluginAnswer::Selected(selection) => return Ok(selection),
                PluginAnswer::LookUp(lookups) => lookups,
            };
            for lookup in lookups {
                match lookup {
                    PluginLookup::Versions(name) => {
                        let versions = self.plugins.get(&name).into_iter().flat_map(|it| it.keys());
                        catalog.add_versions(&name, versions.map(String::as_str));
                    }
                    PluginLookup::Contract(name, tag) => {
                        let state = self.plugins.get(&name).and_then(|it| it.get(tag.as_str())).cloned();
                        catalog.add_contract(&name, &tag, state.unwrap_or(ContractState::Absent));
                    }
                }
            }
        }
        panic!("asks again and again")
    }

    /// The selected versions, as `name: v1.0.0 v1.1.0`.
    fn selected(&self) -> Vec<String> {
        lines(&self.select().unwrap())
    }

    fn error(&self) -> String {
        self.select().unwrap_err().to_string()
    }
}

fn lines(selection: &PluginSelection) -> Vec<String> {
    let versions =
        |all: &[SelectedPlugin]| all.iter().map(|it| it.tag.as_str()).collect::<Vec<_>>().join(" ");
    selection.plugins.iter().map(|(name, all)| format!("{name}: {}", versions(all))).collect()
}

fn needs_module(name: &str, constraint: &str) -> Value {
    json!({ "modules": { "mandatory": [{ "name": name, "constraint": constraint }] } })
}

fn needs_plugin(name: &str, constraint: &str) -> Value {
    json!({ "plugins": { "mandatory": [{ "name": name, "constraint": constraint }] } })
}

#[test]
fn contracts() {
    let full = contract(&json!({
        "kubernetes": { "constraint": ">=1.29" },
        "deckhouse": { "constraint": ">= 1.70" },
        "modules": {
            "mandatory": [{ "name": "a", "constraint": ">=1" }],
            "conditional": [{ "name": "b" }],
            "anyOf": [{ "name": "g", "modules": [{ "name": "c", "constraint": "" }] }],
            "noneOf": null,
        },
        "plugins": { "mandatory": null, "conditional": [{ "name": "p", "constraint": "^2" }] },
        "something": "new",
    }));
    assert_eq!(full.deckhouse.as_deref(), Some(">= 1.70"));
    assert_eq!(full.own_modules().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(
        (full.plugins.len(), full.conditional_plugins.len(), full.conditional_modules.len()),
        (0, 1, 1)
    );
    assert_eq!(PluginContract::parse(&encoded(&json!({}))).unwrap(), PluginContract::default());
    let member = json!([{ "name": "a" }]);
    for (wrong, reason) in [
        ("?".to_owned(), "Invalid"),
        (BASE64_STANDARD.encode("[]"), "invalid"),
        (encoded(&json!({ "requirements": { "modules": [] } })), "invalid type"),
        (
            encoded(
                &json!({ "requirements": { "modules": { "mandatory": member, "conditional": member } } }),
            ),
            "names the module a twice",
        ),
        (
            encoded(&json!({ "requirements": { "modules": { "anyOf": [{ "name": "g", "modules": [] }] } } })),
            "has no name or no modules",
        ),
    ] {
        let error = PluginContract::parse(&wrong).unwrap_err().to_string();
        assert!(error.starts_with("its contract cannot be read: ") && error.contains(reason), "{error}");
    }
}

#[test]
fn the_annotation_of_a_manifest() {
    assert_eq!(annotation(br#"{"annotations":{"contract":"e30="}}"#).as_deref(), Some("e30="));
    for none in ["{}", r#"{"annotations":null}"#, r#"{"annotations":{"contract":""}}"#, "no"] {
        assert_eq!(annotation(none.as_bytes()), None, "{none}");
    }
}

#[test]
fn each_version_of_a_module_has_the_newest_plugin_that_works_with_it() {
    let scene = Scene::default()
        .plugin("pg", "v1.0.0", &needs_module("postgres", ">=1 <2"))
        .plugin("pg", "v1.1.0", &needs_module("postgres", ">=1 <2"))
        .plugin("pg", "v2.0.0", &needs_module("postgres", ">=2"))
        .plugin("pg", "v3.0.0-rc.1", &needs_module("postgres", ">=1"))
        .plugin("other", "v1.0.0", &needs_module("redis", ""))
        .plugin("free", "v1.0.0", &json!({}));
    assert_eq!(scene.selected(), [""; 0]);
    let scene = scene.module("postgres", &["1.4.0", "2.1.0-main"]);
    assert_eq!(scene.selected(), ["pg: v1.1.0 v2.0.0"]);
    let reasons = &scene.select().unwrap().plugins["pg"][0].reasons;
    assert_eq!(*reasons, BTreeSet::from([PluginReason::Module("postgres".to_owned())]));
}

#[test]
fn what_is_left_out_and_why() {
    let scene = Scene::default()
        .plugin("pg", "v2.0.0", &needs_module("postgres", ">=2"))
        .plugin("pg", "v1.0.0", &json!({ "modules": { "mandatory": [{ "name": "postgres", "constraint": "<2" }] }, "deckhouse": { "constraint": ">=1.80" } }))
        .broken("bad", "v1.0.0")
        .module("postgres", &["1.4.0"])
        .release("1.71.5");
    let selection = scene.select().unwrap();
    assert_eq!(lines(&selection), [""; 0]);
    assert_eq!(
        selection.left_out["pg"],
        ["module postgres v1.4.0: v2.0.0: it requires module postgres >=2 (pulled: v1.4.0)"]
    );
    assert!(selection.left_out["bad"][0].starts_with("v1.0.0: its contract cannot be read"));
    let later = scene.release("1.80.2");
    assert_eq!(later.selected(), ["pg: v1.0.0"]);
    // Some versions have one: what the others lack is reported.
    let selection = later.module("postgres", &["1.4.0", "0.9.0-rc.1"]).select().unwrap();
    assert_eq!(lines(&selection), ["pg: v1.0.0"]);
    assert_eq!(selection.left_out.keys().collect::<Vec<_>>(), ["bad"]);
    assert!(
        selection
            .lacking
            .iter()
            .all(|it| it.starts_with("plugin pg has no version for module postgres v0.9.0-rc.1"))
    );
}

#[test]
fn groups_and_older_contracts() {
    let group = |names: &[&str]| {
        let modules: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        json!({ "modules": { "anyOf": [{ "name": "databases", "modules": modules }] } })
    };
    let scene = Scene::default().plugin("db", "v1.0.0", &group(&["mysql", "postgres"]));
    assert_eq!(scene.module("mysql", &["1.0.0"]).selected(), ["db: v1.0.0"]);
    // The newest contract says what a plugin is for.
    let scene = Scene::default()
        .plugin("db", "v1.0.0", &needs_module("old", ""))
        .plugin("db", "v2.0.0", &needs_module("new", ""))
        .module("old", &["1.0.0"]);
    assert_eq!(scene.selected(), [""; 0]);
}

#[test]
fn plugins_that_plugins_require() {
    let base = || {
        Scene::default()
            .plugin("pg", "v1.0.0", &json!({
                "modules": { "mandatory": [{ "name": "postgres" }] },
                "plugins": { "mandatory": [{ "name": "lib", "constraint": "^1" }, { "name": "package" }] },
            }))
            .module("postgres", &["1.0.0"])
    };
    let scene = base()
        .plugin("lib", "v1.5.0", &needs_plugin("deep", ">=2"))
        .plugin("lib", "v2.0.0", &json!({}))
        .plugin("deep", "v2.1.0", &json!({}));
    assert_eq!(scene.selected(), ["deep: v2.1.0", "lib: v1.5.0", "pg: v1.0.0"]);
    // An older version whose own requirements can be met is taken instead.
    let scene = base()
        .plugin("lib", "v1.5.0", &needs_plugin("deep", ">=3"))
        .plugin("lib", "v1.4.0", &json!({}))
        .plugin("deep", "v2.1.0", &json!({}));
    assert_eq!(scene.selected(), ["lib: v1.4.0", "pg: v1.0.0"]);
    // A version that is selected already is not joined by a newer one.
    let scene = base()
        .plugin("lib", "v1.4.0", &needs_module("postgres", ""))
        .plugin("lib", "v1.5.0", &needs_module("absent", ""))
        .named("lib@=v1.4.0");
    assert_eq!(scene.selected(), ["lib: v1.4.0", "pg: v1.0.0"]);
    for (scene, reason) in [
        (base(), "v1.0.0: it requires plugin lib ^1: the source has no such version"),
        (
            base().plugin("lib", "v1.0.0", &needs_plugin("pg", "")),
            "it requires plugin pg: which requires it in turn",
        ),
        (base().plugin("lib", "v1.0.0", &needs_plugin("../x", "")), "this is not the name of a plugin"),
    ] {
        let selection = scene.select().unwrap();
        assert_eq!(lines(&selection), [""; 0]);
        assert!(selection.left_out["pg"][0].contains(reason), "{:?}", selection.left_out);
    }
}

#[test]
fn plugins_that_are_named() {
    let scene = || {
        Scene::default()
            .plugin("pg", "v1.0.0", &needs_module("postgres", ""))
            .plugin("pg", "v1.1.0-rc.1", &json!({}))
            .plugin("pg", "v2.0.0", &needs_module("postgres", ">=2"))
    };
    for (rule, expected) in [
        ("pg", "pg: v2.0.0"),
        ("pg@^1", "pg: v1.0.0"),
        ("pg@=v1.1.0-rc.1", "pg: v1.1.0-rc.1"),
        ("pg@>=1 <3", "pg: v2.0.0"),
    ] {
        assert_eq!(scene().named(rule).selected(), [expected], "{rule}");
    }
    assert_eq!(scene().named("pg@^1").named("pg@^2").selected(), ["pg: v1.0.0 v2.0.0"]);
    // What it requires of modules is reported only.
    let selection = scene().named("pg").select().unwrap();
    let lacking: Vec<&String> = selection.lacking.iter().collect();
    assert_eq!(lacking, ["plugin pg v2.0.0: it requires module postgres >=2 (not pulled)"]);
    for (rule, reason) in [
        ("none", "plugin none: the source does not list such a plugin"),
        ("pg@^7", "plugin pg: no version satisfies '^7' (newest on the source: v2.0.0, v1.0.0)"),
        ("pg@=v9.0.0", "plugin pg: the source does not have version v9.0.0"),
        ("pg@=main", "plugin pg: main is not a version such as v1.2.3"),
    ] {
        assert_eq!(scene().named(rule).error(), reason);
    }
    let scene = scene().plugin("top", "v1.0.0", &needs_plugin("gone", "")).named("top");
    assert_eq!(scene.error(), "plugin top: v1.0.0: it requires plugin gone: the source has no such version");
}

#[test]
fn plugins_that_need_not_be_there() {
    let mut scene = Scene::default()
        .plugin("pg", "v1.0.0", &json!({}))
        .plugin("pg", "v2.0.0", &json!({}))
        .plugin("lacking", "v1.0.0", &needs_plugin("gone", ""))
        .named("pg@^1");
    scene.wanted = ["pg", "lacking", "unknown"].map(str::to_owned).into();
    let selection = scene.select().unwrap();
    assert_eq!(lines(&selection), ["pg: v1.0.0"]);
    assert_eq!(selection.left_out["unknown"], ["the source does not list such a plugin"]);
    assert_eq!(
        selection.left_out["lacking"],
        ["v1.0.0: it requires plugin gone: the source has no such version"]
    );
    scene.named.clear();
    assert_eq!(scene.selected(), ["pg: v2.0.0"]);
}

#[test]
fn what_cannot_be_installed_together() {
    let scene = Scene::default()
        .plugin("a", "v1.0.0", &json!({
            "modules": { "mandatory": [{ "name": "m" }], "conditional": [{ "name": "n", "constraint": ">=2" }] },
            "plugins": { "conditional": [{ "name": "b", "constraint": "^2" }, { "name": "absent", "constraint": "^2" }] },
        }))
        .plugin("b", "v1.0.0", &needs_module("m", ""))
        .module("m", &["1.0.0"])
        .module("n", &["1.0.0"]);
    let selection = scene.select().unwrap();
    assert_eq!(lines(&selection), ["a: v1.0.0", "b: v1.0.0"]);
    let lacking: Vec<&String> = selection.lacking.iter().collect();
    assert_eq!(
        lacking,
        [
            "plugin a v1.0.0 works with module n >=2 only, and no such version is pulled",
            "plugin a v1.0.0 works with plugin b ^2 only, and no such version is pulled",
        ]
    );
}

fn requirements() -> impl Strategy<Value = Value> {
    let names = || prop::collection::vec(0..4_usize, 0..3);
    (names(), names(), 0..3_u64).prop_map(|(modules, plugins, least)| {
        let of = |kind: &str, names: Vec<usize>| -> Vec<Value> {
            let each =
                |it: usize| json!({ "name": format!("{kind}{it}"), "constraint": format!(">={least}") });
            let unique: BTreeSet<usize> = names.into_iter().collect();
            unique.into_iter().map(each).collect()
        };
        json!({ "modules": { "mandatory": of("m", modules) }, "plugins": { "mandatory": of("p", plugins) } })
    })
}

proptest! {
    /// Whatever is selected for modules works with what is pulled, and all that it requires is selected.
    #[test]
    fn a_selection_is_closed(
        plugins in prop::collection::vec((0..4_usize, 0..3_u64, requirements()), 0..10),
        modules in prop::collection::btree_map(0..4_usize, 0..3_u64, 0..4),
    ) {
        let mut scene = Scene::default();
        for (name, major, requirements) in &plugins {
            scene = scene.plugin(&format!("p{name}"), &format!("v{major}.0.0"), requirements);
        }
        for (name, major) in &modules {
            scene = scene.module(&format!("m{name}"), &[&format!("{major}.0.0")]);
        }
        let selection = scene.select().unwrap();
        let version = |tag: &Tag| Version::parse(&tag.as_str()[1..]).unwrap();
        let present: BTreeMap<String, BTreeSet<Version>> = selection
            .plugins
            .iter()
            .map(|(name, all)| (name.clone(), all.iter().map(|it| version(&it.tag)).collect()))
            .collect();
        for (name, all) in &selection.plugins {
            for it in all {
                let ContractState::Contract(contract) = &scene.plugins[name][it.tag.as_str()] else { panic!() };
                prop_assert!(missing_plugins(contract, &present).is_empty());
                prop_assert!(!it.reasons.is_empty());
                for required in &contract.modules {
                    prop_assert!(scene.modules.get(&required.name).is_some_and(|all| all.iter().any(|it| required.admits(it))));
                }
            }
        }
    }

    #[test]
    fn contracts_never_panic(text in "\\PC{0,60}") {
        let _ = PluginContract::parse(&text);
        let _ = PluginContract::parse(&BASE64_STANDARD.encode(&text));
        let _ = annotation(text.as_bytes());
    }
}
