//! What a release changes, and how its update may interrupt the Kubernetes API.

use cluster::{
    Interruption,
    changelog::{ChangeKind, Changelog, ReleaseChanges},
};

use commands::{Sentence, Update};

use crate::format::count;

/// There are changes, and none of them names its effect.
pub(crate) const NO_IMPACT: &str = "the changelog lists no impact on enabled modules";

/// The most impacts that are shown before an approval; a plan shows all.
const IMPACTS: usize = 40;

/// What a change means for the cluster.
pub(crate) fn impact(section: &str, impact: &str) -> String {
    format!("{section}: {impact}")
}

/// How many changes there are of each kind: `3 features and 5 fixes in enabled modules`.
pub(crate) fn counts(changelog: &Changelog) -> String {
    let of = |kind, noun| (changelog.count(kind), noun);
    let all = [
        of(ChangeKind::Feature, "feature"),
        of(ChangeKind::Fix, "fix"),
        of(ChangeKind::Other, "other change"),
        (changelog.more, "further change"),
    ];
    let noun = |(number, noun): (usize, &str)| match (number, noun) {
        (1, _) | (_, "feature" | "other change" | "further change") => count(number, noun),
        (number, noun) => format!("{number} {noun}es"),
    };
    let named: Vec<String> = all.into_iter().filter(|(number, _)| *number > 0).map(noun).collect();
    if named.is_empty() {
        return "none in enabled modules".to_owned();
    }
    format!("{} in enabled modules", super::joined(&named))
}

/// Sections that are not shown.
pub(crate) fn left_out(changelog: &Changelog) -> String {
    format!(
        "not shown (sections about disabled modules or the development of the platform): {}",
        changelog.left_out.join(", ")
    )
}

/// Why the changes are not known; empty if they are.
pub(crate) fn unknown(changes: &ReleaseChanges) -> String {
    match changes {
        ReleaseChanges::Known(_) => String::new(),
        ReleaseChanges::Absent { link: None } => "unknown: the release has no changelog".to_owned(),
        ReleaseChanges::Absent { link: Some(link) } => {
            format!("unknown: the release object contains no changelog; see {link}")
        }
        ReleaseChanges::Unknown { why } => format!("unknown: the changelog cannot be read: {why}"),
    }
}

/// How the update may interrupt the Kubernetes API, behind its name.
pub(crate) fn interruption(it: &Interruption) -> String {
    let outage = match it.control_plane_nodes {
        Some(1) => "for several minutes (1 control-plane node)".to_owned(),
        Some(count) => format!(
            "for 30 s to 1 min each time that a control-plane component restarts ({count} control-plane nodes)"
        ),
        None => "for 30 s to 1 min each time that a control-plane component restarts (for several minutes with only 1 \
                 control-plane node)"
            .to_owned(),
    };
    match (it.changes_control_plane, it.automatic_kubernetes) {
        (Some(true), _) => {
            format!("may be unavailable {outage}: the release changes control-plane-manager")
        }
        (Some(false), Some(true)) => format!(
            "may be unavailable {outage} if the release changes the version of Kubernetes (kubernetesVersion is Automatic)"
        ),
        (Some(false), Some(false)) => "the changelog lists no changes to the control plane".to_owned(),
        (Some(false), None) => {
            "the changelog lists no changes to the control plane; whether the release changes the version of Kubernetes \
             is unknown"
                .to_owned()
        }
        (None, _) => format!(
            "it is unknown whether the release changes the control plane; if it does, the API may be unavailable {outage}"
        ),
    }
}

/// What to know before the release is approved: every impact, and the interruption of the API.
pub(crate) fn before_approval(changes: &ReleaseChanges, interrupts: &Interruption) -> Vec<Sentence> {
    let mut notes = Vec::new();
    match changes {
        ReleaseChanges::Known(changelog) => {
            let impacts =
                changelog.impacts().map(|(section, it)| format!("impact on {}", impact(section, it)));
            notes.extend(impacts.take(IMPACTS).map(Sentence::from));
            let total = changelog.impacts().count();
            if total == 0 {
                notes.push(NO_IMPACT.into());
            } else if total > IMPACTS {
                let more = Sentence::from(format!("{}; to see all: ", count(total - IMPACTS, "more impact")));
                notes.push(more.command(Update::Plan));
            }
        }
        ReleaseChanges::Absent { .. } | ReleaseChanges::Unknown { .. } => {
            notes.push(format!("the impact of this release is {}", unknown(changes)).into());
        }
    }
    notes.push(format!("Kubernetes API: {}", interruption(interrupts)).into());
    notes
}

#[cfg(test)]
mod tests {
    use cluster::{ClusterState, changelog::ReleaseChanges};
    use serde_json::json;

    use super::*;

    fn changes(sections: &serde_json::Value) -> ReleaseChanges {
        ReleaseChanges::of(&json!({ "changelog": sections }), &ClusterState::default())
    }

    #[test]
    fn what_is_said_before_an_approval() {
        let known = changes(&json!({
            "prometheus": {
                "features": [{ "summary": "A panel" }, { "summary": "Another" }],
                "fixes": [{ "summary": "CVE", "impact": "grafana in cluster will be restarted as the image has changed" }],
            },
            "candi": { "chore": [{ "summary": "x" }], "fixes": [{ "summary": "x" }] },
        }));
        let many = json!({ "a": { "fixes": (0..IMPACTS + 2).map(|it| json!({ "summary": "x", "impact": format!("{it}") })).collect::<Vec<_>>() } });
        let interrupts = |changes_control_plane, control_plane_nodes, automatic_kubernetes| Interruption {
            changes_control_plane,
            control_plane_nodes,
            automatic_kubernetes,
        };
        let mut text = String::new();
        for (changes, interruption) in [
            (known.clone(), interrupts(Some(true), Some(3), None)),
            (changes(&json!({ "candi": { "fixes": ["x"] } })), interrupts(Some(false), Some(1), Some(true))),
            (ReleaseChanges::Absent { link: None }, interrupts(None, None, None)),
            (
                ReleaseChanges::Absent { link: Some("https://example.com".into()) },
                interrupts(Some(false), None, Some(false)),
            ),
            (ReleaseChanges::Unknown { why: "no permission".into() }, interrupts(Some(false), Some(1), None)),
        ] {
            text += &Sentence::joined(before_approval(&changes, &interruption), "\n").to_string();
            text += "\n\n";
        }
        let last = before_approval(&changes(&many), &interrupts(Some(true), Some(1), None));
        text += &Sentence::joined(last.into_iter().skip(IMPACTS - 1), "\n").to_string();
        insta::assert_snapshot!(text);
        let counted = |it: &ReleaseChanges| counts(it.known().unwrap());
        assert_eq!(counted(&known), "2 features, 2 fixes and 1 other change in enabled modules");
        assert_eq!(counted(&changes(&json!({ "ci": { "fixes": ["x"] } }))), "none in enabled modules");
    }
}
