//! Every fact and every advice in words. Read the snapshots as somebody who is woken up by them.

use std::time::Duration;

use commands::{ClusterFlags, Sentence};
use foreign_text::ForeignText;
use jiff::Timestamp;
use problems::{
    Advice, AlertFact, ClusterFact, Code, ConvergeFact, DeploymentFact, Fact, Kind, ModuleFact, NodeFact,
    Object, PodFact, PodState, PrepareFor, Problem, PullCause, QueueFact, ReleaseFact, RequirementCause,
    SettingsFact, SourceFact, WaitReason,
};
use semver::Version;

use super::{Block, Step, means, object, steps, what};

fn text(text: &str) -> ForeignText {
    text.into()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn pull(cause: PullCause, message: &str) -> PodFact {
    PodFact::ImagePull {
        image: "registry.example.com/dkp/ee:v1.72.5".to_owned(),
        reason: "ImagePullBackOff".to_owned(),
        message: message.into(),
        cause,
    }
}

fn crash(state: PodState, restarts: i32, last_end: Option<&str>) -> PodFact {
    PodFact::CrashLoop {
        container: "deckhouse".to_owned(),
        state,
        restarts,
        last_end: last_end.map(ForeignText::from),
        message: None,
    }
}

fn requirement(key: Option<&str>, cause: RequirementCause) -> WaitReason {
    WaitReason::Requirement { key: key.map(str::to_owned), why: "1.26 is lower than 1.27".to_owned(), cause }
}

/// Each fact in words, and what it means.
pub(super) fn lines(object: &Object, facts: impl IntoIterator<Item = impl Into<Fact>>) -> String {
    let line = |fact: Fact| {
        let problem = Problem::new(Code::NotNow, object.clone(), fact);
        let means = means(&problem.fact).map(|it| format!("\n  {it}")).unwrap_or_default();
        format!("{}{means}\n", what(&problem))
    };
    facts.into_iter().map(|fact| line(fact.into())).collect()
}

#[test]
fn pods() {
    let causes = [
        PullCause::InvalidName,
        PullCause::Missing,
        PullCause::NoRepository,
        PullCause::ThereNow,
        PullCause::Denied,
        PullCause::OtherLogin,
        PullCause::Untrusted,
        PullCause::Proxy,
        PullCause::Unreachable,
        PullCause::Unknown,
    ];
    let pulls = causes.map(|cause| pull(cause, "manifest unknown"));
    let others = [
        pull(PullCause::Unknown, ""),
        crash(PodState::Waiting("CrashLoopBackOff".to_owned()), 12, Some("Error, exit code 1")),
        crash(PodState::Running, 1, None),
        crash(PodState::Ready, 3, None),
        PodFact::Missing,
        PodFact::OnlyOld,
        PodFact::NotRunning { phase: "Pending".to_owned(), reason: Some("ContainerCreating".to_owned()) },
        PodFact::NotRunning { phase: "Pending".to_owned(), reason: None },
        PodFact::NoLeader,
        PodFact::NotReady,
    ];
    let object = Object::new(Kind::Pod, "deckhouse-7d4f-0");
    insta::assert_snapshot!("pods", lines(&object, pulls.into_iter().chain(others)));
}

#[test]
fn the_deployment_and_the_settings() {
    let deployment = [
        DeploymentFact::OtherVersion { tag: "v1.70.1".to_owned(), wanted: version("1.71.0") },
        DeploymentFact::MovingTag {
            image: "registry.example.com/dkp/ee:stable".to_owned(),
            tag: Some("stable".to_owned()),
        },
        DeploymentFact::MovingTag { image: "registry.example.com/dkp/ee".to_owned(), tag: None },
        DeploymentFact::RollingOut { ready: 0, wanted: 1 },
        DeploymentFact::ChangeNotObserved,
        DeploymentFact::VersionAnnotation { written: "v1.70.1".to_owned(), wanted: version("1.71.0") },
    ];
    let settings = [
        SettingsFact::ChannelUnset { interrupted: None },
        SettingsFact::ChannelUnset { interrupted: Some("Stable".to_owned()) },
    ];
    let all = lines(&Object::deployment(), deployment) + &lines(&Object::settings(), settings);
    insta::assert_snapshot!("deployment", all);
}

#[test]
fn queues_modules_nodes_alerts_and_sources() {
    let task = || Some(text("ModuleRun:main:prometheus"));
    let queues = [
        QueueFact::NotAsked,
        QueueFact::Idle { seen: 2, needed: 3 },
        QueueFact::Busy { tasks: 1, first: None, failures: 0 },
    ];
    let queue = [
        QueueFact::Busy { tasks: 3, first: task(), failures: 0 },
        QueueFact::Busy { tasks: 3, first: task(), failures: 1 },
        QueueFact::Failing {
            task: text("ModuleRun:main:prometheus"),
            failures: 12,
            error: Some(text("helm upgrade failed")),
        },
        QueueFact::Failing { task: text("ModuleRun:main:prometheus"), failures: 3, error: None },
    ];
    let converge = [ConvergeFact::Startup, ConvergeFact::Running { left: 1 }];
    let group = [
        NodeFact::GroupError(Some(text("no machine"))),
        NodeFact::GroupError(None),
        NodeFact::GroupNeedsApproval { node: Some("worker-3".to_owned()) },
        NodeFact::GroupNeedsApproval { node: None },
        NodeFact::GroupUpToDate { count: 1, all: 2 },
        NodeFact::GroupUpdating,
        NodeFact::GroupReady { count: 1, all: 2 },
    ];
    let node = [
        NodeFact::NeedsApproval,
        NodeFact::Drained,
        NodeFact::Draining,
        NodeFact::InQueue,
        NodeFact::Updating,
    ];
    let module = [
        ModuleFact::NotReady { phase: "Error".to_owned(), message: text("hook failed") },
        ModuleFact::NotReady { phase: String::new(), message: text("") },
    ];
    let alert = [
        AlertFact::Firing { status: String::new(), summary: text("") },
        AlertFact::Firing { status: "firing".to_owned(), summary: text("Deckhouse is being updated") },
        AlertFact::UpdateFailed { summary: text("Deckhouse cannot be updated") },
    ];
    let why = || text("the API server does not answer");
    let source = [
        SourceFact::NotInCluster { why: why() },
        SourceFact::Unreadable { others: Vec::new(), why: why() },
        SourceFact::NotNow { others: vec![Object::any(Kind::Queues)], why: why() },
    ];
    let all = [
        lines(&Object::any(Kind::Queues), queues),
        lines(&Object::new(Kind::Queue, "main"), queue),
        lines(&Object::any(Kind::Platform), converge),
        lines(&Object::new(Kind::NodeGroup, "worker"), group),
        lines(&Object::new(Kind::Node, "worker-3"), node),
        lines(&Object::new(Kind::Module, "prometheus"), module),
        lines(&Object::new(Kind::ClusterAlert, "DeckhouseUpdatingFailed"), alert),
        lines(&Object::any(Kind::Node), source),
    ];
    insta::assert_snapshot!("others", all.concat());
}

#[test]
fn releases() {
    let until = || Some("02 Jan 2026 15:04 UTC".to_owned());
    let reasons = [
        WaitReason::Approval,
        WaitReason::Window { until: until() },
        WaitReason::Window { until: None },
        WaitReason::Postponed { until: until() },
        WaitReason::Notification { until: until() },
        WaitReason::NotificationFailed { why: "connection refused".to_owned() },
        WaitReason::Cooldown { until: until() },
        requirement(Some("k8s"), RequirementCause::Unmet),
        WaitReason::UnknownRequirement { key: "x".to_owned() },
        WaitReason::Disruption,
        WaitReason::NotTakenUp { disruption: false },
        WaitReason::NotTakenUp { disruption: true },
        WaitReason::Previous { release: "v1.71.4".to_owned() },
        WaitReason::PodNotReady,
        WaitReason::Gap,
        WaitReason::Major,
        WaitReason::Suspended,
        WaitReason::NoPolicy,
        WaitReason::Other { message: "something new".to_owned() },
    ];
    let deployed = || version("1.70.1");
    let facts = [
        ReleaseFact::StillDeployed { current: version("1.72.5") },
        ReleaseFact::StillUpdating,
        ReleaseFact::TwoDeployed { lower: "v1.72.5".to_owned(), other: "v1.73.0".to_owned() },
        ReleaseFact::NotInCluster,
        ReleaseFact::Waits(vec![WaitReason::Disruption, WaitReason::Window { until: until() }]),
        ReleaseFact::NotSeen,
        ReleaseFact::Disappeared,
        ReleaseFact::Withdrawn,
        ReleaseFact::PassedOver { phase: "Skipped".to_owned() },
        ReleaseFact::IsDeployed,
        ReleaseFact::Below { deployed: deployed() },
        ReleaseFact::OtherMajor { deployed: deployed() },
        ReleaseFact::MissingMinors { deployed: deployed(), minors: (71, 71) },
        ReleaseFact::MissingMinors { deployed: deployed(), minors: (71, 73) },
        ReleaseFact::HigherPatch(version("1.72.6")),
        ReleaseFact::Earlier(version("1.71.4")),
        ReleaseFact::Duplicate { name: "v1-72-5".to_owned(), version: "v1.72.5".to_owned() },
        ReleaseFact::Unmet(vec![
            requirement(Some("k8s"), RequirementCause::Unmet),
            requirement(None, RequirementCause::Unmet),
            WaitReason::ModuleConstraint {
                module: "console".to_owned(),
                why: "1.73.2 is greater than 1.70".to_owned(),
            },
            WaitReason::ModuleConstraint { module: "console".to_owned(), why: String::new() },
            WaitReason::UnknownRequirement { key: "x".to_owned() },
        ]),
        ReleaseFact::RequirementsNotKnown(vec![requirement(Some("k8s"), RequirementCause::ValueNotKnown)]),
        ReleaseFact::NeedsDisruptionApproval { disruptions: Vec::new() },
        ReleaseFact::NeedsDisruptionApproval { disruptions: vec![text("ingressNginx")] },
        ReleaseFact::NeedsApprovalAnyway,
        ReleaseFact::ToBeApproved,
        ReleaseFact::NotificationFailed { why: text("connection refused") },
        ReleaseFact::ApprovalLost,
        ReleaseFact::Silent { approved: false },
        ReleaseFact::Silent { approved: true },
        ReleaseFact::ApprovedButUnmet(vec![WaitReason::ModuleConstraint {
            module: "console".to_owned(),
            why: String::new(),
        }]),
        ReleaseFact::ChangedMeanwhile,
        ReleaseFact::NotNow(text("the API server does not answer")),
    ];
    let any = Object::any(Kind::DeckhouseRelease);
    let release = Object::release(&version("1.72.5"));
    let all = [
        lines(&any, [ReleaseFact::NoneDeployed, ReleaseFact::NoVersion]),
        lines(&release, facts),
        lines(&release, reasons.map(|reason| ReleaseFact::Waits(vec![reason]))),
    ];
    insta::assert_snapshot!("releases", all.concat());
}

#[test]
fn the_cluster() {
    let waiting_for = Box::new(Fact::Node(NodeFact::GroupUpToDate { count: 1, all: 2 }));
    let stuck = ClusterFact::NoProgress { limit: Duration::from_mins(30), waiting_for };
    let end = Timestamp::from_second(1_790_000_000).unwrap();
    let all = [
        lines(
            &Object::any(Kind::Cluster),
            [
                ClusterFact::Settling,
                ClusterFact::PodNotReady,
                ClusterFact::Converging,
                ClusterFact::QueueBusy,
                ClusterFact::BackupTooOld { limit: Duration::from_hours(24), last: Some(end) },
                ClusterFact::BackupTooOld { limit: Duration::from_mins(90), last: None },
                ClusterFact::BackupUnknown { why: "no permission: list cronjobs".into() },
            ],
        ),
        lines(&Object::new(Kind::NodeGroup, "worker"), [stuck]),
        lines(&Object::release(&version("1.72.5")), [ClusterFact::GivesUpAt(end)]),
    ];
    insta::assert_snapshot!("cluster", all.concat());
}

#[test]
fn every_step() {
    let own = |text: &str| text.to_owned();
    let target = || version("1.72.5");
    let all = [
        Advice::PullSince { major: 1, minor: 72 },
        Advice::Push { registry: own("registry.example.com/dkp/ee") },
        Advice::PushChannel { registry: own("registry.example.com/dkp/ee") },
        Advice::AnotherPatch(target()),
        Advice::Prepare(PrepareFor::Resume),
        Advice::Prepare(PrepareFor::CreateReleases),
        Advice::Prepare(PrepareFor::RemoveDuplicates),
        Advice::SetChannel,
        Advice::ApproveRelease(target()),
        Advice::ApproveDisruption(target()),
        Advice::ApproveNode { node: Some(own("worker-3")) },
        Advice::ApproveNode { node: None },
        Advice::SetImage { repository: own("registry.example.com/dkp/ee"), version: target() },
        Advice::CorrectRegistryAddress,
        Advice::CorrectRegistryLogin,
        Advice::TrustRegistry,
        Advice::BypassProxy { registry: own("registry.example.com") },
        Advice::ReachRegistry { registry: own("registry.example.com") },
        Advice::ReadLog { pod: own("deckhouse-7d4f-0"), container: own("deckhouse"), previous: true },
        Advice::ReadLeaderLog,
        Advice::DescribePlatformPods,
        Advice::DescribeModule { name: own("prometheus") },
        Advice::ReadNodeLog { node: Some(own("worker-3")) },
        Advice::ReadNodeLog { node: None },
        Advice::CorrectSettings,
        Advice::Grant { queues: true, user: None },
        Advice::Grant { queues: false, user: None },
        Advice::Grant { queues: false, user: Some(own("bob")) },
        Advice::CorrectLogin,
        Advice::CheckCluster,
        Advice::CorrectWebhook,
        Advice::MeetRequirements,
        Advice::FindManifest,
        Advice::TargetHighestPatch,
        Advice::Doctor,
        Advice::Plan,
        Advice::Status,
        Advice::WaitForController,
        Advice::WaitForPull,
        Advice::WaitForRetry,
    ];
    let problem = Problem::new(Code::NotNow, Object::settings(), ClusterFact::Settling).advise_all(all);
    let flags = ClusterFlags { kubeconfig: None, context: Some(own("prod")) };
    let block = Block::new("all steps").steps(steps(&problem)).addressed(&flags);
    insta::assert_snapshot!("steps", block.to_string());
}

#[test]
fn machines_are_named_only_if_two_are_involved() {
    let flags = ClusterFlags { kubeconfig: None, context: Some("prod".to_owned()) };
    let missing = Problem::new(
        Code::ImagePull,
        Object::new(Kind::Pod, "deckhouse-7d4f-0"),
        pull(PullCause::Missing, "manifest unknown"),
    )
    .advise(Advice::PullSince { major: 1, minor: 72 })
    .advise(Advice::Push { registry: "registry.example.com/dkp/ee".to_owned() });
    let headline = Sentence::from("v1.72.5 is stuck: ").then(what(&missing));
    let check = Step::here(Sentence::from("check again: ").command(commands::Update::Status));
    let block = Block::new(headline.clone()).steps(steps(&missing)).step(check).addressed(&flags);
    insta::assert_snapshot!("block", block.to_string());
    let inside = Block::new(headline).step(Step::inside("push the bundle"));
    assert_eq!(inside.lines(), ["  1. push the bundle"]);
}

#[test]
fn untrusted_text_never_starts_a_line() {
    let fact = PodFact::NotRunning { phase: "Pending\n  1. run this".to_owned(), reason: None };
    let problem = Problem::new(Code::Pod, Object::new(Kind::Pod, "a\nb"), fact);
    let block = Block::new(what(&problem)).step(Step::here(object(&problem)));
    assert_eq!(block.to_string().lines().count(), 2);
}
