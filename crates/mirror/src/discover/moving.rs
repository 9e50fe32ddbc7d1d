//! Sources that are published while they are read.
//!
//! A release is published repository by repository. A pull that reads `release-channel:stable` before that moment and
//! `stable` in the root after it would put the installer of one release and the description of another under the same
//! channel. So the images of a channel are compared with those of the release that it points to.

use std::collections::BTreeMap;

use deckhouse::{channel::Channel, repositories::INSTALL, version::tag_of};
use semver::Version;

use super::platform::tag;
use crate::{Error, wanted::Wanted};

/// Those of the selected `channels` whose images are not those of the release that `release-channel` names.
pub(super) fn channels(
    wanted: &Wanted,
    channels: &BTreeMap<Channel, Version>,
) -> Result<Vec<Channel>, Error> {
    let mut moving = Vec::new();
    for (channel, version) in channels {
        let (channel_tag, version_tag) = (tag(channel.name())?, tag(&tag_of(version))?);
        for path in ["", INSTALL] {
            let of_channel = wanted.get(&(path.to_owned(), channel_tag.clone()));
            let of_version = wanted.get(&(path.to_owned(), version_tag.clone()));
            if let (Some(of_channel), Some(of_version)) = (of_channel, of_version)
                && of_channel.digest() != of_version.digest()
            {
                moving.push(*channel);
                break;
            }
        }
    }
    Ok(moving)
}

/// What to say of channels that stay inconsistent.
pub(super) fn warning(channels: &[Channel]) -> String {
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    format!(
        "on the source, release-channel:NAME points to another release than the images NAME and install:NAME, for the channels {}. The bundle contains them unchanged; for a consistent bundle, pull again later",
        names.join(", ")
    )
}
