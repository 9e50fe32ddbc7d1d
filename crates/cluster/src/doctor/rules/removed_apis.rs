//! Somebody still uses APIs that Kubernetes removes.

use commands::{Command, Filter, Kubectl, Update};

use crate::doctor::{
    finding::{Finding, Severity},
    look::Look,
};

/// APIs that were asked for since the API server started. Users' manifests that are not Helm's show only here.
pub(super) fn in_use(look: &Look<'_>) -> Vec<Finding> {
    let uses = Look::all(&look.state.deprecated_apis);
    let mut names: Vec<String> = uses
        .iter()
        .filter(|it| !it.removed_in.is_empty())
        .map(|it| {
            let group =
                if it.group.is_empty() { it.version.clone() } else { format!("{}/{}", it.group, it.version) };
            format!("{} of {group} (gone in {})", it.resource, it.removed_in)
        })
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new("deprecated-apis", Severity::Notable, "API server", format!("asked for: {}", names.join(", ")))
            .why("clients that request them fail once Kubernetes is upgraded to that version, which a release may do automatically")
            .remedy("find who uses them, and bring them to the new API")
            .command(Update::Plan)
            .command(
                Command::kubectl(Kubectl::GetMetrics)
                    .piped(Filter::Grep("apiserver_requested_deprecated_apis".to_owned())),
            )
            .seen_in("metrics of the API server"),
    ]
}
