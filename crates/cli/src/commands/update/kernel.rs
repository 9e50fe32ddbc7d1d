//! `dhctl update kernel`

use std::time::Duration;

use cluster::{
    ClusterState, WaitPolicy,
    access::Cluster,
    change::Change,
    kernel::{self, KernelError},
    objects::{Node, NodeGroup},
};
use commands::{Command, Kubectl, Resource, Update};
use serde::Serialize;

use super::{
    changes::{NOT_WRITTEN, ShownChange, cluster_flags, on_cluster, script, shown},
    connection::{reach, report_wait},
    consent,
};
use crate::{
    Environment,
    args::KernelArgs,
    exit_code::Exit,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::{self, Printer},
    settings::Output,
    words,
};

const NAME: &str = "update kernel";
/// How long an API that is away may take to come back.
const LIMIT: Duration = Duration::from_mins(2);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Upgrade<'a> {
    changes: &'a [ShownChange],
    notes: &'a [String],
    written: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done<'a> {
    version: &'a str,
    node_groups: &'a [String],
    nodes: usize,
}

pub(crate) fn invocation(args: KernelArgs, environment: Environment) -> Invocation {
    let (output, flags) = (Output::from(&args.output), cluster_flags(&args.cluster));
    on_cluster(NAME, output, flags, run(args, environment)).if_interrupted(interrupted::KERNEL)
}

async fn run(mut args: KernelArgs, environment: Environment) -> Result<(), Failure> {
    args.node_group.sort();
    args.node_group.dedup();
    let cluster = reach(&args.cluster, &environment).await?;
    let state = read(&cluster).await?;
    let groups = state.node_groups.required("node groups")?;
    for name in &args.node_group {
        if !groups.iter().any(|group| group.name == *name) {
            let known: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            return Err(Failure::new(Exit::Cluster, format!("NodeGroup/{name} does not exist"))
                .hint(format!("node groups of this cluster: {}", known.join(", "))));
        }
    }
    if args.check {
        return check(&args, groups, state.nodes.required("nodes")?);
    }
    let mut changes: Vec<(&str, Change)> = Vec::new();
    for group in &args.node_group {
        let existing = WaitPolicy::new(LIMIT).retry(&mut waiting, || kernel::read(&cluster, group)).await?;
        let change = kernel::changes(group, &args.version, existing.as_ref()).map_err(KernelError::from)?;
        changes.extend(change.map(|change| (group.as_str(), change)));
    }
    // Nodes that cannot be read do not prevent the upgrade.
    let known = state.nodes.known().map_or(&[][..], Vec::as_slice);
    let notes = kernel::notes(&args.version, &args.node_group, known);
    let notes: Vec<String> = notes.iter().map(|note| words::note::kernel(note, &args.version)).collect();
    carry_out(&cluster, &args, &changes, &notes, &environment).await
}

async fn read(cluster: &Cluster) -> Result<ClusterState, Failure> {
    let needs = |state: &ClusterState| {
        state.node_groups.passing().or_else(|| state.nodes.passing()).map(str::to_owned)
    };
    Ok(WaitPolicy::new(LIMIT).read(cluster, &mut waiting, needs).await?)
}

fn waiting(why: &str) {
    report_wait(LIMIT, why);
}

async fn carry_out(
    cluster: &Cluster,
    args: &KernelArgs,
    changes: &[(&str, Change)],
    notes: &[String],
    environment: &Environment,
) -> Result<(), Failure> {
    let printer = Printer::new(&args.output);
    let listed = shown(changes.iter().map(|(_, change)| change), &cluster_flags(&args.cluster));
    let mut upgrade = Upgrade { changes: &listed, notes, written: false };
    if listed.is_empty() {
        return printer.result(
            NAME,
            &upgrade,
            &format!(
                "nothing to do: the node groups are configured already\nnext: {}\n",
                check_command(args)
            ),
        );
    }
    for note in notes {
        printer::say("note", note);
    }
    if args.change.dry_run {
        printer.result(NAME, &upgrade, &script(&listed))?;
        printer::say("note", NOT_WRITTEN);
        return Ok(());
    }
    printer::say("changes", &script(&listed));
    consent::ask(
        &format!(
            "install kernel {} on the nodes of {} in {}, and reboot them?",
            args.version,
            args.node_group.join(", "),
            cluster.name
        ),
        args.change.consent,
        environment,
    )
    .await?;
    for (group, change) in changes {
        let policy = WaitPolicy::new(LIMIT);
        kernel::carry_out(cluster, group, &args.version, change, policy, &mut waiting).await?;
        printer::say("done", &change.object().to_string());
    }
    upgrade.written = true;
    let text = format!(
        "the node groups are configured; the platform installs the kernel and reboots the nodes\nnext: {}\n",
        check_command(args)
    );
    printer.result(NAME, &upgrade, &text)
}

/// The command that checks whether the nodes run the kernel.
fn check_command(args: &KernelArgs) -> Command {
    let groups = args.node_group.clone();
    let check = Update::KernelCheck { groups, version: args.version.to_string() };
    Command::from(check).addressed(&cluster_flags(&args.cluster))
}

fn check(args: &KernelArgs, groups: &[NodeGroup], nodes: &[Node]) -> Result<(), Failure> {
    let missing = kernel::lagging(&args.version, &args.node_group, groups, nodes);
    if !missing.is_empty() {
        let flags = cluster_flags(&args.cluster);
        let lines: Vec<String> =
            missing.iter().map(|it| words::refusal::lagging(it).addressed(&flags).to_string()).collect();
        let message =
            format!("the upgrade to kernel {} is not done:\n  {}", args.version, lines.join("\n  "));
        return Err(
            Failure::new(Exit::Cluster, message).hint(format!("check again: {}", check_command(args)))
        );
    }
    let own = nodes.iter().filter(|node| node.group.as_ref().is_some_and(|it| args.node_group.contains(it)));
    let done = Done { version: args.version.as_str(), node_groups: &args.node_group, nodes: own.count() };
    let objects: Vec<String> = args.node_group.iter().map(|group| kernel::name_for(group)).collect();
    let delete = Command::kubectl(Kubectl::Delete(Resource::NodeGroupConfiguration, objects))
        .addressed(&cluster_flags(&args.cluster));
    printer::say("note", &format!("the NodeGroupConfigurations are no longer needed; delete them: {delete}"));
    let text = match done.nodes {
        1 => format!("the only node runs {}, and its node group is up to date\n", done.version),
        nodes => format!("all {nodes} nodes run {}, and their node groups are up to date\n", done.version),
    };
    Printer::new(&args.output).result(NAME, &done, &text)
}
