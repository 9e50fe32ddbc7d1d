//! The search against sources that answer, whole ones and ones with holes.

use proptest::prelude::*;

use super::{super::test_requests::*, *};
use crate::{channel::Channel, select::select};

/// What a search ends in.
struct Searched {
    offer: Available,
    /// What was asked for, round by round.
    rounds: Vec<Vec<Version>>,
}

/// Searches a source that has `there` and answers truly.
fn search(offer: Available, request: &Request, there: &BTreeSet<Version>) -> Result<Searched, SelectError> {
    let mut search = Search::new(offer, request);
    let mut rounds: Vec<Vec<Version>> = Vec::new();
    loop {
        let questions = search.questions()?;
        if questions.is_empty() {
            assert_eq!(search.asked(), rounds.iter().map(Vec::len).sum::<usize>());
            return Ok(Searched { offer: search.into_offer(), rounds });
        }
        search.found(questions.iter().filter(|version| there.contains(version)).cloned());
        rounds.push(questions);
    }
}

fn set(there: &[&str]) -> BTreeSet<Version> {
    versions(there).into_iter().collect()
}

/// What a command line chooses from a source that lists nothing.
fn chosen(channels: &[(Channel, &str)], line: &str, there: &[&str]) -> String {
    let request = request(line);
    let searched = search(offer(channels, &[]), &request, &set(there)).unwrap();
    shown(&select(&searched.offer, &request).unwrap())
}

const ENDS: &[(Channel, &str)] = &[(Channel::RockSolid, "1.57.5"), (Channel::Alpha, "1.59.4")];

#[test]
fn a_missing_patch_or_minor_does_not_hide_the_next() {
    let all = "1.57.5 1.58.10 1.59.4; alpha=1.59.4 rock-solid=1.57.5";
    assert_eq!(chosen(ENDS, "", &["1.57.5", "1.58.0", "1.58.2", "1.58.10", "1.59.4", "1.59.9"]), all);
    let late = "1.57.5 1.58.32 1.59.4; alpha=1.59.4 rock-solid=1.57.5";
    assert_eq!(chosen(ENDS, "", &["1.58.32"]), late);
    let far = "1.57.5 1.57.38 1.59.4; alpha=1.59.4 rock-solid=1.57.5";
    assert_eq!(chosen(ENDS, "", &["1.57.38"]), far, "32 are missing");
    assert_eq!(chosen(ENDS, "", &["1.57.39"]), far.replace("1.57.38 ", ""), "33 are missing");
    let sparse = [(Channel::Lts, "1.73.2"), (Channel::RockSolid, "1.58.1"), (Channel::Alpha, "1.73.2")];
    assert_eq!(
        chosen(&sparse, "", &["1.64.1", "1.67.0", "1.67.3"]),
        "1.58.1 1.64.1 1.67.3 1.73.2; alpha=1.73.2 rock-solid=1.58.1 lts=1.73.2"
    );
}

#[test]
fn only_what_the_request_depends_on_is_asked_for() {
    let asked = |line: &str, tags: &[&str]| {
        let request = request(line);
        let searched = search(offer(ENDS, tags), &request, &set(&[])).unwrap();
        let mut asked: Vec<Version> = searched.rounds.concat();
        asked.sort();
        asked
    };
    let patches =
        |minor: u64, from: u64| (from..=from + MAX_GAP).map(move |patch| Version::new(1, minor, patch));
    assert_eq!(asked("channel alpha", &[]), []);
    assert_eq!(asked("release 1.58.3 release 1.57.5 release 1.58.3", &[]), versions(&["1.58.3"]));
    let below_alpha: Vec<Version> = (0..4).map(|patch| Version::new(1, 59, patch)).collect();
    let range: Vec<Version> = patches(57, 6).chain(patches(58, 0)).collect();
    assert_eq!(asked("", &[]), range, "nothing below what alpha points to, nothing above it");
    let hinted: Vec<Version> = patches(57, 6).chain(patches(58, 41)).collect();
    assert_eq!(asked("", &["v1.58.40", "v1.59.4", "v1.57.3"]), hinted, "a list is a hint");
    let cut: Vec<Version> = patches(57, 6).chain((0..=2).map(|patch| Version::new(1, 58, patch))).collect();
    assert_eq!(asked("max 1.58.2", &[]), cut);
    let cut: Vec<Version> = range.iter().cloned().chain(below_alpha).collect();
    assert_eq!(asked("max 1.59.3", &[]), cut);
    let older: Vec<Version> = patches(56, 3).chain(range).collect();
    assert_eq!(asked("min 1.56.3", &[]), older);
}

#[test]
fn below_the_range_the_newest_minor_that_is_there_is_searched() {
    let there = ["1.54.1", "1.54.20", "1.55.0", "1.55.9"];
    assert_eq!(chosen(ENDS, "max 1.56", &there), "1.55.9; ");
    assert_eq!(chosen(ENDS, "max 1.55.8", &there), "1.55.0; ");
    assert_eq!(chosen(ENDS, "max 1.54", &there), "1.54.20; ");
    let request = request("max 1.53");
    let searched = search(offer(ENDS, &[]), &request, &set(&there)).unwrap();
    assert!(matches!(select(&searched.offer, &request), Err(SelectError::NothingInRange { .. })));
}

#[test]
fn a_major_ends_where_nothing_more_is_found() {
    let channels = [(Channel::RockSolid, "1.70.0"), (Channel::Alpha, "2.1.0")];
    assert_eq!(
        chosen(&channels, "", &["1.71.4", "1.75.2", "2.0.3"]),
        "1.70.0 1.71.4 1.75.2 2.0.3 2.1.0; alpha=2.1.0 rock-solid=1.70.0"
    );
}

#[test]
fn impossible_requests_send_nothing() {
    for line in ["min 1.58 max 1.57", "channel lts", "channel beta release 1.58.3"] {
        let request = request(line);
        let refused = search(offer(ENDS, &[]), &request, &set(&[])).err();
        assert!(refused.is_some(), "{line}");
    }
    let suspended = suspend(offer(ENDS, &[]), Channel::Alpha);
    let refused = search(suspended, &request(""), &set(&[])).err();
    assert_eq!(refused, Some(SelectError::Suspended { channels: vec![Channel::Alpha] }));
}

#[test]
fn a_search_without_end_is_given_up() {
    let liar = |channels: &[(Channel, &str)], line: &str, tags: &[&str]| {
        let request = request(line);
        let mut search = Search::new(offer(channels, tags), &request);
        let mut asked = 0;
        loop {
            match search.questions() {
                Ok(questions) if questions.is_empty() => panic!("there is an end"),
                Ok(questions) => {
                    asked += questions.len();
                    search.found(questions);
                }
                Err(error) => {
                    assert!(matches!(error, SelectError::EndlessSearch { .. }), "{error}");
                    assert!(asked <= MOST_QUESTIONS);
                    break;
                }
            }
        }
    };
    liar(ENDS, "", &[]);
    let huge = u64::MAX.to_string();
    for far in [format!("1.{huge}.0"), format!("{huge}.0.0"), format!("{huge}.{huge}.{huge}")] {
        liar(&[(Channel::RockSolid, "1.57.5"), (Channel::Alpha, &far)], "", &[&format!("v{far}")]);
    }
    let request = request("");
    let far = format!("1.58.{huge}");
    let known = offer(ENDS, &[&format!("v{far}")]);
    let searched = search(known, &request, &set(&[])).unwrap();
    assert!(select(&searched.offer, &request).unwrap().releases.contains(&far.parse().unwrap()));
}

/// Releases of one or two majors; no gap of patches is longer than what a search skips.
fn any_releases(majors: u64) -> impl Strategy<Value = BTreeSet<Version>> {
    let gap = prop_oneof![3 => Just(0), 2 => 1..4_u64, 1 => 0..=MAX_GAP];
    let minor = prop_oneof![1 => Just(Vec::new()), 3 => prop::collection::vec(gap, 1..6)];
    prop::collection::btree_map((1..=majors, 50..56_u64), minor, 2..8).prop_map(|minors| {
        let mut releases = BTreeSet::new();
        for ((major, minor), gaps) in minors {
            let mut next = 0;
            for gap in gaps {
                releases.insert(Version::new(major, minor, next + gap));
                next += gap + 1;
            }
        }
        releases
    })
}

/// A source: its releases, which of them its channels point to, and which it lists.
fn any_source(majors: u64) -> impl Strategy<Value = (BTreeSet<Version>, Available, Available)> {
    let picks = prop::collection::btree_map(
        prop::sample::select(Channel::ALL.to_vec()),
        any::<prop::sample::Index>(),
        1..5,
    );
    let listed = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    (any_releases(majors).prop_filter("something is there", |it| !it.is_empty()), picks, listed).prop_map(
        |(releases, picks, listed)| {
            let all: Vec<&Version> = releases.iter().collect();
            let version = |index: &prop::sample::Index| all[index.index(all.len())].to_string();
            let picks: Vec<(Channel, String)> =
                picks.iter().map(|(channel, index)| (*channel, version(index))).collect();
            let channels: Vec<(Channel, &str)> =
                picks.iter().map(|(channel, version)| (*channel, version.as_str())).collect();
            let tags = |versions: &[String]| versions.iter().map(|it| format!("v{it}")).collect();
            let every: Vec<String> = all.iter().map(ToString::to_string).collect();
            let some: Vec<String> = listed.iter().map(version).collect();
            let whole = Available { tags: tags(&every), ..offer(&channels, &[]) };
            let partial = Available { tags: tags(&some), ..offer(&channels, &[]) };
            (releases, whole, partial)
        },
    )
}

fn any_line(with_max: bool) -> impl Strategy<Value = String> {
    let bound = || (49..57_u64, prop::option::of(0..70_u64));
    let text = |(minor, patch): (u64, Option<u64>)| {
        format!("1.{minor}{}", patch.map(|patch| format!(".{patch}")).unwrap_or_default())
    };
    let word = move |name: &'static str| {
        prop::option::of(bound())
            .prop_map(move |it| it.map(|it| format!("{name} {} ", text(it))).unwrap_or_default())
    };
    (word("min"), word("max"), prop::sample::select(vec!["", "channel stable", "channel alpha channel lts"]))
        .prop_map(move |(min, max, channel)| format!("{min}{}{channel}", if with_max { &max } else { "" }))
}

/// The selection of a source, or why there is none; what is only known in part does not count.
fn outcome(offer: &Available, request: &Request) -> String {
    match select(offer, request) {
        Ok(selection) => format!("{} {:?}", shown(&selection), notices(&selection)),
        Err(SelectError::NothingInRange { .. }) => "nothing in range".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn asking_is_as_good_as_a_list(
    (releases, whole, partial): (BTreeSet<Version>, Available, Available),
    line: &str,
) -> Result<(), TestCaseError> {
    let request = request(line);
    let expected = outcome(&whole, &request);
    match search(partial, &request, &releases) {
        Ok(searched) => prop_assert_eq!(outcome(&searched.offer, &request), expected, "{}", line),
        Err(error) => prop_assert_eq!(error.to_string(), expected, "{}", line),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn requests_find_the_same_as_a_complete_list(source in any_source(1), line in any_line(true)) {
        asking_is_as_good_as_a_list(source, &line)?;
    }

    #[test]
    fn also_across_majors(source in any_source(2), line in any_line(false)) {
        asking_is_as_good_as_a_list(source, &line)?;
    }
}
