//! `dhctl update kernel`

use std::time::Duration;

use cluster::{
    ClusterState, WaitPolicy,
    access::Cluster,
    change::Change,
    kernel::{self, KernelError, KernelNote, Lagging, OnNodes},
    objects::{Node, NodeGroup},
};
use commands::{Command, Kubectl, Resource, Sentence, Update};
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
    failure::{Failure, has_platform},
    interrupted,
    invocation::Invocation,
    printer::{self, Printer},
    settings::Output,
    words,
};

const NAME: &str = "update kernel";
/// How long an API that is away may take to come back.
const LIMIT: Duration = Duration::from_mins(2);

/// What is to be written, and what is known of it.
#[derive(Default)]
struct Upgrade {
    /// The changes that are left, each with its group.
    changes: Vec<(String, Change)>,
    /// Whether there is a group whose nodes the script changes.
    is_configured: bool,
    /// Nodes of ALT Linux that run another kernel.
    alt: Vec<String>,
    /// The note about nodes that run a higher version.
    downgrade: Option<String>,
    /// All notes.
    notes: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
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
    has_platform(&state)?;
    let groups = state.node_groups.required("node groups")?;
    for name in &args.node_group {
        if !groups.iter().any(|group| group.name == *name) {
            let known: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            return Err(Failure::new(Exit::Cluster, format!("NodeGroup/{name} does not exist"))
                .hint(format!("node groups of this cluster: {}", known.join(", "))));
        }
    }
    if args.check {
        let nodes = state.nodes.required("nodes")?;
        check(&args, groups, nodes)?;
        say_what_is_left(&cluster, &args).await;
        return done(&args, nodes);
    }
    // Nodes that cannot be read do not prevent the upgrade.
    let nodes = state.nodes.known().map_or(&[][..], Vec::as_slice);
    let mut upgrade = Upgrade::default();
    for group in &args.node_group {
        let existing = WaitPolicy::new(LIMIT).retry(&mut waiting, || kernel::read(&cluster, group)).await?;
        let on_nodes = OnNodes::of(&args.version, group, nodes);
        if !on_nodes.need_nothing(&args.version, existing.as_ref()) {
            let change = kernel::changes(group, &args.version, existing.as_ref());
            upgrade.changes.extend(change.map_err(KernelError::from)?.map(|change| (group.clone(), change)));
            upgrade.is_configured = true;
        }
        upgrade.alt.extend(on_nodes.alt);
    }
    let to_know = kernel::notes(&args.version, &args.node_group, nodes);
    let text = |note: &KernelNote| words::note::kernel(note, &args.version);
    upgrade.downgrade = to_know.iter().find(|note| matches!(note, KernelNote::Downgrade { .. })).map(text);
    upgrade.notes = to_know.iter().map(text).collect();
    upgrade.carry_out(&cluster, &args, &environment).await
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

impl Upgrade {
    async fn carry_out(
        &self,
        cluster: &Cluster,
        args: &KernelArgs,
        environment: &Environment,
    ) -> Result<(), Failure> {
        let printer = Printer::new(&args.output);
        let flags = cluster_flags(&args.cluster);
        let listed = shown(self.changes.iter().map(|(_, change)| change), &flags);
        let mut outcome = Outcome { changes: &listed, notes: &self.notes, written: false };
        if listed.is_empty() {
            return printer.result(NAME, &outcome, &self.nothing_to_do(args)?);
        }
        for note in &self.notes {
            printer::say("note", note);
        }
        if args.change.dry_run {
            printer.result(NAME, &outcome, &script(&listed))?;
            printer::say("note", NOT_WRITTEN);
            return Ok(());
        }
        self.may_be_confirmed(args)?;
        printer::say("changes", &script(&listed));
        consent::ask(&self.question(cluster, args), args.change.consent, environment).await?;
        for (group, change) in &self.changes {
            let policy = WaitPolicy::new(LIMIT);
            kernel::carry_out(cluster, group, &args.version, change, policy, &mut waiting).await?;
            printer::say("done", &change.object().to_string());
        }
        outcome.written = true;
        let text = format!(
            "the node groups are configured; the platform installs the kernel and reboots the nodes\nnext: {}\n{}",
            check_command(args),
            self.steps_for_alt(args)
        );
        printer.result(NAME, &outcome, &text)
    }

    /// Why nothing is written, and the next command.
    ///
    /// # Errors
    /// If only nodes are left that the script does not change.
    fn nothing_to_do(&self, args: &KernelArgs) -> Result<String, Failure> {
        if !self.is_configured && !self.alt.is_empty() {
            return Err(Failure::of_block(Exit::Cluster, words::task::kernel_of_alt(&self.alt)));
        }
        let why = if self.is_configured {
            "the node groups are configured already".to_owned()
        } else {
            format!("all nodes of {} run {}", args.node_group.join(", "), args.version)
        };
        let check = check_command(args);
        Ok(format!("nothing to do: {why}\nnext: {check}\n{}", self.steps_for_alt(args)))
    }

    /// What to do on the nodes that the script does not change; empty if there are none.
    fn steps_for_alt(&self, args: &KernelArgs) -> String {
        if self.alt.is_empty() {
            return String::new();
        }
        let block = words::task::kernel_of_alt(&self.alt).addressed(&cluster_flags(&args.cluster));
        format!("\n{block}")
    }

    /// A lower version is confirmed by a person who has read that it is lower.
    fn may_be_confirmed(&self, args: &KernelArgs) -> Result<(), Failure> {
        match &self.downgrade {
            Some(downgrade) if args.change.consent.yes => Err(Failure::usage(format!(
                "{downgrade}, and --yes does not confirm a downgrade; nothing was changed"
            ))
            .hint("name a later version with --version, or run the command without --yes and confirm it")),
            _ => Ok(()),
        }
    }

    fn question(&self, cluster: &Cluster, args: &KernelArgs) -> String {
        let (kernel, groups) = (&args.version, args.node_group.join(", "));
        match &self.downgrade {
            Some(downgrade) => format!(
                "{downgrade}: install this lower version on the nodes of {groups} in {}, and reboot them?",
                cluster.name
            ),
            None => {
                format!(
                    "install kernel {kernel} on the nodes of {groups} in {}, and reboot them?",
                    cluster.name
                )
            }
        }
    }
}

/// The command that checks whether the nodes run the kernel.
fn check_command(args: &KernelArgs) -> Command {
    let groups = args.node_group.clone();
    let check = Update::KernelCheck { groups, version: args.version.to_string() };
    Command::from(check).addressed(&cluster_flags(&args.cluster))
}

/// Whether all nodes run the kernel.
///
/// # Errors
/// What is missing, if they do not.
fn check(args: &KernelArgs, groups: &[NodeGroup], nodes: &[Node]) -> Result<(), Failure> {
    let missing = kernel::lagging(&args.version, &args.node_group, groups, nodes);
    if missing.is_empty() {
        return Ok(());
    }
    let flags = cluster_flags(&args.cluster);
    let lines: Vec<String> =
        missing.iter().map(|it| words::refusal::lagging(it).addressed(&flags).to_string()).collect();
    let message = format!("the upgrade to kernel {} is not done:\n  {}", args.version, lines.join("\n  "));
    let failure = Failure::new(Exit::Cluster, message);
    let is_alt = |name: &String| nodes.iter().any(|node| node.name == *name && node.is_alt());
    let alt: Vec<String> = missing
        .into_iter()
        .filter_map(|it| match it {
            Lagging::Node { node, .. } => Some(node),
            _ => None,
        })
        .filter(is_alt)
        .collect();
    let failure = if alt.is_empty() {
        failure
    } else {
        failure.hint(words::note::kernel(&KernelNote::NotOnAlt { nodes: alt }, &args.version))
    };
    Err(failure.hint(format!("check again: {}", check_command(args))))
}

/// Says which objects are no longer needed, now that all nodes run the kernel, and which are for another version.
async fn say_what_is_left(cluster: &Cluster, args: &KernelArgs) {
    let mut unneeded = Vec::new();
    for group in &args.node_group {
        let name = kernel::name_for(group);
        match WaitPolicy::new(LIMIT).retry(&mut waiting, || kernel::read(cluster, group)).await {
            Ok(existing) => match existing.as_ref().and_then(kernel::Configuration::kernel) {
                Some(other) if other != args.version => printer::say(
                    "note",
                    &format!(
                        "NodeGroupConfiguration/{name} installs another kernel, {other}: its upgrade is waiting or running; \
                         do not delete the object before it is done"
                    ),
                ),
                Some(_) => unneeded.push(name),
                None => {}
            },
            Err(error) => {
                printer::say("note", &format!("NodeGroupConfiguration/{name} cannot be read: {error}"));
            }
        }
    }
    if !unneeded.is_empty() {
        let delete = Command::kubectl(Kubectl::Delete(Resource::NodeGroupConfiguration, unneeded));
        let note =
            Sentence::from("the NodeGroupConfigurations are no longer needed; delete them: ").command(delete);
        printer::say("note", &note.addressed(&cluster_flags(&args.cluster)).to_string());
    }
}

fn done(args: &KernelArgs, nodes: &[Node]) -> Result<(), Failure> {
    let own = nodes.iter().filter(|node| node.group.as_ref().is_some_and(|it| args.node_group.contains(it)));
    let done = Done { version: args.version.as_str(), node_groups: &args.node_group, nodes: own.count() };
    let text = match done.nodes {
        1 => format!("the only node runs {}, and its node group is up to date\n", done.version),
        nodes => format!("all {nodes} nodes run {}, and their node groups are up to date\n", done.version),
    };
    Printer::new(&args.output).result(NAME, &done, &text)
}
