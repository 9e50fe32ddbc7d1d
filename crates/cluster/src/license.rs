//! What the license means for an update.
//!
//! The platform computes the state; so far it does not stop an update because of it (deckhouse#23117). So only the state that
//! is reserved for it blocks here.

use problems::{Advice, Code, Kind, LicenseAdvice, LicenseFact, LicenseState, Object, Problem};

use crate::{ClusterState, objects::License};

/// The object, as the platform names it.
const NAME: &str = "deckhouse-platform";

/// What to know about the license before an update. `None` if it is valid, in a state that dhctl does not know, or not known.
pub(crate) fn risk(state: &ClusterState) -> Option<Problem> {
    problem(state.license.known()?).filter(|it| !blocks(it))
}

/// That the license does not allow an update.
pub(crate) fn blocking(state: &ClusterState) -> Option<Problem> {
    problem(state.license.known()?).filter(blocks)
}

fn blocks(problem: &Problem) -> bool {
    problem.fact == LicenseFact::NoUpdateRight.into()
}

/// The state that dhctl cannot judge, if it is one.
pub(crate) fn unknown_state(license: &License) -> Option<&str> {
    match &license.state {
        LicenseState::Other(name) => Some(name),
        _ => None,
    }
}

fn problem(license: &License) -> Option<Problem> {
    let reason = license.reason.as_deref().unwrap_or_default();
    let not_covered = |violated| LicenseFact::NodesNotCovered {
        nodes: license.nodes_not_covered,
        since: license.not_covered_since,
        violated,
    };
    let expired = |over: bool| LicenseFact::Expired {
        at: license.valid_until,
        grace_until: license.grace_until().filter(|_| !over),
        over,
    };
    let in_state = || LicenseFact::InState { state: license.state.clone(), reason: reason.to_owned().into() };
    let fact = match (&license.state, reason) {
        (LicenseState::Valid | LicenseState::Other(_), _) => return None,
        (LicenseState::Warning, "ExpiringSoon") => LicenseFact::ExpiresSoon(license.valid_until),
        (LicenseState::Warning, "UnlicensedNodes") => not_covered(false),
        (LicenseState::Violation, "UnlicensedNodes") => not_covered(true),
        (LicenseState::Grace, "Expired") => expired(false),
        (LicenseState::Violation, "Expired") => expired(true),
        (LicenseState::Violation, "Revoked") => LicenseFact::Revoked,
        (LicenseState::Violation, "Unregistered") => LicenseFact::NoKey,
        (LicenseState::NoUpdateRight, _) => LicenseFact::NoUpdateRight,
        (LicenseState::Warning | LicenseState::Grace | LicenseState::Violation, _) => in_state(),
    };
    let nodes = matches!(fact, LicenseFact::NodesNotCovered { .. }).then_some(LicenseAdvice::SeeNodes);
    let renew = [LicenseAdvice::SaveClusterData, LicenseAdvice::GetKey, LicenseAdvice::InstallKey];
    let advice = nodes.into_iter().chain(renew).map(Advice::from);
    Some(Problem::new(Code::License, Object::new(Kind::EffectiveLicense, NAME), fact).advise_all(advice))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Reading;

    pub(crate) fn license(state: &str, reason: &str) -> License {
        License {
            state: LicenseState::parse(state),
            reason: Some(reason.to_owned()).filter(|it| !it.is_empty()),
            since: None,
            key: Some("main".to_owned()),
            valid_until: "2026-12-10T00:00:00Z".parse().ok(),
            grace_days: Some(14),
            nodes_not_covered: 2,
            not_covered_since: "2026-11-02T10:00:00Z".parse().ok(),
            rejected: None,
        }
    }

    #[test]
    fn only_a_license_without_the_right_to_update_blocks() {
        let at = || "2026-12-10T00:00:00Z".parse().ok();
        let nodes = |violated| LicenseFact::NodesNotCovered {
            nodes: 2,
            since: "2026-11-02T10:00:00Z".parse().ok(),
            violated,
        };
        let grace_until = "2026-12-24T00:00:00Z".parse().ok();
        let in_state = |state: &str, reason: &str| LicenseFact::InState {
            state: LicenseState::parse(state),
            reason: reason.to_owned().into(),
        };
        for (state, reason, risk, blocking) in [
            ("Valid", "", None, None),
            ("Warning", "ExpiringSoon", Some(LicenseFact::ExpiresSoon(at())), None),
            ("Warning", "UnlicensedNodes", Some(nodes(false)), None),
            ("Warning", "Newer", Some(in_state("Warning", "Newer")), None),
            ("Grace", "Expired", Some(LicenseFact::Expired { at: at(), grace_until, over: false }), None),
            (
                "Violation",
                "Expired",
                Some(LicenseFact::Expired { at: at(), grace_until: None, over: true }),
                None,
            ),
            ("Violation", "UnlicensedNodes", Some(nodes(true)), None),
            ("Violation", "Revoked", Some(LicenseFact::Revoked), None),
            ("Violation", "Unregistered", Some(LicenseFact::NoKey), None),
            ("Violation", "", Some(in_state("Violation", "")), None),
            ("NoUpdateRight", "", None, Some(LicenseFact::NoUpdateRight)),
            ("Frozen", "", None, None),
        ] {
            let cluster =
                ClusterState { license: Reading::Known(license(state, reason)), ..ClusterState::default() };
            let found = (super::risk(&cluster), super::blocking(&cluster));
            let fact = |problem: &Option<Problem>| problem.as_ref().map(|it| it.fact.clone());
            assert_eq!(fact(&found.0), risk.map(Into::into), "{state} {reason}");
            assert_eq!(fact(&found.1), blocking.map(Into::into), "{state} {reason}");
        }
        assert_eq!(unknown_state(&license("Frozen", "")), Some("Frozen"));
        assert_eq!(risk(&ClusterState::default()), None);
    }
}
