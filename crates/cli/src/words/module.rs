//! Modules.

use commands::Sentence;
use problems::ModuleFact;

pub(super) fn predicate(fact: &ModuleFact) -> Sentence {
    let ModuleFact::NotReady { phase, message } = fact;
    let details: Vec<&str> =
        [phase.as_str(), message.as_str()].into_iter().filter(|it| !it.is_empty()).collect();
    if details.is_empty() {
        "is not ready".into()
    } else {
        format!("is not ready: {}", details.join(", ")).into()
    }
}
