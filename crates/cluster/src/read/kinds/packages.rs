//! Packages: their repositories, and the applications.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::places::{Source, lies_at},
    lenient::{condition, condition_message, count, items, name, or_default, text, time, words},
};
use crate::{
    objects::{Application, PackageRepository},
    safe_text::{self, address},
};

/// `packagerepositories`.
pub(crate) struct PackageRepositories;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawPackageRepository {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawPackageRepositorySpec,
    #[serde(default)]
    status: Value,
}
lies_at!(
    RawPackageRepository,
    ClusterResourceScope,
    "deckhouse.io",
    "v1alpha1",
    "PackageRepository",
    "packagerepositories"
);

/// Without the login.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawPackageRepositorySpec {
    registry: RawPackageRegistry,
    scan_interval: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct RawPackageRegistry {
    #[serde(deserialize_with = "or_default")]
    repo: String,
}

impl Source for PackageRepositories {
    type Raw = RawPackageRepository;
    type Item = PackageRepository;
    const DEFINITION: Option<&'static str> = Some("packagerepositories.deckhouse.io");

    fn api(client: &Client) -> Api<RawPackageRepository> {
        Api::all(client.clone())
    }

    fn item(raw: RawPackageRepository) -> PackageRepository {
        let RawPackageRepository { metadata, spec, status } = raw;
        let scan = ["LastScanSucceeded", "LastOperationScanFinished"];
        let scan = scan.into_iter().find(|kind| condition(&status, kind).is_some());
        let listed = items(&status["packages"]).count() as u64;
        PackageRepository {
            name: name(&metadata),
            repo: address(&spec.registry.repo),
            scan_interval: text(&spec.scan_interval),
            phase: text(&status["phase"]).unwrap_or_default(),
            message: words(&status["message"]).unwrap_or_default(),
            scanned: time(&status["lastScanTime"]).or_else(|| time(&status["syncTime"])),
            scan_succeeded: scan.and_then(|kind| condition(&status, kind)),
            scan_message: scan.map(|kind| condition_message(&status, kind)).unwrap_or_default(),
            packages: count(&status["packagesCount"]).max(listed),
        }
    }
}

/// `applications`, in all namespaces.
pub(crate) struct Applications;

/// Without `settings`, which may hold a secret.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawApplication {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawApplicationSpec,
    #[serde(default)]
    status: Value,
}
lies_at!(RawApplication, NamespaceResourceScope, "deckhouse.io", "v1alpha1", "Application", "applications");

/// `clusterapplications`.
pub(crate) struct ClusterApplications;

/// The same outside a namespace.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawClusterApplication {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: RawApplicationSpec,
    #[serde(default)]
    status: Value,
}
lies_at!(
    RawClusterApplication,
    ClusterResourceScope,
    "deckhouse.io",
    "v1alpha1",
    "ClusterApplication",
    "clusterapplications"
);

/// Older versions name the repository and the version otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawApplicationSpec {
    package_name: Value,
    package_repository_name: Value,
    package_repository: Value,
    package_version: Value,
    version: Value,
}

impl Source for Applications {
    type Raw = RawApplication;
    type Item = Application;
    const DEFINITION: Option<&'static str> = Some("applications.deckhouse.io");

    fn api(client: &Client) -> Api<RawApplication> {
        Api::all(client.clone())
    }

    fn item(raw: RawApplication) -> Application {
        let namespace = raw.metadata.namespace.as_deref().map(safe_text::name);
        Application { namespace, ..application(&raw.metadata, &raw.spec, &raw.status) }
    }
}

impl Source for ClusterApplications {
    type Raw = RawClusterApplication;
    type Item = Application;
    const DEFINITION: Option<&'static str> = Some("clusterapplications.deckhouse.io");

    fn api(client: &Client) -> Api<RawClusterApplication> {
        Api::all(client.clone())
    }

    fn item(raw: RawClusterApplication) -> Application {
        application(&raw.metadata, &raw.spec, &raw.status)
    }
}

fn application(metadata: &ObjectMeta, spec: &RawApplicationSpec, status: &Value) -> Application {
    let summary = &status["summary"];
    Application {
        namespace: None,
        name: name(metadata),
        package: text(&spec.package_name).unwrap_or_default(),
        repository: text(&spec.package_repository_name).or_else(|| text(&spec.package_repository)),
        version: text(&status["currentVersion"]["version"])
            .or_else(|| text(&status["version"]["current"]))
            .or_else(|| text(&spec.package_version))
            .or_else(|| text(&spec.version)),
        state: text(&summary["state"]).or_else(|| text(&status["status"])).unwrap_or_default(),
        ready: condition(status, "Ready"),
        message: words(&summary["message"]).unwrap_or_else(|| condition_message(status, "Ready")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_repository_of_each_era() {
        let read = |status: Value| {
            PackageRepositories::item(
                serde_json::from_value(json!({
                    "metadata": { "name": "deckhouse-modules" },
                    "spec": {
                        "registry": { "repo": "r.corp/dkp/modules", "login": "u", "password": "hunter2" },
                        "scanInterval": "3m",
                    },
                    "status": status,
                }))
                .unwrap(),
            )
        };
        let older = read(json!({
            "phase": "Active", "syncTime": "2026-04-01T10:00:00Z", "packages": [{ "name": "a", "type": "Module" }],
            "conditions": [{ "type": "LastOperationScanFinished", "status": "True", "message": "" }],
        }));
        assert_eq!((older.packages, older.scan_succeeded), (1, Some(true)));
        assert_eq!(older.scanned, "2026-04-01T10:00:00Z".parse().ok());
        let newer = read(json!({
            "phase": "Error", "message": "the registry denies access", "packagesCount": 19,
            "lastScanTime": "2026-10-01T10:00:00Z",
            "conditions": [{ "type": "LastScanSucceeded", "status": "False", "reason": "AccessDenied", "message": "check the login" }],
        }));
        let expected = PackageRepository {
            name: "deckhouse-modules".to_owned(),
            repo: "r.corp/dkp/modules".to_owned(),
            scan_interval: Some("3m".to_owned()),
            phase: "Error".to_owned(),
            message: "the registry denies access".into(),
            scanned: "2026-10-01T10:00:00Z".parse().ok(),
            scan_succeeded: Some(false),
            scan_message: "check the login".into(),
            packages: 19,
        };
        assert_eq!(newer, expected);
        let silent = read(json!({}));
        assert_eq!((silent.scanned, silent.scan_succeeded, silent.phase.as_str()), (None, None, ""));
        assert!(!format!("{newer:?}").contains("hunter2"));
    }

    #[test]
    fn applications_of_each_era() {
        let newer = Applications::item(
            serde_json::from_value(json!({
                "metadata": { "name": "console", "namespace": "shop" },
                "spec": {
                    "packageName": "console", "packageRepositoryName": "deckhouse", "packageVersion": "v1.1.0",
                    "settings": { "password": "hunter2" },
                },
                "status": {
                    "summary": { "state": "Updating", "message": "the new version is being applied" },
                    "currentVersion": { "version": "v1.0.0" },
                    "conditions": [{ "type": "Ready", "status": "True", "message": "" }],
                },
            }))
            .unwrap(),
        );
        let expected = Application {
            namespace: Some("shop".to_owned()),
            name: "console".to_owned(),
            package: "console".to_owned(),
            repository: Some("deckhouse".to_owned()),
            version: Some("v1.0.0".to_owned()),
            state: "Updating".to_owned(),
            ready: Some(true),
            message: "the new version is being applied".into(),
        };
        assert_eq!(newer, expected);
        assert_eq!((newer.path().as_str(), newer.is_settled()), ("shop/console", false));
        let older = |status: Value| {
            let object = json!({
                "metadata": { "name": "operator" },
                "spec": { "packageName": "operator", "packageRepository": "corp", "version": "v2.0.0" },
                "status": status,
            });
            ClusterApplications::item(serde_json::from_value(object).unwrap())
        };
        let degraded = older(json!({ "status": "Degraded", "version": { "current": "v1.9.0" } }));
        assert_eq!(
            (degraded.version.as_deref(), degraded.repository.as_deref()),
            (Some("v1.9.0"), Some("corp"))
        );
        assert!(!degraded.is_settled());
        assert!(older(json!({ "status": "Healthy" })).is_settled());
        assert!(older(json!({})).is_settled(), "no controller processes it");
        let unready = json!({ "conditions": [{ "type": "Ready", "status": "False", "message": "x" }] });
        assert!(!older(unready).is_settled());
    }
}
