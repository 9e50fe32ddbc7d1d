//! Steps, each with its command.

mod license;
mod module;
mod node;
mod package;
mod platform;
mod registry;
mod release;
mod see;
mod settings;

use cluster::UNKNOWN_ADDRESS;
use commands::{
    Approve, Command, Dhctl, Kubectl, Logs, Mirror, Objects, Pods, Resource, Sentence, Tool, Update,
};
use deckhouse::release_list::RELEASES_FILE;
use problems::{Advice, PrepareFor};
use semver::Version;

use super::{Step, requirement};

/// What to do if the API server does not know who asks.
pub(crate) const CORRECT_LOGIN: &str =
    "correct the login in the kubeconfig: its token or certificate is missing, wrong or has expired";

/// What to do if the platform is not in the cluster.
pub(crate) const CHECK_CLUSTER: &str =
    "check that this is the right cluster: --kubeconfig and --context select it";

/// What to do if something in the cluster revokes an approval.
pub(crate) const FIND_MANIFEST: &str = "find the tool that applies a manifest (such as deckhousereleases.yaml) that contains `approved: false`, and remove that line from the manifest";

/// The step that follows an advice.
#[expect(clippy::too_many_lines, reason = "an arm for each advice")]
pub(super) fn step(advice: &Advice) -> Step {
    let with = |text: &str, command: Command| Step::here(Sentence::from(text).command(command));
    match advice {
        Advice::PullSince { major, minor } => Step::outside(
            Sentence::from(format!("pull a bundle with the releases from {major}.{minor} on: "))
                .command(Mirror::PullSince { major: *major, minor: *minor }),
        ),
        Advice::Push { registry } => {
            let text = format!("push the bundle{}: ", placeholder(registry));
            Step::inside(Sentence::from(text).command(Mirror::Push(registry.clone())))
        }
        Advice::PushChannel { registry } => Step::inside(
            Sentence::from(format!(
                "push the whole bundle again, which also pushes its release channel{}: ",
                placeholder(registry)
            ))
            .command(Mirror::Push(registry.clone())),
        ),
        Advice::AnotherPatch(Version { major, minor, .. }) => Step::outside(
            Sentence::from(format!("when there is another patch of {major}.{minor}, pull it: "))
                .command(Mirror::PullSince { major: *major, minor: *minor }),
        ),
        Advice::Prepare(purpose) => {
            let (text, file) = match purpose {
                PrepareFor::Resume => ("finish the interrupted preparation: ", None),
                PrepareFor::CreateReleases => (
                    "create the missing releases from the file next to the bundle: ",
                    Some(RELEASES_FILE.to_owned()),
                ),
                PrepareFor::RemoveDuplicates => ("remove the duplicate: ", None),
            };
            with(text, Update::Prepare { channel: None, file }.into())
        }
        Advice::SetChannel => with(
            "set the release channel: replace NAME with alpha, beta, early-access, stable, rock-solid or lts (the command also \
             sets the update mode to Manual, unless --mode names another one): ",
            Update::Prepare { channel: Some("NAME".to_owned()), file: None }.into(),
        ),
        Advice::ApproveRelease(version) => {
            with("approve it: ", Approve::Release(format!("v{version}")).into())
        }
        Advice::ApproveDisruption(version) => with(
            "approve its disruptions when the workloads can be interrupted: ",
            Approve::Disruption(format!("v{version}")).into(),
        ),
        Advice::ApproveNode { node } => with(
            "approve the disruption when the workloads can be interrupted: ",
            Approve::Node(node.clone().unwrap_or_else(|| "NAME".to_owned())).into(),
        ),
        Advice::SetImage { repository, version } => with(
            "set the image of the deployed release: ",
            Kubectl::SetPlatformImage(format!("{repository}:v{version}")).into(),
        ),
        Advice::CorrectRegistryAddress => {
            with("correct the registry's address: ", Kubectl::EditRegistry.into())
        }
        Advice::CorrectRegistryLogin => Step::here(
            Sentence::from("correct the login, in the field `.dockerconfigjson` of the Secret (")
                .quoted(Dhctl::DockerCfg("HOST".to_owned()))
                .text(" prints the value): ")
                .command(Kubectl::EditRegistry),
        ),
        Advice::TrustRegistry => with(
            "add the CA certificate of the registry, in the field `ca` of the Secret: ",
            Kubectl::EditRegistry.into(),
        ),
        Advice::BypassProxy { registry } => Step::here(
            Sentence::from(format!("add {registry} to proxy.noProxy: ")).command(requirement::EDIT),
        ),
        Advice::ReachRegistry { registry } => Step::here(format!(
            "make {registry} reachable from the node: check DNS, routes, firewalls, and that the registry is running"
        )),
        Advice::ReadLog { pod, container, previous } => {
            let logs = Logs::of(Pods::Named(pod.clone())).container(container);
            let logs = if *previous { logs.previous() } else { logs };
            with("read the error: ", Kubectl::Logs(logs).into())
        }
        Advice::ReadLeaderLog => with("read the error: ", Kubectl::Logs(Logs::of(Pods::Leader)).into()),
        Advice::DescribePlatformPods => with(
            "read the events of the pod: ",
            Kubectl::Describe(Objects::of_the_platform(Resource::Pod)).into(),
        ),
        Advice::DescribeModule { name } => with(
            "read the conditions of the module: ",
            Kubectl::Describe(Objects::one(Resource::Module, name)).into(),
        ),
        Advice::ReadNodeLog { node } => {
            let node = node.as_ref().map_or_else(|| "on the node".to_owned(), |it| format!("on node {it}"));
            with(&format!("{node}, read the log: "), Tool::ReadNodeLog.into())
        }
        Advice::CorrectSettings => Step::here(
            "fix the object named in the error (often a ModuleConfig); until then, all later tasks in the queue wait",
        ),
        Advice::CorrectLogin => Step::here(CORRECT_LOGIN),
        Advice::Grant { queues, user } => {
            let command = match user {
                _ if *queues => Update::ReadOnlyRbac { queues: true, secrets: false },
                Some(user) => Update::RbacOf(user.clone()),
                None => Update::Rbac,
            };
            with(
                "ask a cluster administrator to apply the permissions that this command prints: ",
                command.into(),
            )
        }
        Advice::CheckCluster => Step::here(CHECK_CLUSTER),
        Advice::CorrectWebhook => Step::here(
            "make the webhook reachable from the cluster, or correct or remove update.notification in ModuleConfig/deckhouse",
        ),
        Advice::MeetListed => {
            with("meet these requirements; see the steps under \"To do\": ", Update::Plan.into())
        }
        Advice::Watch => with("wait until the running update is done: ", Update::Watch.into()),
        Advice::PullOtherPatch(Version { major, minor, .. }) => Step::outside(
            Sentence::from("pull again once the channel is no longer suspended, or pull another patch: ")
                .command(Mirror::PullSince { major: *major, minor: *minor }),
        ),
        Advice::MeetRequirements => with(
            "the controller reports unmet requirements one at a time; see all of them, and how to meet each: ",
            Update::Plan.into(),
        ),
        Advice::FindManifest => Step::here(FIND_MANIFEST),
        Advice::TargetHighestPatch => with(
            "set --to to the newest patch of this minor version; to see which one that is: ",
            Update::Status.into(),
        ),
        Advice::Doctor => with("find the cause: ", Update::Doctor.into()),
        Advice::Plan => {
            with("see which releases are missing and what blocks the update: ", Update::Plan.into())
        }
        Advice::Status => with("see the releases: ", Update::Status.into()),
        Advice::WaitForController => Step::here("wait: the controller corrects this automatically"),
        Advice::WaitForPull => Step::here("wait up to 5 minutes: the kubelet pulls the image again"),
        Advice::WaitForRetry => Step::here("wait: the approval is retried"),
        Advice::See(what, command) => self::with(see::text(*what), command.clone()),
        Advice::License(advice) => license::step(*advice),
        Advice::Module(advice) => module::step(advice),
        Advice::Node(advice) => node::step(advice),
        Advice::Package(advice) => package::step(advice),
        Advice::Platform(advice) => platform::step(advice),
        Advice::Registry(advice) => registry::step(advice),
        Advice::Release(advice) => release::step(advice),
        Advice::Settings(advice) => settings::step(advice),
    }
}

/// What to write for a registry whose address is not known.
fn placeholder(registry: &str) -> &'static str {
    if registry == UNKNOWN_ADDRESS {
        "; replace HOST/PATH with the address of the registry (in mode Local: registry.DOMAIN/system/deckhouse, after the public \
         domain is set in publicDomainTemplate of ModuleConfig/global)"
    } else {
        ""
    }
}

/// A step with its command last.
fn with(text: &str, command: impl Into<Command>) -> Step {
    Step::here(Sentence::from(text).text(": ").command(command))
}
