//! `update run`: release after release, each one approved when the one before is really done.

use std::{sync::Arc, time::Duration};

use cluster::{
    ClusterState, Patience,
    access::Cluster,
    approve::{self, ApproveError, Haste},
    follow::Follower,
    run::{Step, next},
    verdict::{Machine, Verdict},
};
use semver::Version;
use serde::Serialize;
use tokio::{sync::watch, time::Instant};

use super::{
    consent,
    update_changes::{kubectl, script, shown},
    update_cluster, update_wait,
};
use crate::{
    Environment,
    args::RunArgs,
    exit_code::Exit,
    failure::Failure,
    printer::{self, Printer},
    watch::{Limits, Show},
};

/// How long an approval may wait for a webhook or an API that is away, where `--timeout` says nothing.
const WEBHOOK: Duration = Duration::from_mins(10);

/// How often it is decided again while nothing can be decided.
const AGAIN: Duration = Duration::from_secs(1);

/// The result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ran {
    /// What this run has approved, in order.
    approved: Vec<Version>,
    /// The last verdict.
    verdict: Verdict,
}

struct Run {
    args: RunArgs,
    environment: Environment,
    cluster: Cluster,
    states: watch::Receiver<Arc<ClusterState>>,
    limits: Limits,
    approved: Vec<Version>,
}

pub(crate) async fn run(args: RunArgs, environment: Environment) -> Result<(), Failure> {
    let printer = Printer::new(&args.output);
    let cluster = update_cluster::connect(&args.cluster, &environment).await?;
    let follower = Follower::start(&cluster);
    let states = follower.states();
    let limits = update_wait::limits(&args.wait);
    let mut run = Run { args, environment, cluster, states, limits, approved: Vec::new() };
    let verdict = run.through().await?;
    let text = update_wait::done(&verdict, &run.args.wait);
    printer.result("update run", &Ran { approved: run.approved, verdict }, &text)
}

impl Run {
    /// All steps. What a stopped run has left is finished first.
    async fn through(&mut self) -> Result<Verdict, Failure> {
        let mut show = Show::new(&self.args.output, &self.environment)?;
        let mut verdict = self.wait(&mut show, None).await?;
        let mut told = String::new();
        loop {
            let state = self.states.borrow_and_update().clone();
            match next(&state, self.args.to.as_ref()) {
                Step::Finished => return Ok(verdict),
                Step::Watch(release) => verdict = self.wait(&mut show, Some(release)).await?,
                Step::Approve(release) => {
                    let written;
                    (show, written) = self.approve(show, &state, &release).await?;
                    if written {
                        verdict = self.wait(&mut show, Some(release)).await?;
                    } else {
                        self.a_while(&verdict).await?;
                    }
                }
                Step::Wait(why) => {
                    if why != told {
                        show.tell("wait", &why);
                        told = why;
                    }
                    self.a_while(&verdict).await?;
                }
                Step::Blocked(blocked) => {
                    return Err(Failure::new(Exit::Cluster, format!("{}: {}", blocked.object, blocked.why))
                        .hint(blocked.remedy));
                }
            }
        }
    }

    async fn wait(&mut self, show: &mut Show, release: Option<Version>) -> Result<Verdict, Failure> {
        let mut machine = Machine::new(release, update_wait::settings(&self.args.wait));
        update_wait::until_done(&mut self.states, &mut machine, show, self.limits).await
    }

    /// Shows the approval and asks for a word, on the terminal as it was before; then writes it. `false`: it was not
    /// written, since the cluster has changed meanwhile, or does not know the values yet that it judges by.
    async fn approve(
        &mut self,
        mut show: Show,
        state: &ClusterState,
        release: &Version,
    ) -> Result<(Show, bool), Failure> {
        let haste = if self.args.apply_now { Haste::ApplyNow } else { Haste::Respectful };
        let Some(approval) = approve::release(state, release, haste)? else { return Ok((show, true)) };
        let listed = script(&shown([&approval.change], &kubectl(&self.args.cluster)));
        if self.args.consent.yes {
            show.tell("approve", &listed);
            for note in &approval.notes {
                show.tell("note", note);
            }
        } else {
            drop(show);
            printer::note(&listed);
            for note in &approval.notes {
                printer::note(&format!("note: {note}"));
            }
            let question = format!("approve v{release} in {}?", self.cluster.name);
            consent::ask(&question, self.args.consent, &self.environment).await?;
            show = Show::new(&self.args.output, &self.environment)?;
            // The question may have stood for hours.
            let now = self.states.borrow().clone();
            if next(&now, self.args.to.as_ref()) != Step::Approve(release.clone()) {
                show.tell("wait", "the cluster has changed while it was asked: it is decided again");
                return Ok((show, false));
            }
        }
        let limit = self.limits.deadline.map_or(WEBHOOK, |it| it.saturating_duration_since(Instant::now()));
        let mut tell = |why: &str| show.tell("wait", why);
        match approve::carry_out(&self.cluster, &approval, Patience::new(limit), &mut tell).await {
            Ok(()) => {}
            // After a restart of the controller the values are collected anew (facts 0.7).
            Err(ApproveError::Unmet { reasons, .. })
                if reasons.iter().all(|it| it.contains("is not set")) =>
            {
                show.tell("wait", "the controller does not know the cluster's values yet");
                return Ok((show, false));
            }
            Err(error) => return Err(error.into()),
        }
        self.approved.push(release.clone());
        Ok((show, true))
    }

    /// Until the cluster shows something else, or a moment later.
    async fn a_while(&mut self, verdict: &Verdict) -> Result<(), Failure> {
        if self.limits.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(update_wait::time_over(verdict, self.limits));
        }
        drop(tokio::time::timeout(AGAIN, self.states.changed()).await);
        Ok(())
    }
}
