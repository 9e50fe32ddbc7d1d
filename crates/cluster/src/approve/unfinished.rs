//! Whether the update to the deployed release evidently goes on.
//!
//! The object says `Deployed` when the image is switched, which is the start (facts 0.2). This looks only for what
//! disproves the end; what cannot be read disproves nothing, and only [`verdict`](crate::verdict) proves it.

use commands::{Sentence, Update};
use deckhouse::version::parse_tag;

use crate::{
    ClusterState,
    objects::{DeckhousePod, Release},
};

/// Why the update to the deployed release is not finished, in plain words.
pub(super) fn update(state: &ClusterState, deployed: &Release) -> Option<Sentence> {
    let why = evidence(state, deployed)?;
    let what = format!("the update to {} is not finished: {why}; ", deployed.version_text);
    Some(Sentence::from(what).command(Update::Watch).text(" tells when it is"))
}

fn evidence(state: &ClusterState, deployed: &Release) -> Option<String> {
    if deployed.is_annotated("release.deckhouse.io/isUpdating") {
        return Some("annotation isUpdating of its release is true".to_owned());
    }
    if let Some(deployment) = state.deployment.known() {
        let tag = deployment.tag();
        // A moving tag names no version.
        if let Some(other) = tag.and_then(parse_tag).filter(|tag| Some(tag) != deployed.version.as_ref()) {
            return Some(format!("the image of Deployment/deckhouse is v{other}"));
        }
        if !deployment.is_rolled_out() {
            return Some("Deployment/deckhouse is not rolled out".to_owned());
        }
        let rendered = deployment.version_annotation.as_deref().and_then(parse_tag);
        if let Some(other) = rendered.filter(|it| Some(it) != deployed.version.as_ref()) {
            return Some(format!("annotation core.deckhouse.io/version of Deployment/deckhouse is v{other}"));
        }
    }
    let pods = state.pods.known()?;
    let ready = DeckhousePod::leader(pods).is_some_and(|pod| pod.ready);
    (!ready).then(|| "the platform's pod is not ready".to_owned())
}
