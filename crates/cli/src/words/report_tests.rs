//! Changes, notes, refusals, modules and the parts of reports: every variant in words.

use cluster::{
    Gap, LeftOutReason,
    approve::{ApprovalNote, NotApprovable},
    change::Purpose,
    kernel::{KernelNote, Lagging},
    modules::{ModuleNote, ModuleWait, NotNext, Order, Policy, PolicyOrigin},
    objects::{Task, UpdateMode},
    plan::{ApiInstead, ApiUse, ApiUser, BreakingFault, PlanSource, PlanUnknown, Replacement},
    prepare::{PrepareNote, QueueState},
    release_order::KeepReason,
    status::{NotReady, ReleaseWait},
};
use problems::{
    Advice, Code, Kind, NodeFact, Object, Problem, RegistryFact, ReleaseFact, Unfinished, WaitReason,
};
use semver::Version;

use super::{block, change, left_out, module_release, note, plan, refusal, status};

fn own(text: &str) -> String {
    text.to_owned()
}

fn version(minor: u64) -> Version {
    Version::new(1, minor, 3)
}

fn lines<T>(all: impl IntoIterator<Item = T>, word: impl Fn(&T) -> String) -> String {
    all.into_iter().map(|it| word(&it)).collect::<Vec<_>>().join("\n")
}

#[test]
fn changes() {
    let mode = |mode, windows| Purpose::SetMode { mode, windows };
    let release = |apply_now| Purpose::ApproveRelease { version: version(71), apply_now };
    let of_module = |apply_now| Purpose::ApproveModuleRelease {
        module: own("console"),
        version: own("v1.2.0"),
        apply_now,
    };
    let all = [
        Purpose::UnsetChannel { channel: "Stable" },
        mode(UpdateMode::Manual, false),
        mode(UpdateMode::AutoPatch, true),
        mode(UpdateMode::Auto, false),
        Purpose::SetChannel { channel: "Stable", restored: true },
        Purpose::SetChannel { channel: "Beta", restored: false },
        Purpose::RemoveChannelNote,
        Purpose::CreateRelease { version: version(72) },
        Purpose::DeleteDuplicate { version: own("v1.72.3") },
        release(false),
        release(true),
        Purpose::ApplyApproved { version: version(71) },
        Purpose::ApproveDisruptions { version: version(71) },
        of_module(false),
        of_module(true),
        Purpose::ApproveNode { node: own("worker-0") },
        Purpose::SetKubernetes,
        Purpose::InstallKernel { group: own("worker"), kernel: own("6.1.0-18-amd64") },
        Purpose::DisableModule,
    ];
    insta::assert_snapshot!(lines(all, change::purpose));
}

#[test]
fn notes() {
    let group = || own("worker");
    let approvals = [
        ApprovalNote::Interrupts(vec!["ingressNginx".into()]),
        ApprovalNote::NoDisruptions,
        ApprovalNote::DisruptionsNotWaitedFor,
        ApprovalNote::NoChannel,
        ApprovalNote::AutoMode,
        ApprovalNote::Module(ModuleNote::DirectPossible { to: version(4) }),
        ApprovalNote::NoNodeGroup,
        ApprovalNote::GroupNeedsApproval { group: group() },
        ApprovalNote::GroupApproves { group: group(), mode: own("Automatic") },
        ApprovalNote::GroupUnknown { group: group() },
        ApprovalNote::OnlyMaster,
        ApprovalNote::OneOfMasters { count: 3 },
    ];
    let downgrade = |more| KernelNote::Downgrade { node: own("w-0"), running: own("6.8.0"), more };
    let kernels = [
        KernelNote::Reboots,
        KernelNote::OnlyMaster { node: own("m-0") },
        KernelNote::Masters { count: 3 },
        KernelNote::NotOnAlt { nodes: vec![own("w-1"), own("w-2")] },
        downgrade(0),
        downgrade(1),
        downgrade(2),
    ];
    let kept = |reason| PrepareNote::DuplicateKept { name: own("v1-72-3"), reason };
    let prepares = [
        PrepareNote::LeftOut { versions: vec![version(72)], reason: LeftOutReason::Suspended },
        PrepareNote::ApprovedUnderOtherName { version: version(72), name: own("v1-72-3") },
        kept(KeepReason::Phase(own("Deployed"))),
        kept(KeepReason::NoOther { name: own("v1.72.3") }),
        kept(KeepReason::OnlyItIsApproved { other: own("v1.72.3") }),
        kept(KeepReason::OtherIgnored { other: own("v1.72.3"), phase: own("Skipped") }),
        PrepareNote::OneAtATime { versions: vec![version(73), version(74)], first: version(72) },
        PrepareNote::NotProcessedYet { names: vec!["v1.72.5".to_owned(), "v1.73.2".to_owned()] },
        PrepareNote::NoChannel,
    ];
    let kernel = "6.1.0".parse().unwrap();
    let all = [
        lines(approvals, |it| note::approval(it).to_string()),
        lines(kernels, |it| note::kernel(it, &kernel)),
        lines(prepares, note::prepare),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn left_out_releases() {
    let gap = |before, after| LeftOutReason::BeyondGap(Gap { before, after });
    let all = [
        LeftOutReason::Deployed,
        LeftOutReason::Below(version(71)),
        LeftOutReason::PreRelease,
        LeftOutReason::AboveWanted(version(71)),
        LeftOutReason::AboveChannel(version(71)),
        LeftOutReason::Suspended,
        LeftOutReason::Phase(own("Skipped")),
        LeftOutReason::LaterPatch,
        gap(version(70), version(72)),
        gap(version(70), version(74)),
        gap(version(70), Version::new(2, 0, 0)),
    ];
    insta::assert_snapshot!(lines(all, left_out::reason));
}

#[test]
fn modules() {
    let not_next = [
        NotNext::Duplicate { one: own("a-v1.0.0"), other: own("a-v1-0-0") },
        NotNext::Suspended,
        NotNext::Skipped,
        NotNext::Superseded,
        NotNext::Phase(own("PolicyUndefined")),
        NotNext::NotProcessed,
        NotNext::Overridden { name: own("console"), tag: own("mr7") },
        NotNext::TwoDeployed { lower: version(1), higher: version(2) },
        NotNext::LaterDeployed(version(2)),
        NotNext::HigherPatch(version(2)),
        NotNext::After(version(1)),
        NotNext::Gap { deployed: version(1), release: version(4) },
        NotNext::OtherMajor { deployed: version(1) },
        NotNext::NotAVersion(own("new")),
    ];
    let notes = [
        ModuleNote::Direct { from: version(1), skipped: vec![version(2), version(3)] },
        ModuleNote::Direct { from: version(1), skipped: vec![] },
        ModuleNote::DirectPossible { to: version(4) },
        ModuleNote::MinorZero { deployed: Version::new(0, 9, 4) },
        ModuleNote::LtsStep { deployed: version(1), over_limit: false },
        ModuleNote::LtsStep { deployed: version(1), over_limit: true },
        ModuleNote::HigherPatchNotWaiting { version: version(1), phase: own("Suspended") },
    ];
    let waits = [
        ModuleWait::Suspended("".into()),
        ModuleWait::Suspended("withdrawn".into()),
        ModuleWait::NotNext(NotNext::NotProcessed),
        ModuleWait::NoReason,
        ModuleWait::Approval,
        ModuleWait::ApprovalLater(NotNext::After(version(1))),
        ModuleWait::Approved,
        ModuleWait::Controller(vec![WaitReason::NoPolicy, WaitReason::Gap]),
        ModuleWait::NotByThisController(ModuleNote::MinorZero { deployed: Version::new(0, 9, 4) }),
        ModuleWait::NotByThisController(ModuleNote::LtsStep { deployed: version(1), over_limit: true }),
    ];
    let orders =
        [Order::OnlyModules, Order::PlatformFirst, Order::TheseFirst(vec![own("prompp"), own("console")])];
    let policy = |origin, mode| Policy { origin, mode };
    let policies = [
        policy(PolicyOrigin::Platform, Some(UpdateMode::Auto)),
        policy(PolicyOrigin::Named(own("slow")), Some(UpdateMode::Manual)),
        policy(PolicyOrigin::Missing(own("gone")), None),
    ];
    let all = [
        lines(not_next, module_release::not_next),
        lines(notes, module_release::note),
        lines(waits, module_release::wait),
        lines(orders, module_release::order),
        lines(policies, module_release::policy),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn refusals() {
    let task = Task {
        queue: own("main"),
        description: "ModuleRun:main:prometheus".into(),
        failures: 3,
        failure: Some("no such file".into()),
        ..Task::default()
    };
    let approvals = [
        NotApprovable::DisruptionsDone { phase: own("Deployed") },
        NotApprovable::Module(NotNext::After(version(1))),
        NotApprovable::ModuleReleasesUnknown(own("no permission")),
        NotApprovable::NoModuleRelease { waiting: vec![own("v1.1.0"), own("v1.2.0")] },
        NotApprovable::NoModuleRelease { waiting: vec![] },
        NotApprovable::NoNode { known: vec![own("m-0")] },
        NotApprovable::NodeNotWaiting,
    ];
    let queues = [
        QueueState::JustEmpty,
        QueueState::Tasks(2),
        QueueState::Head(Box::new(task)),
        QueueState::Unreadable("no pod of the platform's controller is running".into()),
    ];
    let node =
        |update| Lagging::Node { node: own("w-0"), group: own("worker"), kernel: own("5.10.0"), update };
    let laggings = [
        Lagging::NoSuchGroup { group: own("w"), known: vec![own("worker")] },
        Lagging::NoNodes { group: own("worker") },
        node(None),
        node(Some(NodeFact::Draining)),
        node(Some(NodeFact::NeedsApproval)),
        Lagging::Group { group: own("worker"), fact: NodeFact::GroupReady { count: 1, all: 2 } },
    ];
    let all = [
        lines(approvals, refusal::not_approvable),
        lines(queues, refusal::queue),
        lines(laggings, |it| refusal::lagging(it).to_string()),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn parts_of_reports() {
    let waits = [
        ReleaseWait::ChannelUnset,
        ReleaseWait::NotNext(ReleaseFact::Earlier(version(71))),
        ReleaseWait::Controller(WaitReason::Approval),
        ReleaseWait::NoReason,
        ReleaseWait::NotProcessed,
    ];
    let groups = [
        NodeFact::GroupNeedsApproval { node: Some(own("w-0")) },
        NodeFact::GroupNeedsApproval { node: None },
        NodeFact::GroupUpdating,
    ];
    let not_ready =
        |message: &str| NotReady { module: own("console"), phase: own("Error"), message: message.into() };
    let api = |user, api: &str, removed_in: &str, instead| ApiUse {
        user,
        api: own(api),
        removed_in: own(removed_in),
        instead,
    };
    let object = |namespace: &str| ApiUser::Object {
        kind: own("FlowSchema"),
        name: own("limit"),
        namespace: own(namespace),
        release: own("shop/front"),
    };
    let flow = "flowcontrol.apiserver.k8s.io/v1";
    let uses = [
        api(ApiUser::Alert { id: own("a4") }, "", "", ApiInstead::SeeHelm("old APIs are in use".into())),
        api(
            ApiUser::Client,
            "policy/v1beta1 x",
            "1.25",
            ApiInstead::Known(Replacement::PodSecurityAdmission),
        ),
        api(object("shop"), "a FlowSchema", "1.32", ApiInstead::Known(Replacement::Api(flow))),
        api(object(""), "b FlowSchema", "", ApiInstead::MigrationGuide),
    ];
    let faults = [
        BreakingFault::Alert { name: own("ModuleAtConflict"), summary: "conflict".into() },
        BreakingFault::OldSettings("Update available, latest schema version is 2".into()),
    ];
    let image = || own("r.example/dkp/ee:v1.72.3");
    let unknown = [
        PlanSource::DeprecatedApis,
        PlanSource::HelmReleases,
        PlanSource::Alerts,
        PlanSource::ModuleConfigs,
        PlanSource::NoChannel,
        PlanSource::Channel { image: image() },
        PlanSource::Tags { registry: own("r.example/dkp/ee") },
        PlanSource::Edition,
        PlanSource::EditionOfBundle,
        PlanSource::Image { image: image() },
    ]
    .map(|source| PlanUnknown { why: (source != PlanSource::NoChannel).then(|| "503".into()), source });
    let all = [
        lines(waits, |it| status::release_wait(it).to_string()),
        lines(groups, |it| status::node_group(it).to_string()),
        lines([0, 1, 3], |count| status::interruption(*count).join("; ")),
        lines([not_ready(""), not_ready("no image")], status::not_ready),
        lines(uses, |it| plan::api_use(it).to_string()),
        lines(faults, plan::breaking),
        lines(unknown, plan::unknown),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn blocks_of_a_plan() {
    let registry = || Object::new(Kind::Registry, "r.example/dkp/ee");
    let push = || Advice::PushChannel { registry: own("r.example/dkp/ee") };
    let image = || own("r.example/dkp/ee/release-channel:stable");
    let unfinished = |sign| ReleaseFact::PreviousUnfinished { previous: own("v1.71.3"), sign };
    let of_release = |fact| Problem::new(Code::Release, Object::release(&version(72)), fact);
    let of_registry = |fact| Problem::new(Code::Release, registry(), fact);
    let too_low = |wanted| RegistryFact::ChannelTooLow { image: image(), version: version(71), wanted };
    let all = [
        of_registry(RegistryFact::ImagesMissing { images: vec![own("r.example/dkp/ee:v1.72.3")] })
            .advise(Advice::PullSince { major: 1, minor: 71 })
            .advise(Advice::Push { registry: own("r.example/dkp/ee") }),
        of_registry(RegistryFact::ReleaseIncomplete {
            release: version(72),
            objects: vec!["r.example/dkp/ee@sha256:ab (cniCilium.agent: not found)".into()],
            more: 3,
        }),
        of_registry(RegistryFact::ImagesNotChecked { release: version(72), why: "no route".into() })
            .advise(problems::RegistryAdvice::CheckWhereReachable.into())
            .advise(problems::RegistryAdvice::SkipImageCheck.into()),
        of_registry(RegistryFact::OtherEdition { found: own("FE"), cluster: own("EE") })
            .advise(problems::RegistryAdvice::PullEdition { edition: own("EE") }.into())
            .advise(push())
            .advise(problems::RegistryAdvice::AllowEditionChange.into()),
        of_registry(RegistryFact::ChannelMissing { image: image() }).advise(push()),
        of_registry(RegistryFact::ChannelSuspended { image: image(), version: version(72) })
            .advise(Advice::PullOtherPatch(version(72)))
            .advise(push()),
        of_registry(too_low(Some(version(72)))).advise(push()),
        of_registry(too_low(None)).advise(push()),
        of_release(ReleaseFact::UnmetKeys(vec![own("k8s"), own("ingressNginx")])).advise(Advice::MeetListed),
        of_release(ReleaseFact::PreRelease).advise(Advice::AnotherPatch(version(72))),
        of_release(unfinished(Unfinished::Image(version(70)))).advise(Advice::Watch),
        of_release(unfinished(Unfinished::Rollout)),
        of_release(unfinished(Unfinished::VersionAnnotation(version(70)))),
        of_release(unfinished(Unfinished::Pod)),
    ];
    insta::assert_snapshot!(lines(all, |it| block(it).to_string()));
}
