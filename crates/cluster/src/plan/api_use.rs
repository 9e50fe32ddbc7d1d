//! Kubernetes APIs in use that some later version of it no longer has.

use commands::{Sentence, Update};
use serde::Serialize;

use super::removed_apis::RemovedApi;
use crate::{
    ClusterState, Reading,
    objects::{Alert, DeprecatedApiUse},
    read::HelmUse,
};

/// A use of an API that goes away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiUse {
    /// What uses it: an object, a Helm release, or a client that is not known.
    pub object: String,
    /// `apiVersion` and kind or resource; empty where only the alert knows.
    pub api: String,
    /// The first version of Kubernetes without it, as `1.32`; empty if it is not known.
    pub removed_in: String,
    /// What to use instead.
    pub replacement: Sentence,
}

/// All uses that are known, and which sources are not.
pub(super) fn find(state: &ClusterState, helm: Option<&Reading<Vec<HelmUse>>>) -> (Vec<ApiUse>, Vec<String>) {
    let mut uses = Vec::new();
    let mut unknown = Vec::new();
    // Unknown alerts are told with the breaking points.
    let alerts = state.alerts.known().into_iter().flatten();
    uses.extend(alerts.filter(|it| it.name.starts_with("HelmReleasesHasResourcesWith")).map(of_alert));
    match &state.deprecated_apis {
        Reading::Known(requested) => uses.extend(requested.iter().filter_map(of_request)),
        other => unknown.push(format!(
            "deprecated APIs that the API server was asked for: {}",
            other.why_unknown().unwrap_or_default()
        )),
    }
    match helm {
        None => {}
        Some(Reading::Known(found)) => uses.extend(found.iter().filter_map(of_helm)),
        Some(other) => unknown.push(format!("Helm releases: {}", other.why_unknown().unwrap_or_default())),
    }
    uses.sort();
    uses.dedup();
    (uses, unknown)
}

fn of_alert(alert: &Alert) -> ApiUse {
    let label = |key: &str| alert.labels.get(key).map_or("", String::as_str);
    let (api_version, kind) = (label("api_version"), label("kind"));
    if api_version.is_empty() {
        return ApiUse {
            object: format!("ClusterAlert/{}", alert.id),
            api: String::new(),
            removed_in: label("k8s_version").to_owned(),
            replacement: Sentence::from(format!("{} (", alert.summary))
                .command(Update::PlanWithHelm)
                .text(" names the objects)"),
        };
    }
    let namespace = label("resource_namespace");
    let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
    let release = format!("{}/{}", label("helm_release_namespace"), label("helm_release_name"));
    of_kind(format!("{kind}/{}{place} of Helm release {release}", label("resource_name")), api_version, kind)
        .unwrap_or_else(|| ApiUse {
            object: format!("{kind}/{}{place} of Helm release {release}", label("resource_name")),
            api: format!("{api_version} {kind}"),
            removed_in: label("k8s_version").to_owned(),
            replacement: "see the migration guide of Kubernetes".into(),
        })
}

fn of_kind(object: String, api_version: &str, kind: &str) -> Option<ApiUse> {
    let removed = RemovedApi::of_kind(api_version, kind)?;
    Some(ApiUse {
        object,
        api: format!("{api_version} {kind}"),
        removed_in: minor(&removed),
        replacement: removed.replacement.into(),
    })
}

/// The API server knows what is asked for, not by whom. What is not removed in any version yet is passed over.
fn of_request(request: &DeprecatedApiUse) -> Option<ApiUse> {
    let api_version = if request.group.is_empty() {
        request.version.clone()
    } else {
        format!("{}/{}", request.group, request.version)
    };
    let removed = RemovedApi::of_plural(&api_version, &request.resource);
    let removed_in = match (&removed, request.removed_in.as_str()) {
        (None, "") => return None,
        (Some(removed), "") => minor(removed),
        (_, named) => named.to_owned(),
    };
    Some(ApiUse {
        object: "a client of the API server (who: its audit log, annotation k8s.io/deprecated)".to_owned(),
        api: format!("{api_version} {}", request.resource),
        removed_in,
        replacement: removed.map_or("see the migration guide of Kubernetes", |it| it.replacement).into(),
    })
}

fn of_helm(found: &HelmUse) -> Option<ApiUse> {
    let object =
        format!("{}/{} of Helm release {}/{}", found.kind, found.name, found.namespace, found.release);
    of_kind(object, &found.api_version, &found.kind)
}

fn minor(removed: &RemovedApi) -> String {
    let version = removed.removed_in();
    format!("{}.{}", version.major, version.minor)
}
