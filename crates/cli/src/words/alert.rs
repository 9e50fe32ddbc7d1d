//! Alerts.

use commands::Sentence;
use problems::AlertFact;

pub(super) fn predicate(fact: &AlertFact) -> Sentence {
    let (status, summary) = match fact {
        AlertFact::Firing { status, summary } => (status.as_str(), summary.trim()),
        AlertFact::UpdateFailed { summary } => ("", summary.trim()),
    };
    let status = if status.is_empty() { "firing" } else { status };
    if summary.is_empty() { format!("is {status}") } else { format!("is {status}: {summary}") }.into()
}
