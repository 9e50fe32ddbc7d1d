//! `update run`: release after release, each one approved when the one before is really done.

use std::{pin::pin, sync::Arc, time::Duration};

use cluster::{
    ClusterState, Patience,
    access::Cluster,
    approve::{self, Approval, ApproveError, Haste, Wish},
    follow::Follower,
    run::{Blocked, Course, Move},
    verdict::{Verdict, Waiting},
};
use semver::Version;
use serde::Serialize;

use super::{
    changes::{cluster_flags, script, shown},
    connection, consent, wait,
};
use crate::{
    Environment,
    args::RunArgs,
    failure::Failure,
    printer::{self, Printer},
    watch::{End, Limits, Looks, Show, end},
};

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
    haste: Haste,
    course: Course,
    looks: Looks,
    limits: Limits,
    show: Show,
    /// What the last look allows.
    allowed: Move,
    /// The approval that was agreed to: nobody is asked for the same one twice.
    agreed: Option<Approval>,
    /// What was tried to be approved, and is not yet seen to be.
    tried: Option<Version>,
    approved: Vec<Version>,
}

pub(crate) async fn run(args: RunArgs, environment: Environment) -> Result<(), Failure> {
    let printer = Printer::new(&args.output);
    let cluster = connection::connect(&args.cluster, &environment).await?;
    let follower = Follower::start(&cluster);
    let haste = if args.apply_now { Haste::ApplyNow } else { Haste::Respectful };
    let wait = args.wait;
    let mut run = Run {
        cluster,
        haste,
        course: Course::new(args.to.clone(), haste, wait::settings(&wait)),
        looks: Looks::at(follower.states()),
        limits: wait::limits(&wait),
        show: Show::new(&args.output, &environment)?,
        allowed: Move::Wait,
        agreed: None,
        tried: None,
        approved: Vec::new(),
        args,
        environment,
    };
    let verdict = run.through().await?;
    let Run { show, approved, .. } = run;
    drop(show); // the result goes to the terminal as it was
    let text = wait::done(&verdict, &wait);
    printer.result("update run", &Ran { approved, verdict }, &text)
}

impl Run {
    /// All steps. What a stopped run has left is finished first.
    async fn through(&mut self) -> Result<Verdict, Failure> {
        loop {
            let (state, verdict) = self.look().await?;
            match self.allowed.clone() {
                Move::Wait => {}
                Move::Approve(release) => self.approve(&state, &release).await?,
                Move::Finish => return Ok(verdict),
            }
        }
    }

    /// The next look, shown. Every end but a good one is a failure.
    async fn look(&mut self) -> Result<(Arc<ClusterState>, Verdict), Failure> {
        let (state, now) = self.looks.next(self.limits).await?;
        let (mut verdict, allowed) = self.course.observe(&state, now);
        verdict = verdict.addressed(&cluster_flags(&self.args.cluster));
        self.allowed = allowed;
        self.approved.extend(self.tried.take_if(|tried| self.course.goal() == Some(tried)));
        let mut end = end(&verdict, self.limits);
        // What is deployed is done, and the run is not: a question stands, or an approval is under way.
        if let Move::Approve(release) = &self.allowed
            && self.limits.are_over()
        {
            end = Some(End::TimeOver);
            verdict.waiting_for.push(Waiting {
                code: "approval",
                object: format!("DeckhouseRelease/v{release}"),
                text: "its approval".into(),
            });
        }
        self.show.verdict(&state, &verdict, end, now)?;
        wait::ended(end, &verdict, self.limits)?;
        Ok((state, verdict))
    }

    /// Does something while the looks go on, the limit of time among them.
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                look = self.look() => drop(look?),
            }
        }
    }

    /// Approves it, if there is a word for it and the cluster is still as it was. What may pass by itself is tried again
    /// when the course says so.
    async fn approve(&mut self, state: &ClusterState, release: &Version) -> Result<(), Failure> {
        let wish = Wish::Release { version: release.clone(), haste: self.haste };
        let approval = match wish.decide(state) {
            Ok(Some(approval)) => approval,
            Ok(None) => {
                self.course.approved(release.clone());
                return Ok(());
            }
            Err(error) => return self.refused(release, error),
        };
        if !self.agreed.as_ref().is_some_and(|agreed| approval.is_still(agreed)) {
            self.agree(&approval, release).await?;
            self.agreed = Some(approval.clone());
            // The question may have stood for hours.
            if self.allowed != Move::Approve(release.clone()) {
                self.show.tell("wait", "the cluster has changed while it was asked: it is decided again");
                return Ok(());
            }
        }
        // If its answer is lost, it may have been written all the same.
        self.tried = Some(release.clone());
        let cluster = self.cluster.clone();
        let once = Patience::new(Duration::ZERO);
        let mut untold = |_: &str| {};
        match self.beside(approve::carry_out(&cluster, &wish, &approval, once, &mut untold)).await? {
            Ok(()) => self.course.approved(release.clone()),
            Err(error) => self.refused(release, error)?,
        }
        self.looks.hurry(); // what it waits for now is shown before it changes
        Ok(())
    }

    fn refused(&mut self, release: &Version, error: ApproveError) -> Result<(), Failure> {
        self.course.refused(release, Blocked::by(error, release)?);
        Ok(())
    }

    /// Shows the approval and asks for a word, on the terminal as it was before the live screen.
    async fn agree(&mut self, approval: &Approval, release: &Version) -> Result<(), Failure> {
        let listed = script(&shown([&approval.change], &cluster_flags(&self.args.cluster)));
        if self.args.consent.yes {
            self.show.tell("approve", &listed);
            for note in &approval.notes {
                self.show.tell("note", note);
            }
            return Ok(());
        }
        self.show.pause();
        printer::say("approve", &listed);
        for note in &approval.notes {
            printer::say("note", note);
        }
        let question = format!("approve v{release} in {}?", self.cluster.name);
        let environment = self.environment.clone();
        let asked = self.beside(consent::ask(&question, self.args.consent, &environment)).await;
        if asked.is_err() && !printer::is_json() {
            printer::note(""); // the line of the question is still open
        }
        asked??;
        self.show.resume()
    }
}
