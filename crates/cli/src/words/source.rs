//! What is read to decide how far an update is.

use commands::Sentence;
use problems::{Fact, Object, SourceFact};

pub(super) fn predicate(fact: &SourceFact) -> Sentence {
    match fact {
        SourceFact::NotInCluster { why } => format!("is not available in this cluster: {why}"),
        SourceFact::Unreadable { why, .. } => format!("cannot be read: {why}"),
        SourceFact::NotNow { why, .. } => format!("cannot be read now: {why}"),
    }
    .into()
}

/// A source: one object, or all of a kind.
pub(super) fn name(object: &Object) -> String {
    let kind = object.kind.name();
    if object.name.is_some() || kind.starts_with("the ") { object.to_string() } else { format!("{kind}s") }
}

/// What else cannot be read for the same reason.
pub(super) fn others(fact: &Fact) -> &[Object] {
    match fact {
        Fact::Source(SourceFact::Unreadable { others, .. } | SourceFact::NotNow { others, .. }) => others,
        _ => &[],
    }
}
