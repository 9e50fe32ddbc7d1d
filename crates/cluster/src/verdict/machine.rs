//! The machine: one look after the other, and what they mean together.

use std::time::Duration;

use jiff::Timestamp;
use semver::Version;

use super::{
    Call, Diagnosis, Settings, Stage, Unknown, Verdict, Waiting,
    calm::Calm,
    clock::{self, LONGEST_GAP, Progress},
    failure::{self, Held},
    restarts::Restarts,
    signal::{self, Signal},
    sources::{self, Kind, Silence},
    stall,
    subject::{self, Subject},
    surroundings,
};
use crate::{ClusterState, objects::DeckhousePod};

/// Says how far an update is, from looks at the cluster that follow on each other.
///
/// It knows only what it has been shown, so a machine that was started anew comes to the same verdict, at the
/// latest after the settle time.
#[derive(Debug, Clone)]
pub struct Machine {
    target: Option<Version>,
    /// Whether a release that is approved and waits is waited for too.
    looks_ahead: bool,
    settings: Settings,
    calm: Calm,
    /// The incarnation of the pod that works off the queues.
    leader: Option<String>,
    /// Whether the object of the release that is waited for was ever there.
    target_seen: bool,
    /// The release whose update this machine has seen going on, and not yet settled.
    moving: Option<Version>,
    /// Since when nothing that can be read stirs.
    still_since: Option<Timestamp>,
    /// Since when nothing stirs, and everything can be read.
    quiet_since: Option<Timestamp>,
    restarts: Restarts,
    held: Option<Held>,
    progress: Progress,
    /// For how long it has been failed or stalled.
    trouble: Duration,
    last: Option<(Timestamp, Verdict)>,
}

/// What one look has shown.
struct Look {
    now: Timestamp,
    /// Time since the last look, as far as it was watched.
    passed: Duration,
    subject: Subject,
    signals: Vec<Signal>,
    silences: Vec<Silence>,
}

impl Machine {
    /// A machine that waits for `target`, or for whatever is deployed or approved.
    pub fn new(target: Option<Version>, settings: Settings) -> Self {
        Self {
            target,
            looks_ahead: true,
            settings,
            calm: Calm::default(),
            leader: None,
            target_seen: false,
            moving: None,
            still_since: None,
            quiet_since: None,
            restarts: Restarts::default(),
            held: None,
            progress: Progress::default(),
            trouble: Duration::ZERO,
            last: None,
        }
    }

    /// A machine that waits until what is deployed has settled, whatever is to follow.
    pub fn of_the_deployed(settings: Settings) -> Self {
        Self { looks_ahead: false, ..Self::new(None, settings) }
    }

    /// One more look. Times that go back count as no time. Looks must come at least every
    /// 30 seconds, also if nothing has changed: quiet that nobody watched is no proof.
    pub fn observe(&mut self, state: &ClusterState, now: Timestamp) -> Verdict {
        let before = self.last.as_ref().map(|(at, _)| *at);
        let now = before.map_or(now, |before| before.max(now));
        let elapsed = before.map(|before| clock::between(before, now)).unwrap_or_default();
        if elapsed > LONGEST_GAP {
            self.stirred();
        }
        let passed = elapsed.min(LONGEST_GAP);
        let silences = sources::silences(state);
        let verdict = if silences.iter().any(|it| it.level == Stage::NotStarted && it.kind == Kind::NotNow) {
            self.wait_out(silences, now)
        } else if let Some(diagnosis) = sources::no_ground(&silences) {
            self.stirred();
            let subject = Subject { release: self.last_release(), next: None };
            let look = Look { now, passed, subject, signals: Vec::new(), silences };
            self.verdict(&look, Stage::NotStarted, Some((Call::Failed, diagnosis)))
        } else {
            self.judge(state, silences, now, passed)
        };
        self.last = Some((now, verdict.clone()));
        verdict
    }

    /// What the verdict stands on cannot be read just now: nothing changes but the time, and no time is held against
    /// the update.
    fn wait_out(&mut self, silences: Vec<Silence>, now: Timestamp) -> Verdict {
        self.stirred();
        let mut verdict = match &self.last {
            Some((_, last)) => last.clone(),
            None => Verdict {
                call: Call::NotStarted,
                stage: Stage::NotStarted,
                release: None,
                target: self.target.clone(),
                since: now,
                quiet_since: None,
                done_at: None,
                waiting_for: Vec::new(),
                unknown: Vec::new(),
                diagnosis: None,
                hopeless: false,
            },
        };
        if verdict.stage == Stage::Done {
            (verdict.stage, verdict.call, verdict.since) = (Stage::Propagating, Call::Propagating, now);
        }
        verdict.quiet_since = None;
        verdict.done_at = None;
        verdict.hopeless = false;
        verdict.waiting_for = sources::waiting(&silences);
        verdict.unknown = unknown(silences);
        verdict
    }

    fn judge(
        &mut self,
        cluster: &ClusterState,
        silences: Vec<Silence>,
        now: Timestamp,
        passed: Duration,
    ) -> Verdict {
        let mut subject = subject::of(cluster, self.target.as_ref());
        if !self.looks_ahead {
            subject.next = None;
        }
        if subject.release != self.last_release() {
            self.stirred(); // quiet of the one release says nothing about the other
        }
        self.follow_queue(cluster, now);
        let mut signals = match &subject.release {
            Some(release) => signal::of_platform(cluster, release, &self.calm),
            None => Vec::new(),
        };
        signals.extend(surroundings::signals(cluster));
        signals.sort_by_key(|it| it.level);
        let mut look = Look { now, passed, subject, signals, silences };

        self.count_quiet(&look);
        let stage = self.stage(&look);
        if look.signals.first().is_some_and(|it| it.level < Stage::Propagating) {
            self.moving.clone_from(&look.subject.release);
        } else if self.settled(now) {
            self.moving = None;
        }
        if let Some(pods) = cluster.pods.known() {
            self.restarts.look(pods, self.settings.settle, now);
        }
        let found = failure::find(cluster, &self.calm, &self.restarts, look.subject.release.as_ref())
            .or_else(|| self.dead_end(cluster, &look));
        self.held = Held::next(self.held.take(), found, cluster, now);
        let trouble = match &self.held {
            Some(held) => Some((Call::Failed, held.diagnosis.clone())),
            None => self.stalled(&look, stage).map(|it| (Call::Stalled, it)),
        };
        if self.held.as_ref().is_some_and(|held| held.heals(cluster)) {
            look.passed = Duration::ZERO; // nobody gives up on what seems to have come right
        }
        let mut verdict = self.verdict(&look, stage, trouble);
        if let Some(next) = look.subject.next.as_ref().filter(|_| stage == Stage::NotStarted) {
            verdict.waiting_for.insert(0, subject::reason(cluster, next));
        }
        verdict
    }

    fn follow_queue(&mut self, state: &ClusterState, now: Timestamp) {
        if let Some(pods) = state.pods.known() {
            let leader = DeckhousePod::leader(pods).map(DeckhousePod::incarnation);
            if leader != self.leader {
                self.calm.forget();
                self.leader = leader;
            }
        }
        let look = state.queue_look.as_ref().filter(|it| self.leader.as_ref() == Some(&it.leader));
        match (state.queue.known(), look) {
            (Some(queue), Some(look)) => self.calm.look(queue, look.number, now),
            // Of a leader that is none any more.
            (Some(_), None) => {}
            (None, _) => self.calm.look_away(),
        }
    }

    fn stirred(&mut self) {
        self.still_since = None;
        self.quiet_since = None;
        self.calm.look_away();
    }

    fn count_quiet(&mut self, look: &Look) {
        let has = |kind| look.silences.iter().any(|it| it.kind == kind);
        let still = look.subject.release.is_some() && look.signals.is_empty() && !has(Kind::NotNow);
        self.still_since = still.then(|| self.still_since.unwrap_or(look.now));
        self.quiet_since = (still && !has(Kind::Unreadable)).then(|| self.quiet_since.unwrap_or(look.now));
    }

    fn settled(&self, now: Timestamp) -> bool {
        self.quiet_since.is_some_and(|since| clock::between(since, now) >= self.settings.settle)
    }

    /// How far it is. A source that cannot be read just now neither moves the stage forward nor back.
    fn stage(&self, look: &Look) -> Stage {
        let Subject { release, next } = &look.subject;
        if release.is_none() {
            return Stage::NotStarted;
        }
        let before =
            self.last.as_ref().map(|(_, it)| it).filter(|it| it.release == *release).map(|it| it.stage);
        let known = look.signals.first().map_or(Stage::Propagating, |it| it.level);
        let stage = match (look.blind(), before) {
            (Some(level), Some(before)) if before != Stage::NotStarted => {
                known.min(before.min(Stage::Propagating).max(level))
            }
            _ => known,
        };
        if stage < Stage::Propagating {
            return stage;
        }
        match next {
            // What has been seen going on is waited for; what only lies about does not hold up a later release.
            Some(_) if self.moving == *release && !self.settled(look.now) => Stage::Propagating,
            Some(_) => Stage::NotStarted,
            None if self.settled(look.now) && self.queue_allows(look) => Stage::Done,
            None => Stage::Propagating,
        }
    }

    /// A flicker does not disturb the quiet, but nothing is done in the middle of one.
    fn queue_allows(&self, look: &Look) -> bool {
        self.calm.is_idle() || look.silences.iter().any(|it| it.unknown.source == "queue")
    }

    fn dead_end(&mut self, state: &ClusterState, look: &Look) -> Option<Diagnosis> {
        let next = look.subject.next.as_ref()?;
        let diagnosis = subject::dead_end(state, next, self.target_seen);
        self.target_seen |= subject::find(state, next).is_some();
        diagnosis
    }

    /// Whether the stage goes on for too long without anything new.
    fn stalled(&mut self, look: &Look, stage: Stage) -> Option<Diagnosis> {
        let same =
            self.last.as_ref().is_some_and(|(_, it)| it.stage == stage && it.release == look.subject.release);
        if !same {
            self.progress = Progress::default();
        }
        if let Some(since) = self.still_since.filter(|_| self.quiet_since.is_none()) {
            let long = stage == Stage::Propagating && clock::between(since, look.now) >= self.settings.settle;
            return long.then(|| sources::unreadable(&look.silences)).flatten();
        }
        // What cannot be read just now may be what moves.
        let lowest = look.signals.first()?.level;
        if look.blind().is_none_or(|level| level >= lowest) {
            let held_against = stall::counted(&look.signals).next().is_some();
            let passed = if held_against { look.passed } else { Duration::ZERO };
            self.progress.observe(&look.signals, passed);
        }
        let limit = self.settings.limit(stage)?;
        (self.progress.idle >= limit).then(|| stall::diagnosis(&look.signals, limit)).flatten()
    }

    fn verdict(&mut self, look: &Look, stage: Stage, trouble: Option<(Call, Diagnosis)>) -> Verdict {
        let (call, diagnosis) = match trouble {
            Some((call, diagnosis)) => (call, Some(diagnosis)),
            None => (Call::from(stage), None),
        };
        let last = self.last.as_ref().map(|(_, it)| it);
        self.trouble = match last {
            Some(last) if diagnosis.is_some() && last.diagnosis.is_some() => self.trouble + look.passed,
            _ => Duration::ZERO,
        };
        let same = |it: &&Verdict| it.call == call && it.stage == stage && it.release == look.subject.release;
        let done_at = self.quiet_since.filter(|_| stage == Stage::Propagating);
        Verdict {
            call,
            stage,
            release: look.subject.release.clone(),
            target: self.target.clone().or_else(|| look.subject.next.clone()),
            since: last.filter(same).map_or(look.now, |it| it.since),
            quiet_since: self.quiet_since,
            done_at: done_at.and_then(|since| since.checked_add(self.settings.settle).ok()),
            waiting_for: if stage == Stage::Done { Vec::new() } else { self.waiting(look) },
            unknown: unknown(look.silences.clone()),
            hopeless: diagnosis.is_some() && self.trouble >= self.settings.patience,
            diagnosis,
        }
    }

    fn waiting(&self, look: &Look) -> Vec<Waiting> {
        let mut waiting: Vec<_> = look.signals.iter().map(|it| it.waiting.clone()).collect();
        waiting.extend(sources::waiting(&look.silences));
        if look.subject.release.is_none() && waiting.is_empty() {
            let text = "none is Deployed, and the image of Deployment/deckhouse has no version for a tag";
            waiting.push(Waiting::new("deployedReleases", "DeckhouseRelease", text));
        } else if self.quiet_since.is_some() {
            waiting.push(Waiting::new(
                "settle",
                "the cluster",
                "everything is quiet, and must stay so for a while",
            ));
        }
        waiting
    }

    fn last_release(&self) -> Option<Version> {
        self.last.as_ref().and_then(|(_, verdict)| verdict.release.clone())
    }
}

impl Look {
    /// The first stage that cannot be told because a source cannot be read just now.
    fn blind(&self) -> Option<Stage> {
        self.silences.iter().filter(|it| it.kind == Kind::NotNow).map(|it| it.level).min()
    }
}

fn unknown(silences: Vec<Silence>) -> Vec<Unknown> {
    silences.into_iter().map(|it| it.unknown).collect()
}
