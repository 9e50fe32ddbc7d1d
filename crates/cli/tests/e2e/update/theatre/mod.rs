//! Every scenario of the theatre, with the real binary tool it, which has exactly the rights that it asks for.

mod checks;
mod tool;

use testkit::{
    kube::ApiServer,
    theatre::{Scenario, ScenarioRun},
};

use checks::check;
use tool::run_tool;

/// How long everything must be quiet in these tests before "done" is believed.
const SETTLE_SECONDS: u64 = 2;

fn play(name: &str) {
    let scenario = Scenario::named(name).unwrap();
    let scenario_run = ScenarioRun::open(ApiServer::borrow().unwrap(), &scenario, 1.0).unwrap();
    let output = run_tool(&scenario_run, &scenario);
    check(&scenario_run, &scenario, &output);
}

macro_rules! scenarios {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            play($name);
        })*

        #[test]
        fn every_scenario_has_a_test() {
            let mut tested = vec![$($name.to_owned()),*];
            tested.sort();
            assert_eq!(Scenario::names().unwrap(), tested);
        }
    };
}

scenarios! {
    alert_comes_late: "alert-comes-late",
    alerts_absent: "alerts-absent",
    alerts_go: "alerts-go",
    api_gone: "api-gone",
    application_never_ready: "application-never-ready",
    application_ready_late: "application-ready-late",
    apply_now: "apply-now",
    approval_taken_back: "approval-taken-back",
    approve_backup_missing: "approve-backup-missing",
    approve_later_approved: "approve-later-approved",
    approve_node_waits: "approve-node-waits",
    approved_ahead: "approved-ahead",
    approved_beyond_the_end: "approved-beyond-the-end",
    automatic_mode: "automatic-mode",
    automatic_mode_corrected: "automatic-mode-corrected",
    automatic_mode_two_minors: "automatic-mode-two-minors",
    backup_not_required: "backup-not-required",
    backup_required_and_made: "backup-required-and-made",
    backup_required_and_old: "backup-required-and-old",
    channel_unset: "channel-unset",
    controller_gone: "controller-gone",
    converge_malformed: "converge-malformed",
    converge_not_answered: "converge-not-answered",
    crash_loop_heals: "crash-loop-heals",
    crash_loop_slow: "crash-loop-slow",
    dashed_twins: "dashed-twins",
    deployed_and_idle: "deployed-and-idle",
    disruption_approved_late: "disruption-approved-late",
    disruption_never_approved: "disruption-never-approved",
    disruption_of_a_release: "disruption-of-a-release",
    doctor_disruption: "doctor-disruption",
    doctor_empty_phases: "doctor-empty-phases",
    doctor_image: "doctor-image",
    doctor_mark_alone: "doctor-mark-alone",
    doctor_notification_silent: "doctor-notification-silent",
    doctor_module_constraint: "doctor-module-constraint",
    doctor_module_gate: "doctor-module-gate",
    doctor_minors_skipped: "doctor-minors-skipped",
    doctor_pod: "doctor-pod",
    doctor_queue: "doctor-queue",
    doctor_requirement_nodes: "doctor-requirement-nodes",
    doctor_suspended_neighbour: "doctor-suspended-neighbour",
    doctor_twins_skipped: "doctor-twins-skipped",
    gap: "gap",
    gap_behind_a_suspended_release: "gap-behind-a-suspended-release",
    image_comes_late: "image-comes-late",
    image_missing: "image-missing",
    image_wrong_credentials: "image-wrong-credentials",
    interrupted_in_each_stage: "interrupted-in-each-stage",
    kubelet_away: "kubelet-away",
    mark_stays: "mark-stays",
    minors_skipped: "minors-skipped",
    minors_skipped_and_interrupted: "minors-skipped-and-interrupted",
    minors_skipped_before_a_run: "minors-skipped-before-a-run",
    minors_skipped_in_a_run: "minors-skipped-in-a-run",
    mode_unset_asks: "mode-unset-asks",
    module_before_a_direct_update: "module-before-a-direct-update",
    module_constraint: "module-constraint",
    module_constraint_of_an_approved_release: "module-constraint-of-an-approved-release",
    module_direct_update: "module-direct-update",
    module_end_of_a_range_has_a_higher_patch: "module-end-of-a-range-has-a-higher-patch",
    module_from_zero_to_one: "module-from-zero-to-one",
    module_from_zero_to_one_waits: "module-from-zero-to-one-waits",
    module_not_ready: "module-not-ready",
    module_on_lts: "module-on-lts",
    module_on_lts_waits: "module-on-lts-waits",
    module_range_of_another_minor: "module-range-of-another-minor",
    module_release_waits: "module-release-waits",
    module_updated_first: "module-updated-first",
    moving_tag: "moving-tag",
    newer_than_channel: "newer-than-channel",
    none_deployed: "none-deployed",
    notification_blocks: "notification-blocks",
    old_platform: "old-platform",
    person_drains_a_node: "person-drains-a-node",
    plan_block_on_alerts: "plan-block-on-alerts",
    plan_later_approved: "plan-later-approved",
    plan_module_constraint: "plan-module-constraint",
    plan_module_validations: "plan-module-validations",
    plan_none_deployed: "plan-none-deployed",
    plan_notification: "plan-notification",
    plan_requirement: "plan-requirement",
    plan_suspended: "plan-suspended",
    plan_twins_skipped: "plan-twins-skipped",
    pod_never_ready: "pod-never-ready",
    prepare_empty_phases: "prepare-empty-phases",
    queue_flickers: "queue-flickers",
    queue_head_fails: "queue-head-fails",
    queue_head_heals: "queue-head-heals",
    reader_watches: "reader-watches",
    reader_without_queues: "reader-without-queues",
    requirement_met_in_time: "requirement-met-in-time",
    requirement_met_later: "requirement-met-later",
    requirement_of_an_approved_release: "requirement-of-an-approved-release",
    requirement_unmet: "requirement-unmet",
    right_to_alerts_missing: "right-to-alerts-missing",
    right_to_exec_missing: "right-to-exec-missing",
    rights_missing: "rights-missing",
    rights_missing_in_watch: "rights-missing-in-watch",
    smooth_three_minors: "smooth-three-minors",
    status_in_the_middle: "status-in-the-middle",
    status_minors_not_known: "status-minors-not-known",
    status_minors_skipped: "status-minors-skipped",
    status_mode_unset: "status-mode-unset",
    status_none_deployed: "status-none-deployed",
    suspended: "suspended",
    target_missing_behind_an_approved_release: "target-missing-behind-an-approved-release",
    two_deployed: "two-deployed",
    value_comes_late: "value-comes-late",
    values_not_yet_known: "values-not-yet-known",
    webhook_away: "webhook-away",
    webhook_refuses: "webhook-refuses",
    window: "window",
    window_today: "window-today",
}
