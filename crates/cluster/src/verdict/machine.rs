//! A state machine: how far an update is, from consecutive observations of a cluster.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use problems::{ClusterFact, Code, Kind, Object, Problem, ReleaseFact};
use semver::Version;

use super::{
    Call, Settings, Source, Stage, UnknownSource, Unread, Verdict,
    clock::{self, LONGEST_GAP},
    failure::{self, PersistentFailure},
    progress::Progress,
    queues::Queues,
    restarts::Restarts,
    signal::{self, Signal},
    sources::{self, Missing},
    stall,
    subject::{self, Subject},
    surroundings,
};
use crate::{
    ClusterState,
    minors::{self, SkippedMinors},
    objects::DeckhousePod,
};

/// Decides how far an update is, from consecutive observations of the cluster.
///
/// It has no other input, so a new machine reaches the same verdict, at the latest after the settle time.
#[derive(Debug, Clone)]
pub struct Machine {
    target: Option<Version>,
    /// Whether to wait also for an approved release that is not deployed yet.
    includes_next: bool,
    /// Whether minor versions that were skipped before it was made prevent "done".
    includes_past: bool,
    settings: Settings,
    queues: Queues,
    /// The incarnation of the pod whose queues are read.
    leader: Option<String>,
    /// Whether the object of the release that is waited for has ever existed.
    target_seen: bool,
    /// The release whose update this machine has seen running, and not yet settled.
    moving: Option<Version>,
    /// Since when everything that can be read is healthy.
    readable_healthy_since: Option<Timestamp>,
    /// Since when everything is healthy and can be read.
    healthy_since: Option<Timestamp>,
    restarts: Restarts,
    skipped: SkippedMinors,
    failure: Option<PersistentFailure>,
    progress: Progress,
    /// For how long it has been failed or stalled.
    trouble: Duration,
    last: Option<(Timestamp, Verdict)>,
}

/// What one observation has shown.
struct Observation {
    now: Timestamp,
    /// Time since the previous observation, at most [`LONGEST_GAP`].
    passed: Duration,
    subject: Subject,
    signals: Vec<Signal>,
    missing: Vec<Missing>,
}

impl Machine {
    /// A machine that waits for `target`, or without it for the release that is deployed or approved.
    pub fn new(target: Option<Version>, settings: Settings) -> Self {
        Self {
            target,
            includes_next: true,
            includes_past: true,
            settings,
            queues: Queues::default(),
            leader: None,
            target_seen: false,
            moving: None,
            readable_healthy_since: None,
            healthy_since: None,
            restarts: Restarts::default(),
            skipped: SkippedMinors::default(),
            failure: None,
            progress: Progress::default(),
            trouble: Duration::ZERO,
            last: None,
        }
    }

    /// A machine that waits until the deployed release has settled. It ignores approved ones, and what was skipped before.
    pub fn of_the_deployed(settings: Settings) -> Self {
        Self { includes_next: false, includes_past: false, ..Self::new(None, settings) }
    }

    /// The verdict on a release that is done, as it is if minor versions before it never ran.
    pub(crate) fn with_the_past(state: &ClusterState, mut verdict: Verdict) -> Verdict {
        let release = verdict.release.as_ref().filter(|_| verdict.call == Call::Done);
        let versions = release.map(|it| minors::skipped_for(state, it)).unwrap_or_default();
        if let Some(release) = release.filter(|_| !versions.is_empty()) {
            verdict.problem = Some(minors::never_ran(release, versions));
            verdict.call = Call::Failed;
            not_done(&mut verdict);
        }
        verdict
    }

    /// The same, with what an earlier machine of the same watch has seen run.
    pub(crate) fn after(self, earlier: &Self) -> Self {
        Self { skipped: earlier.skipped.clone(), ..self }
    }

    /// Adds an observation. A `now` before the previous one counts as the previous one. Call this at least every
    /// 30 seconds, even if nothing has changed: longer gaps count as 30 seconds, and restart the settle time.
    pub fn observe(&mut self, state: &ClusterState, now: Timestamp) -> Verdict {
        let before = self.last.as_ref().map(|(at, _)| *at);
        let now = before.map_or(now, |before| before.max(now));
        let elapsed = before.map(|before| clock::between(before, now)).unwrap_or_default();
        if elapsed > LONGEST_GAP {
            self.reset_health();
            self.skipped.forget();
        }
        self.skipped.observe(state);
        let passed = elapsed.min(LONGEST_GAP);
        let missing = sources::missing(state);
        let verdict = if missing.iter().any(|it| it.level == Stage::NotStarted && it.is(Unread::NotNow)) {
            self.unavailable(missing, now)
        } else if let Some(problem) = sources::essential(&missing) {
            self.reset_health();
            let subject = Subject { release: self.last_release(), next: None };
            let observation = Observation { now, passed, subject, signals: Vec::new(), missing };
            self.verdict(&observation, Stage::NotStarted, Some((Call::Failed, problem)))
        } else {
            self.judge(state, missing, now, passed)
        };
        self.last = Some((now, verdict.clone()));
        verdict
    }

    /// The essential sources cannot be read currently: the previous verdict stays, and the time does not count against
    /// the update.
    fn unavailable(&mut self, missing: Vec<Missing>, now: Timestamp) -> Verdict {
        self.reset_health();
        let mut verdict = match &self.last {
            Some((_, last)) => last.clone(),
            None => Verdict {
                call: Call::NotStarted,
                stage: Stage::NotStarted,
                release: None,
                target: self.target.clone(),
                since: now,
                healthy_since: None,
                done_at: None,
                waiting_for: Vec::new(),
                unknown: Vec::new(),
                problem: None,
                gives_up: false,
            },
        };
        if verdict.stage == Stage::Done {
            (verdict.stage, verdict.call, verdict.since) = (Stage::Propagating, Call::Propagating, now);
        }
        verdict.healthy_since = None;
        verdict.done_at = None;
        verdict.gives_up = false;
        verdict.waiting_for = sources::waiting(&missing);
        verdict.unknown = unknown(missing);
        verdict
    }

    fn judge(
        &mut self,
        cluster: &ClusterState,
        missing: Vec<Missing>,
        now: Timestamp,
        passed: Duration,
    ) -> Verdict {
        let mut subject = subject::of(cluster, self.target.as_ref());
        if !self.includes_next {
            subject.next = None;
        }
        if subject.release != self.last_release() {
            self.reset_health(); // the health of one release says nothing about the other
        }
        self.follow_queue(cluster, now);
        let mut signals = match &subject.release {
            Some(release) => signal::of_platform(cluster, release, &self.queues, now),
            None => Vec::new(),
        };
        signals.extend(surroundings::signals(cluster));
        signals.sort_by_key(|it| it.level);
        let mut observation = Observation { now, passed, subject, signals, missing };

        self.count_health(&observation);
        let stage = self.stage(&observation);
        if observation.signals.first().is_some_and(|it| it.level < Stage::Propagating) {
            self.moving.clone_from(&observation.subject.release);
        } else if self.settled(now) {
            self.moving = None;
        }
        if let Some(pods) = cluster.pods.known() {
            self.restarts.observe(pods, self.settings.settle, now);
        }
        let found =
            failure::find(cluster, &self.queues, &self.restarts, observation.subject.release.as_ref())
                .or_else(|| self.dead_end(cluster, &observation));
        self.failure = PersistentFailure::next(self.failure.take(), found, cluster, now);
        let trouble = match &self.failure {
            Some(failure) => Some((Call::Failed, failure.problem.clone())),
            None => self.stalled(&observation, stage).map(|it| (Call::Stalled, it)),
        };
        if self.failure.as_ref().is_some_and(|it| it.recovers(cluster)) {
            observation.passed = Duration::ZERO; // what seems to have recovered is not given up
        }
        let skipped = self.skipped(cluster, &observation, stage);
        let never_ran = skipped.is_some();
        let trouble = trouble.or_else(|| skipped.map(|problem| (Call::Failed, problem)));
        let mut verdict = self.verdict(&observation, stage, trouble);
        if never_ran {
            not_done(&mut verdict);
        }
        if let Some(next) = observation.subject.next.as_ref().filter(|_| stage == Stage::NotStarted) {
            verdict.waiting_for.insert(0, subject::reason(cluster, next, now));
        }
        verdict
    }

    fn follow_queue(&mut self, state: &ClusterState, now: Timestamp) {
        if let Some(pods) = state.pods.known() {
            let leader = DeckhousePod::leader(pods).map(DeckhousePod::incarnation);
            if leader != self.leader {
                self.queues.reset();
                self.leader = leader;
            }
        }
        let observation = state.queue_read.as_ref().filter(|it| self.leader.as_ref() == Some(&it.leader));
        match (state.queue.known(), observation) {
            (Some(queue), Some(observation)) => self.queues.observe(queue, observation.number, now),
            // Of a previous leader.
            (Some(_), None) => {}
            (None, _) => self.queues.interrupt(),
        }
    }

    fn reset_health(&mut self) {
        self.readable_healthy_since = None;
        self.healthy_since = None;
        self.queues.interrupt();
    }

    fn count_health(&mut self, observation: &Observation) {
        let has = |reading| observation.missing.iter().any(|it| it.is(reading));
        let still =
            observation.subject.release.is_some() && observation.signals.is_empty() && !has(Unread::NotNow);
        self.readable_healthy_since = still.then(|| self.readable_healthy_since.unwrap_or(observation.now));
        self.healthy_since =
            (still && !has(Unread::Unreadable)).then(|| self.healthy_since.unwrap_or(observation.now));
    }

    fn settled(&self, now: Timestamp) -> bool {
        self.healthy_since.is_some_and(|since| clock::between(since, now) >= self.settings.settle)
    }

    /// How far the update is. A source that cannot be read currently changes the stage in neither direction.
    fn stage(&self, observation: &Observation) -> Stage {
        let Subject { release, next } = &observation.subject;
        if release.is_none() {
            return Stage::NotStarted;
        }
        let before =
            self.last.as_ref().map(|(_, it)| it).filter(|it| it.release == *release).map(|it| it.stage);
        let known = observation.signals.first().map_or(Stage::Propagating, |it| it.level);
        let stage = match (observation.first_undetermined(), before) {
            (Some(level), Some(before)) if before != Stage::NotStarted => {
                known.min(before.min(Stage::Propagating).max(level))
            }
            _ => known,
        };
        if stage < Stage::Propagating {
            return stage;
        }
        match next {
            // An update that was seen running is waited for; other problems do not delay a later release.
            Some(_) if self.moving == *release && !self.settled(observation.now) => Stage::Propagating,
            Some(_) => Stage::NotStarted,
            None if self.settled(observation.now) && self.queue_allows(observation) => Stage::Done,
            None => Stage::Propagating,
        }
    }

    /// A short task does not reset the settle time, but nothing is done while it runs.
    fn queue_allows(&self, observation: &Observation) -> bool {
        self.queues.is_idle() || observation.missing.iter().any(|it| it.unknown.source == Source::Queue)
    }

    /// An update is not done if minor versions before it never ran.
    fn skipped(&self, cluster: &ClusterState, observation: &Observation, stage: Stage) -> Option<Problem> {
        let release = observation.subject.release.as_ref().filter(|_| stage == Stage::Done)?;
        let mut versions: BTreeSet<Version> = self.skipped.of(cluster, release).into_iter().collect();
        if self.includes_past {
            versions.extend(minors::skipped_for(cluster, release));
        }
        (!versions.is_empty()).then(|| minors::never_ran(release, versions.into_iter().collect()))
    }

    fn dead_end(&mut self, state: &ClusterState, observation: &Observation) -> Option<Problem> {
        let next = observation.subject.next.as_ref()?;
        let problem = subject::dead_end(state, next, self.target_seen);
        self.target_seen |= subject::find(state, next).is_some();
        problem
    }

    /// Whether the stage has made no progress for too long.
    fn stalled(&mut self, observation: &Observation, stage: Stage) -> Option<Problem> {
        let same = self
            .last
            .as_ref()
            .is_some_and(|(_, it)| it.stage == stage && it.release == observation.subject.release);
        if !same {
            self.progress = Progress::default();
        }
        if let Some(since) = self.readable_healthy_since.filter(|_| self.healthy_since.is_none()) {
            let long =
                stage == Stage::Propagating && clock::between(since, observation.now) >= self.settings.settle;
            return long.then(|| sources::unreadable(&observation.missing)).flatten();
        }
        // What cannot be read currently may be what makes progress.
        let lowest = observation.signals.first()?.level;
        if observation.first_undetermined().is_none_or(|level| level >= lowest) {
            let counts = stall::counted(&observation.signals).next().is_some();
            let passed = if counts { observation.passed } else { Duration::ZERO };
            self.progress.observe(&observation.signals, passed);
        }
        let limit = self.settings.limit(stage)?;
        (self.progress.idle >= limit).then(|| stall::problem(&observation.signals, limit)).flatten()
    }

    fn verdict(
        &mut self,
        observation: &Observation,
        stage: Stage,
        trouble: Option<(Call, Problem)>,
    ) -> Verdict {
        let (call, problem) = match trouble {
            Some((call, problem)) => (call, Some(problem)),
            None => (Call::from(stage), None),
        };
        let last = self.last.as_ref().map(|(_, it)| it);
        self.trouble = match last {
            Some(last) if problem.is_some() && last.problem.is_some() => self.trouble + observation.passed,
            _ => Duration::ZERO,
        };
        let same =
            |it: &&Verdict| it.call == call && it.stage == stage && it.release == observation.subject.release;
        let done_at = self.healthy_since.filter(|_| stage == Stage::Propagating);
        Verdict {
            call,
            stage,
            release: observation.subject.release.clone(),
            target: self.target.clone().or_else(|| observation.subject.next.clone()),
            since: last.filter(same).map_or(observation.now, |it| it.since),
            healthy_since: self.healthy_since,
            done_at: done_at.and_then(|since| since.checked_add(self.settings.settle).ok()),
            waiting_for: if stage == Stage::Done { Vec::new() } else { self.waiting(observation) },
            unknown: unknown(observation.missing.clone()),
            gives_up: problem.is_some() && self.trouble >= self.settings.problem_limit,
            problem,
        }
    }

    fn waiting(&self, observation: &Observation) -> Vec<Problem> {
        let mut waiting: Vec<_> = observation.signals.iter().map(|it| it.problem.clone()).collect();
        waiting.extend(sources::waiting(&observation.missing));
        if observation.subject.release.is_none() && waiting.is_empty() {
            let any = Object::any(Kind::DeckhouseRelease);
            waiting.push(Problem::new(Code::DeployedReleases, any, ReleaseFact::NoVersion));
        } else if self.healthy_since.is_some() {
            let cluster = Object::any(Kind::Cluster);
            waiting.push(Problem::new(Code::Settle, cluster, ClusterFact::Settling));
        }
        waiting
    }

    fn last_release(&self) -> Option<Version> {
        self.last.as_ref().and_then(|(_, verdict)| verdict.release.clone())
    }
}

impl Observation {
    /// The first stage that cannot be determined because a source cannot be read currently.
    fn first_undetermined(&self) -> Option<Stage> {
        self.missing.iter().filter(|it| it.is(Unread::NotNow)).map(|it| it.level).min()
    }
}

/// Minor versions before the release never ran: nothing changes that any more, and it is not done.
fn not_done(verdict: &mut Verdict) {
    (verdict.stage, verdict.gives_up) = (Stage::Propagating, true);
}

fn unknown(missing: Vec<Missing>) -> Vec<UnknownSource> {
    missing.into_iter().map(|it| it.unknown).collect()
}
