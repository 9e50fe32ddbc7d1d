//! `dhctl update approve`

use std::{fmt::Write as _, time::Duration};

use cluster::{
    ClusterState, Timestamp, WaitPolicy,
    access::Cluster,
    approve::{self, Approval, ApprovalRequest, ApproveError, PodOnNode, Timing},
    etcd_backups, lacks_backup, read,
};
use commands::{Command, Sentence, Update};
use semver::Version;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{
    before_approval,
    changes::{ShownChange, cluster_flags, on_cluster, script, shown},
    connection::{reach, report_wait},
    consent,
};
use crate::{
    Environment,
    args::ApproveArgs,
    exit_code::Exit,
    failure::{Failure, has_platform},
    interrupted,
    invocation::Invocation,
    printer::{self, Printer},
    settings::Output,
    words,
};

const NAME: &str = "update approve";

/// How long a webhook or an API that is away may take to come back: the platform's pod is replaced in this time.
const LIMIT: Duration = Duration::from_mins(10);

/// Between two looks at values that the controller does not know yet. It checks requirements every 15 seconds.
const AGAIN: Duration = Duration::from_secs(3);

/// More pods of a node than these are only counted.
const PODS_SHOWN: usize = 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    changes: &'a [ShownChange],
    notes: &'a [String],
    /// Whether all of it was written.
    written: bool,
    /// What was approved, as `KIND/NAME`.
    approved: &'a [String],
    /// What was not, after a failure in the middle.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_approved: &'a [String],
    /// What the failure leaves open: it was written, or not, and cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
    /// The failure in the middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
}

impl Report<'_> {
    /// The text after a failure in the middle.
    fn partly(&self) -> String {
        let unknown: Vec<String> = self.unknown.iter().map(|it| (*it).to_owned()).collect();
        let mut text = String::new();
        for (label, objects) in
            [("approved", self.approved), ("not approved", self.not_approved), ("unknown", &unknown)]
        {
            if !objects.is_empty() {
                let _ = writeln!(text, "{label:<13} {}", objects.join(", "));
            }
        }
        text
    }
}

pub(crate) fn invocation(args: ApproveArgs, environment: Environment) -> Invocation {
    let (output, flags) = (Output::from(&args.output), cluster_flags(&args.cluster));
    on_cluster(NAME, output, flags, run(args, environment)).if_interrupted(interrupted::APPROVE)
}

async fn run(mut args: ApproveArgs, environment: Environment) -> Result<(), Failure> {
    args.node.sort();
    args.node.dedup();
    let cluster = reach(&args.cluster, &environment).await?;
    let requests = wishes(&args);
    let (approvals, state) = decide(&cluster, requests.clone()).await?;
    let flags = cluster_flags(&args.cluster);
    let listed = shown(approvals.iter().map(|(_, it)| &it.change), &flags);
    let mut notes: Vec<String> = Vec::new();
    for (request, approval) in &approvals {
        notes.extend(approval.notes.iter().map(|it| words::note::approval(it).addressed(&flags).to_string()));
        match request {
            ApprovalRequest::Node { name } => notes.push(pods(&cluster, name).await?),
            ApprovalRequest::Release { version, .. } => {
                let of_release = before_approval::notes(&cluster, &state, version).await;
                notes.extend(of_release.into_iter().map(|it| it.addressed(&flags).to_string()));
            }
            ApprovalRequest::Disruption { .. } | ApprovalRequest::ModuleRelease { .. } => {}
        }
    }
    if let Some(release) = args.release.as_ref().filter(|_| args.module.is_none() && !approvals.is_empty()) {
        has_backup(&args, &state, release)?;
        let backup = words::etcd_backup::before_approval(&etcd_backups(&state), release, Timestamp::now());
        notes.extend(backup.map(|it| it.addressed(&flags).to_string()));
    }
    let printer = Printer::new(&args.output);
    let objects: Vec<String> = approvals.iter().map(|(_, it)| it.change.object().to_string()).collect();
    let nothing = Report {
        changes: &listed,
        notes: &notes,
        written: false,
        approved: &[],
        not_approved: &[],
        unknown: None,
        error: None,
    };
    let next = |command: Update| format!("next: {}\n", Command::from(command).addressed(&flags));
    if approvals.is_empty() {
        let given: Vec<String> = requests.iter().map(|it| given(it, it.is_deployed(&state))).collect();
        let all_deployed = requests.iter().all(|it| it.is_deployed(&state));
        let next = next(if all_deployed { Update::Plan } else { Update::Watch });
        return printer.result(NAME, &nothing, &format!("nothing to do: {}\n{next}", given.join("; ")));
    }
    printer::say("changes", &script(&listed));
    for note in &notes {
        printer::say("note", note);
    }
    consent::ask(&format!("approve {} in {}?", objects.join(", "), cluster.name), args.consent, &environment)
        .await?;
    // The question may have stood for long.
    args.release.as_ref().map_or(Ok(()), |release| has_backup(&args, &state, release))?;
    for (number, (request, approval)) in approvals.iter().enumerate() {
        match carry_out(&cluster, request, approval).await {
            // An interruption must not hide what is approved.
            Ok(()) if objects.len() > 1 => printer::say("done", &objects[number]),
            Ok(()) => {}
            Err(error) if objects.len() > 1 => {
                let failure = in_the_middle(&objects[number], error);
                // A write whose answer is lost, or which cannot be read back, may be there.
                let (last_approved, first_not) = match request.decide(&read::snapshot(&cluster).await) {
                    Ok(None) => (number + 1, number + 1),
                    Err(ApproveError::Unknown(_)) => (number, number + 1),
                    _ => (number, number),
                };
                let result = Report {
                    approved: &objects[..last_approved],
                    not_approved: &objects[first_not..],
                    unknown: (last_approved < first_not).then_some(&objects[number]),
                    error: Some(&failure),
                    ..nothing
                };
                printer.result(NAME, &result, &result.partly())?;
                return Err(failure);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let approved = Report { written: true, approved: &objects, ..nothing };
    printer.result(NAME, &approved, &format!("approved   {}\n{}", objects.join(", "), next(Update::Watch)))
}

/// Whether there is the backup of etcd that is required, if one is.
fn has_backup(args: &ApproveArgs, state: &ClusterState, release: &Version) -> Result<(), Failure> {
    let now = Timestamp::now();
    let lacks = |limit| lacks_backup(state, limit, release, now, now);
    match args.require_backup.and_then(lacks) {
        Some(problem) => Err(Failure::of_block(Exit::Cluster, words::block(&problem))),
        None => Ok(()),
    }
}

/// Why an approval is not needed.
fn given(request: &ApprovalRequest, is_deployed: bool) -> String {
    let state = if is_deployed { "deployed" } else { "approved" };
    match request {
        ApprovalRequest::Release { version, .. } => format!("v{version} is already {state}"),
        ApprovalRequest::ModuleRelease { module, version, .. } => {
            format!("v{version} of module {module} is already {state}")
        }
        ApprovalRequest::Disruption { version } => {
            format!("the disruptions of v{version} are already approved")
        }
        ApprovalRequest::Node { name } => format!("the disruption of node {name} is already approved"),
    }
}

/// The failure of one of several. The result, which is printed before it, says what was approved.
fn in_the_middle(object: &str, error: ApproveError) -> Failure {
    let names_no_object = matches!(error, ApproveError::Cluster(_) | ApproveError::Unknown(_));
    let failure = Failure::from(error);
    let message = if names_no_object {
        Sentence::from(format!("{object}: ")).then(failure.message)
    } else {
        failure.message
    };
    Failure { message, hints: failure.hints, after_result: true, ..failure }
        .hint("when this is fixed, run the same command again: approved objects are skipped")
}

/// What is to be approved, and the state that this was decided on. Right after a start the controller does not know the values that it judges by: that passes.
async fn decide(
    cluster: &Cluster,
    wishes: Vec<ApprovalRequest>,
) -> Result<(Vec<(ApprovalRequest, Approval)>, ClusterState), Failure> {
    let mut values = Values::awaited();
    let lacks = |state: &ClusterState| wishes.iter().find_map(|request| request.lacks(state));
    let (decided, state) = loop {
        let state = WaitPolicy::new(LIMIT).read(cluster, &mut waiting, lacks).await?;
        has_platform(&state)?;
        let decided: Result<Vec<_>, _> = wishes.iter().map(|request| request.decide(&state)).collect();
        match decided {
            Err(error) if values.may_come(&error) => sleep(AGAIN).await,
            decided => break (decided.map_err(|it| it.as_of(&state, Timestamp::now()))?, state),
        }
    };
    let decided = wishes.into_iter().zip(decided);
    Ok((decided.filter_map(|(request, approval)| Some((request, approval?))).collect(), state))
}

async fn carry_out(
    cluster: &Cluster,
    request: &ApprovalRequest,
    approval: &Approval,
) -> Result<(), ApproveError> {
    let mut values = Values::awaited();
    loop {
        match approve::carry_out(cluster, request, approval, WaitPolicy::new(LIMIT), &mut waiting).await {
            Err(error) if values.may_come(&error) => sleep(AGAIN).await,
            done => return done,
        }
    }
}

/// The values of the cluster that the controller does not know yet.
struct Values {
    end: Instant,
    said: bool,
}

impl Values {
    fn awaited() -> Self {
        Self { end: Instant::now() + LIMIT, said: false }
    }

    /// Whether to wait for them. Says so once.
    fn may_come(&mut self, error: &ApproveError) -> bool {
        let wait = error.is_not_known_yet() && Instant::now() < self.end;
        if wait && !self.said {
            waiting(
                "the controller cannot check the requirements yet: it has not collected the current values from the cluster",
            );
            self.said = true;
        }
        wait
    }
}

fn wishes(args: &ApproveArgs) -> Vec<ApprovalRequest> {
    let timing = if args.apply_now { Timing::Now } else { Timing::Scheduled };
    let Some(version) = args.release.clone() else {
        return args.node.iter().map(|name| ApprovalRequest::Node { name: name.clone() }).collect();
    };
    vec![match args.module.clone() {
        Some(module) => ApprovalRequest::ModuleRelease { module, version, timing },
        None if args.disruption => ApprovalRequest::Disruption { version },
        None => ApprovalRequest::Release { version, timing },
    }]
}

fn waiting(why: &str) {
    report_wait(LIMIT, why);
}

/// What runs on a node, in words. It may be unknown: that does not prevent the approval.
async fn pods(cluster: &Cluster, node: &str) -> Result<String, Failure> {
    let policy = WaitPolicy::new(LIMIT);
    let pods = match policy.retry(&mut waiting, || approve::pods_on_node(cluster, node)).await {
        Ok(pods) => pods,
        Err(cluster::Error::Forbidden(why)) => {
            return Ok(format!("the pods on node {node} are unknown: no permission: {why}"));
        }
        Err(error) => return Err(error.into()),
    };
    let name = |pod: &PodOnNode| format!("{}/{}", pod.namespace, pod.name);
    let mut names: Vec<String> = pods.iter().take(PODS_SHOWN).map(name).collect();
    if pods.len() > PODS_SHOWN {
        names.push(format!("and {} more", pods.len() - PODS_SHOWN));
    }
    Ok(match pods.len() {
        0 => format!("only pods of DaemonSets run on node {node}"),
        1 => format!("1 pod runs on node {node}: {}", names.join(", ")),
        count => format!("{count} pods run on node {node}: {}", names.join(", ")),
    })
}
