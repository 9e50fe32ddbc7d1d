//! Pods of the platform's modules whose images do not come.

use std::collections::BTreeMap;

use commands::{Kubectl, Objects, Resource};

use super::pull_failure::{PullFailure, classify};
use crate::doctor::{
    evidence::WaitingPod,
    finding::{Finding, Severity},
    limits,
    look::{Look, tag},
};
use crate::safe_text::short;

/// How many pods are named.
const NAMED: usize = 5;

/// One finding for each reason: a bundle that was not pushed whole leaves many pods waiting.
pub(super) fn images(look: &Look<'_>) -> Vec<Finding> {
    let mut by_reason: BTreeMap<&'static str, (PullFailure, Vec<&WaitingPod>)> = BTreeMap::new();
    for pod in look.evidence.without_image() {
        if pod.started.is_some_and(|since| !look.is_over(since, limits::PULL)) {
            continue;
        }
        let failure = classify(&pod.image, &pod.message, &look.evidence.registry);
        by_reason.entry(failure.why()).or_insert_with(|| (failure, Vec::new())).1.push(pod);
    }
    by_reason.into_values().map(|(failure, pods)| of_reason(look, failure, &pods)).collect()
}

fn of_reason(look: &Look<'_>, failure: PullFailure, pods: &[&WaitingPod]) -> Finding {
    let mut names: Vec<String> = pods.iter().map(|pod| format!("{}/{}", pod.namespace, pod.pod)).collect();
    names.sort();
    names.dedup();
    let count = names.len();
    let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
    names.truncate(NAMED);
    let first = pods[0];
    let settings = look.state.registry.known();
    let repo =
        settings.map_or_else(|| "the registry".to_owned(), crate::objects::RegistrySettings::images_repo);
    let contents = match look.deployed() {
        Some(release) => format!("all of {}", tag(release)),
        None => "all of the deployed release".to_owned(),
    };
    // Nobody mends these by himself; what is not reached may be reached in a minute.
    let lasting = matches!(
        failure,
        PullFailure::Missing | PullFailure::NoRepository | PullFailure::Denied | PullFailure::Trust
    );
    let refused = matches!(failure, PullFailure::Denied | PullFailure::OtherLogin);
    let login = match first.pull_secrets.as_slice() {
        _ if !refused => String::new(),
        [] => ", without imagePullSecrets".to_owned(),
        names => format!(", with the imagePullSecrets {}", names.join(", ")),
    };
    Finding::new(
        "module-images",
        if lasting { Severity::Blocks } else { Severity::Slows },
        format!("Pod/{}", first.pod),
        format!(
            "{} for images: {}{more}; as {} for {}{login}: {}",
            if count == 1 { "1 pod waits".to_owned() } else { format!("{count} pods wait") },
            names.join(", "),
            first.container,
            first.image,
            short(&first.message)
        ),
    )
    .why(format!("{}; the update is not done before these pods run", failure.why()))
    .remedy(failure.remedy(&contents, &repo, look.push()))
    .command(Kubectl::Describe(Objects::one(Resource::Pod, &first.pod).within(&first.namespace)))
    .since(pods.iter().filter_map(|pod| pod.started).min())
    .seen_in("pods of d8-* and kube-system")
}
