//! The jobs with which the platform backs up etcd.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client, api::ListParams};
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::places::{Source, lies_at},
    lenient::{name, text, time},
};
use crate::objects::EtcdBackupJob;

/// The `CronJobs` of the module `control-plane-manager`, one for each control-plane node.
pub(crate) struct EtcdBackups;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RawCronJob {
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Value,
}
lies_at!(RawCronJob, NamespaceResourceScope, "batch", "v1", "CronJob", "cronjobs");

impl Source for EtcdBackups {
    type Raw = RawCronJob;
    type Item = EtcdBackupJob;
    const DEFINITION: Option<&'static str> = None;

    fn api(client: &Client) -> Api<RawCronJob> {
        Api::namespaced(client.clone(), "kube-system")
    }

    fn params() -> ListParams {
        ListParams::default().labels("app=d8-etcd-backup")
    }

    fn item(raw: RawCronJob) -> EtcdBackupJob {
        let selector = &raw.spec["jobTemplate"]["spec"]["template"]["spec"]["nodeSelector"];
        EtcdBackupJob {
            name: name(&raw.metadata),
            node: text(&selector["kubernetes.io/hostname"]),
            last_success: time(&raw.status["lastSuccessfulTime"]),
            suspended: raw.spec["suspend"] == true,
        }
    }
}
