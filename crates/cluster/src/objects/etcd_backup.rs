//! The jobs with which the platform backs up etcd.

use jiff::Timestamp;

/// A `CronJob` `kube-system/d8-etcd-backup-*`: it backs up etcd on one control-plane node. The platform has had them since
/// the end of 2024 (deckhouse#9637); settings may switch them off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EtcdBackupJob {
    /// Name of the object.
    pub name: String,
    /// The node that the backup is made on.
    pub node: Option<String>,
    /// `status.lastSuccessfulTime`. A job that a person has created from the `CronJob` counts, too.
    pub last_success: Option<Timestamp>,
    /// Whether no job is started on schedule (`spec.suspend`).
    pub suspended: bool,
}
