//! What to ask the cluster's registry.

use deckhouse::Channel;
use semver::Version;

use super::{context::Context, details::Details, rules};
use crate::{ClusterState, pull_cause::is_pull_failure};

/// The most images that are asked about. Those of one bundle are there together or are not.
const IMAGES: usize = 30;

/// What to ask the cluster's registry, with the cluster's own login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// The channel whose tag is looked at.
    pub channel: Option<Channel>,
    /// The deployed release. The releases from it to the channel's are looked for by name where they are not listed.
    pub deployed: Option<Version>,
    /// The images whose being there is asked, as `REPOSITORY:TAG` or `REPOSITORY@DIGEST`; all in this registry.
    pub images: Vec<String>,
}

/// The questions: the channel, the images of the deployed and of the next release, and those that pods wait for.
pub fn questions(state: &ClusterState, details: &Details, now: jiff::Timestamp) -> Questions {
    let context = Context { state, details, now };
    let Some(registry) = state.registry.known() else { return Questions::default() };
    let releases = [context.deployed(), context.next_release()];
    let of_releases =
        releases.into_iter().flatten().filter_map(|release| rules::release_image(&context, release));
    let containers = context.pods().iter().flat_map(|pod| &pod.containers);
    let of_platform = containers
        .filter(|it| it.waiting_reason.as_deref().is_some_and(is_pull_failure))
        .map(|it| it.image.clone());
    let of_others = details.failed_pulls().map(|pod| pod.image.clone());
    let prefix = format!("{}/", registry.address);
    let mut images: Vec<String> = Vec::new();
    for image in of_releases.chain(of_platform).chain(of_others) {
        if image.starts_with(&prefix) && !images.contains(&image) && images.len() < IMAGES {
            images.push(image);
        }
    }
    Questions {
        channel: context.settings().and_then(|settings| settings.channel()),
        deployed: context.deployed().and_then(|release| release.version.clone()),
        images,
    }
}
