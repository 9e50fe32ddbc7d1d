//! The words for what is reported about a cluster: the only place that has them.
//!
//! [`what`] says what is wrong in one line, [`means`] what that means, [`steps`] what to do, and a [`Block`] puts them
//! together at the end of a command. A file for each subject.

mod advice;
mod alert;
mod block;
pub(crate) mod change;
pub(crate) mod changelog;
mod channel;
mod cluster;
mod deployment;
mod doctor;
pub(crate) mod etcd_backup;
pub(crate) mod left_out;
pub(crate) mod license;
mod module;
pub(crate) mod module_release;
mod node;
pub(crate) mod note;
pub(crate) mod package;
pub(crate) mod plan;
mod pod;
mod queue;
pub(crate) mod refusal;
mod registry;
pub(crate) mod registry_check;
pub(crate) mod release;
pub(crate) mod requirement;
mod settings;
pub(crate) mod setup;
mod source;
pub(crate) mod status;
mod step;
pub(crate) mod task;
#[cfg(test)]
mod task_tests;
pub(crate) mod verdict;

#[cfg(test)]
mod doctor_tests;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod newer_platform_tests;
#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod requirement_tests;
#[cfg(test)]
mod tests;

use ::cluster::objects::Task;
use commands::Sentence;
use problems::{ClusterFact, Fact, Problem, SourceFact};

pub(crate) use advice::{CHECK_CLUSTER, CORRECT_LOGIN, FIND_MANIFEST};
pub use block::Block;
pub use doctor::{NotCheckedList, doctor_report, source, sources};
pub(crate) use release::requirement;
pub use step::{Place, Step};

/// The problem in one line: `Pod/deckhouse-7d4f-0 cannot pull its image …`.
pub fn what(problem: &Problem) -> Sentence {
    if is_whole(&problem.fact) {
        return predicate(&problem.fact);
    }
    Sentence::from(joined(&objects(problem))).text(" ").then(predicate(&problem.fact))
}

/// `a, b and c`.
fn joined(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// The object as `KIND/NAME`; several are separated by commas.
pub fn object(problem: &Problem) -> String {
    objects(problem).join(", ")
}

fn objects(problem: &Problem) -> Vec<String> {
    if !matches!(problem.fact, Fact::Source(SourceFact::Unreadable { .. } | SourceFact::NotNow { .. })) {
        return vec![problem.object.to_string()];
    }
    let all = std::iter::once(&problem.object).chain(source::others(&problem.fact));
    all.map(source::name).collect()
}

/// Whether the predicate is a whole sentence, which does not follow the name of an object.
pub(crate) fn is_whole(fact: &Fact) -> bool {
    match fact {
        Fact::Release(fact) => release::is_whole(fact),
        Fact::Cluster(ClusterFact::NoProgress { waiting_for, .. }) => is_whole(waiting_for),
        _ => false,
    }
}

/// What is said of the object, behind its name: `is being drained`. A whole sentence if the fact says so.
pub fn predicate(fact: &Fact) -> Sentence {
    match fact {
        Fact::Alert(fact) => alert::predicate(fact),
        Fact::Channel(fact) => channel::predicate(fact),
        Fact::Cluster(fact) => cluster::predicate(fact),
        Fact::Converge(fact) => queue::converge(fact),
        Fact::Deployment(fact) => deployment::predicate(fact),
        Fact::License(fact) => license::predicate(fact),
        Fact::Module(fact) => module::predicate(fact),
        Fact::Node(fact) => node::predicate(fact),
        Fact::Package(fact) => package::predicate(fact),
        Fact::Pod(fact) => pod::predicate(fact),
        Fact::Queue(fact) => queue::predicate(fact),
        Fact::Registry(fact) => registry::predicate(fact),
        Fact::Release(fact) => release::predicate(fact),
        Fact::Settings(fact) => settings::predicate(fact),
        Fact::Source(fact) => source::predicate(fact),
    }
}

/// What the fact means for the update, where that does not go without saying.
pub fn means(fact: &Fact) -> Option<Sentence> {
    match fact {
        Fact::Alert(fact) => alert::means(fact),
        Fact::Channel(fact) => Some(channel::means(fact)),
        Fact::Deployment(fact) => deployment::means(fact),
        Fact::License(fact) => Some(license::means(fact)),
        Fact::Module(fact) => Some(module::means(fact)),
        Fact::Node(fact) => node::means(fact),
        Fact::Package(fact) => Some(package::means(fact)),
        Fact::Pod(fact) => pod::means(fact),
        Fact::Registry(fact) => registry::means(fact),
        Fact::Release(fact) => release::means(fact),
        Fact::Settings(fact) => Some(settings::means(fact)),
        Fact::Cluster(_) | Fact::Converge(_) | Fact::Queue(_) | Fact::Source(_) => None,
    }
}

/// What to do about it, in order.
pub fn steps(problem: &Problem) -> Vec<Step> {
    problem.advice.iter().map(advice::step).collect()
}

/// What to do about it in one sentence.
pub fn remedy(problem: &Problem) -> Sentence {
    Sentence::joined(steps(problem).into_iter().map(|step| step.text), "; ")
}

/// A problem in one line: what it is, and what to do about it.
pub fn with_remedy(problem: &Problem) -> Sentence {
    let (what, remedy) = (what(problem), remedy(problem));
    if remedy.is_empty() { what } else { what.text("; ").then(remedy) }
}

/// The first `limit` of these: `a, b and 3 more`.
pub(crate) fn list(all: &[impl AsRef<str>], limit: usize) -> String {
    let named: Vec<&str> = all.iter().take(limit).map(AsRef::as_ref).collect();
    match all.len().saturating_sub(limit) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The same for texts that may have commas in them: `a, b; c; and 3 more`.
pub(crate) fn clauses(all: &[impl AsRef<str>], limit: usize) -> String {
    let named: Vec<&str> = all.iter().take(limit).map(AsRef::as_ref).collect();
    match all.len().saturating_sub(limit) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

/// The whole problem: what is wrong, what it means, and what to do.
pub fn block(problem: &Problem) -> Block {
    Block::new(what(problem)).means(means(&problem.fact)).steps(steps(problem))
}

/// The first task of a queue: `main: ModuleRun:main:prometheus, failed 3 times: …`.
pub(crate) fn queue_task(task: &Task) -> String {
    let failed = match (task.failures, &task.failure) {
        (0, _) => String::new(),
        (count, Some(why)) => format!(", failed {}: {why}", times(count)),
        (count, None) => format!(", failed {}", times(count)),
    };
    format!("{}: {}{failed}", task.queue, task.description)
}

/// `once`, `3 times`.
pub(crate) fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
