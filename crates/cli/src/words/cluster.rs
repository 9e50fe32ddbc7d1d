//! The cluster as a whole, and the wait for it.

use cluster::duration;
use commands::Sentence;
use problems::ClusterFact;

use crate::format::{clock, minute};

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
                || "no backup was found in the cluster".to_owned(),
                |last| format!("the last one was created at {}", minute(last)),
            );
            let limit = duration::text(*limit);
            format!("has no etcd backup that is younger than {limit} (--require-backup): {last}").into()
        }
        ClusterFact::BackupUnknown { why } => {
            format!(
                "may have no recent etcd backup (--require-backup): the time of the last one cannot be determined: {why}"
            )
            .into()
        }
        ClusterFact::GivesUpAt(end) => {
            format!("has a problem; if it is not fixed by {}, this command exits", clock(*end)).into()
        }
    }
}
