use std::collections::BTreeMap;

use problems::{Advice, Fact, PrepareFor, ReleaseAdvice, ReleaseFact};
use serde_json::{Value, json};

use super::*;
use crate::{
    ClusterState, Obstacle,
    objects::{
        Alert, DeckhouseDeployment, DeprecatedApiUse, IngressController, Module, ModuleConfig, Node, Phase,
        Release,
    },
    requirements::{Outcome, WhyUnknown},
};

pub(super) fn version(text: &str) -> Version {
    Version::parse(text.trim_start_matches('v')).unwrap()
}

/// `VERSION PHASE [approved]`
fn release(line: &str) -> Release {
    let mut words = line.split(' ');
    let name = words.next().unwrap().to_owned();
    Release {
        version: Some(version(&name)),
        version_text: name.clone(),
        name,
        phase: words.next().and_then(Phase::parse),
        approved_field: words.next() == Some("approved"),
        ..Release::default()
    }
}

pub(super) fn delivered(text: &str, spec: Value) -> DeliveredRelease {
    DeliveredRelease { version: version(text), spec }
}

pub(super) fn cluster(releases: &[&str]) -> ClusterState {
    let node = |name: &str, kubelet: &str| Node {
        name: name.to_owned(),
        group: Some("worker".to_owned()),
        kubelet_version: kubelet.to_owned(),
        kernel_version: "5.15.0-53-generic".to_owned(),
        ..Node::default()
    };
    ClusterState {
        releases: Reading::Known(releases.iter().map(|line| release(line)).collect()),
        deployment: Reading::Known(DeckhouseDeployment {
            image: "r.example/dkp/ee:v1.57.5".to_owned(),
            replicas: 1,
            updated: 1,
            ready: 1,
            available: 1,
            ..DeckhouseDeployment::default()
        }),
        module_configs: Reading::Known(vec![ModuleConfig {
            name: "deckhouse".to_owned(),
            settings: json!({ "releaseChannel": "Stable", "update": { "mode": "Manual" } }),
            ..ModuleConfig::default()
        }]),
        nodes: Reading::Known((0..5).map(|it| node(&format!("w-{it}"), "v1.29.8")).collect()),
        modules: Reading::Known(Vec::new()),
        cluster_configuration: Reading::Absent("managed".to_owned()),
        ingress_controllers: Reading::Known(vec![IngressController {
            name: "main".to_owned(),
            version: Some("1.6".to_owned()),
            class: Some("nginx".to_owned()),
        }]),
        alerts: Reading::Known(Vec::new()),
        module_releases: Reading::Known(Vec::new()),
        module_pull_overrides: Reading::Known(Vec::new()),
        module_sources: Reading::Known(Vec::new()),
        license: Reading::Absent("this platform has no licenses".to_owned()),
        deprecated_apis: Reading::Known(Vec::new()),
        ..ClusterState::default()
    }
}

pub(super) fn of_file(versions: &[&str]) -> PlanInput {
    PlanInput {
        delivery: versions.iter().map(|it| delivered(it, json!({}))).collect(),
        ..PlanInput::default()
    }
}

/// The facts by the names of their variants; of gaps what is missing.
fn names(blocking: &[Problem]) -> String {
    let name = |it: &Problem| match &it.fact {
        Fact::Release(ReleaseFact::MissingMinors { minors: (first, last), .. }) => {
            format!("MissingMinors(1.{first}-1.{last})")
        }
        Fact::Release(ReleaseFact::MissingBetween { before, minors: (first, last) }) => {
            format!("MissingBetween(v{before} 1.{first}-1.{last})")
        }
        fact => {
            let text = format!("{fact:?}");
            let variant = text.split_once('(').map_or(text.as_str(), |(_, rest)| rest);
            variant.split([' ', '(', ')']).next().unwrap_or_default().to_owned()
        }
    };
    blocking.iter().map(name).collect::<Vec<_>>().join("; ")
}

#[test]
fn which_releases_are_taken() {
    let deployed = "v1.57.5 Deployed";
    for (file, others, to, chain, left_out, blocking) in [
        (&["v1.58.1", "v1.58.3", "v1.59.0"][..], &[][..], None, "v1.58.3 v1.59.0", "v1.58.1", ""),
        (&[], &["v1.58.3 Pending"], None, "v1.58.3", "", ""),
        (&["v1.56.0", "v1.57.5", "v1.57.6"], &["v1.55.1 Superseded"], None, "v1.57.6", "v1.56.0 v1.57.5", ""),
        // The file and the cluster complete each other; the higher patch counts.
        (
            &["v1.58.3", "v1.60.1"],
            &["v1.59.2 Pending", "v1.58.9"],
            None,
            "v1.58.9 v1.59.2 v1.60.1",
            "v1.58.3",
            "",
        ),
        (&["v1.58.3"], &["v1.58.1 Pending"], None, "v1.58.3", "v1.58.1", ""),
        (&["v1.58.3", "v1.59.0-rc.1"], &[], None, "v1.58.3", "v1.59.0-rc.1", ""),
        (
            &["v1.58.3", "v1.60.1", "v1.61.0"],
            &[],
            None,
            "v1.58.3",
            "v1.60.1 v1.61.0",
            "MissingBetween(v1.58.3 1.59-1.59)",
        ),
        (&["v1.60.1"], &[], None, "", "v1.60.1", "MissingMinors(1.58-1.59)"),
        (&["v1.58.3", "v1.60.1"], &[], Some("1.58.3"), "v1.58.3", "v1.60.1", ""),
        (&["v1.58.3", "v1.58.4"], &[], Some("1.58.3"), "v1.58.3", "v1.58.4", ""),
        (&["v1.58.3"], &["v1.58.4 Pending"], Some("1.58.3"), "v1.58.3", "v1.58.4", "HigherPatch"),
        (&["v2.0.0"], &[], None, "", "v2.0.0", "OtherMajor"),
        // What the cluster will never take does not close a gap.
        (&["v1.58.3", "v1.59.0"], &["v1.58.3 Suspended"], None, "", "v1.58.3 v1.59.0", "Withdrawn"),
        (&["v1.58.3", "v1.58.2"], &["v1.58.3 Skipped"], None, "v1.58.2", "v1.58.3", ""),
        (&[], &[], Some("1.57.5"), "", "", ""),
        (&["v1.58.3"], &["v1.56.9 Deployed"], None, "v1.57.5 v1.58.3", "", "TwoDeployed"),
    ] {
        let state = cluster(&[&[deployed], others].concat());
        let input = PlanInput { to: to.map(version), ..of_file(file) };
        let plan = Plan::make(&state, &input).unwrap();
        let steps: Vec<&str> = plan.steps.iter().map(|step| step.version.as_str()).collect();
        let mut out: Vec<String> =
            plan.left_out.iter().flat_map(|it| &it.versions).map(|it| format!("v{it}")).collect();
        out.sort_unstable();
        assert_eq!(
            (steps.join(" ").as_str(), out.join(" ").as_str()),
            (chain, left_out),
            "{file:?} {others:?}"
        );
        let said = names(&plan.blocking);
        assert!(
            said.contains(blocking)
                && said.is_empty() == blocking.is_empty()
                && !said.contains("Withdrawn; "),
            "{file:?} {others:?}: {said}"
        );
    }
}

#[test]
fn clusters_without_a_plan() {
    let to = |text: &str| PlanInput { to: Some(version(text)), ..of_file(&["v1.58.3"]) };
    let state = cluster(&["v1.57.5 Deployed"]);
    let said = |state: &ClusterState, input: &PlanInput| Plan::make(state, input).unwrap_err().to_string();
    assert_eq!(
        said(&state, &to("1.56.0")),
        "v1.56.0 is older than the deployed v1.57.5; a downgrade is not possible"
    );
    assert_eq!(said(&state, &to("1.59.0")), "v1.59.0 is unknown; known releases: v1.58.3");
    let mut odd = cluster(&["v1.58.3 Pending"]);
    // While an update begins the image says what runs.
    assert_eq!(Plan::make(&odd, &PlanInput::default()).unwrap().deployed, "v1.57.5");
    odd.deployment = Reading::default();
    assert!(said(&odd, &to("1.58.3")).starts_with("cannot determine the running version"));
    let blind = ClusterState {
        releases: Reading::Unreadable(Obstacle::Forbidden("list deckhousereleases".to_owned())),
        ..ClusterState::default()
    };
    assert_eq!(
        said(&blind, &PlanInput::default()),
        "releases cannot be read: no permission: list deckhousereleases"
    );
}

#[test]
fn versions_whose_objects_were_skipped_together_block() {
    let twin = |name: &str| Release { name: name.to_owned(), ..release("v1.58.3 Skipped") };
    let mut state = cluster(&[]);
    let mut releases = vec![release("v1.57.5 Deployed"), twin("v1.58.3"), twin("v1-58-3")];
    state.releases = Reading::Known(releases.clone());
    let blocking = |state: &ClusterState| names(&Plan::make(state, &PlanInput::default()).unwrap().blocking);
    assert_eq!(blocking(&state), "SkippedTogether");
    // The minor version is not missing: the objects are in the way.
    releases.push(release("v1.59.1 Pending"));
    state.releases = Reading::Known(releases);
    assert_eq!(blocking(&state), "SkippedTogether");
    let plan = Plan::make(&state, &PlanInput::default()).unwrap();
    let both = vec!["v1-58-3".to_owned(), "v1.58.3".to_owned()];
    assert_eq!(
        plan.blocking[0].advice,
        [ReleaseAdvice::DeleteAll { names: both }.into(), Advice::Prepare(PrepareFor::CreateReleases)]
    );
}

#[test]
fn a_suspended_release_is_one_problem_with_all_steps() {
    for others in [&["v1.58.3 Suspended"][..], &["v1.58.3 Suspended", "v1.59.1 Pending"]] {
        let state = cluster(&[&["v1.57.5 Deployed"], others].concat());
        let plan = Plan::make(&state, &PlanInput::default()).unwrap();
        assert_eq!(names(&plan.blocking), "Withdrawn", "{others:?}");
        let push = Advice::Push { registry: "HOST/PATH".to_owned() };
        let patch = Advice::AnotherPatch(version("1.58.3"));
        assert_eq!(plan.blocking[0].advice, [patch, push, Advice::Prepare(PrepareFor::CreateReleases)]);
    }
    // Of the minor versions between, one is simply missing.
    let state = cluster(&["v1.57.5 Deployed", "v1.58.3 Suspended", "v1.60.1 Pending"]);
    let plan = Plan::make(&state, &PlanInput::default()).unwrap();
    assert_eq!(names(&plan.blocking), "Withdrawn; MissingMinors(1.58-1.59)");
}

#[test]
fn alerts_that_hold_releases_block() {
    let mut state = cluster(&["v1.57.5 Deployed", "v1.58.3 Pending"]);
    let settings = json!({
        "releaseChannel": "Stable", "update": { "mode": "Manual", "blockOnAlerts": { "enabled": true } },
    });
    state.module_configs = Reading::Known(vec![ModuleConfig {
        name: "deckhouse".to_owned(),
        settings,
        ..ModuleConfig::default()
    }]);
    let alert = |severity, severity_is_text| Alert {
        name: "A".to_owned(),
        severity: Some(severity),
        severity_is_text,
        ..Alert::default()
    };
    let plan = |state: &ClusterState| Plan::make(state, &PlanInput::default()).unwrap();
    for (alerts, expected) in
        [(vec![], ""), (vec![alert(3, true), alert(9, false)], ""), (vec![alert(4, true)], "HeldByAlerts")]
    {
        state.alerts = Reading::Known(alerts);
        assert_eq!(names(&plan(&state).blocking), expected);
    }
    // Nothing waits that could be held.
    state.releases = Reading::Known(vec![release("v1.57.5 Deployed")]);
    assert_eq!(names(&plan(&state).blocking), "");
}

#[test]
fn moving_tag_and_unset_channel() {
    let mut state = cluster(&["v1.57.5 Deployed"]);
    state.deployment = Reading::Known(DeckhouseDeployment {
        image: "r.example/dkp/ee:stable".to_owned(),
        ..DeckhouseDeployment::default()
    });
    state.module_configs =
        Reading::Known(vec![ModuleConfig { name: "deckhouse".to_owned(), ..ModuleConfig::default() }]);
    let plan = Plan::make(&state, &PlanInput::default()).unwrap();
    assert_eq!(names(&plan.blocking), "MovingTag; ChannelUnset");
    let repository = "r.example/dkp/ee".to_owned();
    assert_eq!(plan.blocking[0].advice, [Advice::SetImage { repository, version: version("1.57.5") }]);
    assert_eq!(plan.blocking[1].advice, [Advice::SetChannel]);
}

/// The outcome of the requirement `k8s` of the next release, when its message is this.
fn judged(needed: &str, message: &str) -> Outcome {
    let mut next = release("v1.58.3 Pending");
    next.message = message.into();
    next.requirements = BTreeMap::from([("k8s".to_owned(), needed.to_owned())]);
    let mut state = cluster(&[]);
    state.releases = Reading::Known(vec![release("v1.57.5 Deployed"), next]);
    let plan = Plan::make(&state, &PlanInput::default()).unwrap();
    plan.steps[0].requirements[0].outcome.clone()
}

#[test]
fn the_controllers_own_answer_wins() {
    let approval = "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation";
    let refused = "\"k8s\" requirement for DeckhouseRelease \"1.58.3\" not met: current kubernetes version is lower \
                   than required";
    assert_eq!(judged("1.29", ""), Outcome::Met);
    assert_eq!(judged("1.29", approval), Outcome::Met);
    let Outcome::Unmet(reasons) = judged("1.29", refused) else { panic!("the controller refuses") };
    assert_eq!(reasons[0].objects[0].to_string(), "DeckhouseRelease/v1.58.3");
    // Its own finding has no objects: ours is kept.
    let Outcome::Unmet(reasons) = judged("1.30", refused) else { panic!("both refuse") };
    assert_eq!(reasons[0].objects.len(), 5);
    assert!(judged("1.30", "").blocks());
    let Outcome::Unknown(WhyUnknown::ControllerPassedIt(found)) = judged("1.30", approval) else {
        panic!("the controller has passed it")
    };
    assert_eq!(found[0].objects.len(), 5);
}

/// The controller names one module; the other is found here. It names one that nothing was found about, too.
#[test]
fn modules_that_do_not_work_with_the_next_release() {
    let mut next = release("v1.58.3 Pending");
    next.message =
        "requirements of the 'console' module are not satisfied: 1.58.3 is greater than 1.57".into();
    let mut state = cluster(&[]);
    state.releases = Reading::Known(vec![release("v1.57.5 Deployed"), next]);
    let module = |name: &str, range: Option<&str>| Module {
        name: name.to_owned(),
        enabled: Some(true),
        requires_deckhouse: range.map(str::to_owned),
        ..Module::default()
    };
    let held = |state: &ClusterState| -> Vec<String> {
        let plan = Plan::make(state, &PlanInput::default()).unwrap();
        let requirement = plan.steps[0].requirements.iter().find(|it| it.key == "modules").unwrap();
        let Outcome::Unmet(reasons) = &requirement.outcome else { panic!("{requirement:?}") };
        assert!(requirement.outcome.blocks());
        reasons.iter().flat_map(|it| &it.objects).map(ToString::to_string).collect()
    };
    state.module_releases = Reading::Known(Vec::new());
    for (modules, expected) in [
        (vec![], &["Module/console"][..]),
        (vec![module("console", Some("< 1.58"))], &["Module/console"]),
        (vec![module("console", None), module("sds", Some("< 1.58"))], &["Module/sds", "Module/console"]),
        (vec![module("console", Some(">= 1.50"))], &["Module/console"]),
    ] {
        state.modules = Reading::Known(modules.clone());
        assert_eq!(held(&state), expected, "{modules:?}");
    }
}

#[test]
fn a_release_of_the_file_alone_is_created_first() {
    let new = PlanInput { file: Some("/mnt/usb stick/releases.yaml".to_owned()), ..of_file(&["v1.58.3"]) };
    let new = Plan::make(&cluster(&["v1.57.5 Deployed"]), &new).unwrap();
    let prepare = "dhctl update prepare -f '/mnt/usb stick/releases.yaml'";
    assert_eq!(new.next.map(|it| it.to_string()).as_deref(), Some(prepare));
}

fn alert(id: &str, name: &str, labels: &[(&str, &str)]) -> Alert {
    Alert {
        id: id.to_owned(),
        name: name.to_owned(),
        summary: format!("{name} fires").into(),
        labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ..Alert::default()
    }
}

#[test]
fn alerts_and_api_requests_become_breaking_points() {
    let mut state = cluster(&["v1.57.5 Deployed"]);
    let helm = [
        ("helm_release_namespace", "shop"),
        ("helm_release_name", "front"),
        ("resource_namespace", "shop"),
        ("resource_name", "limit"),
        ("api_version", "flowcontrol.apiserver.k8s.io/v1beta3"),
        ("kind", "FlowSchema"),
        ("k8s_version", "1.32"),
    ];
    state.alerts = Reading::Known(vec![
        alert("a1", "D8DeckhouseConfigInvalid", &[]),
        alert("a2", "ModuleConfigObsoleteVersion", &[("name", "prometheus")]),
        alert("a3", "HelmReleasesHasResourcesWithDeprecatedVersions", &helm),
        alert("a4", "HelmReleasesHasResourcesWithUnsupportedVersions", &[]),
        alert("a5", "NodeIsTired", &[]),
        alert("a6", "ModuleAtConflict", &[("module", "odd")]),
    ]);
    state.deprecated_apis = Reading::Known(vec![
        DeprecatedApiUse {
            group: "policy".to_owned(),
            version: "v1beta1".to_owned(),
            resource: "poddisruptionbudgets".to_owned(),
            removed_in: "1.25".to_owned(),
        },
        DeprecatedApiUse {
            version: "v1".to_owned(),
            resource: "componentstatuses".to_owned(),
            ..Default::default()
        },
    ]);
    let plan = Plan::make(&state, &PlanInput::default()).unwrap();
    let points: Vec<&str> = plan.breaking_points.iter().map(|it| it.object.as_str()).collect();
    // The invalid configuration blocks, and is reported there.
    assert_eq!(points, ["ModuleConfig/odd", "ModuleConfig/prometheus"]);
    assert_eq!(plan.blocking.iter().map(|it| it.object.to_string()).collect::<Vec<_>>(), ["ClusterAlert/a1"]);
    let uses: Vec<(&ApiUser, &str, &ApiInstead)> =
        plan.removed_apis.iter().map(|it| (&it.user, it.removed_in.as_str(), &it.instead)).collect();
    let summary = "HelmReleasesHasResourcesWithUnsupportedVersions fires".into();
    let object = ApiUser::Object {
        kind: "FlowSchema".to_owned(),
        name: "limit".to_owned(),
        namespace: "shop".to_owned(),
        release: "shop/front".to_owned(),
    };
    assert_eq!(
        uses,
        [
            (&ApiUser::Alert { id: "a4".to_owned() }, "", &ApiInstead::SeeHelm(summary)),
            (&ApiUser::Client, "1.25", &ApiInstead::Known(Replacement::Api("policy/v1"))),
            (&object, "1.32", &ApiInstead::Known(Replacement::Api("flowcontrol.apiserver.k8s.io/v1"))),
        ]
    );
}

/// What blocks and what comes next, with v1.57.5 deployed and these releases beside it.
fn outlook(releases: &[Release], config: &ModuleConfig, to: Option<&str>) -> (Vec<Problem>, String) {
    let mut state = cluster(&[]);
    let all = [release("v1.57.5 Deployed")].into_iter().chain(releases.iter().cloned());
    state.releases = Reading::Known(all.collect());
    state.module_configs = Reading::Known(vec![config.clone()]);
    let plan = Plan::make(&state, &PlanInput { to: to.map(version), ..PlanInput::default() }).unwrap();
    let next = plan.next.map(|it| it.to_string()).unwrap_or_default();
    (plan.blocking, next)
}

#[test]
fn what_only_a_person_can_change_blocks() {
    let config = |mode: &str| ModuleConfig {
        name: "deckhouse".to_owned(),
        settings: json!({ "releaseChannel": "Stable", "update": { "mode": mode } }),
        ..ModuleConfig::default()
    };
    let kept = |note: &str| ModuleConfig {
        annotations: BTreeMap::from([(crate::prepare::CHANNEL_NOTE.to_owned(), note.to_owned())]),
        settings: json!({}),
        ..config("Manual")
    };
    let with_message = |line: &str, message: &str| Release { message: message.into(), ..release(line) };
    let disruption = "release blocked, disruption approval required: ingress controllers restart";
    let interrupts = Release {
        disruptions: vec!["ingressNginx".into()],
        ..with_message("v1.58.3 Pending approved", disruption)
    };
    let mut allowed = interrupts.clone();
    allowed.annotations.insert("release.deckhouse.io/disruption-approved".to_owned(), "true".to_owned());
    let notification = "Release is blocked, failed to send release notification: Post \"https://a.example/secret\": i/o timeout";
    let approval = "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation";
    let pending = || vec![release("v1.58.3 Pending")];
    let suspended = || vec![release("v1.58.3 Suspended")];
    let other_patch = || vec![release("v1.58.3 Suspended"), release("v1.58.2 Pending")];
    let (manual, patch, auto) = (config("Manual"), config("AutoPatch"), config("Auto"));
    let (approve, watch) = ("dhctl update approve v1.58.3", "dhctl update watch --to v1.58.3");
    for (releases, config, to, blocked, next) in [
        (pending(), &manual, None, "", approve),
        (pending(), &auto, None, "", watch),
        (
            vec![release("v1.58.3 Pending"), release("v1.59.1 Pending approved")],
            &manual,
            None,
            "ApprovedAhead",
            "",
        ),
        (pending(), &patch, None, "", approve),
        (vec![release("v1.57.6 Pending")], &patch, None, "", "dhctl update watch --to v1.57.6"),
        (vec![with_message("v1.58.3 Pending", approval)], &auto, None, "", approve),
        (vec![with_message("v1.58.3 Pending", notification)], &auto, None, "NotificationFailed", watch),
        (vec![interrupts], &manual, None, "NeedsDisruptionApproval", watch),
        (vec![allowed], &manual, None, "", watch),
        (suspended(), &manual, None, "Withdrawn", ""),
        (suspended(), &manual, Some("1.58.3"), "Withdrawn", ""),
        (other_patch(), &manual, None, "", "dhctl update approve v1.58.2"),
        (other_patch(), &manual, Some("1.58.3"), "Withdrawn", "dhctl update approve v1.58.2"),
        (vec![release("v1.58.3 Skipped")], &manual, Some("1.58.3"), "PassedOver", ""),
        // The mode is unset too, which this version takes for Auto.
        (pending(), &kept("Stable"), None, "ChannelUnset", watch),
        (pending(), &kept("Bogus"), None, "ChannelUnset", watch),
    ] {
        let (blocking, then) = outlook(&releases, config, to);
        assert_eq!((then.as_str(), names(&blocking).as_str()), (next, blocked), "{releases:?}");
        assert!(!format!("{blocking:?}").contains("secret"), "{blocking:?}");
    }
}
