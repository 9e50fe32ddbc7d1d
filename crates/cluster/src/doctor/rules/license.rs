//! The license of the platform.

use problems::Rule;

use crate::{
    doctor::{
        context::Context,
        finding::{Finding, Severity},
        source::Source,
    },
    license,
};

/// A license that does not allow an update, or is not valid, or expires soon.
pub(super) fn state(context: &Context<'_>) -> Vec<Finding> {
    let blocks = license::blocking(context.state).map(|it| (Severity::Blocks, it));
    let risk = license::risk(context.state).map(|it| (Severity::Notable, it));
    blocks
        .or(risk)
        .map(|(severity, problem)| {
            Finding::new(Rule::License, severity, problem.object, problem.fact)
                .advise_all(problem.advice)
                .seen_in(Source::License)
        })
        .into_iter()
        .collect()
}
