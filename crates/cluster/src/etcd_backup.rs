//! How old the last backup of etcd is, as far as the platform shows it.
//!
//! The platform makes one on each control-plane node. All members have the same data, so the newest one counts. Backups that
//! somebody makes with another tool leave no trace in the API.

use std::time::Duration;

use commands::{Command, Kubectl, Tool};
use jiff::{SignedDuration, Timestamp};
use problems::{ClusterFact, Code, Kind, Object, PlatformAdvice, Problem};
use semver::Version;
use serde::Serialize;

use crate::{ClusterState, Reading, objects::EtcdBackupJob};

/// The backups of one schedule are made at the same time. One that is older than the newest by more than this was not made.
const SAME_SCHEDULE: SignedDuration = SignedDuration::from_hours(24);

/// By how much the clock of this host may be behind that of the cluster.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

/// What is known of the backups of etcd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EtcdBackups {
    /// When the newest was made; `None`: none has been made that the platform shows.
    pub last: Option<Timestamp>,
    /// The node that it was made on.
    pub node: Option<String>,
    /// The nodes whose own backup is missing or older than the newest by more than a day.
    pub behind: Vec<String>,
    /// The `CronJob` that a backup can be made with; `None`: there is none.
    pub cron_job: Option<String>,
    /// Whether the platform makes no backups on schedule: there is no `CronJob`, or all of them are suspended.
    pub off: bool,
}

/// What the cluster shows of its backups; `Absent` if its control plane does not run on nodes of the cluster.
pub fn etcd_backups(state: &ClusterState) -> Reading<EtcdBackups> {
    let is_managed = state.nodes.known().is_some_and(|nodes| !nodes.iter().any(|node| node.control_plane));
    match &state.etcd_backups {
        Reading::Known(jobs) if jobs.is_empty() && is_managed => {
            Reading::Absent("etcd does not run on the nodes of this cluster".to_owned())
        }
        other => other.clone().map(|jobs| of_jobs(&jobs)),
    }
}

fn of_jobs(jobs: &[EtcdBackupJob]) -> EtcdBackups {
    let newest = jobs.iter().filter(|job| job.last_success.is_some()).max_by_key(|job| job.last_success);
    let last = newest.and_then(|job| job.last_success);
    let is_behind = |job: &&EtcdBackupJob| {
        last.is_some_and(|last| job.last_success.is_none_or(|own| last.duration_since(own) > SAME_SCHEDULE))
    };
    let node_of = |job: &EtcdBackupJob| job.node.clone().unwrap_or_else(|| job.name.clone());
    let mut behind: Vec<String> = jobs.iter().filter(is_behind).map(node_of).collect();
    behind.sort();
    EtcdBackups {
        last,
        node: newest.and_then(|job| job.node.clone()),
        behind,
        cron_job: jobs.iter().map(|job| job.name.clone()).min(),
        off: jobs.iter().all(|job| job.suspended),
    }
}

impl EtcdBackups {
    /// How old the newest is at `now`.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        let age = now.duration_since(self.last?);
        Some(Duration::try_from(age).unwrap_or_default())
    }

    /// The command that makes a backup, with the platform's `CronJob` if there is one. `before`: the release that is approved
    /// after it, for the name of the job. `now`: the time for that name.
    pub fn command(&self, before: Option<&Version>, now: Timestamp) -> Command {
        match &self.cron_job {
            Some(cron_job) => {
                Kubectl::BackUpEtcd { cron_job: cron_job.clone(), job: job_name(before, now) }.into()
            }
            None => Command::tool(Tool::BackUpEtcd),
        }
    }
}

/// Another name each minute: a job of an earlier command may still exist, also if it has failed.
fn job_name(before: Option<&Version>, now: Timestamp) -> String {
    let name = before.map_or_else(
        || "etcd-backup-manual".to_owned(),
        |version| format!("etcd-backup-before-v{}-{}-{}", version.major, version.minor, version.patch),
    );
    format!("{name}-{}", now.strftime("%Y%m%d%H%M"))
}

/// What prevents the approval of `release` if a backup that is younger than `limit` is required; `None` if there is one.
/// `noticed`: since when it is missing, for the name of the job, so that a command does not change while it is shown.
pub fn lacks_backup(
    state: &ClusterState,
    limit: Duration,
    release: &Version,
    now: Timestamp,
    noticed: Timestamp,
) -> Option<Problem> {
    let problem = |fact| Problem::new(Code::EtcdBackup, Object::any(Kind::Cluster), fact);
    match etcd_backups(state) {
        Reading::Known(backups) => {
            // Of a later time than this host has, by more than clocks differ, nothing is known.
            let is_past = backups.last.is_some_and(|last| last.duration_since(now) <= CLOCKS_DIFFER);
            if is_past && backups.age(now).is_some_and(|age| age < limit) {
                return None;
            }
            let fact = ClusterFact::BackupTooOld { limit, last: backups.last };
            let (command, is_seen) = (backups.command(Some(release), noticed), backups.cron_job.is_some());
            Some(problem(fact).advise(PlatformAdvice::BackUpEtcd { command, is_seen }.into()))
        }
        Reading::Absent(why) | Reading::NotNow { why, .. } => {
            Some(problem(ClusterFact::BackupUnknown { why: why.into() }))
        }
        Reading::Unreadable(obstacle) => Some(
            problem(ClusterFact::BackupUnknown { why: obstacle.to_string().into() })
                .advise_all(obstacle.advice(false)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Obstacle, objects::Node};

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + 3600 * hour).unwrap()
    }

    fn job(name: &str, node: &str, last: Option<i64>) -> EtcdBackupJob {
        EtcdBackupJob {
            name: format!("d8-etcd-backup-{name}"),
            node: Some(node.to_owned()),
            last_success: last.map(at),
            suspended: false,
        }
    }

    fn state(jobs: Vec<EtcdBackupJob>) -> ClusterState {
        ClusterState { etcd_backups: Reading::Known(jobs), ..ClusterState::default() }
    }

    #[test]
    fn the_newest_backup_counts_and_others_are_named() {
        let jobs =
            vec![job("b", "master-1", Some(1)), job("a", "master-0", None), job("c", "master-2", Some(48))];
        let reading = etcd_backups(&state(jobs));
        let backups = reading.known().unwrap();
        assert_eq!((backups.last, backups.node.as_deref()), (Some(at(48)), Some("master-2")));
        assert_eq!(backups.behind, ["master-0", "master-1"]);
        assert_eq!(backups.age(at(50)), Some(Duration::from_hours(2)));
        assert_eq!(backups.age(at(0)), Some(Duration::ZERO), "a clock that is behind");
        let none = etcd_backups(&state(vec![job("a", "master-0", None)]));
        assert_eq!((none.known().unwrap().last, none.known().unwrap().behind.len()), (None, 0));
        let off = vec![EtcdBackupJob { suspended: true, ..job("a", "master-0", Some(1)) }];
        assert!(etcd_backups(&state(off)).known().unwrap().off);
        assert!(etcd_backups(&state(Vec::new())).known().unwrap().off);
    }

    #[test]
    fn without_a_master_there_is_nothing_to_back_up() {
        let node = |control_plane| Node { control_plane, ..Node::default() };
        let of = |control_plane| {
            let nodes = Reading::Known(vec![node(control_plane)]);
            etcd_backups(&ClusterState { nodes, ..state(Vec::new()) })
        };
        assert!(matches!(of(false), Reading::Absent(_)));
        assert!(of(true).known().is_some());
    }

    #[test]
    fn the_command_that_makes_a_backup() {
        let command = |jobs, before: Option<&Version>| {
            etcd_backups(&state(jobs)).known().unwrap().command(before, at(0)).to_string()
        };
        let release = Version::new(1, 72, 3);
        assert_eq!(
            command(vec![job("b", "m", None), job("a", "m", None)], Some(&release)),
            "kubectl -n kube-system create job --from=cronjob/d8-etcd-backup-a etcd-backup-before-v1-72-3-202609211413"
        );
        let manual = command(vec![job("a", "m", None)], None);
        assert!(manual.ends_with(" etcd-backup-manual-202609211413"), "{manual}");
        assert_eq!(command(Vec::new(), None), "d8 backup etcd etcd-backup.snapshot");
    }

    #[test]
    fn a_required_backup_is_there_or_not() {
        let release = Version::new(1, 72, 3);
        let lacks = |state: &ClusterState| {
            lacks_backup(state, Duration::from_hours(24), &release, at(100), at(100)).map(|it| it.fact)
        };
        let too_old = |last: Option<i64>| {
            Some(ClusterFact::BackupTooOld { limit: Duration::from_hours(24), last: last.map(at) }.into())
        };
        for (jobs, expected) in [
            (vec![job("a", "m", Some(99))], None),
            (vec![job("a", "m", Some(2)), job("b", "n", Some(77))], None),
            (vec![job("a", "m", Some(76))], too_old(Some(76))),
            (vec![job("a", "m", Some(101))], too_old(Some(101))),
            (vec![job("a", "m", None)], too_old(None)),
            (Vec::new(), too_old(None)),
        ] {
            assert_eq!(lacks(&state(jobs.clone())), expected, "{jobs:?}");
        }
        let forbidden = Reading::Unreadable(Obstacle::Forbidden("list cronjobs".to_owned()));
        let unknown = ClusterState { etcd_backups: forbidden, ..ClusterState::default() };
        assert!(matches!(lacks(&unknown), Some(problems::Fact::Cluster(ClusterFact::BackupUnknown { .. }))));
    }
}
