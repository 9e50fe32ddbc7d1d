//! The tag of the release channel in the registry.

use commands::Sentence;
use problems::ChannelFact;

pub(super) fn predicate(fact: &ChannelFact) -> Sentence {
    match fact {
        ChannelFact::TagMissing { image } => {
            format!("sets the release channel {image}, which is missing from the registry")
        }
        ChannelFact::TagDenied { image, message } => {
            format!("sets the release channel {image}, which cannot be read: {message}")
        }
        ChannelFact::Suspended { image, version } => {
            format!("sets the release channel {image}, which points to the suspended release v{version}")
        }
        ChannelFact::Reached { image, version } => {
            format!("sets the release channel {image}, which points to the deployed v{version}")
        }
        ChannelFact::Behind { image, version, deployed } => format!(
            "sets the release channel {image}, which points to v{version}, older than the deployed v{deployed}"
        ),
        ChannelFact::ReleaseNotCreated { image, version } => format!(
            "sets the release channel {image}, which points to v{version}, but no release is waiting"
        ),
    }
    .into()
}

pub(super) fn means(fact: &ChannelFact) -> Sentence {
    match fact {
        ChannelFact::TagMissing { .. } | ChannelFact::TagDenied { .. } => {
            "the platform finds no new releases"
        }
        ChannelFact::Suspended { .. } => "the controller does not deploy a release that the vendor has suspended",
        ChannelFact::Reached { .. } => {
            "there is no release to update to; the controller deletes waiting releases that are newer than the one \
             that the channel points to"
        }
        ChannelFact::Behind { .. } => {
            "the cluster gets no release from this channel until it points to one that is newer than the deployed one"
        }
        ChannelFact::ReleaseNotCreated { .. } => {
            "the controller reads the channel every few minutes and after a restart of its pod; if no release \
             appears even then, the controller and this machine see different contents in the registry"
        }
    }
    .into()
}
