//! Reading what a decision needs, however long the API or a webhook is away.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{ClusterState, Error, Obstacle, Patience, Reading, access::Cluster, read};

impl Patience {
    /// Reads the state of a cluster until `needs`, which tells what of it is missing just now, finds nothing missing.
    pub async fn read(
        self,
        cluster: &Cluster,
        tell: &mut (dyn FnMut(&str) + Send),
        needs: impl Fn(&ClusterState) -> Option<String>,
    ) -> Result<ClusterState, Error> {
        let was_away = AtomicBool::new(false);
        let look = || async {
            let state = read::snapshot(cluster).await;
            if let Some(why) = needs(&state) {
                was_away.store(true, Ordering::Relaxed);
                return Err(Error::NotNow(why));
            }
            // An API server that has just come back may not know the roles yet.
            let refused = refused(&state).filter(|_| was_away.load(Ordering::Relaxed));
            refused.map_or(Ok(state), |why| Err(Error::Forbidden(why)))
        };
        match self.wait_out(tell, look).await {
            // Missing for good. Whether it is needed, says the decision.
            Err(Error::Forbidden(_)) => Ok(read::snapshot(cluster).await),
            read => read,
        }
    }
}

/// A right that is refused, of those that commands need which write.
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
