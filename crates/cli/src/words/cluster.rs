//! The cluster as a whole, and the wait for it.

use cluster::duration;
use commands::Sentence;
use problems::ClusterFact;

pub(super) fn predicate(fact: &ClusterFact) -> Sentence {
    match fact {
        ClusterFact::Settling => "has been healthy for less than the settle time (--settle)".into(),
        ClusterFact::PodNotReady => "is not ready for the next step: the platform's pod is not ready".into(),
        ClusterFact::Converging => {
            "is not ready for the next step: the controller is still applying its modules".into()
        }
        ClusterFact::QueueBusy => "is not ready for the next step: the queues are not empty".into(),
        ClusterFact::NoProgress { limit, waiting_for } => {
            super::predicate(waiting_for).text(format!(" (no change for {})", duration::text(*limit)))
        }
        ClusterFact::BackupTooOld { limit, last } => {
            let last = last.map_or_else(
                || "the cluster shows no backup".to_owned(),
                |last| format!("the last one was made at {}", last.strftime("%Y-%m-%d %H:%M UTC")),
            );
            let limit = duration::text(*limit);
            format!("has no etcd backup that is younger than {limit} (--require-backup): {last}").into()
        }
        ClusterFact::BackupUnknown { why } => {
            format!("does not show when etcd was last backed up (--require-backup): {why}").into()
        }
        ClusterFact::GivesUpAt(end) => {
            format!("has a problem; if it is not fixed by {}, this command exits", end.strftime("%H:%M:%SZ"))
                .into()
        }
    }
}
