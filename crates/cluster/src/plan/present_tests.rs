//! What is wrong in the cluster as it is, and the next command because of it.

use problems::{Code, Fact, ReleaseFact, Rule, Unfinished};
use serde_json::json;

use super::*;
use crate::{
    ClusterState,
    objects::{ModuleConfig, Phase, Queue, Release, Task},
    verdict::scenes::{at, known, pod, quiet, release},
};

/// v1.71.0 is deployed and healthy, and v1.72.3 waits.
fn waiting(mode: &str) -> ClusterState {
    let mut state = quiet("1.71.0");
    state.module_configs = Reading::Known(vec![ModuleConfig {
        name: "deckhouse".to_owned(),
        settings: json!({ "releaseChannel": "Stable", "update": { "mode": mode } }),
        ..ModuleConfig::default()
    }]);
    known(&mut state.releases).push(release("1.72.3", Phase::Pending));
    state
}

fn plan(state: &ClusterState) -> Plan {
    Plan::make(state, &PlanInput { now: at(3600), ..PlanInput::default() }).unwrap()
}

fn next(plan: &Plan) -> String {
    plan.next.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn stuck_queue(state: &mut ClusterState) {
    let head = Task { queue: "main".to_owned(), failures: 40, ..Task::default() };
    state.queue = Reading::Known(Queue { tasks: 1, heads: vec![head] });
}

fn no_image(state: &mut ClusterState) {
    let mut broken = pod("deckhouse-b", "1.71.0", false);
    broken.phase = "Pending".to_owned();
    broken.containers[0].waiting_reason = Some("ImagePullBackOff".to_owned());
    state.pods = Reading::Known(vec![broken]);
}

fn waits_for_disruption(state: &mut ClusterState) {
    known(&mut state.node_groups)[0].approval_mode = Some("Manual".to_owned());
    known(&mut state.nodes)[0].update_annotations =
        [("disruption-required".to_owned(), String::new())].into();
}

#[test]
fn what_status_calls_blocked_blocks_the_plan_too() {
    type Change = fn(&mut ClusterState);
    let without_phase: Change = |it| known(&mut it.releases)[1].phase = None;
    for (name, change, rule) in [
        ("image", no_image as Change, Rule::PlatformImage),
        ("queue", stuck_queue, Rule::QueueFailures),
        ("node", waits_for_disruption, Rule::NodeDisruption),
        ("phase", without_phase, Rule::NoPhase),
    ] {
        for with_release in [true, false] {
            let mut state = waiting("Manual");
            change(&mut state);
            if !with_release {
                known(&mut state.releases).truncate(1);
            }
            let plan = plan(&state);
            let codes: Vec<Code> = plan.blocking.iter().map(|it| it.code).collect();
            let expected =
                if rule == Rule::NoPhase && !with_release { vec![] } else { vec![Code::Rule(rule)] };
            assert_eq!((codes, next(&plan).as_str()), (expected, ""), "{name}");
        }
    }
    assert_eq!(next(&plan(&waiting("Manual"))), "dhctl update approve v1.72.3");
}

#[test]
fn a_later_release_without_a_phase_does_not_stop_the_next_one() {
    let mut state = waiting("Manual");
    known(&mut state.releases).push(Release { phase: None, ..release("1.73.0", Phase::Pending) });
    let plan = plan(&state);
    assert_eq!((plan.blocking.len(), next(&plan).as_str()), (1, "dhctl update approve v1.72.3"));
}

#[test]
fn a_patch_may_repair_what_blocks() {
    let mut state = waiting("Manual");
    known(&mut state.releases).push(release("1.71.2", Phase::Pending));
    stuck_queue(&mut state);
    let of_queue = plan(&state);
    assert!(of_queue.repairs && of_queue.blocking.len() == 1);
    assert_eq!(next(&of_queue), "dhctl update approve v1.71.2");
    // No approval is given before the pod is ready.
    no_image(&mut state);
    let of_image = plan(&state);
    assert!(!of_image.repairs);
    assert_eq!(next(&of_image), "");
}

#[test]
fn nothing_is_approved_before_the_update_before_is_finished() {
    let mut state = waiting("Manual");
    state.pods = Reading::Known(vec![pod("deckhouse-b", "1.71.0", false)]);
    let restarting = plan(&state);
    assert_eq!((restarting.blocking.as_slice(), next(&restarting).as_str()), (&[][..], "dhctl update watch"));
    let fact = restarting.unfinished.map(|it| it.fact);
    assert!(
        matches!(fact, Some(Fact::Release(ReleaseFact::PreviousUnfinished { sign: Unfinished::Pod, .. }))),
        "{fact:?}"
    );
    known(&mut state.releases).truncate(1);
    let alone = plan(&state);
    assert_eq!(next(&alone), "dhctl update watch");
    let fact = alone.unfinished.map(|it| it.fact);
    assert_eq!(fact, Some(ReleaseFact::InProgress { restarting: true }.into()));
}

#[test]
fn without_approvals_the_next_command_names_the_release_or_sets_the_mode() {
    let mut state = waiting("Auto");
    assert_eq!(next(&plan(&state)), "dhctl update watch --to v1.72.3");
    known(&mut state.releases).push(release("1.73.0", Phase::Pending));
    let several = plan(&state);
    assert!(next(&several).starts_with("kubectl patch "), "{}", next(&several));
    assert!(next(&several).contains("\"Manual\""), "{}", next(&several));
}
