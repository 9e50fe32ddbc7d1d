//! Whether the update to the deployed release is visibly not finished.
//!
//! The object says `Deployed` when the image is switched, which is the start (facts 0.2). This looks only for what
//! disproves the end; what cannot be read disproves nothing, and only [`verdict`](crate::verdict) proves it.

use deckhouse::version::parse_tag;
use problems::Unfinished;

use crate::{
    ClusterState,
    objects::{DeckhousePod, Release},
};

/// What shows it. The annotation `isUpdating` does not: the old pod may remove it within milliseconds, and it may stay for
/// 15 s after the end (cluster-2026.md, 1.9).
pub(crate) fn sign(state: &ClusterState, deployed: &Release) -> Option<Unfinished> {
    if let Some(deployment) = state.deployment.known() {
        let tag = deployment.tag();
        // A moving tag names no version.
        if let Some(other) = tag.and_then(parse_tag).filter(|tag| Some(tag) != deployed.version.as_ref()) {
            return Some(Unfinished::Image(other));
        }
        if !deployment.is_rolled_out() {
            return Some(Unfinished::Rollout);
        }
        let rendered = deployment.version_annotation.as_deref().and_then(parse_tag);
        if let Some(other) = rendered.filter(|it| Some(it) != deployed.version.as_ref()) {
            return Some(Unfinished::VersionAnnotation(other));
        }
    }
    let pods = state.pods.known()?;
    let ready = DeckhousePod::leader(pods).is_some_and(|pod| pod.ready);
    (!ready).then_some(Unfinished::Pod)
}
