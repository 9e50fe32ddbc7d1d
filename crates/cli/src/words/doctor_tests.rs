//! The facts and steps that only the doctor has, and its whole report, in words.

use cluster::doctor::{Conclusion, DoctorReport, Finding, NotChecked, Severity, Source};
use commands::{ClusterFlags, Command, Kubectl};
use foreign_text::ForeignText;
use jiff::Timestamp;
use problems::{
    Advice, AlertFact, AlertKind, ApiUse, ChannelFact, Code, Contents, DeploymentFact, FromHere, Kind,
    ModuleAdvice, ModuleError, ModuleFact, ModuleImagePulls, NodeAdvice, NodeFact, Object, OnNode,
    PlatformAdvice, PodFact, Problem, PullCause, QueuedTask, RegistryAdvice, RegistryFact, ReleaseAdvice,
    ReleaseFact, Restart, Rule, See, SettingsAdvice, SettingsFact, WaitReason,
};
use semver::Version;

use super::{Block, NotCheckedList, doctor_report, steps, tests::lines};

const REPO: &str = "registry.example.com/dkp/ee";

fn text(text: &str) -> ForeignText {
    text.into()
}

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

#[test]
fn pods_and_the_deployment() {
    let pulls = |pods: &[&str], cause, pull_secrets| {
        PodFact::ModuleImagePulls(Box::new(ModuleImagePulls {
            pods: names(pods),
            namespace: "d8-monitoring".to_owned(),
            container: "main".to_owned(),
            image: format!("{REPO}@sha256:0a"),
            message: text("not found"),
            cause,
            pull_secrets,
        }))
    };
    let many = ["d8-a/a", "d8-a/b", "d8-b/c", "d8-b/d", "d8-c/e", "d8-c/f", "d8-d/g"];
    let pods = [
        PodFact::NotReadyForLong { first: None },
        PodFact::NotReadyForLong {
            first: Some(QueuedTask { queue: text("main"), task: text("ModuleRun:main:prometheus") }),
        },
        PodFact::Unscheduled { reason: Some(text("0/3 nodes are available: 3 Insufficient cpu.")) },
        PodFact::Unscheduled { reason: None },
        pulls(&["d8-monitoring/grafana"], PullCause::Missing, None),
        pulls(&many, PullCause::Unknown, None),
        pulls(&["d8-monitoring/grafana"], PullCause::Denied, Some(Vec::new())),
        pulls(&["d8-monitoring/grafana"], PullCause::OtherLogin, Some(names(&["copy"]))),
    ];
    let deployment = [
        DeploymentFact::ScaledToZero,
        DeploymentFact::PodRejected { reason: text("exceeded quota") },
        DeploymentFact::NoPod,
        DeploymentFact::ImageMissing { image: format!("{REPO}:v1.70.3") },
    ];
    let webhook = Object::new(Kind::ValidatingWebhookConfiguration, "deckhouse-webhook");
    let all = [
        lines(&Object::new(Kind::Pod, "grafana"), pods),
        lines(&Object::deployment(), deployment),
        lines(&webhook, [DeploymentFact::WebhookDown]),
    ];
    insta::assert_snapshot!("doctor_pods", all.concat());
}

#[test]
fn the_registry_and_the_channel() {
    let repo = || REPO.to_owned();
    let message = || text("401 Unauthorized");
    let access = |error: Option<&str>, from_here| RegistryFact::NoAccess {
        repo: repo(),
        error: error.map(ForeignText::from),
        from_here,
    };
    let registry = [
        RegistryFact::LoginRefused { repo: repo(), message: message() },
        RegistryFact::Untrusted { repo: repo(), message: text("unknown authority") },
        RegistryFact::TagsDenied { repo: repo(), message: message() },
        RegistryFact::NoReleaseChannels { repo: repo() },
        RegistryFact::NoReleaseTags { repo: repo() },
        access(Some("list tags: 401"), FromHere::Accepted),
        access(None, FromHere::Refused),
        access(None, FromHere::Untrusted),
        access(None, FromHere::NotAsked),
        RegistryFact::MinorsMissing {
            repo: repo(),
            minors: vec![(1, 71), (1, 72)],
            deployed: version("1.70.3"),
            channel: version("1.73.2"),
        },
    ];
    let switching = |waits_for: Option<(&str, &str)>| RegistryFact::Switching {
        target: "Local".to_owned(),
        waits_for: waits_for.map(|(condition, message)| (condition.to_owned(), text(message))),
    };
    let switches = [
        switching(Some(("RegistryContainsRequiredImages", "master-1: 0 of 166 items processed"))),
        switching(Some(("ContainerdConfigPreflightReady", ""))),
        switching(None),
    ];
    let cache = [RegistryFact::TagsIncomplete { unlisted: vec![version("1.71.2"), version("1.72.0")] }];
    let proxy = [RegistryFact::NotInNoProxy { host: "registry.example.com".to_owned() }];
    let image = || format!("{REPO}/release-channel:stable");
    let channel = [
        ChannelFact::TagMissing { image: image() },
        ChannelFact::TagDenied { image: image(), message: message() },
        ChannelFact::Suspended { image: image(), version: version("1.71.2") },
        ChannelFact::Reached { image: image(), version: version("1.70.3") },
        ChannelFact::Behind { image: image(), version: version("1.69.9"), deployed: version("1.70.3") },
        ChannelFact::ReleaseNotCreated { image: image(), version: version("1.71.2") },
    ];
    let all = [
        lines(&Object::new(Kind::Secret, "deckhouse-registry"), registry),
        lines(&Object::new(Kind::Registry, REPO), cache),
        lines(&Object::new(Kind::ModuleConfig, "deckhouse"), switches),
        lines(&Object::new(Kind::Secret, "d8-cluster-configuration"), proxy),
        lines(&Object::settings(), channel),
    ];
    insta::assert_snapshot!("doctor_registry", all.concat());
}

#[test]
fn releases() {
    let duplicate = |deployed| ReleaseFact::IsDuplicate {
        of: "v1.71.2".to_owned(),
        version: "v1.71.2".to_owned(),
        deployed,
    };
    let above = |all: &[&str]| ReleaseFact::AboveChannel {
        names: names(all),
        image: format!("{REPO}/release-channel:stable"),
        channel: version("1.70.3"),
    };
    let delayed = |windows: &[&str]| ReleaseFact::Delayed {
        reasons: vec![WaitReason::Window { until: Some("02 Jan 2026 15:04 UTC".to_owned()) }],
        windows: names(windows),
    };
    let facts = [
        ReleaseFact::OtherImage { image_tag: "v1.69.9".to_owned() },
        duplicate(true),
        duplicate(false),
        ReleaseFact::NoPhase { names: names(&["v1.71.2"]) },
        ReleaseFact::NoPhase { names: names(&["v1.71.2", "v1.72.0"]) },
        ReleaseFact::StillNoPhase { names: names(&["v1.71.2"]) },
        ReleaseFact::StillNoPhase { names: names(&["v1.71.2", "v1.72.0"]) },
        ReleaseFact::SkippedTogether { names: names(&["v1-71-2", "v1.71.2"]) },
        ReleaseFact::NotificationMayFail { alert: true },
        ReleaseFact::NotificationMayFail { alert: false },
        ReleaseFact::UnmetByNodes {
            reason: WaitReason::Requirement {
                key: Some("k8s".to_owned()),
                why: "current kubernetes version is lower than required".to_owned(),
                cause: problems::RequirementCause::Unmet,
            },
            nodes: ["worker-0", "worker-1"]
                .map(|node| problems::NodeValue { node: node.to_owned(), value: text("v1.28.3") })
                .to_vec(),
        },
        ReleaseFact::WithdrawnAndReplaced,
        ReleaseFact::ImageMissing { image: format!("{REPO}:v1.71.2") },
        above(&["v1.71.2"]),
        above(&["v1.71.2", "v1.72.0"]),
        delayed(&[]),
        delayed(&["every day 08:00-10:00 UTC", "Mon Tue 20:00-22:00 UTC"]),
        ReleaseFact::HeldByAlerts { alerts: vec![text("A"), text("B")], threshold: 4 },
        ReleaseFact::InProgress { restarting: false },
        ReleaseFact::InProgress { restarting: true },
    ];
    let lost = [
        ReleaseFact::DeployedLost { image_tag: Some("v1.70.3".to_owned()) },
        ReleaseFact::DeployedLost { image_tag: None },
    ];
    let all = [
        lines(&Object::release(&version("1.71.2")), facts),
        lines(&Object::any(Kind::DeckhouseRelease), lost),
    ];
    insta::assert_snapshot!("doctor_releases", all.concat());
}

#[test]
fn nodes_modules_and_settings() {
    let nodes = [
        NodeFact::NotReady { nodes: names(&["worker-1"]), control_plane: Vec::new() },
        NodeFact::NotReady { nodes: names(&["worker-1", "master-0"]), control_plane: names(&["master-0"]) },
        NodeFact::DrainedByUser,
    ];
    let modules = vec![ModuleError { module: text("console"), error: text("no tag") }];
    let source = [
        ModuleFact::SourceNeverRead,
        ModuleFact::SourceStale,
        ModuleFact::SourceError { error: text("404") },
        ModuleFact::SourceModuleErrors { modules, failed: 1, all: 7 },
    ];
    let release = [
        ModuleFact::ReleaseSuspended { message: text("Release is suspended") },
        ModuleFact::PolicyMissing { policy: text("slow") },
        ModuleFact::NoPolicy,
        ModuleFact::RequirementUnmet {
            unmet: vec![problems::WaitReason::UnknownRequirement { key: "kubernetes".to_owned() }],
        },
        ModuleFact::GateFailed {
            reason: WaitReason::ValidationsFailed { why: "2 rows".to_owned() },
            migration: None,
        },
        ModuleFact::GateFailed {
            reason: WaitReason::MigrationsFailed { why: "not found".to_owned() },
            migration: Some("002_rename".to_owned()),
        },
        ModuleFact::NotByThisController { deployed: version("0.9.4") },
        ModuleFact::ReleaseNeedsApproval,
    ];
    let settings = [
        SettingsFact::Message { message: text("settings.x is unknown"), invalid: true },
        SettingsFact::Message { message: text("Update available"), invalid: false },
    ];
    let condition = [SettingsFact::CloudCondition { name: text("c"), message: text("m") }];
    let api = |group_version: &str| ApiUse {
        resource: text("cronjobs"),
        group_version: text(group_version),
        removed_in: text("1.25"),
    };
    let apis = [SettingsFact::DeprecatedApis { uses: vec![api("batch/v1beta1"), api("v1")] }];
    let all = [
        lines(&Object::new(Kind::Node, "worker-1"), nodes),
        lines(&Object::new(Kind::ModuleSource, "deckhouse"), source),
        lines(&Object::new(Kind::ModuleRelease, "console-v1.2.0"), release),
        lines(&Object::new(Kind::ModulePullOverride, "console"), [ModuleFact::Override { tag: text("mr1") }]),
        lines(&Object::new(Kind::ModuleConfig, "console"), settings),
        lines(&Object::new(Kind::ConfigMap, "d8-cloud-provider-conditions"), condition),
        lines(&Object::any(Kind::ApiServer), apis),
    ];
    insta::assert_snapshot!("doctor_nodes", all.concat());
}

#[test]
fn alerts() {
    let kinds = [
        AlertKind::ReleaseChain,
        AlertKind::MigratedModules,
        AlertKind::InvalidConfiguration,
        AlertKind::ControllerHangs,
        AlertKind::QueueHangs,
        AlertKind::ModuleFails,
        AlertKind::InvalidModuleSettings,
        AlertKind::ModuleUpdateFails,
        AlertKind::ModuleRequirements,
        AlertKind::ModuleConflict,
        AlertKind::OldSchema,
        AlertKind::Maintenance,
        AlertKind::OldKernel,
        AlertKind::OldSystem,
        AlertKind::RemovedApis,
        AlertKind::DeprecatedApis,
        AlertKind::PodRestarts,
    ];
    let known = |kind, summary: &str, count, stale| AlertFact::Known {
        kind,
        name: text("D8Something"),
        summary: text(summary),
        count,
        stale,
    };
    let all = kinds.map(|kind| known(kind, "Something is wrong.", 1, false));
    let others = [
        known(AlertKind::Maintenance, "", 3, true),
        AlertFact::Stale { stale: 3, all: 5, name: text("D8Something") },
    ];
    let object = Object::new(Kind::ClusterAlert, "a1b2");
    insta::assert_snapshot!("doctor_alerts", lines(&object, all.into_iter().chain(others)));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_step() {
    let own = |text: &str| text.to_owned();
    let see = [
        See::Alert,
        See::Annotations,
        See::CloudConditions,
        See::ControlPlaneNodes,
        See::ControlPlanePods,
        See::DeprecatedApis,
        See::Kernels,
        See::LogErrors,
        See::LogErrorsOfModule,
        See::LogOfRegistry,
        See::LogOfReleases,
        See::LogTail,
        See::Maintenance,
        See::Module,
        See::ModuleConfigs,
        See::ModuleRelease,
        See::ModuleReleases,
        See::Modules,
        See::MonitoringPods,
        See::NodeEvents,
        See::NodeGroup,
        See::Nodes,
        See::Plan,
        See::PlatformPods,
        See::PodEvents,
        See::Policies,
        See::Queues,
        See::RegistryAddress,
        See::RegistrySwitch,
        See::Release,
        See::Releases,
        See::ReplicaSetEvents,
        See::Sources,
        See::Status,
    ];
    let see = see.map(|what| Advice::See(what, Command::from(Kubectl::GetMetrics)));
    let contents = [
        Contents::Release(version("1.71.2")),
        Contents::Image(format!("{REPO}:v1.71.2")),
        Contents::DeployedRelease,
        Contents::Channel(None),
        Contents::Channel(Some(version("1.70.3"))),
        Contents::NewerChannel { deployed: version("1.70.3") },
        Contents::Modules,
    ];
    let registry = [
        RegistryAdvice::CheckPath,
        RegistryAdvice::CacheReleases { registry: REPO.to_owned(), major: 1, minor: 70 },
        RegistryAdvice::CheckUpstream,
        RegistryAdvice::AllowListing,
        RegistryAdvice::AllowReading,
        RegistryAdvice::CheckAccess,
    ];
    let platform = [
        PlatformAdvice::Restart(Restart::ToReadLogin),
        PlatformAdvice::Restart(Restart::IfUnchanged),
        PlatformAdvice::Restart(Restart::ToRestoreRelease),
        PlatformAdvice::Restart(Restart::BecauseItHangs),
        PlatformAdvice::Scale,
        PlatformAdvice::CorrectPullSecrets,
        PlatformAdvice::ChangeNode(OnNode::Ca),
        PlatformAdvice::ChangeNode(OnNode::Proxy),
        PlatformAdvice::RestoreImage { image: format!("{REPO}:v1.70.3") },
        PlatformAdvice::SetFixedTag,
        PlatformAdvice::FreeControlPlaneNode,
        PlatformAdvice::WaitForPod,
        PlatformAdvice::FixPod,
    ];
    let release = [
        ReleaseAdvice::ApplyNow(version("1.71.2")),
        ReleaseAdvice::DoNotApprove,
        ReleaseAdvice::Delete { name: own("v1-71-2"), kept: own("v1.71.2") },
        ReleaseAdvice::DeleteAll { names: names(&["v1-71-2", "v1.71.2"]) },
        ReleaseAdvice::Touch { names: names(&["v1.71.2", "v1.72.0"]), mark: own("2026-11-29T10:00:00Z") },
        ReleaseAdvice::MarkSuperseded { name: own("v1.70.3") },
        ReleaseAdvice::WaitForChannel,
        ReleaseAdvice::WaitForWindow,
        ReleaseAdvice::DeployEarlier,
        ReleaseAdvice::Watch,
        ReleaseAdvice::WaitForVendor,
        ReleaseAdvice::CheckEdition,
    ];
    let node = [
        NodeAdvice::FixError,
        NodeAdvice::Uncordon { node: own("worker-1") },
        NodeAdvice::RemoveDrainAnnotations { node: own("worker-1") },
        NodeAdvice::UpgradeSystem,
        NodeAdvice::UpgradeKernel,
    ];
    let module = [
        ModuleAdvice::Approve { module: own("console"), version: own("v1.2.0") },
        ModuleAdvice::CheckSource { repo: text("registry.example.com/modules") },
        ModuleAdvice::CheckSourceModules { repo: text("registry.example.com/modules") },
        ModuleAdvice::OtherVersion { module: own("console") },
        ModuleAdvice::UpdateFirst { module: own("console"), version: own("v1.2.0") },
        ModuleAdvice::PullNewer { module: own("console") },
        ModuleAdvice::Disable { module: own("console"), configured: true },
        ModuleAdvice::CorrectGate,
        ModuleAdvice::UpdatePlatform,
        ModuleAdvice::CreatePolicy,
        ModuleAdvice::NamePolicy,
        ModuleAdvice::MeetRequirement,
        ModuleAdvice::RemoveOverride { name: own("console") },
        ModuleAdvice::FixModule,
        ModuleAdvice::ChooseSource,
        ModuleAdvice::PullMissing,
        ModuleAdvice::EndMaintenance,
    ];
    let settings = [
        SettingsAdvice::RemoveNotification,
        SettingsAdvice::ResolveAlerts,
        SettingsAdvice::TurnOffBlockOnAlerts,
        SettingsAdvice::FollowMessage,
        SettingsAdvice::CorrectModuleConfig,
        SettingsAdvice::UpdateApiClients,
        SettingsAdvice::UpgradeChart,
        SettingsAdvice::CheckMonitoring,
    ];
    let all = see
        .into_iter()
        .chain(contents.map(|it| RegistryAdvice::Pull(it).into()))
        .chain(registry.map(Advice::from))
        .chain(platform.map(Advice::from))
        .chain(release.map(Advice::from))
        .chain(node.map(Advice::from))
        .chain(module.map(Advice::from))
        .chain(settings.map(Advice::from));
    let problem = Problem::new(Code::NotNow, Object::settings(), NodeFact::Updating).advise_all(all);
    let flags = ClusterFlags { kubeconfig: None, context: Some(own("prod")) };
    let block = Block::new("all steps").steps(steps(&problem)).addressed(&flags);
    insta::assert_snapshot!("doctor_steps", block.to_string());
}

fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

/// A pod without its image, and what follows from it.
fn blocked() -> DoctorReport {
    let image = format!("{REPO}:v1.71.2");
    let pull = PodFact::ImagePull {
        image: image.clone(),
        reason: "ImagePullBackOff".to_owned(),
        message: text("not found"),
        cause: PullCause::Missing,
    };
    let pod = Problem::new(Code::Rule(Rule::PlatformImage), Object::new(Kind::Pod, "deckhouse-7d4f-0"), pull)
        .advise(RegistryAdvice::Pull(Contents::Release(version("1.71.2"))).into())
        .advise(Advice::Push { registry: REPO.to_owned() })
        .advise(Advice::WaitForPull);
    let webhook = Object::new(Kind::ValidatingWebhookConfiguration, "deckhouse-webhook");
    let webhook = Problem::new(Code::Rule(Rule::WebhookAway), webhook, DeploymentFact::WebhookDown)
        .advise(PlatformAdvice::WaitForPod.into());
    let node = Problem::new(
        Code::Rule(Rule::NodeGroupError),
        Object::new(Kind::NodeGroup, "worker"),
        NodeFact::GroupError(Some(text("no\nmachine"))),
    )
    .advise(NodeAdvice::FixError.into());
    let finding = |rule, severity, problem, source| Finding {
        rule,
        severity,
        problem,
        since: "2026-11-24T09:46:00Z".parse().ok(),
        seen_in: vec![source],
    };
    let unread = |source, why: &str| NotChecked { source, why: why.to_owned() };
    DoctorReport {
        at: now(),
        conclusion: Conclusion::Blocked,
        findings: vec![
            finding(Rule::PlatformImage, Severity::Blocks, pod, Source::PlatformPods),
            Finding {
                since: None,
                seen_in: vec![Source::NodeGroups, Source::Nodes],
                ..finding(Rule::NodeGroupError, Severity::Slows, node, Source::NodeGroups)
            },
            finding(Rule::WebhookAway, Severity::Notable, webhook, Source::PlatformPods),
        ],
        not_checked: vec![
            unread(Source::Queues, "no pod of the platform's controller is running"),
            unread(Source::Alerts, "the API server does not serve the resource clusteralerts"),
            unread(Source::Modules, "no pod of the platform's controller is running"),
            unread(Source::RegistryImage(image), "503"),
        ],
    }
}

#[test]
fn doctor_reports() {
    let flags = ClusterFlags { kubeconfig: None, context: Some("prod".to_owned()) };
    insta::assert_snapshot!("doctor_report", doctor_report(&blocked(), &flags, NotCheckedList::Full));
}

#[test]
fn the_first_line_says_whether_anything_blocks() {
    let of = |conclusion, severities: &[Severity]| {
        let mut report = blocked();
        let first = report.findings[0].clone();
        report.conclusion = conclusion;
        report.findings =
            severities.iter().map(|severity| Finding { severity: *severity, ..first.clone() }).collect();
        report.not_checked = Vec::new();
        let text = doctor_report(&report, &ClusterFlags::default(), NotCheckedList::Count);
        assert!(text.ends_with("\ncheck again: dhctl update doctor\n"), "{text}");
        text.lines().next().unwrap_or_default().to_owned()
    };
    let (blocks, slows, note) = (Severity::Blocks, Severity::Slows, Severity::Notable);
    for (conclusion, severities, line) in [
        (Conclusion::Clear, &[][..], "Nothing blocks the update."),
        (Conclusion::Clear, &[note], "Nothing blocks the update."),
        (Conclusion::Clear, &[slows], "Nothing blocks the update; 1 problem slows it down."),
        (Conclusion::Blocked, &[blocks], "1 problem blocks the update."),
        (
            Conclusion::Blocked,
            &[blocks, blocks, slows, slows],
            "2 problems block the update; 2 problems slow it down.",
        ),
        (Conclusion::Unclear, &[], "No blocking problem was found, but not everything could be checked."),
    ] {
        assert_eq!(of(conclusion, severities), line);
    }
}
