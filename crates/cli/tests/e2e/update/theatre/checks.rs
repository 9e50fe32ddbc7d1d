//! What must hold after a play: what the scenario expects, and what holds in every one.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use serde_json::Value;
use testkit::theatre::{Scenario, ScenarioRun};

use super::{SETTLE_SECONDS, tool::ToolOutput};

pub(super) fn check(scenario_run: &ScenarioRun, scenario: &Scenario, output: &ToolOutput) {
    let ToolOutput { code, verdicts, printed } = output;
    let calls: Vec<String> =
        verdicts.iter().filter_map(|line| line["verdict"].as_str().map(str::to_owned)).collect();
    let said = || {
        let mut calls = calls.clone();
        calls.dedup();
        format!("verdicts: {calls:?}\nplayed: {:#?}\n{printed}", scenario_run.log())
    };
    assert_eq!(scenario_run.faults(), Vec::<String>::new(), "{}", said());
    let expect = &scenario.expect;
    assert_eq!(*code, Some(expect.exit), "the exit code\n{}", said());
    assert!(expect.fits(&calls).unwrap(), "expected: {:?}\n{}", expect.verdicts, said());
    for words in &expect.says {
        assert!(printed.contains(words.as_str()), "{words:?} is not said\n{}", said());
    }
    for words in &expect.never_says {
        assert!(!printed.contains(words.as_str()), "{words:?} is said\n{}", said());
    }
    assert!(!printed.contains("not-a-secret"), "the registry's password\n{}", said());
    assert_eq!(scenario_run.differs(&expect.left_as).unwrap(), Vec::<String>::new(), "{}", said());
    never_done_early(scenario_run, output, &said);
    never_approved_twice(scenario_run, output, &said);
}

/// Between the last thing that was done to the cluster and "done" lies the settle time.
fn never_done_early(scenario_run: &ScenarioRun, output: &ToolOutput, said: &impl Fn() -> String) {
    let log = scenario_run.log();
    let lines: Vec<&Value> = output.verdicts.iter().filter(|line| line["verdict"].is_string()).collect();
    // While an approval is on its way, the release before it may be reported once more: nothing new is claimed.
    let is_new = |number: usize| {
        let before = number.checked_sub(1).map(|before| lines[before]);
        before.is_none_or(|it| it["verdict"] != "done" || it["release"] != lines[number]["release"])
    };
    let dones =
        lines.iter().enumerate().filter(|(number, line)| line["verdict"] == "done" && is_new(*number));
    for (_, done) in dones {
        let at: Timestamp = done["time"].as_str().unwrap().parse().unwrap();
        let at = SystemTime::from(at);
        let before = log.iter().filter(|entry| !entry.harmless && entry.at <= at);
        if let Some(last) = before.max_by_key(|entry| entry.at) {
            let quiet = at.duration_since(last.at).unwrap_or_default();
            assert!(
                quiet >= Duration::from_secs(SETTLE_SECONDS),
                "done {quiet:?} after {last:?}\n{}",
                said()
            );
        }
    }
}

/// Whatever happens, a release is approved once.
fn never_approved_twice(scenario_run: &ScenarioRun, output: &ToolOutput, said: &impl Fn() -> String) {
    let named: BTreeSet<&str> = output.verdicts.iter().filter_map(|line| line["target"].as_str()).collect();
    for release in named {
        let times = scenario_run.approvals(&format!("v{release}")).unwrap_or_default();
        assert!(times <= 1, "{release} was approved {times} times\n{}", said());
    }
}
