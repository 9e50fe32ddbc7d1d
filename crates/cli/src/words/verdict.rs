//! A verdict in words, and as programs read it.

use cluster::{
    duration,
    verdict::{Call, Source, Stage, UnknownSource, Verdict},
};
use commands::{ClusterFlags, Sentence};
use jiff::Timestamp;
use problems::{Advice, Code, PlatformAdvice, Problem};
use semver::Version;
use serde::Serialize;

use super::{Block, Step, object, predicate, remedy, steps, what};
use crate::format::{clock, count};

/// A verdict as programs read it: fields are added, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WordedVerdict<'a> {
    verdict: Call,
    stage: Stage,
    release: &'a Option<Version>,
    target: &'a Option<Version>,
    since: Timestamp,
    quiet_since: Option<Timestamp>,
    done_at: Option<Timestamp>,
    waiting_for: Vec<WordedProblem>,
    unknown: &'a [UnknownSource],
    diagnosis: Option<WordedProblem>,
    hopeless: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct WordedProblem {
    code: Code,
    object: String,
    text: Sentence,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<Sentence>,
}

impl<'a> WordedVerdict<'a> {
    /// With commands that name the cluster so.
    pub(crate) fn of(verdict: &'a Verdict, flags: &ClusterFlags) -> Self {
        let worded = |problem: &Problem, text: Sentence, remedy: Option<Sentence>| WordedProblem {
            code: problem.code,
            object: object(problem),
            text: text.addressed(flags),
            remedy: remedy.map(|it| it.addressed(flags)),
        };
        Self {
            verdict: verdict.call,
            stage: verdict.stage,
            release: &verdict.release,
            target: &verdict.target,
            since: verdict.since,
            quiet_since: verdict.healthy_since,
            done_at: verdict.done_at,
            waiting_for: verdict
                .waiting_for
                .iter()
                .map(|it| worded(it, with_command(it, predicate(&it.fact)), None))
                .collect(),
            unknown: &verdict.unknown,
            diagnosis: verdict.problem.as_ref().map(|it| worded(it, predicate(&it.fact), Some(remedy(it)))),
            hopeless: verdict.gives_up,
        }
    }
}

/// What is waited for, with the command where that is something that a person does.
pub(crate) fn waiting(problem: &Problem) -> Sentence {
    with_command(problem, what(problem))
}

fn with_command(problem: &Problem, text: Sentence) -> Sentence {
    let is_of_a_person = |it: &Advice| {
        matches!(
            it,
            Advice::ApproveNode { .. }
                | Advice::ApproveRelease(_)
                | Advice::ApproveDisruption(_)
                | Advice::Platform(PlatformAdvice::Restart(_))
        )
    };
    if problem.advice.iter().any(is_of_a_person) { text.text("; ").then(remedy(problem)) } else { text }
}

/// The verdict in a word, behind the name of the release: `is stuck`.
pub(crate) fn state(call: Call) -> &'static str {
    match call {
        Call::NotStarted => "not started",
        Call::Switching => "switching",
        Call::Converging => "converging",
        Call::Propagating => "propagating",
        Call::Done => "done",
        Call::Stalled => "stuck",
        Call::Failed => "failed",
    }
}

/// The stage in a word.
pub(crate) fn stage(stage: Stage) -> &'static str {
    state(Call::from(stage))
}

/// The source in texts.
pub(crate) fn source_name(source: Source) -> &'static str {
    match source {
        Source::Releases => "releases",
        Source::Deployment => "Deployment d8-system/deckhouse",
        Source::Pods => "pods of d8-system",
        Source::Queue => "task queues",
        Source::Converge => "progress of the controller",
        Source::Alerts => "alerts",
        Source::Modules => "modules",
        Source::Applications => "applications",
        Source::ClusterApplications => "cluster applications",
        Source::NodeGroups => "node groups",
        Source::Nodes => "nodes",
    }
}

/// Whose state the verdict is. Before the start that is the release that is waited for, later the one that is being
/// deployed: `v1.72.1 (v1.71.4 is deployed)`, `v1.71.4 (next: v1.72.1)`.
pub(crate) fn subject(verdict: &Verdict) -> String {
    let has_started = verdict.stage != Stage::NotStarted;
    match (&verdict.release, &verdict.target) {
        (Some(release), Some(target)) if release < target && has_started => {
            format!("v{release} (next: v{target})")
        }
        (Some(release), Some(target)) if release < target => format!("v{target} (v{release} is deployed)"),
        (Some(release), _) => format!("v{release}"),
        (None, Some(target)) => format!("v{target} (no release is deployed)"),
        (None, None) => "the update".to_owned(),
    }
}

/// The same in short: the release alone.
fn release(verdict: &Verdict) -> String {
    let target = verdict.target.as_ref().filter(|_| verdict.stage == Stage::NotStarted);
    target.or(verdict.release.as_ref()).map_or_else(|| "the update".to_owned(), |it| format!("v{it}"))
}

/// Whether the problem is not one of the update: nothing could be read that shows its state.
fn is_unread(verdict: &Verdict) -> bool {
    verdict.problem.as_ref().is_some_and(|it| matches!(it.code, Code::Unreadable | Code::NoPlatform))
        && verdict.call == Call::Failed
}

/// What a problem has done to the update, behind the name of the release: `is stuck while converging`.
fn trouble_state(verdict: &Verdict) -> String {
    if is_unread(verdict) {
        return "cannot be followed".to_owned();
    }
    let state = if verdict.call == Call::Failed { "has failed" } else { "is stuck" };
    match verdict.stage {
        Stage::NotStarted | Stage::Done => state.to_owned(),
        Stage::Switching | Stage::Converging | Stage::Propagating => {
            format!("{state} while {}", stage(verdict.stage))
        }
    }
}

/// The verdict in a line: `v1.71.0: converging: Queue/main has 3 tasks, …`.
pub(crate) fn line(verdict: &Verdict) -> Sentence {
    let state = state(verdict.call);
    if let Some(problem) = &verdict.problem {
        return Sentence::from(format!("{} {}: ", subject(verdict), trouble_state(verdict)))
            .then(what(problem));
    }
    let line = Sentence::from(format!("{}: {state}", subject(verdict)));
    if let Some(done_at) = verdict.done_at {
        let time = clock(done_at);
        Sentence::from(format!(
            "{}: everything is healthy; {} will be done at {time} if everything stays healthy",
            subject(verdict),
            release(verdict)
        ))
    } else if let Some(first) = verdict.waiting_for.first() {
        let more = verdict.waiting_for.len() - 1;
        let line = line.text(": ").then(waiting(first));
        if more > 0 { line.text(format!(" (and {})", count(more, "more reason"))) } else { line }
    } else {
        line
    }
}

/// How a wait ends that was not successful.
pub(crate) fn trouble(verdict: &Verdict) -> Block {
    let headline = match &verdict.problem {
        Some(problem) => {
            Sentence::from(format!("{} {}: ", release(verdict), trouble_state(verdict))).then(what(problem))
        }
        None => line(verdict),
    };
    with_steps(Block::new(headline), verdict)
}

/// How a wait ends whose time is over.
pub(crate) fn time_over(verdict: &Verdict, timeout: Option<std::time::Duration>) -> Block {
    let time = timeout.map(|it| format!("timeout of {} reached", duration::text(it)));
    let is = match verdict.call {
        Call::NotStarted => "has not started".to_owned(),
        Call::Failed if is_unread(verdict) => "cannot be followed".to_owned(),
        Call::Failed => "has failed".to_owned(),
        Call::Stalled => "is stuck".to_owned(),
        Call::Done => "is done".to_owned(),
        other => format!("is not done (stage: {})", state(other)),
    };
    let text = format!("{}: {} {is}", time.as_deref().unwrap_or("timeout reached"), subject(verdict));
    let first = verdict.problem.as_ref().or_else(|| verdict.waiting_for.first());
    let before = match (&verdict.problem, verdict.call) {
        (Some(_), _) => ": ",
        (None, Call::Done) => "; ",
        (None, _) => " because ",
    };
    let reason = first.map(|it| Sentence::from(before).then(what(it))).unwrap_or_default();
    let block = Block::new(Sentence::from(text).then(reason));
    let has_steps = first.is_some_and(|it| !it.advice.is_empty());
    let is_healthy = verdict.call == Call::Done || verdict.done_at.is_some();
    let find = Step::here(Sentence::from("find the cause: ").command(commands::Update::Doctor));
    with_steps(if has_steps || is_healthy { block } else { block.step(find) }, verdict)
}

fn with_steps(block: Block, verdict: &Verdict) -> Block {
    let problem = verdict.problem.as_ref().or_else(|| verdict.waiting_for.first());
    let means = verdict.problem.as_ref().and_then(|it| super::means(&it.fact));
    let block = block.means(means).steps(problem.map(steps).unwrap_or_default());
    match (problem.map(|it| it.code), verdict.stage) {
        // The update has ended, and would count as done.
        (Some(Code::SkippedMinors), Stage::Propagating) => block,
        (_, Stage::NotStarted) => block.step(Step::here("run the same command again to continue")),
        _ => block.step(Step::here(
            "run the same command again to follow the update; the platform continues it without dhctl",
        )),
    }
}

/// How a wait ends that was successful.
pub(crate) fn done(verdict: &Verdict, settle: std::time::Duration) -> Block {
    let healthy =
        format!("{} is done: everything has been healthy for {}", release(verdict), duration::text(settle));
    Block::new(healthy)
        .step(Step::here(Sentence::from("see what comes next: ").command(commands::Update::Plan)))
}

#[cfg(test)]
mod tests {
    use problems::{Kind, Object, SourceFact};

    use super::*;

    #[test]
    fn an_update_that_cannot_be_read_has_not_failed() {
        let fact = SourceFact::Unreadable { others: Vec::new(), why: "no login (401)".into() };
        let problem = Problem::new(Code::Unreadable, Object::any(Kind::DeckhouseRelease), fact)
            .advise(Advice::CorrectLogin);
        let verdict = Verdict {
            call: Call::Failed,
            stage: Stage::Converging,
            release: Some(Version::new(1, 72, 5)),
            target: None,
            since: Timestamp::UNIX_EPOCH,
            healthy_since: None,
            done_at: None,
            waiting_for: Vec::new(),
            unknown: Vec::new(),
            problem: Some(problem),
            gives_up: false,
        };
        let expected = "v1.72.5 cannot be followed: DeckhouseReleases cannot be read: no login (401)";
        assert_eq!(line(&verdict).to_string(), expected);
        let text = trouble(&verdict).to_string();
        assert!(
            text.starts_with(expected) && text.contains("1. correct the login in the kubeconfig"),
            "{text}"
        );
        let text = time_over(&verdict, None).to_string();
        assert!(text.starts_with("timeout reached: v1.72.5 cannot be followed: "), "{text}");
    }
}
