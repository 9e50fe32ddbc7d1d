//! Why something is not approved or prepared.

use cluster::{approve::NotApprovable, kernel::Lagging, prepare::QueueState};
use commands::{Approve, Sentence};
use problems::{Fact, NodeFact, Object, Problem, ReleaseFact};

use super::{Block, block, is_whole, module_release, predicate, queue_task, what};

/// Why a release cannot be approved now: `cannot approve DeckhouseRelease/v1.72.0: it must wait for …`.
pub(crate) fn not_its_turn(object: &Object, fact: &ReleaseFact) -> Sentence {
    let worded = Fact::Release(fact.clone());
    let text = match fact {
        // It says itself that it is about an approval.
        ReleaseFact::PreviousUnfinished { .. } | ReleaseFact::NotNow(_) => format!("{object} "),
        _ if is_whole(&worded) => format!("cannot approve {object}: "),
        _ => format!("cannot approve {object}: it "),
    };
    Sentence::from(text).then(predicate(&worded))
}

/// What comes before the approval of a release, and what to do about it.
pub(crate) fn held(object: &Object, problem: &Problem) -> Block {
    let headline = match &problem.fact {
        Fact::Release(fact) if problem.object == *object => not_its_turn(object, fact),
        _ => Sentence::from(format!("cannot approve {object}: ")).then(what(problem)),
    };
    Block { headline, ..block(problem) }
}

/// Why it cannot be approved, as what is said of the object.
pub(crate) fn not_approvable(reason: &NotApprovable) -> String {
    match reason {
        NotApprovable::DisruptionsDone { phase } => {
            format!("its phase is {phase}: its disruptions no longer need an approval")
        }
        NotApprovable::Module(reason) => module_release::not_next(reason),
        NotApprovable::ModuleReleasesUnknown(why) => format!("the releases of modules cannot be read: {why}"),
        NotApprovable::NoModuleRelease { waiting } if waiting.is_empty() => {
            "there is no such release, and no release of this module is waiting".to_owned()
        }
        NotApprovable::NoModuleRelease { waiting } => {
            format!("there is no such release; waiting releases of this module: {}", waiting.join(", "))
        }
        NotApprovable::NoNode { known } => {
            format!("there is no such node; nodes of this cluster: {}", known.join(", "))
        }
        NotApprovable::NodeNotWaiting => "it is not waiting for approval of a disruption".to_owned(),
    }
}

/// What is in the queue.
pub(crate) fn queue(state: &QueueState) -> String {
    match state {
        QueueState::JustEmpty => {
            "it became empty less than 3 s before this limit, too late to be sure that it stays empty"
                .to_owned()
        }
        QueueState::Tasks(count) => crate::format::count(*count, "task"),
        QueueState::Head(task) => format!("queue {}", queue_task(task)),
        QueueState::Unreadable(why) => format!("the queue cannot be read: {why}"),
    }
}

/// Why an upgrade of the kernel is not complete, with the command that lets it continue.
pub(crate) fn lagging(lagging: &Lagging) -> Sentence {
    let fact = |fact: &NodeFact| predicate(&Fact::Node(fact.clone()));
    match lagging {
        Lagging::NoSuchGroup { group, known } => {
            format!("NodeGroup/{group} does not exist; node groups of this cluster: {}", known.join(", "))
                .into()
        }
        Lagging::NoNodes { group } => format!("NodeGroup/{group} has no nodes").into(),
        Lagging::Node { node, group, kernel, update } => {
            let text = Sentence::from(format!("Node/{node} (NodeGroup/{group}) runs {kernel}"));
            match update {
                Some(update) if update.is_approval() => {
                    text.text(" and ").then(fact(update)).text(": ").command(Approve::Node(node.clone()))
                }
                Some(update) => text.text(" and ").then(fact(update)),
                None => text,
            }
        }
        Lagging::Group { group, fact: why } => Sentence::from(format!("NodeGroup/{group} ")).then(fact(why)),
    }
}
