//! What to ask the cluster's registry.

use deckhouse::Channel;
use semver::Version;

use super::{context::Context, details::Details, rules};
use crate::{ClusterState, ImageSource, pull_cause::is_pull_failure};

/// The most images that are asked about. Those of one bundle are there together or are not.
const IMAGES: usize = 30;

/// What to ask the cluster's registry, with the cluster's own login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// The channel whose tag is looked at.
    pub channel: Option<Channel>,
    /// The deployed release. The releases from it to the channel's are looked for by name where they are not listed.
    pub deployed: Option<Version>,
    /// The images whose being there is asked; all in this registry.
    pub images: Vec<ImageQuestion>,
}

/// An image, as `REPOSITORY:TAG` or `REPOSITORY@DIGEST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageQuestion {
    /// As the cluster names it.
    pub image: String,
    /// As it is named outside the cluster: the same, unless a registry in the cluster is in between.
    pub outside: String,
}

/// The questions: the channel, the images of the deployed and of the next release, and those that pods wait for.
pub fn questions(state: &ClusterState, details: &Details, now: jiff::Timestamp) -> Questions {
    let context = Context { state, details, now };
    let ImageSource::Upstream(registry) = state.image_source() else { return Questions::default() };
    let releases = [context.deployed(), context.next_release()];
    let of_releases =
        releases.into_iter().flatten().filter_map(|release| rules::release_image(&context, release));
    let containers = context.pods().iter().flat_map(|pod| &pod.containers);
    let of_platform = containers
        .filter(|it| it.waiting_reason.as_deref().is_some_and(is_pull_failure))
        .map(|it| it.image.clone());
    let of_others = details.failed_pulls().map(|pod| pod.image.clone());
    let prefix = format!("{}/", registry.address);
    let mut images: Vec<ImageQuestion> = Vec::new();
    for image in of_releases.chain(of_platform).chain(of_others) {
        let question = ImageQuestion { outside: state.outside_name(&image), image };
        if question.outside.starts_with(&prefix) && !images.contains(&question) && images.len() < IMAGES {
            images.push(question);
        }
    }
    Questions {
        channel: context.settings().and_then(|settings| settings.channel()),
        deployed: context.deployed().and_then(|release| release.version.clone()),
        images,
    }
}
