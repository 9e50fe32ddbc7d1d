//! A healthy cluster.

use deckhouse::Channel;
use jiff::{SignedDuration, Timestamp};
use semver::Version;
use serde_json::json;

use crate::{
    ClusterState, Reading,
    doctor::{
        ChannelRelease, DeploymentCondition, Details, Finding, ImageAnswer, RegistryAnswer, RegistryAnswers,
        RegistryCheck, ReleaseList, Severity, diagnose,
    },
    objects::{
        ClusterConfiguration, ContainerState, DeckhouseDeployment, DeckhousePod, ModuleConfig, Phase, Queue,
        RegistrySettings, Release, ReleaseWebhook,
    },
};

/// A cluster and what the doctor sees besides.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) state: ClusterState,
    pub(super) details: Details,
}

pub(super) fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

/// So many minutes ago.
pub(super) fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub(super) fn release(version: &str, phase: &str, message: &str) -> Release {
    Release {
        name: format!("v{version}"),
        version_text: format!("v{version}"),
        version: Version::parse(version).ok(),
        phase: Phase::parse(phase),
        message: message.into(),
        transition_time: Some(ago(24 * 60)),
        created: Some(ago(24 * 60)),
        ..Release::default()
    }
}

pub(super) fn pod(ready: bool, minutes: i64) -> DeckhousePod {
    DeckhousePod {
        name: "deckhouse-0".to_owned(),
        phase: "Running".to_owned(),
        ready,
        started: Some(ago(minutes)),
        containers: vec![ContainerState {
            name: "deckhouse".to_owned(),
            image: "r.example:5000/dkp/ee:v1.70.3".to_owned(),
            ready,
            ..ContainerState::default()
        }],
        ..DeckhousePod::default()
    }
}

/// v1.70.3 is deployed, v1.71.2 waits for its approval, and everything agrees with the registry.
pub(super) fn healthy() -> Cluster {
    let settings = json!({"releaseChannel": "Stable", "update": {"mode": "Manual"}});
    let registry = RegistrySettings {
        address: "r.example:5000".to_owned(),
        path: "/dkp/ee".to_owned(),
        plain_http: false,
        ca: None,
        login: None,
    };
    let approval = "Release is waiting for the 'release.deckhouse.io/approved: \"true\"' annotation";
    let state = ClusterState {
        kubernetes: Reading::Known(Version::new(1, 31, 0)),
        releases: Reading::Known(vec![
            Release { transition_time: Some(ago(48 * 60)), ..release("1.69.9", "Superseded", "") },
            release("1.70.3", "Deployed", ""),
            release("1.71.2", "Pending", approval),
        ]),
        module_configs: Reading::Known(vec![ModuleConfig {
            name: "deckhouse".to_owned(),
            settings,
            ..ModuleConfig::default()
        }]),
        deployment: Reading::Known(DeckhouseDeployment {
            image: "r.example:5000/dkp/ee:v1.70.3".to_owned(),
            replicas: 1,
            updated: 1,
            ready: 1,
            available: 1,
            ..DeckhouseDeployment::default()
        }),
        pods: Reading::Known(vec![pod(true, 24 * 60)]),
        queue: Reading::Known(Queue::default()),
        alerts: Reading::Known(Vec::new()),
        modules: Reading::Known(Vec::new()),
        module_releases: Reading::Known(Vec::new()),
        module_sources: Reading::Known(Vec::new()),
        module_update_policies: Reading::Known(Vec::new()),
        module_pull_overrides: Reading::Known(Vec::new()),
        node_groups: Reading::Known(Vec::new()),
        nodes: Reading::Known(Vec::new()),
        ingress_controllers: Reading::Known(Vec::new()),
        registry: Reading::Known(registry),
        cluster_configuration: Reading::Known(ClusterConfiguration::default()),
        cloud_conditions: Reading::Known(Vec::new()),
        deprecated_apis: Reading::Known(Vec::new()),
        release_webhook: Reading::Known(Some(ReleaseWebhook::default())),
        replica_sets: Reading::Known(Vec::new()),
        release_starts: Reading::Known(Vec::new()),
        package_repositories: Reading::Known(Vec::new()),
        applications: Reading::Known(Vec::new()),
        cluster_applications: Reading::Known(Vec::new()),
        license: Reading::Absent("EffectiveLicense/deckhouse-platform does not exist".to_owned()),
        ..ClusterState::default()
    };
    let available = DeploymentCondition {
        kind: "Available".to_owned(),
        is_true: true,
        since: Some(ago(24 * 60)),
        ..DeploymentCondition::default()
    };
    let image = |tag: &str| ImageAnswer {
        image: format!("r.example:5000/dkp/ee:{tag}"),
        answer: RegistryAnswer::Found(()),
        no_repository: false,
    };
    let details = Details {
        pulls_of_pending_pods: Reading::Known(Vec::new()),
        pulls_of_running_pods: Reading::Known(Vec::new()),
        conditions: Reading::Known(vec![available]),
        events: Reading::Known(Vec::new()),
        log: Reading::Known(Vec::new()),
        registry: RegistryCheck::Answered(RegistryAnswers {
            channel: RegistryAnswer::Found(ChannelRelease {
                version: Version::new(1, 71, 2),
                suspended: false,
            }),
            versions: RegistryAnswer::Found(ReleaseList {
                listed: vec![Version::new(1, 70, 3), Version::new(1, 71, 2)],
                unlisted: Vec::new(),
            }),
            images: vec![image("v1.70.3"), image("v1.71.2")],
        }),
    };
    assert_eq!(crate::doctor::questions(&state, &details, now()).channel, Some(Channel::Stable));
    Cluster { state, details }
}

impl Cluster {
    /// What is found, as `severity rule`.
    pub(super) fn found(&self) -> Vec<String> {
        let name = |finding: &Finding| {
            let severity = match finding.severity {
                Severity::Blocks => "blocks",
                Severity::Slows => "slows",
                Severity::Notable => "notable",
            };
            format!("{severity} {}", name_of(finding.rule))
        };
        diagnose(&self.state, &self.details, now()).findings.iter().map(name).collect()
    }

    /// The releases, to be changed.
    pub(super) fn releases(&mut self) -> &mut Vec<Release> {
        known(&mut self.state.releases)
    }

    /// The settings of `ModuleConfig/deckhouse`.
    pub(super) fn settings(&mut self) -> &mut serde_json::Value {
        &mut known(&mut self.state.module_configs)[0].settings
    }

    /// What the registry answered.
    pub(super) fn answers(&mut self) -> &mut RegistryAnswers {
        match &mut self.details.registry {
            RegistryCheck::Answered(answers) => answers,
            other => panic!("{other:?}"),
        }
    }
}

/// The name of a rule for machines.
fn name_of(rule: problems::Rule) -> String {
    serde_json::to_value(rule).unwrap().as_str().unwrap().to_owned()
}

/// The value of a reading that is known.
pub(super) fn known<T>(reading: &mut Reading<T>) -> &mut T {
    match reading {
        Reading::Known(value) => value,
        _ => panic!("not known"),
    }
}
