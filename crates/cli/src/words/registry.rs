//! Image registries, as far as they concern releases.

use commands::Sentence;
use problems::RegistryFact;

pub(super) fn predicate(fact: &RegistryFact) -> Sentence {
    match fact {
        RegistryFact::ImagesMissing { images } => format!("lacks images: {}", images.join(", ")),
        RegistryFact::ChannelMissing { image } => format!("lacks the image of the release channel, {image}"),
        RegistryFact::ChannelSuspended { image, version } => {
            format!("has a suspended release channel: {image} (v{version})")
        }
        RegistryFact::ChannelTooLow { image, version, wanted: Some(wanted) } => {
            format!("has a release channel that points to v{version}, below v{wanted}: {image}")
        }
        RegistryFact::ChannelTooLow { image, version, wanted: None } => {
            format!("has a release channel that points to v{version}, below all known releases: {image}")
        }
    }
    .into()
}

pub(super) fn means(fact: &RegistryFact) -> Option<Sentence> {
    let text = match fact {
        RegistryFact::ImagesMissing { .. } => return None,
        RegistryFact::ChannelMissing { .. } => "without it the controller finds no release",
        RegistryFact::ChannelSuspended { .. } => "the vendor holds this release back, and the controller skips it",
        RegistryFact::ChannelTooLow { .. } => {
            "the controller deletes waiting releases that are newer than what the release channel points to"
        }
    };
    Some(text.into())
}
