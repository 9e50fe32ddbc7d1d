//! The APIs that Kubernetes 1.16 to 1.34 no longer has, and what replaces them: the Kubernetes "Deprecated API
//! Migration Guide" (its last entry is for 1.32).

use semver::Version;

/// An API that a version of Kubernetes removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RemovedApi {
    /// `GROUP/VERSION`.
    pub(super) api_version: &'static str,
    /// The kind.
    pub(super) kind: &'static str,
    /// Its plural.
    pub(super) plural: &'static str,
    /// The first minor of Kubernetes 1 without it.
    pub(super) removed_in: u64,
    /// What to use instead.
    pub(super) replacement: Replacement,
}

/// What replaces an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// The same kind in this `apiVersion`.
    Api(&'static str),
    /// Pod Security Admission, or the module `admission-policy-engine`.
    PodSecurityAdmission,
}

impl RemovedApi {
    /// By kind, as manifests have it.
    pub(super) fn of_kind(api_version: &str, kind: &str) -> Option<Self> {
        all().find(|it| it.api_version == api_version && it.kind == kind)
    }

    /// By the plural, as the API server has it.
    pub(super) fn of_plural(api_version: &str, plural: &str) -> Option<Self> {
        all().find(|it| it.api_version == api_version && it.plural == plural)
    }

    /// The first version of Kubernetes without it.
    pub(super) fn removed_in(&self) -> Version {
        Version::new(1, self.removed_in, 0)
    }
}

const APPS: &str = "apps/v1";
/// No API replaces it.
const NO_API: &str = "";

/// `apiVersion`, minor, replacement, and `Kind plural` of each.
type Row = (&'static str, u64, &'static str, &'static [(&'static str, &'static str)]);

const ROWS: [Row; 29] = [
    (
        "extensions/v1beta1",
        16,
        APPS,
        &[("DaemonSet", "daemonsets"), ("Deployment", "deployments"), ("ReplicaSet", "replicasets")],
    ),
    (
        "apps/v1beta1",
        16,
        APPS,
        &[("Deployment", "deployments"), ("ReplicaSet", "replicasets"), ("StatefulSet", "statefulsets")],
    ),
    (
        "apps/v1beta2",
        16,
        APPS,
        &[
            ("DaemonSet", "daemonsets"),
            ("Deployment", "deployments"),
            ("ReplicaSet", "replicasets"),
            ("StatefulSet", "statefulsets"),
        ],
    ),
    ("extensions/v1beta1", 16, "networking.k8s.io/v1", &[("NetworkPolicy", "networkpolicies")]),
    ("extensions/v1beta1", 16, NO_API, &[("PodSecurityPolicy", "podsecuritypolicies")]),
    (
        "admissionregistration.k8s.io/v1beta1",
        22,
        "admissionregistration.k8s.io/v1",
        &[
            ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
            ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
        ],
    ),
    (
        "apiextensions.k8s.io/v1beta1",
        22,
        "apiextensions.k8s.io/v1",
        &[("CustomResourceDefinition", "customresourcedefinitions")],
    ),
    ("apiregistration.k8s.io/v1beta1", 22, "apiregistration.k8s.io/v1", &[("APIService", "apiservices")]),
    ("authentication.k8s.io/v1beta1", 22, "authentication.k8s.io/v1", &[("TokenReview", "tokenreviews")]),
    (
        "authorization.k8s.io/v1beta1",
        22,
        "authorization.k8s.io/v1",
        &[
            ("LocalSubjectAccessReview", "localsubjectaccessreviews"),
            ("SelfSubjectAccessReview", "selfsubjectaccessreviews"),
            ("SelfSubjectRulesReview", "selfsubjectrulesreviews"),
            ("SubjectAccessReview", "subjectaccessreviews"),
        ],
    ),
    (
        "certificates.k8s.io/v1beta1",
        22,
        "certificates.k8s.io/v1",
        &[("CertificateSigningRequest", "certificatesigningrequests")],
    ),
    ("coordination.k8s.io/v1beta1", 22, "coordination.k8s.io/v1", &[("Lease", "leases")]),
    ("extensions/v1beta1", 22, "networking.k8s.io/v1", &[("Ingress", "ingresses")]),
    (
        "networking.k8s.io/v1beta1",
        22,
        "networking.k8s.io/v1",
        &[("Ingress", "ingresses"), ("IngressClass", "ingressclasses")],
    ),
    (
        "rbac.authorization.k8s.io/v1beta1",
        22,
        "rbac.authorization.k8s.io/v1",
        &[
            ("ClusterRole", "clusterroles"),
            ("ClusterRoleBinding", "clusterrolebindings"),
            ("Role", "roles"),
            ("RoleBinding", "rolebindings"),
        ],
    ),
    ("scheduling.k8s.io/v1beta1", 22, "scheduling.k8s.io/v1", &[("PriorityClass", "priorityclasses")]),
    (
        "storage.k8s.io/v1beta1",
        22,
        "storage.k8s.io/v1",
        &[
            ("CSIDriver", "csidrivers"),
            ("CSINode", "csinodes"),
            ("StorageClass", "storageclasses"),
            ("VolumeAttachment", "volumeattachments"),
        ],
    ),
    ("batch/v1beta1", 25, "batch/v1", &[("CronJob", "cronjobs")]),
    ("discovery.k8s.io/v1beta1", 25, "discovery.k8s.io/v1", &[("EndpointSlice", "endpointslices")]),
    ("events.k8s.io/v1beta1", 25, "events.k8s.io/v1", &[("Event", "events")]),
    ("autoscaling/v2beta1", 25, "autoscaling/v2", &[("HorizontalPodAutoscaler", "horizontalpodautoscalers")]),
    ("policy/v1beta1", 25, "policy/v1", &[("PodDisruptionBudget", "poddisruptionbudgets")]),
    ("policy/v1beta1", 25, NO_API, &[("PodSecurityPolicy", "podsecuritypolicies")]),
    ("node.k8s.io/v1beta1", 25, "node.k8s.io/v1", &[("RuntimeClass", "runtimeclasses")]),
    ("autoscaling/v2beta2", 26, "autoscaling/v2", &[("HorizontalPodAutoscaler", "horizontalpodautoscalers")]),
    ("flowcontrol.apiserver.k8s.io/v1beta1", 26, FLOW, FLOWS),
    ("storage.k8s.io/v1beta1", 27, "storage.k8s.io/v1", &[("CSIStorageCapacity", "csistoragecapacities")]),
    ("flowcontrol.apiserver.k8s.io/v1beta2", 29, FLOW, FLOWS),
    ("flowcontrol.apiserver.k8s.io/v1beta3", 32, FLOW, FLOWS),
];

const FLOW: &str = "flowcontrol.apiserver.k8s.io/v1";
const FLOWS: &[(&str, &str)] =
    &[("FlowSchema", "flowschemas"), ("PriorityLevelConfiguration", "prioritylevelconfigurations")];

fn all() -> impl Iterator<Item = RemovedApi> {
    ROWS.into_iter().flat_map(|(api_version, removed_in, replacement, kinds)| {
        kinds.iter().map(move |&(kind, plural)| RemovedApi {
            api_version,
            kind,
            plural,
            removed_in,
            replacement: if replacement == NO_API {
                Replacement::PodSecurityAdmission
            } else {
                Replacement::Api(replacement)
            },
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_and_points_ahead() {
        for api in all() {
            assert_eq!(
                all().filter(|it| (it.api_version, it.kind) == (api.api_version, api.kind)).count(),
                1
            );
            assert_eq!(RemovedApi::of_plural(api.api_version, api.plural), Some(api));
            assert!(
                all().all(|it| (Replacement::Api(it.api_version), it.kind) != (api.replacement, api.kind)),
                "{api:?}"
            );
        }
        let ingress = RemovedApi::of_kind("extensions/v1beta1", "Ingress").unwrap();
        assert_eq!(
            (ingress.removed_in(), ingress.replacement),
            (Version::new(1, 22, 0), Replacement::Api("networking.k8s.io/v1"))
        );
        assert_eq!(RemovedApi::of_kind("networking.k8s.io/v1", "Ingress"), None);
    }
}
