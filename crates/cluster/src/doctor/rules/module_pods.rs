//! Pods of the platform's modules that cannot pull their images.

use std::collections::BTreeMap;

use commands::{Kubectl, Objects, Resource};
use problems::{Contents, Kind, ModuleImagePulls, Object, PodFact, PullCause, Rule, See};

use super::pull_failure::{self, steps};
use crate::{
    doctor::{
        context::{Context, see, version_of},
        details::FailedPull,
        finding::{Finding, Severity},
        limits,
        source::Source,
    },
    safe_text::short,
};

/// One finding for each cause: a bundle that was not pushed completely leaves many pods waiting.
pub(super) fn images(context: &Context<'_>) -> Vec<Finding> {
    let mut by_cause: BTreeMap<PullCause, Vec<&FailedPull>> = BTreeMap::new();
    for pull in context.details.failed_pulls() {
        if pull.started.is_some_and(|since| !context.is_over(since, limits::PULL)) {
            continue;
        }
        let cause = pull_failure::cause(&pull.image, &pull.reason, &pull.message, &context.details.registry);
        by_cause.entry(cause).or_default().push(pull);
    }
    by_cause.into_iter().filter_map(|(cause, pulls)| of_cause(context, cause, &pulls)).collect()
}

fn of_cause(context: &Context<'_>, cause: PullCause, pulls: &[&FailedPull]) -> Option<Finding> {
    let first = pulls.first()?;
    let mut pods: Vec<String> = pulls.iter().map(|pull| format!("{}/{}", pull.namespace, pull.pod)).collect();
    pods.sort();
    pods.dedup();
    // These last until somebody acts; a registry that cannot be reached may be reachable in a minute.
    let lasting = matches!(
        cause,
        PullCause::Missing | PullCause::NoRepository | PullCause::Denied | PullCause::Untrusted
    );
    let refused = matches!(cause, PullCause::Denied | PullCause::OtherLogin);
    let fact = ModuleImagePulls {
        pods,
        namespace: first.namespace.clone(),
        container: first.container.clone(),
        image: first.image.clone(),
        message: short(&first.message),
        cause,
        pull_secrets: refused.then(|| first.pull_secrets.clone()),
    };
    let contents =
        context.deployed().map_or(Contents::DeployedRelease, |it| Contents::Release(version_of(it)));
    let describe = Kubectl::Describe(Objects::one(Resource::Pod, &first.pod).within(&first.namespace));
    let severity = if lasting { Severity::Blocks } else { Severity::Slows };
    let object = Object::new(Kind::Pod, &first.pod);
    let registry = context.registry();
    Some(
        Finding::new(Rule::ModuleImages, severity, object, PodFact::ModuleImagePulls(Box::new(fact)))
            .advise_all(steps(cause, &contents, &registry, &registry))
            .advise(see(See::PodEvents, describe))
            .since(pulls.iter().filter_map(|pull| pull.started).min())
            .seen_in(Source::ModulePods),
    )
}
