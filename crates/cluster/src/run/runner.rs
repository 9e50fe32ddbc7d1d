//! A run: the verdict on the cluster after each observation, and what to do when it allows something.
//!
//! What only a person can change is reported immediately like a stalled update, and ends the run after the time of
//! `--patience`: until then somebody may change it, and the run continues.

use std::time::Duration;

use jiff::Timestamp;
use problems::{Advice, ClusterFact, Code, Fact, Kind, Object, Problem, ReleaseFact, WaitReason};
use semver::Version;

use super::{Blocked, Step, blockers, next};
use crate::{
    ClusterState, alert_block,
    approve::Timing,
    etcd_backup::lacks_backup,
    minors,
    notification::may_fail,
    objects::Release,
    release_order::ReleaseOrder,
    verdict::{Call, LONGEST_GAP, Machine, Settings, Stage, Verdict, between},
};

/// Between two attempts to approve the same release, where the first has met something that may pass.
const RETRY: Duration = Duration::from_secs(5);

/// For how long an approval may not be seen after it was written: what is seen comes from a watch.
const UNSEEN: Duration = Duration::from_secs(10);

/// For how long the controller may give no reason why it does not deploy a release. It checks every 15 seconds.
const SILENT: Duration = Duration::from_mins(15);

/// What to do after an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Observe the cluster again.
    Wait,
    /// Approve this release, see [`Step::Approve`], and report the result to the runner.
    Approve(Version),
    /// Nothing is left to do.
    Finish,
}

/// A run. It begins with what is deployed: what a stopped run has left is finished first.
#[derive(Debug, Clone)]
pub struct Runner {
    to: Option<Version>,
    timing: Timing,
    settings: Settings,
    /// How old the last backup of etcd may be when a release is approved; `None`: no backup is required.
    backup_limit: Option<Duration>,
    machine: Machine,
    /// The release that is waited for; none: until what is deployed has settled.
    goal: Option<Version>,
    /// Whether that release was approved by this run.
    approved_here: bool,
    /// Whether that release was seen as one that needs no approval any more.
    is_approved: bool,
    /// What the last attempt to approve met.
    refusal: Option<(Version, Blocked, Timestamp)>,
    /// Since when it is blocked, and for how long that was watched.
    blocked: Option<(Timestamp, Duration)>,
    silent: Duration,
    /// For how long the approval of the release that is waited for has not been seen.
    unseen: Duration,
    last: Option<Timestamp>,
    /// Minor versions that were skipped before this run, and before another one was deployed.
    past: Option<Problem>,
}

impl Runner {
    /// A run to `to`, or to the newest release that the cluster has.
    pub fn new(to: Option<Version>, timing: Timing, settings: Settings) -> Self {
        Self {
            to,
            timing,
            settings,
            backup_limit: None,
            machine: Machine::of_the_deployed(settings),
            goal: None,
            approved_here: false,
            is_approved: false,
            refusal: None,
            blocked: None,
            silent: Duration::ZERO,
            unseen: Duration::ZERO,
            last: None,
            past: None,
        }
    }

    /// The same, which approves nothing while the cluster shows no backup of etcd that is younger than `limit`.
    #[must_use]
    pub fn requiring_backup(self, limit: Option<Duration>) -> Self {
        Self { backup_limit: limit, ..self }
    }

    /// Adds an observation, see [`Machine::observe`].
    pub fn observe(&mut self, state: &ClusterState, now: Timestamp) -> (Verdict, Move) {
        let verdict = self.machine.observe(state, now);
        self.judge(state, verdict, now)
    }

    /// The release that is waited for: it needs no approval any more.
    pub fn goal(&self) -> Option<&Version> {
        self.goal.as_ref()
    }

    /// Minor versions that were skipped before this run, if there are any and it continues with later releases.
    pub fn past(&self) -> Option<&Problem> {
        self.past.as_ref()
    }

    /// The release was approved: from now on it is waited for.
    pub fn approved(&mut self, release: Version) {
        self.aim(Some(release));
        self.approved_here = true;
    }

    /// The release could not be approved. The approval is retried for the time of `--patience`.
    pub fn refused(&mut self, release: &Version, blocked: Blocked) {
        self.refusal = self.last.map(|now| (release.clone(), blocked, now));
    }

    fn aim(&mut self, goal: Option<Version>) {
        let machine = match &goal {
            Some(release) => Machine::new(Some(release.clone()), self.settings),
            None => Machine::of_the_deployed(self.settings),
        };
        let machine = machine.after(&self.machine);
        let (last, past, backup_limit) = (self.last, self.past.take(), self.backup_limit);
        let fresh = Self::new(self.to.take(), self.timing, self.settings);
        *self = Self { backup_limit, machine, goal, last, past, ..fresh };
    }

    /// What this verdict of the machine means for the run.
    pub(super) fn judge(
        &mut self,
        state: &ClusterState,
        mut verdict: Verdict,
        now: Timestamp,
    ) -> (Verdict, Move) {
        // A run approves, too: permission to read the queues is not enough for it.
        for advice in verdict.problem.iter_mut().flat_map(|it| &mut it.advice) {
            if let Advice::Grant { queues, .. } = advice {
                *queues = false;
            }
        }
        let passed = self.last.map(|last| between(last, now)).unwrap_or_default().min(LONGEST_GAP);
        self.last = Some(now);
        if state.releases.passing().is_some() {
            // It is unknown for how long it has been blocked.
            (self.refusal, self.blocked) = (None, None);
            return (verdict, Move::Wait);
        }
        if verdict.release.is_none() && verdict.problem.is_none() && state.deployment.known().is_some() {
            return (self.block(verdict, no_version(), passed), Move::Wait);
        }
        let waits = verdict.stage == Stage::NotStarted && self.goal.is_some();
        let done = verdict.call == Call::Done;
        // A short task makes "done" propagating for seconds, and removes no blocker.
        let still = self.blocked.is_some() && verdict.call == Call::Propagating;
        if !(waits || done || still) {
            (self.refusal, self.blocked) = (None, None);
            return (verdict, Move::Wait);
        }
        let step = next(state, self.to.as_ref(), self.timing);
        if waits {
            (self.wait(state, verdict, step, passed), Move::Wait)
        } else {
            let step = self.with_backup(state, step, now);
            self.decide(state, verdict, step, passed, done)
        }
    }

    /// The update to the release that is waited for has not started.
    fn wait(&mut self, state: &ClusterState, mut verdict: Verdict, step: Step, passed: Duration) -> Verdict {
        let release = match &step {
            Step::Watch(release) | Step::Approve(release) => Some(release),
            _ => None,
        };
        if release.is_some_and(|it| self.goal.as_ref() != Some(it)) {
            self.aim(None); // a higher patch has appeared, and replaces it
            return verdict;
        }
        if verdict.problem.is_some() {
            return verdict;
        }
        match step {
            Step::Blocked(blocked) => return self.block(verdict, *blocked, passed),
            // The controller's message shows that an unset mode asks for an approval.
            Step::Approve(_) if !self.approved_here && mode_is_unset(state) => {
                self.aim(None);
                return verdict;
            }
            Step::Approve(release) => {
                self.unseen += passed;
                if self.is_approved || self.unseen > UNSEEN {
                    return self.block(verdict, approval_lost(&release), passed);
                }
                if self.approved_here {
                    with_approval(&mut verdict, &release);
                }
            }
            Step::Watch(_) => self.is_approved = true,
            Step::Wait(_) => return verdict,
            Step::Finished => {}
        }
        let Some(goal) = self.goal.clone().filter(|goal| blockers::is_silent(state, goal)) else {
            (self.silent, self.blocked) = (Duration::ZERO, None);
            return verdict;
        };
        self.silent += passed;
        if self.silent < self.settings.stalled_after.unwrap_or(SILENT) {
            self.blocked = None;
            return verdict;
        }
        self.block(verdict, silent(state, &goal), passed)
    }

    /// The step, or that a backup is missing before it.
    fn with_backup(&self, state: &ClusterState, step: Step, now: Timestamp) -> Step {
        let Step::Approve(release) = &step else { return step };
        let noticed = self.blocked.map_or(now, |(since, _)| since);
        let lacks = |limit| lacks_backup(state, limit, release, now, noticed);
        let Some(problem) = self.backup_limit.and_then(lacks) else { return step };
        let blocked = Blocked::by_problem(problem).of(release);
        let passes = state.etcd_backups.passing().is_some();
        Step::Blocked(Box::new(if passes { blocked.passing() } else { blocked }))
    }

    /// What is deployed has settled.
    fn decide(
        &mut self,
        state: &ClusterState,
        verdict: Verdict,
        step: Step,
        passed: Duration,
        done: bool,
    ) -> (Verdict, Move) {
        match (step, &self.refusal) {
            (Step::Blocked(blocked), _) => (self.block(verdict, *blocked, passed), Move::Wait),
            (Step::Approve(release), Some((refused, blocked, at))) if release == *refused => {
                let again = done && self.last.is_some_and(|now| between(*at, now) >= RETRY);
                let verdict = self.block(verdict, blocked.clone(), passed);
                (verdict, if again { Move::Approve(release) } else { Move::Wait })
            }
            (Step::Wait(_), Some((_, blocked, _))) => {
                let blocked = blocked.clone();
                (self.block(verdict, blocked, passed), Move::Wait)
            }
            (Step::Wait(why), None) if done => (postponed(verdict, *why), Move::Wait),
            (Step::Wait(_), None) => (verdict, Move::Wait),
            (step, _) => {
                (self.refusal, self.blocked) = (None, None);
                if done && self.past.is_none() {
                    self.past = minors::never_ran_before(state);
                }
                match step {
                    Step::Watch(release) if done => self.aim(Some(release)),
                    Step::Approve(release) if done => return (verdict, Move::Approve(release)),
                    // An earlier run may have ended before it reported what was skipped.
                    Step::Finished if done => {
                        let verdict = Machine::with_the_past(state, verdict);
                        let step = if verdict.call == Call::Done { Move::Finish } else { Move::Wait };
                        return (verdict, step);
                    }
                    _ => {}
                }
                (verdict, Move::Wait)
            }
        }
    }

    /// The verdict on a cluster where the run is blocked.
    fn block(&mut self, mut verdict: Verdict, blocked: Blocked, passed: Duration) -> Verdict {
        let now = self.last.unwrap_or(verdict.since);
        let (since, lasted) = self.blocked.map_or((now, Duration::ZERO), |(since, it)| (since, it + passed));
        self.blocked = Some((since, lasted));
        verdict.gives_up = lasted >= self.settings.problem_limit;
        let problem = blocked.problem;
        if verdict.stage != Stage::NotStarted {
            // The machine only waits for what is deployed to stay healthy.
            verdict.waiting_for = vec![problem.clone()];
        }
        let left = self.settings.problem_limit.saturating_sub(lasted);
        if let Some(end) = now.checked_add(left).ok().filter(|_| !blocked.passes) {
            let limit = Problem::new(Code::Patience, problem.object.clone(), ClusterFact::GivesUpAt(end));
            verdict.waiting_for.insert(0, limit);
        }
        (verdict.stage, verdict.since, verdict.done_at) = (Stage::NotStarted, since, None);
        verdict.target = verdict.target.or_else(|| self.to.clone());
        if let Some(release) = blocked.release {
            verdict.target = Some(release);
        }
        if blocked.passes && !verdict.gives_up {
            (verdict.call, verdict.problem) = (Call::NotStarted, None);
        } else {
            (verdict.call, verdict.problem) = (Call::Stalled, Some(problem));
        }
        verdict
    }
}

fn mode_is_unset(state: &ClusterState) -> bool {
    state.deckhouse_config().is_some_and(|config| config.update_settings().mode.is_none())
}

/// Everything is healthy, and still nothing can be decided currently.
fn postponed(mut verdict: Verdict, why: Problem) -> Verdict {
    (verdict.stage, verdict.call) = (Stage::Propagating, Call::Propagating);
    verdict.waiting_for = vec![why];
    verdict
}

/// Neither the releases nor the image say which version runs.
fn no_version() -> Blocked {
    let any = Object::any(Kind::DeckhouseRelease);
    let problem = Problem::new(Code::DeployedReleases, any, ReleaseFact::NoVersion);
    Blocked::by_problem(problem.advise(Advice::WaitForController).advise(Advice::Doctor)).passing()
}

/// Corrects what was observed before this run approved the release.
fn with_approval(verdict: &mut Verdict, release: &Version) {
    let object = Object::release(release);
    for problem in verdict.waiting_for.iter_mut().filter(|it| it.object == object) {
        let Fact::Release(ReleaseFact::Waits(reasons)) = &mut problem.fact else { continue };
        for reason in reasons.iter_mut().filter(|it| **it == WaitReason::Approval) {
            *reason = WaitReason::NotTakenUp { disruption: false };
        }
        problem.advice.retain(|it| !matches!(it, Advice::ApproveRelease(_)));
    }
}

fn approval_lost(release: &Version) -> Blocked {
    let problem = Problem::new(Code::ApprovalLost, Object::release(release), ReleaseFact::ApprovalLost);
    let approve = Advice::ApproveRelease(release.clone());
    Blocked::by_problem(problem.advise(Advice::FindManifest).advise(approve)).of(release)
}

/// A release that waits without a message: for alerts or for a notification, where the settings have such.
fn silent(state: &ClusterState, release: &Version) -> Blocked {
    let object = state.releases.known().and_then(|it| ReleaseOrder::of(it).find(release));
    let problem = |code, fact| Problem::new(code, Object::release(release), fact);
    let problem = if let Some(fact) = alert_block::held_by_alerts(state) {
        problem(Code::Alert, fact).advise_all(alert_block::ADVICE)
    } else if let Some(fact) = object.and_then(|object| may_fail(state, object)) {
        problem(Code::Notification, fact).advise(Advice::CorrectWebhook)
    } else {
        let approved = object.is_some_and(Release::is_approved);
        problem(Code::Silent, ReleaseFact::Silent { approved })
    };
    Blocked::by_problem(problem.advise(Advice::Doctor)).of(release)
}
