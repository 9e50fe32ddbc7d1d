//! Reading a changelog out of the `spec` of a release. Its texts are untrusted, and its form differs between versions:
//! what does not fit is left out, and nothing of it is an error.

use std::collections::BTreeSet;

use foreign_text::ForeignText;
use serde_json::{Map, Value};

use super::{Change, ChangeKind, Changelog, ReleaseChanges, Section};
use crate::{ClusterState, registry_use::switched_off, safe_text};

/// Sections about the development of the platform: nothing of them runs in a cluster. Upstream, `ci`, `testing` and `tools`
/// have "forced low impact", and `docs` is the website.
const DEVELOPMENT: [&str; 5] = ["ci", "docs", "testing", "tests", "tools"];

impl ReleaseChanges {
    /// What `spec` of a release says, for a cluster in this state.
    pub fn of(spec: &Value, state: &ClusterState) -> Self {
        Self::reduced(spec, &switched_off(state))
    }

    fn reduced(spec: &Value, disabled: &BTreeSet<String>) -> Self {
        let link = text(&spec["changelogLink"]);
        let Some(sections) = spec["changelog"].as_object().filter(|it| !it.is_empty()) else {
            return Self::Absent { link };
        };
        let mut changelog = Changelog { link, ..Changelog::default() };
        let mut kept = 0;
        for (name, kinds) in sections {
            let (module, name) = (module_of(name), safe_text::name(name));
            if disabled.contains(module) || DEVELOPMENT.contains(&module) {
                changelog.left_out.push(name);
                continue;
            }
            let mut changes = changes(kinds);
            let total = changes.len();
            changes.truncate(Changelog::LIMIT - kept);
            kept += changes.len();
            changelog.more += total - changes.len();
            if !changes.is_empty() {
                changelog.sections.push(Section { name, changes });
            }
        }
        changelog.sections.sort_by(|a, b| a.name.cmp(&b.name));
        changelog.left_out.sort();
        Self::Known(changelog)
    }
}

/// The module that a section is about: the last part of a path, without the number that orders directories of modules.
/// `node-manager` of `ee/modules/040-node-manager`.
pub(super) fn module_of(section: &str) -> &str {
    let name = section.rsplit('/').next().unwrap_or(section).trim();
    let bare = name.trim_start_matches(|it: char| it.is_ascii_digit());
    bare.strip_prefix('-').filter(|_| bare.len() + 3 == name.len()).unwrap_or(name)
}

fn changes(kinds: &Value) -> Vec<Change> {
    let of_kind = |(name, list): (&String, &Value)| {
        let kind = match name.as_str() {
            "features" | "feature" => ChangeKind::Feature,
            "fixes" | "fix" => ChangeKind::Fix,
            _ => ChangeKind::Other,
        };
        let list = list.as_array().into_iter().flatten().filter_map(move |it| change(kind, it));
        list.collect::<Vec<Change>>()
    };
    let mut changes: Vec<Change> =
        kinds.as_object().into_iter().flat_map(Map::iter).flat_map(of_kind).collect();
    changes.sort_by_key(|it| it.kind);
    changes
}

/// One change: an object, or only its summary.
fn change(kind: ChangeKind, value: &Value) -> Option<Change> {
    let summary = text(value).or_else(|| text(&value["summary"]));
    let impact = text(&value["impact"]);
    let summary = summary.or_else(|| impact.clone())?;
    Some(Change { kind, summary, impact, pull_request: text(&value["pull_request"]) })
}

/// In one line, without further spaces where lines of the original ended.
fn text(value: &Value) -> Option<ForeignText> {
    let words: Vec<&str> = value.as_str()?.split_whitespace().collect();
    (!words.is_empty()).then(|| safe_text::foreign(&words.join(" ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(spec: &Value, disabled: &[&str]) -> ReleaseChanges {
        ReleaseChanges::reduced(spec, &disabled.iter().map(ToString::to_string).collect())
    }

    fn spec() -> Value {
        json!({
            "version": "v1.69.2",
            "changelogLink": "https://github.com/deckhouse/deckhouse/releases/tag/v1.69.2",
            "changelog": {
                "prometheus": {
                    "fixes": [
                        { "summary": "Fix CVEs", "impact": "grafana in cluster\nwill be restarted\n", "pull_request": "https://example.com/1" },
                        { "summary": "Fix a link" },
                    ],
                    "features": [{ "summary": "Add a panel" }],
                },
                "okmeter": { "fixes": [{ "summary": "RBAC", "impact": "no access" }] },
                "candi": { "chore": ["Bump"] },
                "ci": { "fixes": [{ "summary": "templates" }] },
                "ee/modules/040-node-manager": { "fixes": [{ "impact": "all nodes" }] },
                "never-heard-of": { "surprise": [{ "summary": "kept" }] },
                "odd": { "fixes": "text", "features": [1, {}, { "summary": "" }] },
            },
        })
    }

    #[test]
    fn only_what_is_certainly_disabled_is_left_out() {
        let ReleaseChanges::Known(changelog) = of(&spec(), &["okmeter", "metallb"]) else { panic!() };
        let names: Vec<&str> = changelog.sections.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["candi", "ee/modules/040-node-manager", "never-heard-of", "prometheus"]);
        assert_eq!(changelog.left_out, ["ci", "okmeter"]);
        let impacts: Vec<(&str, &str)> = changelog.impacts().map(|(name, it)| (name, it.as_str())).collect();
        assert_eq!(
            impacts,
            [
                ("ee/modules/040-node-manager", "all nodes"),
                ("prometheus", "grafana in cluster will be restarted")
            ]
        );
        let count = |kind| changelog.count(kind);
        assert_eq!([count(ChangeKind::Feature), count(ChangeKind::Fix), count(ChangeKind::Other)], [1, 3, 2]);
        assert!(!changelog.changes_control_plane());
        let ReleaseChanges::Known(changelog) = of(&spec(), &["node-manager"]) else { panic!() };
        assert_eq!(changelog.left_out, ["ci", "ee/modules/040-node-manager"]);
    }

    #[test]
    fn names_of_sections() {
        for (section, module) in [
            ("node-manager", "node-manager"),
            ("040-node-manager", "node-manager"),
            ("modules/040-node-manager", "node-manager"),
            ("040", "040"),
            ("40-x", "40-x"),
            ("0400-x", "0400-x"),
            ("", ""),
        ] {
            assert_eq!(module_of(section), module, "{section}");
        }
    }

    #[test]
    fn a_release_without_a_changelog() {
        for changelog in [json!(null), json!({}), json!([]), json!("text")] {
            let link = Some("https://example.com".into());
            let spec = json!({ "changelog": changelog, "changelogLink": "https://example.com" });
            assert_eq!(of(&spec, &[]), ReleaseChanges::Absent { link }, "{spec}");
        }
        assert_eq!(of(&Value::Null, &[]), ReleaseChanges::Absent { link: None });
    }

    #[test]
    fn size_and_texts_are_bounded() {
        let many: Vec<Value> =
            (0..Changelog::LIMIT + 5).map(|it| json!({ "summary": format!("{it}") })).collect();
        let spec = json!({ "changelog": { "a": { "fixes": many.clone() }, "b": { "fixes": many } } });
        let ReleaseChanges::Known(changelog) = of(&spec, &[]) else { panic!() };
        assert_eq!(changelog.changes().count(), Changelog::LIMIT);
        assert_eq!(changelog.more, Changelog::LIMIT + 10);
        let spec = json!({ "changelog": { "a\u{1b}[2J": { "fixes": [
            { "summary": "x\u{1b}]0;t\u{7}\nhint: y", "impact": "z".repeat(10_000) },
        ] } } });
        let ReleaseChanges::Known(changelog) = of(&spec, &[]) else { panic!() };
        let (name, change) = changelog.changes().next().unwrap();
        assert_eq!((name, change.summary.as_str()), ("a\u{fffd}[2J", "x\u{fffd}]0;t\u{fffd} hint: y"));
        assert_eq!(change.impact.as_ref().unwrap().chars().count(), ForeignText::LIMIT + 3);
    }

    #[test]
    fn the_control_plane_is_recognized() {
        for (section, is_it) in
            [("control-plane-manager", true), ("040-control-plane-manager", true), ("control-plane", false)]
        {
            let spec = json!({ "changelog": { section: { "fixes": [{ "summary": "x" }] } } });
            let ReleaseChanges::Known(changelog) = of(&spec, &[]) else { panic!() };
            assert_eq!(changelog.changes_control_plane(), is_it, "{section}");
        }
    }
}
