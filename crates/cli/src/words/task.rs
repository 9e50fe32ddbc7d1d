//! What a person has to do before releases of a plan, step by step, each with a command that does or checks it.

use cluster::{
    KubernetesPlace,
    plan::{ApiInstead, ApiUse, ApiUser, Replacement, Task, Work},
    requirements::{Fix, FoundRuntime, Holder, Runtime, SetKubernetes, Shortfall, Unmet},
};
use commands::{Command, Filter, Json, Kubectl, Objects, Output, Resource, Sentence, Tool, Update};
use serde_json::json;

use super::{Block, Step, clauses, list, requirement};

/// More objects or uses of APIs are only counted.
const SHOWN: usize = 3;
const INGRESS_NAMESPACE: &str = "d8-ingress-nginx";
const CONTROLLER_VERSIONS: Output = Output::Columns("NAME:.metadata.name,VERSION:.spec.controllerVersion");
const KUBELETS: Output = Output::Columns("NAME:.metadata.name,KUBELET:.status.nodeInfo.kubeletVersion");

/// When it is to be done and what, and the steps.
pub(crate) fn task(task: &Task) -> Block {
    let after = task.after.as_ref().map(|release| format!(" (after {release} is deployed)"));
    let when = format!("before {}{}", task.before, after.unwrap_or_default());
    let block = match &task.work {
        Work::ReplaceApis { kubernetes, uses } => {
            Block::new(format!("{when}: {}", replace(*kubernetes))).details(listed(uses))
        }
        work => Block::new(format!("{when}: {}", what(work))),
    };
    block.steps(steps(&task.work))
}

/// What is to be done, in a line.
pub(crate) fn what(work: &Work) -> String {
    match work {
        Work::ReplaceApis { kubernetes, uses } => {
            let uses: Vec<String> = uses.iter().map(used).collect();
            format!("{}: {}", replace(*kubernetes), clauses(&uses, SHOWN))
        }
        Work::UpgradeKubernetes { found, through, .. } => {
            let last = through.last().map(|(major, minor)| format!("{major}.{minor}"));
            format!("upgrade Kubernetes to {}; the nodes run {found}", last.unwrap_or_default())
        }
        Work::UpgradeKernel { lowest, groups, alt } => {
            let groups = groups.iter().map(|name| format!("NodeGroup/{name}"));
            let nodes = alt.iter().map(|name| format!("Node/{name}"));
            let objects: Vec<String> = groups.chain(nodes).collect();
            format!("upgrade the kernel to {lowest} or later: {}", list(&objects, SHOWN))
        }
        Work::Meet(unmet) => of_requirement(unmet),
    }
}

/// `replace APIs that Kubernetes 1.32 no longer serves`
fn replace((major, minor): (u64, u64)) -> String {
    format!("replace APIs that Kubernetes {major}.{minor} no longer serves")
}

/// What a requirement needs, in a line: what is to be done, what the objects have, and what they need.
fn of_requirement(unmet: &Unmet) -> String {
    let goal = goal(unmet, &list(&requirement::objects(unmet), SHOWN));
    if unmet.shortfall == Shortfall::ModuleEnabled {
        return goal;
    }
    let needed = requirement::needed(&unmet.shortfall);
    let needed = if needed.is_empty() { String::new() } else { format!(", needed: {needed}") };
    format!("{goal}: {}{needed}", requirement::found(&unmet.shortfall))
}

/// What is to be done with these objects.
fn goal(unmet: &Unmet, objects: &str) -> String {
    match &unmet.shortfall {
        Shortfall::Kubelet { .. } if matches!(unmet.fix, Fix::WaitForNodeGroups { .. }) => {
            format!("wait until Kubernetes is upgraded on {objects}")
        }
        Shortfall::Kubelet { .. } => format!("upgrade Kubernetes on {objects}"),
        Shortfall::OperatingSystem { .. } => format!("upgrade the operating system of {objects}"),
        Shortfall::Kernel { .. } => format!("upgrade the kernel of {objects}"),
        Shortfall::Runtime { found: FoundRuntime::Running(_), .. } => {
            format!("change the container runtime of {objects}")
        }
        Shortfall::Runtime { .. } => format!("change the container runtime in {objects}"),
        Shortfall::IngressController { .. } | Shortfall::MixedIngressControllers { .. } => {
            format!("upgrade {objects}")
        }
        Shortfall::Istio { .. } => format!("upgrade Istio in {objects}"),
        Shortfall::ModuleEnabled => format!("disable {objects}"),
        Shortfall::ModuleNotOffered { .. } => format!("push or disable {objects}"),
        Shortfall::ModuleOfferedWithError { .. } => format!("correct the error of {objects}"),
        Shortfall::ModuleNeedsPlatform { .. } | Shortfall::ModuleNeedsKubernetes { .. } => {
            format!("update or disable {objects}")
        }
        Shortfall::RemovedApi { .. } => format!("replace removed APIs in {objects}"),
        Shortfall::CloudCondition { .. } => format!("meet the conditions in {objects}"),
        Shortfall::NetworkAlert { .. } | Shortfall::MetallbAlert { .. } => {
            format!("correct what {objects} reports")
        }
        Shortfall::Reported { .. } | Shortfall::UnknownToController { .. } => {
            format!("meet the requirement of {objects}")
        }
    }
}

/// How it is done, and how it is checked.
pub(crate) fn steps(work: &Work) -> Vec<Step> {
    match work {
        Work::ReplaceApis { uses, .. } => replace_apis(uses),
        Work::UpgradeKubernetes { nodes_first, through, fix, .. } => {
            let first = nodes_first.as_ref().map(every_node_runs);
            first.into_iter().chain(upgrade_kubernetes(through, fix)).collect()
        }
        Work::UpgradeKernel { groups, alt, .. } => upgrade_kernel(groups, alt),
        Work::Meet(unmet) => meet(unmet),
    }
}

/// The use of an API: `autoscaling/v2beta2 HorizontalPodAutoscaler (HorizontalPodAutoscaler/web …)`.
fn used(it: &ApiUse) -> String {
    format!("{} ({})", api(it), user(&it.user))
}

/// The same, one a line.
fn listed(uses: &[ApiUse]) -> Vec<Sentence> {
    let line = |it: &ApiUse| Sentence::from(format!("{}: {}", api(it), user(&it.user)));
    let more = uses.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| Sentence::from(format!("and {more} more")));
    uses.iter().take(SHOWN).map(line).chain(more).collect()
}

fn api(it: &ApiUse) -> &str {
    if it.api.is_empty() { "unknown APIs" } else { &it.api }
}

fn user(user: &ApiUser) -> String {
    match user {
        ApiUser::Client => "requested by an API client".to_owned(),
        ApiUser::Alert { id } => format!("see ClusterAlert/{id}"),
        object @ ApiUser::Object { .. } => super::plan::api_user(object),
    }
}

fn replace_apis(uses: &[ApiUse]) -> Vec<Step> {
    let mut steps = Vec::new();
    if uses.iter().any(|it| matches!(it.user, ApiUser::Alert { .. })) {
        steps.push(with("list the objects of Helm releases that use them: ", Update::PlanWithHelm));
    }
    let mut replaced: Vec<String> = uses.iter().filter_map(replacement).collect();
    replaced.sort_unstable();
    replaced.dedup();
    if !replaced.is_empty() {
        steps.push(Step::here(format!(
            "change the API in charts, manifests and clients: {}",
            list(&replaced, SHOWN)
        )));
    }
    let mut releases: Vec<(&str, &str)> = uses
        .iter()
        .filter_map(|it| match &it.user {
            ApiUser::Object { release, .. } => release.split_once('/'),
            ApiUser::Alert { .. } | ApiUser::Client => None,
        })
        .collect();
    releases.sort_unstable();
    releases.dedup();
    steps.extend(releases.into_iter().map(|(namespace, release)| {
        let upgrade = Tool::HelmUpgrade { namespace: namespace.to_owned(), release: release.to_owned() };
        with("deploy the changed chart, so that Helm no longer stores the old API: ", upgrade)
    }));
    if uses.iter().any(|it| it.user == ApiUser::Client) {
        steps.push(with(
            "find the clients: run this on each control-plane node, and read user and userAgent of each entry: ",
            Tool::SearchAuditLog,
        ));
        let requested = Command::from(Kubectl::GetMetrics)
            .piped(Filter::Grep("^apiserver_requested_deprecated_apis".to_owned()));
        steps.push(Step::here(
            Sentence::from(
                "check the requests since the API server started; an entry disappears only when the API server restarts: ",
            )
            .command(requested),
        ));
    }
    steps.push(with("check Helm releases and alerts: ", Update::PlanWithHelm));
    steps
}

fn replacement(it: &ApiUse) -> Option<String> {
    match it.instead {
        ApiInstead::Known(Replacement::Api(api)) if !it.api.is_empty() => {
            Some(format!("{} to {api}", it.api))
        }
        _ => None,
    }
}

fn every_node_runs((major, minor): &(u64, u64)) -> Step {
    let nodes = Kubectl::Get(Objects::all(Resource::Node), KUBELETS);
    Step::here(Sentence::from(format!("wait until every node runs v{major}.{minor}: ")).command(nodes))
}

fn upgrade_kubernetes(through: &[(u64, u64)], fix: &Fix) -> Vec<Step> {
    let one = |(number, minor): (usize, &(u64, u64))| {
        let version = format!("{}.{}", minor.0, minor.1);
        let set = match fix {
            Fix::RaiseKubernetes(set) | Fix::PinKubernetes(set) => {
                let place = match set.place {
                    // The first step has created it.
                    KubernetesPlace::ModuleConfig { .. } if number > 0 => {
                        KubernetesPlace::ModuleConfig { exists: true, versioned: true }
                    }
                    place => place,
                };
                let text = format!("set kubernetesVersion in {} to \"{version}\": ", <&str>::from(place));
                let set = SetKubernetes { place, version: Some(*minor) };
                Step::here(Sentence::from(text).command(requirement::set_kubernetes(&set)))
            }
            Fix::UpgradeManagedKubernetes => Step::here(format!(
                "upgrade to {version} with the tool or provider that created this cluster"
            )),
            _ => Step::here(format!(
                "upgrade to {version}; if the platform manages Kubernetes, set kubernetesVersion: in \
                 ModuleConfig/control-plane-manager, or, if it is not set there, in ClusterConfiguration"
            )),
        };
        [set, every_node_runs(minor)]
    };
    through.iter().enumerate().flat_map(one).collect()
}

/// The nodes of ALT Linux that no script upgrades, and the steps for them.
pub(crate) fn kernel_of_alt(nodes: &[String]) -> Block {
    let names: Vec<String> = nodes.iter().map(|name| format!("Node/{name}")).collect();
    let headline = format!("{}: {}", super::note::KERNEL_NOT_ON_ALT, list(&names, SHOWN));
    Block::new(headline).steps(upgrade_kernel(&[], nodes))
}

fn upgrade_kernel(groups: &[String], alt: &[String]) -> Vec<Step> {
    let mut steps = Vec::new();
    for group in groups {
        let kernel = |check| Update::KernelOf { group: group.clone(), check };
        steps.push(with(
            "install a kernel from the repositories of the nodes; the nodes reboot one after another: ",
            kernel(false),
        ));
        steps.push(with("check that every node of the group runs it: ", kernel(true)));
    }
    if let Some(node) = alt.first() {
        let install = [
            with("on the node, as root, update the package index: ", Tool::UpdatePackageIndex),
            with("install the latest kernel of a flavor such as un-def: ", Tool::UpdateKernelOfAlt),
            with("reboot the node: ", Tool::Reboot),
        ];
        steps.extend(one_node_at_a_time(node, alt.len(), install));
    }
    if !alt.is_empty() || groups.is_empty() {
        steps.push(nodes("check the column KERNEL-VERSION: "));
    }
    steps
}

fn meet(unmet: &Unmet) -> Vec<Step> {
    let fix = || Step::here(requirement::fix(&unmet.fix));
    match (&unmet.fix, &unmet.shortfall) {
        (Fix::RaiseIngressController { name }, Shortfall::IngressController { lowest, .. }) => {
            vec![raise_controller(name, lowest), controllers(), controller_pods()]
        }
        (Fix::RaiseDefaultIngressController, Shortfall::IngressController { lowest, .. }) => {
            let patch = json!({ "spec": { "settings": { "defaultControllerVersion": lowest } } });
            let set = patched(Resource::ModuleConfig, "ingress-nginx", &patch);
            vec![with("set the default version of the controllers: ", set), controller_pods()]
        }
        (Fix::RaiseOldIngressControllers, _) => vec![fix(), controllers(), controller_pods()],
        (Fix::MoveIstioWorkloads, _) => {
            let revisions = Output::Labels("istio-injection,istio.io/rev");
            let list = Kubectl::Get(Objects::all(Resource::Namespace), revisions);
            vec![with("list the revisions that namespaces use: ", list), fix()]
        }
        (Fix::UpgradeSystem { .. }, _) => {
            let upgrade = Step::here(
                "upgrade the node as the documentation of its operating system describes, or replace it",
            );
            let names = names_of_nodes(unmet);
            let first = names.first().map(|node| one_node_at_a_time(node, names.len(), [upgrade]));
            first.into_iter().flatten().chain([nodes("check the column OS-IMAGE: ")]).collect()
        }
        (Fix::ChangeRuntime(runtime), _) => change_runtime(*runtime, unmet),
        _ => vec![fix()],
    }
}

/// The steps for the first of some nodes, and that they are repeated.
fn one_node_at_a_time(node: &str, count: usize, work: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let drain = "move the pods away from the node (this deletes what they have stored in emptyDir volumes): ";
    let mut steps = vec![with(drain, Kubectl::Drain(node.to_owned()))];
    steps.extend(work);
    steps.push(with("allow pods on the node again: ", Kubectl::Uncordon(node.to_owned())));
    if count > 1 {
        steps.push(Step::here("repeat these steps for the other nodes, one after another"));
    }
    steps
}

fn raise_controller(name: &str, version: &str) -> Step {
    let patch = json!({ "spec": { "controllerVersion": version } });
    with("set the version of the controller: ", patched(Resource::IngressNginxController, name, &patch))
}

fn controllers() -> Step {
    with(
        "check the versions: ",
        Kubectl::Get(Objects::all(Resource::IngressNginxController), CONTROLLER_VERSIONS),
    )
}

fn controller_pods() -> Step {
    let pods = Objects::all(Resource::Pod).within(INGRESS_NAMESPACE);
    with("wait until all pods of the controllers are replaced and ready: ", Kubectl::Get(pods, Output::Table))
}

fn change_runtime(runtime: Runtime, unmet: &Unmet) -> Vec<Step> {
    let kind = match runtime {
        Runtime::Containerd => "Containerd",
        Runtime::ContainerdV2 => "ContainerdV2",
    };
    let mut steps = Vec::new();
    if runtime == Runtime::ContainerdV2 {
        steps.push(Step::here(
            "check that the nodes have kernel 5.8 or later, systemd 244 or later, cgroup v2 and the kernel module erofs",
        ));
    }
    let mut groups: Vec<&str> = Vec::new();
    for object in &unmet.objects {
        match object {
            Holder::Node { group: Some(name), .. } | Holder::Object { kind: "NodeGroup", name } => {
                groups.push(name);
            }
            Holder::ClusterConfiguration => steps.push(Step::here(
                Sentence::from(format!("set defaultCRI to {kind}: ")).command(requirement::EDIT),
            )),
            _ => {}
        }
    }
    groups.sort_unstable();
    groups.dedup();
    let patch = json!({ "spec": { "cri": { "type": kind } } });
    steps.extend(groups.into_iter().map(|group| {
        with(
            "set the container runtime of the group; this interrupts its nodes one after another: ",
            patched(Resource::NodeGroup, group, &patch),
        )
    }));
    steps.push(nodes("check the column CONTAINER-RUNTIME: "));
    steps
}

fn names_of_nodes(unmet: &Unmet) -> Vec<String> {
    let name = |it: &Holder| match it {
        Holder::Node { name, .. } => Some(name.clone()),
        _ => None,
    };
    unmet.objects.iter().filter_map(name).collect()
}

fn nodes(text: &str) -> Step {
    with(text, Kubectl::Get(Objects::all(Resource::Node), Output::Wide))
}

fn patched(resource: Resource, name: &str, patch: &serde_json::Value) -> Kubectl {
    Kubectl::Patch { resource, name: name.to_owned(), status: false, patch: Json::from(patch) }
}

fn with(text: &str, command: impl Into<Command>) -> Step {
    Step::here(Sentence::from(text).command(command))
}
