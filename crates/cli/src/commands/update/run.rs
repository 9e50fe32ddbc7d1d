//! `update run`: release after release, each one approved when the one before is really done.

mod images;

use std::{pin::pin, sync::Arc, time::Duration};

use cluster::{
    ClusterState, Timestamp, WaitPolicy,
    access::Cluster,
    approve::{self, Approval, ApprovalRequest, ApproveError, Timing},
    etcd_backups,
    follow::Follower,
    objects::UpdateMode,
    run::{Blocked, Move, Runner},
    verdict::Verdict,
};
use problems::{Code, Fact, Object, Problem, ReleaseFact};
use semver::Version;
use serde::Serialize;

use super::{
    before_approval,
    changes::{cluster_flags, on_cluster, script, shown},
    connection, consent, wait,
};
use crate::{
    Environment,
    args::RunArgs,
    failure::Failure,
    interrupted,
    invocation::Invocation,
    printer::{self, Printer},
    settings::Output,
    watch::{End, Limits, Observations, Show, end},
    words::{etcd_backup, verdict::WordedVerdict},
};

/// The result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RunResult<'a> {
    /// What this run has approved, in order.
    approved: Vec<Version>,
    /// Releases that were skipped before this run and never ran, as far as the cluster shows it.
    never_ran: Vec<Version>,
    /// The last verdict.
    verdict: WordedVerdict<'a>,
}

struct Run {
    args: RunArgs,
    environment: Environment,
    cluster: Cluster,
    timing: Timing,
    runner: Runner,
    observations: Observations,
    limits: Limits,
    show: Show,
    /// What the last observation allows.
    allowed: Move,
    /// The approval that the user agreed to: the same one is not asked for twice.
    agreed: Option<Approval>,
    /// What was tried to be approved, and is not yet seen to be.
    tried: Option<Version>,
    approved: Vec<Version>,
    /// Whether the update mode was read.
    knows_mode: bool,
    /// The images that were read last.
    images: Option<images::CheckedImages>,
}

const NAME: &str = "update run";

pub(crate) fn invocation(args: RunArgs, environment: Environment) -> Invocation {
    let (output, flags) = (Output::from(&args.output), cluster_flags(&args.cluster));
    on_cluster(NAME, output, flags, run(args, environment)).if_interrupted(interrupted::RUN)
}

async fn run(args: RunArgs, environment: Environment) -> Result<(), Failure> {
    let printer = Printer::new(&args.output);
    let cluster = connection::connect(&args.cluster, &environment).await?;
    let follower = Follower::start(&cluster);
    let flags = cluster_flags(&args.cluster);
    let timing = if args.apply_now { Timing::Now } else { Timing::Scheduled };
    let wait = args.wait;
    let mut run = Run {
        cluster,
        timing,
        runner: Runner::new(args.to.clone(), timing, wait::settings(&wait))
            .requiring_backup(args.require_backup),
        observations: Observations::at(follower.states()),
        limits: wait::limits(&wait),
        show: Show::new(&args.output, &environment, flags.clone())?,
        allowed: Move::Wait,
        agreed: None,
        tried: None,
        approved: Vec::new(),
        knows_mode: false,
        images: None,
        args,
        environment,
    };
    let verdict = run.all_steps().await?;
    let Run { show, approved, runner, .. } = run;
    drop(show); // the result goes to the terminal as it was
    let mut text = wait::done(&verdict, &wait, &flags);
    let past = runner.past();
    text.extend(past.map(|it| format!("warning: {}\n", crate::words::what(it).addressed(&flags))));
    let never_ran = match past.map(|it| &it.fact) {
        Some(Fact::Release(ReleaseFact::SkippedMinors(versions))) => versions.clone(),
        _ => Vec::new(),
    };
    let verdict = WordedVerdict::of(&verdict, &flags);
    printer.result(NAME, &RunResult { approved, never_ran, verdict }, &text)
}

impl Run {
    /// All steps. What a stopped run has left is finished first.
    async fn all_steps(&mut self) -> Result<Verdict, Failure> {
        self.show
            .report("wait", "checking that the deployed release is healthy before the next one is approved");
        loop {
            let (state, verdict) = self.observe().await?;
            self.say_what_needs_no_backup(&state);
            match self.allowed.clone() {
                Move::Wait => {}
                Move::Approve(release) => self.approve(&state, &release).await?,
                Move::Finish => return Ok(verdict),
            }
        }
    }

    /// Says once that `--require-backup` does not hold releases that need no approval.
    fn say_what_needs_no_backup(&mut self, state: &ClusterState) {
        let Some(config) = state.deckhouse_config().filter(|_| !self.knows_mode) else { return };
        self.knows_mode = true;
        if self.args.require_backup.is_some() && config.update_settings().mode != Some(UpdateMode::Manual) {
            self.show.report(
                "note",
                "update.mode is not Manual: releases that need no approval are deployed without the backup that \
                 --require-backup asks for",
            );
        }
    }

    /// Observes the cluster and shows the verdict. Every end except success is an error.
    async fn observe(&mut self) -> Result<(Arc<ClusterState>, Verdict), Failure> {
        let (state, now) = self.observations.next(self.limits).await?;
        let (mut verdict, allowed) = self.runner.observe(&state, now);
        self.allowed = allowed;
        self.approved.extend(self.tried.take_if(|tried| self.runner.goal() == Some(tried)));
        let mut end = end(&verdict, self.limits);
        // What is deployed is done, and the run is not: a question stands, or an approval is under way.
        if let Move::Approve(release) = &self.allowed
            && self.limits.are_over()
        {
            end = Some(End::TimeOver);
            let object = Object::release(release);
            verdict.waiting_for.push(Problem::new(Code::Approval, object, ReleaseFact::ToBeApproved));
        }
        self.show.verdict(&state, &verdict, end, now)?;
        wait::ended(end, &verdict, self.limits)?;
        Ok((state, verdict))
    }

    /// Does `work` while the cluster is observed and the timeout applies.
    async fn while_observing<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                observed = self.observe() => drop(observed?),
            }
        }
    }

    /// Approves it, if that is agreed to and the cluster has not changed. What may pass is tried again when the runner says
    /// so.
    async fn approve(&mut self, state: &ClusterState, release: &Version) -> Result<(), Failure> {
        let request = ApprovalRequest::Release { version: release.clone(), timing: self.timing };
        let approval = match request.decide(state) {
            Ok(Some(approval)) => approval,
            Ok(None) => {
                self.runner.approved(release.clone());
                return Ok(());
            }
            Err(error) => return self.refused(state, release, error),
        };
        if self.args.check_images {
            if let Some(blocked) = self.check_images(state, release).await? {
                self.runner.refused(release, blocked);
                return Ok(());
            }
            // Reading may have taken minutes.
            if self.allowed != Move::Approve(release.clone()) {
                return Ok(());
            }
        }
        if !self.agreed.as_ref().is_some_and(|agreed| approval.is_still(agreed)) {
            self.agree(state, &approval, release).await?;
            self.agreed = Some(approval.clone());
            // The answer may have come hours later.
            if self.allowed != Move::Approve(release.clone()) {
                self.show.report("wait", "the cluster has changed since you were asked: checking again");
                return Ok(());
            }
        }
        // If its answer is lost, it may have been written anyway.
        self.tried = Some(release.clone());
        let cluster = self.cluster.clone();
        let once = WaitPolicy::new(Duration::ZERO);
        let mut ignore = |_: &str| {};
        match self
            .while_observing(approve::carry_out(&cluster, &request, &approval, once, &mut ignore))
            .await?
        {
            Ok(()) => self.runner.approved(release.clone()),
            Err(error) => self.refused(state, release, error)?,
        }
        self.observations.observe_now(); // what it waits for now is shown before it changes
        Ok(())
    }

    fn refused(
        &mut self,
        state: &ClusterState,
        release: &Version,
        error: ApproveError,
    ) -> Result<(), Failure> {
        self.runner.refused(release, Blocked::by(error, state, release)?);
        Ok(())
    }

    /// Shows the approval and asks for consent, on the terminal without the live screen.
    async fn agree(
        &mut self,
        state: &ClusterState,
        approval: &Approval,
        release: &Version,
    ) -> Result<(), Failure> {
        let cluster = self.cluster.clone();
        let changes = self.while_observing(before_approval::notes(&cluster, state, release)).await?;
        let flags = cluster_flags(&self.args.cluster);
        let listed = script(&shown([&approval.change], &flags));
        let of_approval =
            approval.notes.iter().map(|it| crate::words::note::approval(it).addressed(&flags).to_string());
        let backup = etcd_backup::before_approval(&etcd_backups(state), release, Timestamp::now());
        let of_release = changes.into_iter().chain(backup).map(|it| it.addressed(&flags).to_string());
        let notes: Vec<String> = of_approval.chain(of_release).collect();
        if self.args.consent.yes {
            self.show.report("approve", &listed);
            for note in &notes {
                self.show.report("note", note);
            }
            return Ok(());
        }
        self.show.pause();
        printer::say("approve", &listed);
        for note in &notes {
            printer::say("note", note);
        }
        let question = format!("approve v{release} in {}?", self.cluster.name);
        let environment = self.environment.clone();
        let asked = self.while_observing(consent::ask(&question, self.args.consent, &environment)).await;
        if asked.is_err() && !printer::is_json() {
            printer::note(""); // the line of the question is still open
        }
        asked??;
        self.show.resume()
    }
}
