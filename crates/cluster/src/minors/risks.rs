//! What may make the controller skip minor versions, or deploy them unasked.

use deckhouse::version::minor_of;
use problems::{Advice, Code, Object, Problem, ReleaseAdvice, ReleaseFact, SettingsAdvice, SettingsFact};
use semver::Version;

use super::mode::{effective_mode, needs_no_approval};
use crate::{
    ClusterState,
    objects::{Release, UpdateSettings},
    release_order::ReleaseOrder,
};

/// What to know before an update: the risks, and minor versions that were skipped already.
pub(crate) fn warnings(state: &ClusterState) -> Vec<Problem> {
    let mut all = risks(state);
    all.extend(super::reports(state));
    all
}

/// What to correct before an update; empty where something that it depends on is not known.
pub(crate) fn risks(state: &ClusterState) -> Vec<Problem> {
    let (Some(releases), Some(config)) = (state.releases.known(), state.deckhouse_config()) else {
        return Vec::new();
    };
    let settings = config.update_settings();
    let order = ReleaseOrder::of(releases);
    let Some(deployed) = order.deployed_version() else { return Vec::new() };
    let unset = settings.mode.is_none() && effective_mode(&settings, deployed).deploys_unasked(false);
    let mode = unset.then(|| {
        Problem::new(Code::Mode, Object::settings(), SettingsFact::ModeUnset)
            .advise(SettingsAdvice::SetManual.into())
    });
    if state.is_lts() {
        return mode.into_iter().collect();
    }
    match minors_ahead(&order, deployed, &settings) {
        // It has the same cause and the same remedy as an unset mode.
        Some(problem) if problem.object == Object::settings() => vec![problem],
        ahead => mode.into_iter().chain(ahead).collect(),
    }
}

/// Why the controller may deploy several minor versions at the same time, if it may.
pub(crate) fn minors_ahead(
    order: &ReleaseOrder<'_>,
    deployed: &Version,
    settings: &UpdateSettings,
) -> Option<Problem> {
    minors_at_once(order, deployed, settings).or_else(|| approved_ahead(order, settings))
}

/// Several minor versions wait that need no approval, at least one of them because of the mode.
///
/// An approved one counts, too: in such a mode an approval changes nothing.
fn minors_at_once(
    order: &ReleaseOrder<'_>,
    deployed: &Version,
    settings: &UpdateSettings,
) -> Option<Problem> {
    let minors: Vec<(&Release, &Version)> = order
        .chain()
        .into_iter()
        .filter(|it| needs_no_approval(it, deployed, settings))
        .filter_map(|it| Some((it, it.version.as_ref()?)))
        .filter(|(_, version)| minor_of(version) > minor_of(deployed))
        .collect();
    let by_mode = effective_mode(settings, deployed).deploys_unasked(false)
        && (settings.mode.is_some() || minors.iter().any(|(it, _)| !it.is_approved()));
    if minors.len() < 2 || !by_mode {
        return None;
    }
    // In the mode Manual the approvals would have the same effect, so they are revoked before.
    let later = minors.iter().skip(1).filter(|(it, _)| it.is_approved()).map(|(it, _)| revoke(&it.name));
    let later: Vec<Advice> = later.collect();
    let versions = minors.iter().map(|(_, version)| (*version).clone()).collect();
    let fact = SettingsFact::MinorsAtOnce { versions, unset: settings.mode.is_none() };
    let problem = Problem::new(Code::SkippedMinors, Object::settings(), fact).advise_all(later);
    Some(problem.advise(SettingsAdvice::SetManual.into()))
}

/// Releases that are approved while an earlier minor version still waits.
pub(crate) fn approved_ahead(order: &ReleaseOrder<'_>, settings: &UpdateSettings) -> Option<Problem> {
    let chain = order.chain();
    let first = chain.first()?.version.clone()?;
    let names: Vec<&str> =
        chain[1..].iter().filter(|it| it.is_approved()).map(|it| it.name.as_str()).collect();
    // In other modes a revoked approval changes nothing.
    let counts = settings.mode.as_ref().is_none_or(|mode| !mode.deploys_unasked(false));
    let name = *names.first().filter(|_| counts)?;
    let object = Object::new(problems::Kind::DeckhouseRelease, name);
    let fact = ReleaseFact::ApprovedAhead { first };
    Some(Problem::new(Code::SkippedMinors, object, fact).advise_all(names.into_iter().map(revoke)))
}

fn revoke(name: &str) -> Advice {
    ReleaseAdvice::RevokeApproval { name: name.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Reading,
        objects::{ModuleConfig, Phase},
    };

    fn state(mode: Option<&str>, channel: &str, deployed: &str, waiting: &[(&str, bool)]) -> ClusterState {
        let release = |name: &str, phase, approved| Release {
            name: name.to_owned(),
            version: deckhouse::version::parse_tag(name),
            phase: Some(phase),
            approved_field: approved,
            ..Release::default()
        };
        let mut releases = vec![release(deployed, Phase::Deployed, true)];
        releases.extend(waiting.iter().map(|(name, approved)| release(name, Phase::Pending, *approved)));
        let mut settings = json!({ "releaseChannel": channel });
        if let Some(mode) = mode {
            settings["update"]["mode"] = json!(mode);
        }
        let config = ModuleConfig { name: "deckhouse".to_owned(), settings, ..ModuleConfig::default() };
        ClusterState {
            releases: Reading::Known(releases),
            module_configs: Reading::Known(vec![config]),
            ..ClusterState::default()
        }
    }

    #[test]
    fn what_may_make_the_controller_skip_minors() {
        let versions = |names: &[&str]| -> Vec<Version> {
            names.iter().map(|name| Version::parse(name).unwrap()).collect()
        };
        let at_once =
            |names: &[&str], unset| SettingsFact::MinorsAtOnce { versions: versions(names), unset }.into();
        let ahead = |first: &str| ReleaseFact::ApprovedAhead { first: versions(&[first]).remove(0) }.into();
        let unset = || problems::Fact::from(SettingsFact::ModeUnset);
        let two = [("v1.71.4", false), ("v1.72.3", false)];
        for (mode, channel, waiting, expected) in [
            (Some("Manual"), "Stable", &two[..], vec![]),
            (Some("AutoPatch"), "Stable", &two, vec![]),
            (Some("Auto"), "Stable", &two, vec![at_once(&["1.71.4", "1.72.3"], false)]),
            (None, "Stable", &two, vec![at_once(&["1.71.4", "1.72.3"], true)]),
            (None, "Stable", &[], vec![unset()]),
            // An approval changes nothing about what the mode does.
            (
                Some("Auto"),
                "Stable",
                &[("v1.71.4", true), ("v1.72.3", false)],
                vec![at_once(&["1.71.4", "1.72.3"], false)],
            ),
            (
                Some("Auto"),
                "Stable",
                &[("v1.71.4", false), ("v1.72.3", true)],
                vec![at_once(&["1.71.4", "1.72.3"], false)],
            ),
            (
                Some("Auto"),
                "Stable",
                &[("v1.71.4", true), ("v1.72.3", true)],
                vec![at_once(&["1.71.4", "1.72.3"], false)],
            ),
            (
                None,
                "Stable",
                &[("v1.71.4", true), ("v1.72.3", false)],
                vec![at_once(&["1.71.4", "1.72.3"], true)],
            ),
            (
                None,
                "Stable",
                &[("v1.71.4", false), ("v1.72.3", true)],
                vec![at_once(&["1.71.4", "1.72.3"], true)],
            ),
            (None, "Stable", &[("v1.71.4", true), ("v1.72.3", true)], vec![unset(), ahead("1.71.4")]),
            (Some("Auto"), "Stable", &[("v1.71.4", true)], vec![]),
            // One minor, and a patch of the deployed one.
            (Some("Auto"), "Stable", &[("v1.70.9", false), ("v1.71.4", false)], vec![]),
            (Some("Auto"), "LTS", &two, vec![]),
            // The approval of the first one is what an update is.
            (Some("Manual"), "Stable", &[("v1.71.4", true), ("v1.72.3", false)], vec![]),
            (Some("Manual"), "Stable", &[("v1.71.4", true), ("v1.72.3", true)], vec![ahead("1.71.4")]),
            (Some("AutoPatch"), "Stable", &[("v1.71.4", false), ("v1.72.3", true)], vec![ahead("1.71.4")]),
            (Some("AutoPatch"), "Stable", &[("v1.70.9", false), ("v1.71.4", true)], vec![ahead("1.70.9")]),
            (Some("Manual"), "LTS", &[("v1.71.4", true), ("v1.72.3", true)], vec![]),
        ] {
            let found: Vec<problems::Fact> =
                risks(&state(mode, channel, "v1.70.1", waiting)).into_iter().map(|it| it.fact).collect();
            assert_eq!(found, expected, "{mode:?} {channel} {waiting:?}");
        }
        assert_eq!(risks(&state(None, "Stable", "v1.78.0", &[])), []);
        // With the approval kept, both would be deployed in the mode Manual as well.
        let both = risks(&state(Some("Auto"), "Stable", "v1.70.1", &[("v1.71.4", true), ("v1.72.3", true)]));
        assert_eq!(both[0].advice, [revoke("v1.72.3"), SettingsAdvice::SetManual.into()]);
        assert_eq!(risks(&ClusterState::default()), []);
    }
}
