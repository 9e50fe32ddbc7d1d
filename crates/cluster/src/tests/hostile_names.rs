//! Names that would be commands if a shell read them, in every place that a command is made from: whatever is shown, a
//! shell gets each of them as a part of one word. The commands of other parts: `cli::words`.

use std::collections::BTreeMap;

use commands::Command;
use jiff::{SignedDuration, Timestamp};
use problems::Advice;
use semver::Version;
use serde_json::{Value, json};
use testkit::shell::{HOSTILE_NAMES, invocations};

use crate::{
    ClusterState, Reading,
    change::{Change, Kind, Purpose, Write},
    doctor::{Details, FailedPull, ImageAnswer, RegistryAnswers, RegistryCheck, diagnose},
    objects::{
        Alert, Application, ClusterConfiguration, Condition, ContainerState, DeckhouseDeployment,
        DeckhousePod, Module, ModuleConfig, ModulePullOverride, ModuleRelease, ModuleSource, Node, NodeGroup,
        PackageRepository, Phase, Queue, RegistrySettings, Release, Task,
    },
    registry_answer::RegistryAnswer,
};

fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn long_ago() -> Timestamp {
    now() - SignedDuration::from_hours(24)
}

fn release(name: &str, version: &str, phase: Phase, message: &str) -> Release {
    Release {
        name: name.to_owned(),
        version_text: name.to_owned(),
        version: Version::parse(version).ok(),
        phase: Some(phase),
        message: message.into(),
        transition_time: Some(long_ago()),
        created: Some(long_ago()),
        ..Release::default()
    }
}

fn config(name: &str, settings: Value, message: &str) -> ModuleConfig {
    ModuleConfig { name: name.to_owned(), settings, message: message.into(), ..ModuleConfig::default() }
}

/// The image of the platform, in a registry of this name.
fn image(name: &str) -> String {
    format!("{name}/dkp:v1.70.3")
}

fn pod(name: &str, waiting: Option<&str>) -> DeckhousePod {
    DeckhousePod {
        name: name.to_owned(),
        phase: "Running".to_owned(),
        ready: waiting.is_none(),
        started: Some(long_ago()),
        containers: vec![ContainerState {
            name: name.to_owned(),
            image: image(name),
            waiting_reason: waiting.map(str::to_owned),
            waiting_message: Some("not found".into()),
            ..ContainerState::default()
        }],
        ..DeckhousePod::default()
    }
}

/// A cluster in which everything is called so, and hardly anything is well. `waiting`: why the platform's pod waits;
/// `message`: of the release that is next.
fn cluster(name: &str, waiting: Option<&str>, message: &str) -> ClusterState {
    let own = || name.to_owned();
    let updates = json!({"releaseChannel": "Stable", "update": {"mode": "Manual", "disruptionApprovalMode": "Manual",
                         "blockOnAlerts": {"enabled": true}}});
    let alert =
        |alert: &str| Alert { id: own(), name: alert.to_owned(), severity: Some(4), ..Alert::default() };
    let module = |phase: &str| Module {
        name: own(),
        phase: phase.to_owned(),
        enabled: Some(true),
        requires_deckhouse: Some("< 1.60".to_owned()),
        source: Some(own()),
        ..Module::default()
    };
    let of_module = |phase| ModuleRelease {
        name: own(),
        module: own(),
        version_text: own(),
        phase: Some(phase),
        message: "Waiting for manual approval".into(),
        ..ModuleRelease::default()
    };
    let marks = [("disruption-required", ""), ("approved", ""), ("draining", "user")];
    let node = Node {
        name: own(),
        group: Some(own()),
        kernel_version: "4.9.0".to_owned(),
        kubelet_version: "1.20.0".to_owned(),
        update_annotations: marks.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        ..Node::default()
    };
    let is_true = || Condition { is_true: true, message: foreign_text::ForeignText::default() };
    let group = NodeGroup {
        name: own(),
        nodes: 1,
        approval_mode: Some("Manual".to_owned()),
        conditions: BTreeMap::from([("WaitingForDisruptiveApproval".to_owned(), is_true())]),
        ..NodeGroup::default()
    };
    let head = Task {
        queue: "main".to_owned(),
        description: format!("ModuleRun:main:{name}:doStartup").into(),
        failures: 50,
        ..Task::default()
    };
    let mut upcoming = release(name, "1.71.2", Phase::Pending, message);
    upcoming.disruptions = vec![own().into()];
    ClusterState {
        kubernetes: Reading::Known(Version::new(1, 31, 0)),
        releases: Reading::Known(vec![
            release(name, "1.69.9", Phase::Superseded, ""),
            release(name, "1.70.3", Phase::Deployed, ""),
            upcoming,
            release(name, "1.74.0", Phase::Suspended, ""),
        ]),
        module_configs: Reading::Known(vec![
            config("deckhouse", updates, ""),
            config(name, json!({}), "Error: invalid settings"),
        ]),
        deployment: Reading::Known(DeckhouseDeployment {
            image: image(name),
            replicas: 1,
            updated: 1,
            ready: 1,
            available: 1,
            ..DeckhouseDeployment::default()
        }),
        pods: Reading::Known(vec![pod(name, waiting)]),
        queue: Reading::Known(Queue { tasks: 1, heads: vec![head] }),
        alerts: Reading::Known(vec![
            alert("DeckhouseUpdatingFailed"),
            alert("D8NodeHasUnmetKernelRequirements"),
            alert("D8CNIMisconfigured"),
            alert("HelmReleasesHasResourcesWithUnsupportedVersions"),
        ]),
        modules: Reading::Known(vec![module("Error")]),
        module_releases: Reading::Known(vec![of_module(Phase::Pending), of_module(Phase::Suspended)]),
        module_sources: Reading::Known(vec![ModuleSource {
            name: own(),
            repo: own(),
            message: "not read".into(),
            ..ModuleSource::default()
        }]),
        module_update_policies: Reading::Known(Vec::new()),
        module_pull_overrides: Reading::Known(vec![ModulePullOverride { name: own(), image_tag: own() }]),
        node_groups: Reading::Known(vec![group]),
        nodes: Reading::Known(vec![node]),
        registry: Reading::Known(RegistrySettings {
            address: own(),
            path: format!("/{name}"),
            plain_http: false,
            ca: None,
            login: None,
        }),
        cluster_configuration: Reading::Known(ClusterConfiguration {
            kubernetes_version: Some("Automatic".to_owned()),
            ..ClusterConfiguration::default()
        }),
        ..packages(name)
    }
}

/// A cluster with packages, and nothing else.
fn packages(name: &str) -> ClusterState {
    let own = || name.to_owned();
    let application = |namespace| Application {
        namespace,
        name: own(),
        state: "Failed".to_owned(),
        ..Application::default()
    };
    ClusterState {
        package_repositories: Reading::Known(vec![PackageRepository {
            name: own(),
            repo: own(),
            phase: "Error".to_owned(),
            ..PackageRepository::default()
        }]),
        applications: Reading::Known(vec![application(Some(own()))]),
        cluster_applications: Reading::Known(vec![application(None)]),
        ..ClusterState::default()
    }
}

/// What makes a cluster show one thing or another.
fn clusters(name: &str) -> Vec<ClusterState> {
    let approval = "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation";
    let disruption = "release blocked, disruption approval required: (`kubectl annotate …`)";
    let mut several = cluster(name, None, approval);
    several.pods = Reading::Known(vec![pod(name, None), pod("other", None)]);
    let mut two = cluster(name, None, "");
    let mut approved = cluster(name, None, disruption);
    let mut unset = cluster(name, None, "");
    let mut moving = cluster(name, None, "");
    if let Reading::Known(releases) = &mut approved.releases {
        releases[2].approved_field = true;
    }
    if let (Reading::Known(releases), Reading::Known(configs), Reading::Known(deployment)) =
        (&mut two.releases, &mut unset.module_configs, &mut moving.deployment)
    {
        releases[2].phase = Some(Phase::Deployed);
        configs[0].settings = json!({});
        deployment.image = format!("{name}:stable");
    }
    vec![
        cluster(name, None, approval),
        cluster(name, None, disruption),
        cluster(name, None, "awaiting a new era"),
        cluster(
            name,
            None,
            "\"k8s\" requirement for DeckhouseRelease \"1.71.2\" not met: the kernel is too old",
        ),
        cluster(name, Some("ImagePullBackOff"), ""),
        cluster(name, Some("CrashLoopBackOff"), ""),
        several,
        approved,
        two,
        unset,
        moving,
    ]
}

fn answered(name: &str) -> Details {
    let waiting = FailedPull {
        namespace: name.to_owned(),
        pod: name.to_owned(),
        container: name.to_owned(),
        image: image(name),
        reason: "ImagePullBackOff".to_owned(),
        message: "not found".into(),
        ..FailedPull::default()
    };
    let missing =
        |image: String| ImageAnswer { image, answer: RegistryAnswer::Missing, no_repository: false };
    Details {
        pulls_of_pending_pods: Reading::Known(vec![waiting]),
        registry: RegistryCheck::Answered(RegistryAnswers {
            channel: RegistryAnswer::Missing,
            versions: RegistryAnswer::Missing,
            images: vec![missing(format!("{name}/{name}:v1.71.2")), missing(image(name))],
        }),
        ..Details::default()
    }
}

/// The commands that the doctor's steps carry.
fn shown(state: &ClusterState, name: &str) -> Vec<Command> {
    let report = diagnose(state, &answered(name), now());
    let advice = report.findings.iter().flat_map(|finding| &finding.problem.advice);
    let commands = advice.filter_map(|advice| match advice {
        Advice::See(_, command) => Some(command.clone()),
        _ => None,
    });
    commands.collect()
}

/// Asserts that a shell reads the words of the command, and nothing else.
fn assert_read_as_meant(command: &Command) {
    let line = command.to_string();
    let mut stages = command.stages();
    stages.sort();
    assert_eq!(invocations(&line), stages, "{line}");
    let is_here_document = line.contains(" <<'EOF");
    assert!(is_here_document || !line.contains(|it: char| it.is_control() || it == '\u{202e}'), "{line}");
}

#[test]
fn names_stay_within_one_word_of_a_command() {
    let mut with_name = 0;
    for name in HOSTILE_NAMES {
        let mut all: Vec<Command> = clusters(name).iter().flat_map(|state| shown(state, name)).collect();
        all.sort();
        all.dedup();
        for command in all {
            assert_read_as_meant(&command);
            with_name += usize::from(command.stages().iter().flatten().any(|word| word.contains(name)));
        }
    }
    // There are such commands, or this would prove nothing.
    assert!(with_name >= 8 * HOSTILE_NAMES.len(), "{with_name}");
}

#[test]
fn names_stay_within_one_word_of_a_change() {
    for name in HOSTILE_NAMES {
        let object = json!({ "spec": { "version": name, name: name } });
        for write in [Write::Merge(object.clone()), Write::Create(object.clone()), Write::Delete] {
            let change = Change {
                purpose: Purpose::DisableModule,
                kind: Kind::ModuleConfig,
                name: name.to_owned(),
                write,
            };
            assert_read_as_meant(&change.command());
            assert_read_as_meant(&change.one_line_command());
        }
    }
}
