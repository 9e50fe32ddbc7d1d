//! The course of a run: the verdict on the cluster, look by look, and what to do when it allows something.
//!
//! What only a person can change is shown at once like a stalled update, and ends the run after the patience: until
//! then somebody may change it, and the run goes on.

use std::time::Duration;

use commands::{Sentence, Update};
use jiff::Timestamp;
use semver::Version;

use super::{Blocked, Step, hindrance, next};
use crate::{
    ClusterState,
    approve::Haste,
    verdict::{Call, LONGEST_GAP, Machine, Settings, Stage, Verdict, Waiting, between},
};

/// Between two attempts to approve the same release, where the first has met something that may pass.
const AGAIN: Duration = Duration::from_secs(5);

/// How long an approval that was just written may not be seen: what is seen comes from a watch, and takes moments.
const UNSEEN: Duration = Duration::from_secs(10);

/// How long the controller may say nothing of a release that it could deploy. It looks every 15 seconds.
const SILENCE: Duration = Duration::from_mins(15);

/// What to do after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Look again.
    Wait,
    /// Approve this release, as [`Step::Approve`], and say what came of it.
    Approve(Version),
    /// Nothing is left to do.
    Finish,
}

/// The course of a run. It begins with what is deployed: whatever a stopped run has left is finished first.
#[derive(Debug, Clone)]
pub struct Course {
    to: Option<Version>,
    haste: Haste,
    settings: Settings,
    machine: Machine,
    /// The release that is waited for; none: until what is deployed has settled.
    goal: Option<Version>,
    /// Whether that release was seen as one that needs no approval any more.
    is_free: bool,
    /// What the last attempt to approve met.
    refusal: Option<(Version, Blocked, Timestamp)>,
    /// Since when it does not go on, and for how long that was watched.
    held: Option<(Timestamp, Duration)>,
    silence: Duration,
    /// For how long the approval of the release that is waited for has not been seen.
    unseen: Duration,
    last: Option<Timestamp>,
}

impl Course {
    /// A course to `to`, or to the newest release that the cluster has.
    pub fn new(to: Option<Version>, haste: Haste, settings: Settings) -> Self {
        Self {
            to,
            haste,
            settings,
            machine: Machine::of_the_deployed(settings),
            goal: None,
            is_free: false,
            refusal: None,
            held: None,
            silence: Duration::ZERO,
            unseen: Duration::ZERO,
            last: None,
        }
    }

    /// One more look, as often as a [`Machine`] wants them.
    pub fn observe(&mut self, state: &ClusterState, now: Timestamp) -> (Verdict, Move) {
        let verdict = self.machine.observe(state, now);
        self.judge(state, verdict, now)
    }

    /// The release that is waited for: it needs no approval any more.
    pub fn goal(&self) -> Option<&Version> {
        self.goal.as_ref()
    }

    /// The release was approved: from now on it is waited for.
    pub fn approved(&mut self, release: Version) {
        self.aim(Some(release));
    }

    /// The release could not be approved. It is tried again, until the patience is over.
    pub fn refused(&mut self, release: &Version, blocked: Blocked) {
        self.refusal = self.last.map(|now| (release.clone(), blocked, now));
    }

    fn aim(&mut self, goal: Option<Version>) {
        let machine = match &goal {
            Some(release) => Machine::new(Some(release.clone()), self.settings),
            None => Machine::of_the_deployed(self.settings),
        };
        let last = self.last;
        *self = Self { machine, goal, last, ..Self::new(self.to.take(), self.haste, self.settings) };
    }

    /// What this verdict of the machine means for the run.
    pub(super) fn judge(
        &mut self,
        state: &ClusterState,
        verdict: Verdict,
        now: Timestamp,
    ) -> (Verdict, Move) {
        let passed = self.last.map(|last| between(last, now)).unwrap_or_default().min(LONGEST_GAP);
        self.last = Some(now);
        if state.releases.passing().is_some() {
            // Nobody can say for how long it has not gone on.
            (self.refusal, self.held) = (None, None);
            return (verdict, Move::Wait);
        }
        if verdict.release.is_none() && verdict.diagnosis.is_none() && state.deployment.known().is_some() {
            return (self.hold(verdict, nowhere(), passed), Move::Wait);
        }
        let waits = verdict.stage == Stage::NotStarted && self.goal.is_some();
        let done = verdict.call == Call::Done;
        // A flicker takes "done" away for seconds, and nothing that stands in the way.
        let still = self.held.is_some() && verdict.call == Call::Propagating;
        if !(waits || done || still) {
            (self.refusal, self.held) = (None, None);
            return (verdict, Move::Wait);
        }
        let step = next(state, self.to.as_ref(), self.haste);
        if waits {
            (self.wait(state, verdict, step, passed), Move::Wait)
        } else {
            self.decide(verdict, step, passed, done)
        }
    }

    /// The release that is waited for has not begun.
    fn wait(&mut self, state: &ClusterState, verdict: Verdict, step: Step, passed: Duration) -> Verdict {
        let release = match &step {
            Step::Watch(release) | Step::Approve(release) => Some(release),
            _ => None,
        };
        if release.is_some_and(|it| self.goal.as_ref() != Some(it)) {
            self.aim(None); // a higher patch has come, and takes its place
            return verdict;
        }
        if verdict.diagnosis.is_some() {
            return verdict;
        }
        match step {
            Step::Blocked(blocked) => return self.hold(verdict, *blocked, passed),
            Step::Approve(release) => {
                self.unseen += passed;
                if self.is_free || self.unseen > UNSEEN {
                    return self.hold(verdict, taken_back(&release), passed);
                }
            }
            Step::Watch(_) => self.is_free = true,
            Step::Wait(_) => return verdict,
            Step::Finished => {}
        }
        let Some(goal) = self.goal.clone().filter(|goal| hindrance::is_silent(state, goal)) else {
            (self.silence, self.held) = (Duration::ZERO, None);
            return verdict;
        };
        self.silence += passed;
        if self.silence < self.settings.stalled_after.unwrap_or(SILENCE) {
            self.held = None;
            return verdict;
        }
        self.hold(verdict, silent(&goal), passed)
    }

    /// What is deployed has settled.
    fn decide(&mut self, verdict: Verdict, step: Step, passed: Duration, done: bool) -> (Verdict, Move) {
        match (step, &self.refusal) {
            (Step::Blocked(blocked), _) => (self.hold(verdict, *blocked, passed), Move::Wait),
            (Step::Approve(release), Some((refused, blocked, at))) if release == *refused => {
                let again = done && self.last.is_some_and(|now| between(*at, now) >= AGAIN);
                let verdict = self.hold(verdict, blocked.clone(), passed);
                (verdict, if again { Move::Approve(release) } else { Move::Wait })
            }
            (Step::Wait(_), Some((_, blocked, _))) => {
                let blocked = blocked.clone();
                (self.hold(verdict, blocked, passed), Move::Wait)
            }
            (Step::Wait(why), None) if done => (postponed(verdict, why), Move::Wait),
            (Step::Wait(_), None) => (verdict, Move::Wait),
            (step, _) => {
                (self.refusal, self.held) = (None, None);
                match step {
                    Step::Watch(release) if done => self.aim(Some(release)),
                    Step::Approve(release) if done => return (verdict, Move::Approve(release)),
                    Step::Finished if done => return (verdict, Move::Finish),
                    _ => {}
                }
                (verdict, Move::Wait)
            }
        }
    }

    /// The verdict on a cluster where it does not go on.
    fn hold(&mut self, mut verdict: Verdict, blocked: Blocked, passed: Duration) -> Verdict {
        let now = self.last.unwrap_or(verdict.since);
        let (since, lasted) = self.held.map_or((now, Duration::ZERO), |(since, it)| (since, it + passed));
        self.held = Some((since, lasted));
        verdict.hopeless = lasted >= self.settings.patience;
        let diagnosis = blocked.diagnosis;
        let waiting = |code, text: Sentence| Waiting { code, object: diagnosis.object.clone(), text };
        if verdict.stage != Stage::NotStarted {
            // What the machine waits for is only that what is deployed stays quiet.
            verdict.waiting_for = vec![waiting(diagnosis.code, diagnosis.text.clone())];
        }
        let left = self.settings.patience.saturating_sub(lasted);
        if let Some(end) = now.checked_add(left).ok().filter(|_| !blocked.passes) {
            let text = format!("until {} for somebody to put this right", end.strftime("%H:%M:%SZ"));
            verdict.waiting_for.insert(0, waiting("patience", text.into()));
        }
        (verdict.stage, verdict.since, verdict.done_at) = (Stage::NotStarted, since, None);
        verdict.target = verdict.target.or_else(|| self.to.clone());
        if let Some(release) = blocked.release {
            verdict.target = Some(release);
        }
        if blocked.passes && !verdict.hopeless {
            (verdict.call, verdict.diagnosis) = (Call::NotStarted, None);
        } else {
            (verdict.call, verdict.diagnosis) = (Call::Stalled, Some(diagnosis));
        }
        verdict
    }
}

/// All is quiet, and still nothing can be decided just now.
fn postponed(mut verdict: Verdict, why: String) -> Verdict {
    (verdict.stage, verdict.call) = (Stage::Propagating, Call::Propagating);
    verdict.waiting_for =
        vec![Waiting { code: "notNow", object: "the cluster".to_owned(), text: why.into() }];
    verdict
}

/// Neither the releases nor the image say which version runs.
fn nowhere() -> Blocked {
    let text = "no release is Deployed, and the image of Deployment/deckhouse has no version for a tag";
    let remedy = Sentence::from("the controller restores the object of the release that runs; ")
        .quoted(Update::Doctor)
        .text(" says what keeps it");
    Blocked::new("deployedReleases", "DeckhouseRelease", text, remedy).passing()
}

fn taken_back(release: &Version) -> Blocked {
    let text = "was approved or needed no approval, and now is not: somebody has taken it back, or has changed the \
                update mode";
    let remedy = "something may apply a manifest with approved: false, such as deckhousereleases.yaml; the same command \
                  approves it again";
    Blocked::new("approvalLost", format!("DeckhouseRelease/v{release}"), text, remedy).of(release)
}

fn silent(release: &Version) -> Blocked {
    let text = "needs no approval any more, and the controller does not say why it does not begin";
    let remedy = Sentence::default().command(Update::Doctor).text(
        " looks for the cause; with update.blockOnAlerts in ModuleConfig/deckhouse it may be an alert that fires",
    );
    Blocked::new("silent", format!("DeckhouseRelease/v{release}"), text, remedy).of(release)
}
