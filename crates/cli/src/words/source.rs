//! What is read to decide how far an update is.

use commands::Sentence;
use problems::{Fact, Object, SourceFact};

pub(super) fn predicate(fact: &SourceFact) -> Sentence {
    match fact {
        SourceFact::NotInCluster { why } => format!("does not exist in this cluster: {why}"),
        SourceFact::Unreadable { why, .. } => format!("cannot be read: {why}"),
        SourceFact::NotNow { why, .. } => format!("cannot be read now: {why}"),
    }
    .into()
}

/// What else cannot be read for the same reason.
pub(super) fn others(fact: &Fact) -> &[Object] {
    match fact {
        Fact::Source(SourceFact::Unreadable { others, .. } | SourceFact::NotNow { others, .. }) => others,
        _ => &[],
    }
}
