use super::*;

fn version(text: &str) -> Version {
    Version::parse(text.trim_start_matches('v')).unwrap()
}

/// `NAME PHASE [approved]`; a dashed name stands for the dotted version.
fn releases(lines: &[&str]) -> Vec<Release> {
    lines
        .iter()
        .map(|line| {
            let mut words = line.split(' ');
            let name = words.next().unwrap();
            let text = name.replace('-', ".");
            Release {
                name: name.to_owned(),
                version: Some(version(&text)),
                version_text: text,
                phase: words.next().and_then(Phase::parse),
                approved_field: words.next() == Some("approved"),
                ..Release::default()
            }
        })
        .collect()
}

#[test]
fn possible_next_releases() {
    use Position::{Deployed, Never, Next, NotYet};
    let current = || version("1.57.5");
    let missing =
        |first, last| NotYet(ReleaseFact::MissingMinors { deployed: current(), minors: (first, last) });
    let earlier = |text| NotYet(ReleaseFact::Earlier(version(text)));
    let duplicate = |name: &str| {
        let version = name.replace('-', ".");
        NotYet(ReleaseFact::Duplicate { name: name.to_owned(), version })
    };
    let two = ReleaseFact::TwoDeployed { lower: "v1.57.5".to_owned(), other: "v1.58.3".to_owned() };
    for (others, asked, lts, expected) in [
        (&["v1.58.3 Pending"][..], "v1.58.3", false, Next),
        (&["v1.58.3"], "v1.58.3", false, Next),
        (&["v1.57.6 Pending"], "v1.57.6", false, Next),
        (&["v1.57.9 Pending"], "v1.57.9", false, Next),
        (&[], "v1.57.5", false, Deployed),
        (&["v1.56.0 Superseded"], "v1.56.0", false, Never(ReleaseFact::Below { deployed: current() })),
        (
            &["v1.58.1 Skipped", "v1.58.3 Pending"],
            "v1.58.1",
            false,
            Never(ReleaseFact::PassedOver { phase: "Skipped".to_owned() }),
        ),
        (&[], "v1.58.3", false, Never(ReleaseFact::NotInCluster)),
        (&["v1.58.3 Suspended"], "v1.58.3", false, NotYet(ReleaseFact::Withdrawn)),
        (
            &["v1.58.3 Pending", "v1.58.4 Pending"],
            "v1.58.3",
            false,
            NotYet(ReleaseFact::HigherPatch(version("1.58.4"))),
        ),
        (&["v1.58.3 Pending", "v1.58.4 Pending"], "v1.58.4", false, Next),
        (&["v1.58.3 Pending", "v1.59.0 Pending"], "v1.59.0", false, earlier("1.58.3")),
        (&["v1.57.6 Pending", "v1.58.3 Pending"], "v1.58.3", false, earlier("1.57.6")),
        (&["v1.59.0 Pending"], "v1.59.0", false, missing(58, 58)),
        (&["v1.61.0 Pending"], "v1.61.0", false, missing(58, 60)),
        // The controller counts these as neighbours and would deploy the later one.
        (&["v1.58.3 Suspended", "v1.59.0 Pending"], "v1.59.0", false, missing(58, 58)),
        (&["v1.58.3 Skipped", "v1.59.0 Pending"], "v1.59.0", false, missing(58, 58)),
        (&["v1.67.0 Pending"], "v1.67.0", true, Next),
        (&["v1.68.0 Pending"], "v1.68.0", true, missing(58, 67)),
        (&["v2.0.0 Pending"], "v2.0.0", false, NotYet(ReleaseFact::OtherMajor { deployed: current() })),
        (&["v1.58.3 Pending", "v1-58-3 Pending"], "v1.58.3", false, duplicate("v1-58-3")),
        (&["v1.58.3 Pending", "v1-57-5 Pending"], "v1.58.3", false, duplicate("v1-57-5")),
        (&["v1.58.3 Pending", "v1-56-0 Superseded"], "v1.58.3", false, Next),
        (&["v1.58.3 Deployed"], "v1.58.3", false, Deployed),
        (&["v1.58.3 Deployed", "v1.59.0 Pending"], "v1.59.0", false, NotYet(two)),
    ] {
        let all = releases(&[&["v1.57.5 Deployed"], others].concat());
        let found = ReleaseOrder::of(&all).position(&version(asked), lts);
        assert_eq!(found, expected, "{others:?} {asked}");
    }
}

#[test]
fn selection_of_the_next_release() {
    for (lines, expected) in [
        (&["v1.57.5 Deployed", "v1.58.1 Pending", "v1.58.3 Pending", "v1.59.0 Pending"][..], Some("v1.58.3")),
        (&["v1.57.5 Deployed"], None),
        (&["v1.57.5 Deployed", "v1.59.0 Pending"], None),
        (&["v1.57.5 Superseded", "v1.58.0 Pending"], None),
        (&["v0.9.0 Deployed", "v1.0.0 Pending"], Some("v1.0.0")),
    ] {
        let all = releases(lines);
        assert_eq!(ReleaseOrder::of(&all).next(false).map(|it| it.name.as_str()), expected, "{lines:?}");
    }
}

#[test]
fn of_two_deployed_the_lowest_counts() {
    let all = releases(&["v1.58.3 Deployed", "v1.57.5 Deployed", "v1.58.4 Pending", "v1.56.1 Pending"]);
    let order = ReleaseOrder::of(&all);
    assert_eq!(order.deployed.unwrap().name, "v1.57.5");
    assert_eq!(order.also_deployed[0].name, "v1.58.3");
    assert_eq!(order.waiting.len(), 1, "what is below the deployed one does not wait");
}

#[test]
fn a_deployed_object_without_a_version_is_not_the_lowest() {
    let mut all = releases(&["v0.0.0 Deployed", "v1.57.5 Deployed"]);
    (all[0].name, all[0].version_text, all[0].version) = ("weird".to_owned(), "weird".to_owned(), None);
    let order = ReleaseOrder::of(&all);
    assert_eq!(order.deployed_version(), Some(&version("1.57.5")));
    assert_eq!(order.also_deployed[0].name, "weird");
}

#[test]
fn duplicates_are_removed_only_where_it_is_safe() {
    let all = releases(&[
        "v1.57.5 Deployed",
        "v1-57-5 Pending",
        "v1.58.3 Pending",
        "v1-58-3 Pending approved",
        "v1-59-0 Pending",
        "v1-56-0 Deployed",
    ]);
    let order = ReleaseOrder::of(&all);
    let found: Vec<(&str, bool)> =
        order.duplicates.iter().map(|it| (it.release.name.as_str(), it.keep.is_none())).collect();
    assert_eq!(found, [("v1-59-0", false), ("v1-58-3", false), ("v1-57-5", true), ("v1-56-0", false)]);
    assert_eq!(order.find(&version("1.58.3")).unwrap().name, "v1.58.3");
}
