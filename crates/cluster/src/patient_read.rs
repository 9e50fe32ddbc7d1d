//! Reading what a decision needs, however long the API or a webhook is away.

use crate::{ClusterState, Error, Patience, access::Cluster, read};

impl Patience {
    /// Reads the state of a cluster until `needs`, which tells what of it is missing just now, finds nothing missing.
    pub async fn read(
        self,
        cluster: &Cluster,
        tell: &mut (dyn FnMut(&str) + Send),
        needs: impl Fn(&ClusterState) -> Option<String>,
    ) -> Result<ClusterState, Error> {
        self.wait_out(tell, || async {
            let state = read::snapshot(cluster).await;
            needs(&state).map_or(Ok(state), |why| Err(Error::NotNow(why)))
        })
        .await
    }
}
