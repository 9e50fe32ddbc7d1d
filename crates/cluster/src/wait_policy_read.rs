//! Reading the state that a decision needs, and waiting while the API is unavailable.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{ClusterState, Error, Obstacle, Reading, WaitPolicy, access::Cluster, read};

impl WaitPolicy {
    /// Reads the state of a cluster until `needs`, which returns what is missing for now, returns nothing.
    pub async fn read(
        self,
        cluster: &Cluster,
        report: &mut (dyn FnMut(&str) + Send),
        needs: impl Fn(&ClusterState) -> Option<String>,
    ) -> Result<ClusterState, Error> {
        let was_unavailable = AtomicBool::new(false);
        let attempt = || async {
            let state = read::snapshot(cluster).await;
            if let Some(why) = needs(&state) {
                was_unavailable.store(true, Ordering::Relaxed);
                return Err(Error::NotNow(why));
            }
            // An API server that has just come back may not know the roles yet.
            let refused = refused(&state).filter(|_| was_unavailable.load(Ordering::Relaxed));
            refused.map_or(Ok(state), |why| Err(Error::Forbidden(why)))
        };
        match self.retry(report, attempt).await {
            // A permission is missing. The decision determines whether it is needed.
            Err(Error::Forbidden(_)) => Ok(read::snapshot(cluster).await),
            result => result,
        }
    }
}

/// A missing permission, of those that commands need that write.
fn refused(state: &ClusterState) -> Option<String> {
    fn of<T>(reading: &Reading<T>) -> Option<String> {
        match reading {
            Reading::Unreadable(Obstacle::Forbidden(why)) => Some(why.clone()),
            _ => None,
        }
    }
    of(&state.releases)
        .or_else(|| of(&state.module_configs))
        .or_else(|| of(&state.deployment))
        .or_else(|| of(&state.module_releases))
        .or_else(|| of(&state.node_groups))
        .or_else(|| of(&state.nodes))
}
