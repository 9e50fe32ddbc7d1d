//! `dhctl update approve`

use std::time::Duration;

use cluster::{
    ClusterState, Patience,
    access::Cluster,
    approve::{self, Approval, ApproveError, Bystander, Haste},
    change::Kind,
};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{
    consent,
    update_changes::{ShownChange, kubectl, script, shown},
    update_cluster::reach,
};
use crate::{
    Environment,
    args::ApproveArgs,
    failure::Failure,
    printer::{self, Printer},
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
struct Approved<'a> {
    changes: &'a [ShownChange],
    notes: &'a [String],
    written: bool,
}

pub(crate) async fn run(mut args: ApproveArgs, environment: Environment) -> Result<(), Failure> {
    args.node.sort();
    args.node.dedup();
    let cluster = reach(&args.cluster, &environment).await?;
    let mut approvals = decide(&cluster, &args).await?;
    for approval in approvals.iter_mut().filter(|it| it.change.kind == Kind::Node) {
        approval.notes.extend(pods(&cluster, &approval.change.name).await?);
    }
    let listed = shown(approvals.iter().map(|it| &it.change), &kubectl(&args.cluster));
    let notes: Vec<String> = approvals.iter().flat_map(|it| it.notes.clone()).collect();
    let printer = Printer::new(&args.output);
    let mut approved = Approved { changes: &listed, notes: &notes, written: false };
    if approvals.is_empty() {
        return printer.result(NAME, &approved, "nothing to do: it is approved or deployed already\n");
    }
    printer::note(&script(&listed));
    for note in &notes {
        printer::note(&format!("note: {note}"));
    }
    consent::ask(&format!("approve it in {}?", cluster.name), args.consent, &environment).await?;
    for approval in &approvals {
        carry_out(&cluster, approval).await?;
    }
    approved.written = true;
    let objects: Vec<String> = approvals.iter().map(|it| it.change.object()).collect();
    printer.result(NAME, &approved, &format!("approved   {}\n", objects.join(", ")))
}

/// What is to be approved. Right after a start the controller does not know the values that it judges by: that passes.
async fn decide(cluster: &Cluster, args: &ApproveArgs) -> Result<Vec<Approval>, Failure> {
    let mut values = Values::awaited();
    loop {
        let state = read(cluster, args).await?;
        match approvals(&state, args) {
            Err(error) if values.may_come(&error) => sleep(AGAIN).await,
            decided => return Ok(decided?),
        }
    }
}

async fn carry_out(cluster: &Cluster, approval: &Approval) -> Result<(), Failure> {
    let mut values = Values::awaited();
    loop {
        match approve::carry_out(cluster, approval, Patience::new(LIMIT), &mut waiting).await {
            Err(error) if values.may_come(&error) => sleep(AGAIN).await,
            done => return Ok(done?),
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
            waiting("the controller does not know the cluster's values yet");
            self.said = true;
        }
        wait
    }
}

fn approvals(state: &ClusterState, args: &ApproveArgs) -> Result<Vec<Approval>, ApproveError> {
    let haste = if args.apply_now { Haste::ApplyNow } else { Haste::Respectful };
    let Some(version) = &args.release else {
        let each = args.node.iter().map(|node| approve::node(state, node));
        return each.filter_map(Result::transpose).collect();
    };
    let approval = match &args.module {
        Some(module) => approve::module_release(state, module, version, haste),
        None if args.disruption => approve::disruption(state, version),
        None => approve::release(state, version, haste),
    };
    Ok(approval?.into_iter().collect())
}

async fn read(cluster: &Cluster, args: &ApproveArgs) -> Result<ClusterState, Failure> {
    let needs = |state: &ClusterState| {
        let reading = match &args.release {
            None => state.nodes.passing().or_else(|| state.node_groups.passing()),
            Some(_) if args.module.is_some() => state.module_releases.passing(),
            // The configuration says whether the channel is LTS, the webhook whether it can be asked beforehand, the pods
            // whether the update before is finished.
            Some(_) => {
                let all = [
                    state.releases.passing(),
                    state.module_configs.passing(),
                    state.release_webhook.passing(),
                    state.deployment.passing(),
                    state.pods.passing(),
                ];
                all.into_iter().flatten().next()
            }
        };
        reading.map(str::to_owned)
    };
    Ok(Patience::new(LIMIT).read(cluster, &mut waiting, needs).await?)
}

fn waiting(why: &str) {
    printer::note(&format!("waiting    {} minutes at most: {why}", LIMIT.as_secs() / 60));
}

/// What runs on a node, in words. That it cannot be told is no reason not to approve.
async fn pods(cluster: &Cluster, node: &str) -> Result<Vec<String>, Failure> {
    let patience = Patience::new(LIMIT);
    let pods = match patience.wait_out(&mut waiting, || approve::bystanders(cluster, node)).await {
        Ok(pods) => pods,
        Err(cluster::Error::Forbidden(why)) => {
            return Ok(vec![format!("the pods on node {node} are not known: no permission: {why}")]);
        }
        Err(error) => return Err(error.into()),
    };
    let name = |pod: &Bystander| format!("{}/{}", pod.namespace, pod.name);
    let mut names: Vec<String> = pods.iter().take(PODS_SHOWN).map(name).collect();
    if pods.len() > PODS_SHOWN {
        names.push(format!("and {} more", pods.len() - PODS_SHOWN));
    }
    Ok(vec![match pods.len() {
        0 => format!("no pods run on node {node} but those of DaemonSets"),
        count => format!("{count} pods run on node {node}: {}", names.join(", ")),
    }])
}
