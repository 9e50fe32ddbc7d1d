//! The license and packages of newer platforms: every variant in words.

use cluster::objects::License;
use problems::{
    Code, Fact, Kind, LicenseAdvice, LicenseFact, LicenseState, Object, PackageAdvice, PackageFact, Problem,
};

use super::{block, license, package};

fn own(text: &str) -> String {
    text.to_owned()
}

fn blocks(object: &Object, facts: Vec<Fact>) -> Vec<String> {
    facts
        .into_iter()
        .map(|fact| block(&Problem::new(Code::License, object.clone(), fact)).to_string())
        .collect()
}

#[test]
fn licenses() {
    let at = || "2026-12-10T00:00:00Z".parse().ok();
    let nodes = |violated| LicenseFact::NodesNotCovered { nodes: 2, since: at(), violated };
    let in_state =
        |reason: &str| LicenseFact::InState { state: LicenseState::Violation, reason: own(reason).into() };
    let facts = [
        LicenseFact::ExpiresSoon(at()),
        LicenseFact::ExpiresSoon(None),
        nodes(false),
        nodes(true),
        LicenseFact::Expired { at: at(), grace_until: at(), over: false },
        LicenseFact::Expired { at: at(), grace_until: None, over: false },
        LicenseFact::Expired { at: at(), grace_until: None, over: true },
        LicenseFact::Revoked,
        LicenseFact::NoKey,
        LicenseFact::NoUpdateRight,
        in_state("Newer"),
        in_state(""),
    ];
    let object = Object::new(Kind::EffectiveLicense, "deckhouse-platform");
    let mut lines = blocks(&object, facts.map(Fact::from).into());
    let steps = [
        LicenseAdvice::SeeNodes,
        LicenseAdvice::SaveClusterData,
        LicenseAdvice::GetKey,
        LicenseAdvice::InstallKey,
    ];
    let problem = Problem::new(Code::License, object, LicenseFact::NoKey);
    lines.push(block(&problem.advise_all(steps.map(Into::into))).to_string());
    let state = |state: &str, reason: Option<&str>| {
        license::state(&License {
            state: LicenseState::parse(state),
            reason: reason.map(own),
            since: None,
            key: None,
            valid_until: at(),
            grace_days: None,
            nodes_not_covered: 0,
            not_covered_since: None,
            rejected: None,
        })
    };
    lines.extend([
        state("Valid", None),
        state("Warning", Some("ExpiringSoon")),
        state("Grace", Some("Expired")),
        state("", None),
    ]);
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn packages() {
    let not_ready = |namespace: Option<&str>, state: &str, message: &str| PackageFact::NotReady {
        namespace: namespace.map(own),
        name: own("console"),
        state: own(state),
        message: own(message).into(),
    };
    let facts = [
        not_ready(Some("shop"), "Failed", "the hooks failed"),
        not_ready(None, "Updating", ""),
        not_ready(None, "", ""),
        PackageFact::NeverScanned,
        PackageFact::ScanStale,
        PackageFact::ScanFailed { error: own("access denied").into() },
    ];
    let object = Object::new(Kind::PackageRepository, "corp");
    let mut lines = blocks(&object, facts.map(Fact::from).into());
    let describe = |namespace: Option<&str>| PackageAdvice::Describe {
        namespace: namespace.map(own),
        name: own("console"),
    };
    let check = |used| PackageAdvice::CheckRepository { repo: own("r.corp/packages").into(), used };
    let steps = [describe(Some("shop")), describe(None), PackageAdvice::Fix, check(true), check(false)];
    let problem = Problem::new(Code::Application, object, PackageFact::ScanStale);
    lines.push(block(&problem.advise_all(steps.map(Into::into))).to_string());
    let health = |scanned: Option<&str>, stale, phase: &str| {
        package::repository(&cluster::packages::RepositoryHealth {
            name: own("corp"),
            repo: own("r.corp/packages"),
            phase: own(phase),
            scanned: scanned.and_then(|it| it.parse().ok()),
            stale,
            error: "".into(),
            packages: 1,
            used: false,
        })
    };
    let at = Some("2026-12-10T08:00:00Z");
    lines.extend([health(at, false, "Active"), health(at, true, "Terminating"), health(None, true, "")]);
    insta::assert_snapshot!(lines.join("\n"));
}
