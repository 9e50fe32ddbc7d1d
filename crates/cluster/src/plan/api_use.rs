//! Kubernetes APIs in use that a later version of it removes.

use foreign_text::ForeignText;

use super::{
    removed_apis::{RemovedApi, Replacement},
    unknown::{PlanSource, PlanUnknown},
};
use crate::{
    ClusterState, Reading,
    objects::{Alert, DeprecatedApiUse},
    read::HelmUse,
};

/// A use of an API that a later version of Kubernetes removes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiUse {
    /// What uses it.
    pub user: ApiUser,
    /// `apiVersion` and kind or resource; empty where only the alert knows.
    pub api: String,
    /// The first version of Kubernetes without it, as `1.32`; empty if it is unknown.
    pub removed_in: String,
    /// What to use instead.
    pub instead: ApiInstead,
}

/// What uses an API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiUser {
    /// Objects that an alert does not name.
    Alert {
        /// ID of the alert.
        id: String,
    },
    /// A client that the API server does not name.
    Client,
    /// An object of a Helm release.
    Object {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// Its namespace; empty if it has none.
        namespace: String,
        /// The Helm release, as `NAMESPACE/NAME`.
        release: String,
    },
}

/// What to use instead of an API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiInstead {
    /// This is known.
    Known(Replacement),
    /// The migration guide of Kubernetes says so.
    MigrationGuide,
    /// Only Helm releases show what is used: the summary of the alert.
    SeeHelm(ForeignText),
}

/// All uses that are known, and which sources are not.
pub(super) fn find(
    state: &ClusterState,
    helm: Option<&Reading<Vec<HelmUse>>>,
) -> (Vec<ApiUse>, Vec<PlanUnknown>) {
    let mut uses = Vec::new();
    let mut unknown = Vec::new();
    // Unknown alerts are reported with the breaking points.
    let alerts = state.alerts.known().into_iter().flatten();
    uses.extend(alerts.filter(|it| it.name.starts_with("HelmReleasesHasResourcesWith")).map(of_alert));
    match &state.deprecated_apis {
        Reading::Known(requested) => uses.extend(requested.iter().filter_map(of_request)),
        other => {
            unknown
                .push(PlanUnknown::new(PlanSource::DeprecatedApis, other.why_unknown().unwrap_or_default()));
        }
    }
    match helm {
        None => {}
        Some(Reading::Known(found)) => uses.extend(found.iter().filter_map(of_helm)),
        Some(other) => {
            unknown.push(PlanUnknown::new(PlanSource::HelmReleases, other.why_unknown().unwrap_or_default()));
        }
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
            user: ApiUser::Alert { id: alert.id.clone() },
            api: String::new(),
            removed_in: label("k8s_version").to_owned(),
            instead: ApiInstead::SeeHelm(alert.summary.clone()),
        };
    }
    let user = ApiUser::Object {
        kind: kind.to_owned(),
        name: label("resource_name").to_owned(),
        namespace: label("resource_namespace").to_owned(),
        release: format!("{}/{}", label("helm_release_namespace"), label("helm_release_name")),
    };
    of_kind(user.clone(), api_version, kind).unwrap_or_else(|| ApiUse {
        user,
        api: format!("{api_version} {kind}"),
        removed_in: label("k8s_version").to_owned(),
        instead: ApiInstead::MigrationGuide,
    })
}

fn of_kind(user: ApiUser, api_version: &str, kind: &str) -> Option<ApiUse> {
    let removed = RemovedApi::of_kind(api_version, kind)?;
    Some(ApiUse {
        user,
        api: format!("{api_version} {kind}"),
        removed_in: minor(&removed),
        instead: ApiInstead::Known(removed.replacement),
    })
}

/// The API server knows which API is requested, not by whom. An API that no version removes yet is skipped.
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
        user: ApiUser::Client,
        api: format!("{api_version} {}", request.resource),
        removed_in,
        instead: removed.map_or(ApiInstead::MigrationGuide, |it| ApiInstead::Known(it.replacement)),
    })
}

fn of_helm(found: &HelmUse) -> Option<ApiUse> {
    let user = ApiUser::Object {
        kind: found.kind.clone(),
        name: found.name.clone(),
        namespace: String::new(),
        release: format!("{}/{}", found.namespace, found.release),
    };
    of_kind(user, &found.api_version, &found.kind)
}

fn minor(removed: &RemovedApi) -> String {
    let version = removed.removed_in();
    format!("{}.{}", version.major, version.minor)
}
