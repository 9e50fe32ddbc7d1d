//! What to know before a release of the platform is approved: what it changes, and how it interrupts the API.

use cluster::{
    ClusterState, Interruption, access::Cluster, changelog::ReleaseChanges, read, release_order::ReleaseOrder,
};
use commands::Sentence;
use semver::Version;

use crate::words;

/// The notes to show. The changelog is read from the object of the release; if that fails, a note says why.
pub(super) async fn notes(cluster: &Cluster, state: &ClusterState, version: &Version) -> Vec<Sentence> {
    let releases = state.releases.known();
    let Some(object) = releases.and_then(|it| ReleaseOrder::of(it).find(version)) else { return Vec::new() };
    let changes = match read::release_spec(cluster, &object.name).await {
        Ok(spec) => ReleaseChanges::of(&spec, state),
        Err(error) => ReleaseChanges::Unknown { why: error.to_string().into() },
    };
    words::changelog::before_approval(&changes, &Interruption::of(state, &changes))
}
