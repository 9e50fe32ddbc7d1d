//! Image registries: access to them, and which releases they contain.

use commands::Sentence;
use foreign_text::ForeignText;
use problems::{FromHere, RegistryFact};

pub(super) fn predicate(fact: &RegistryFact) -> Sentence {
    match fact {
        RegistryFact::LoginRefused { repo, message } => {
            format!("has a login that {repo} refuses: {message}")
        }
        RegistryFact::Untrusted { repo, message } => {
            format!("has a CA that does not match the certificate of {repo}: {message}")
        }
        RegistryFact::TagsDenied { repo, message } => {
            format!("has a login that cannot list the tags of {repo}/release-channel: {message}")
        }
        RegistryFact::NoReleaseChannels { repo } => {
            format!("points to a registry that has no repository {repo}/release-channel")
        }
        RegistryFact::NoReleaseTags { repo } => {
            format!("points to a registry that has no release tags (vX.Y.Z) in {repo}/release-channel")
        }
        RegistryFact::TagsIncomplete { unlisted } => {
            let tags: Vec<String> = unlisted.iter().map(|version| format!("v{version}")).collect();
            format!("returns these releases by name but does not list their tags: {}", tags.join(", "))
        }
        RegistryFact::NoAccess { repo, error: Some(error), .. } => {
            format!("points to {repo}, which the platform cannot access: {error}")
        }
        RegistryFact::NoAccess { repo, error: None, .. } => {
            format!("points to {repo}, which the platform cannot access")
        }
        RegistryFact::Switching { target, waits_for: Some((condition, message)) } if message.is_empty() => {
            format!(
                "sets the registry mode {target}: the platform is switching to it, and waits for the condition {condition}"
            )
        }
        RegistryFact::Switching { target, waits_for: Some((condition, message)) } => {
            format!(
                "sets the registry mode {target}: the platform is switching to it, and waits for the condition \
                 {condition}: {message}"
            )
        }
        RegistryFact::Switching { target, waits_for: None } => {
            format!("sets the registry mode {target}: the platform is switching to it")
        }
        RegistryFact::NotInNoProxy { host } => {
            format!("sets a proxy, but {host} is not in proxy.noProxy")
        }
        RegistryFact::MinorsMissing { repo, minors, .. } => {
            let minors: Vec<String> =
                minors.iter().map(|(major, minor)| format!("{major}.{minor}")).collect();
            format!("points to {repo}, which has no releases of {}", minors.join(", "))
        }
        RegistryFact::ImagesMissing { images } => {
            format!("does not have these images: {}", images.join(", "))
        }
        RegistryFact::ReleaseIncomplete { release, objects, more } => {
            let named: Vec<&str> = objects.iter().map(ForeignText::as_str).collect();
            let more = if *more > 0 { format!("; and {more} more") } else { String::new() };
            format!("cannot return these images of v{release} that the cluster needs: {}{more}", named.join("; "))
        }
        RegistryFact::ImagesNotChecked { release, why } => {
            format!("could not be read to check the images of v{release}: {why}")
        }
        RegistryFact::OtherEdition { found, cluster } => {
            format!("has the edition {found} of the platform, but the cluster runs the edition {cluster}")
        }
        RegistryFact::ChannelMissing { image } => {
            format!("does not have the image of the release channel, {image}")
        }
        RegistryFact::ChannelSuspended { image, version } => {
            format!("has a suspended release channel: {image} (v{version})")
        }
        RegistryFact::ChannelTooLow { image, version, wanted: Some(wanted) } => {
            format!("has a release channel that points to v{version}, which is older than v{wanted} (--to): {image}")
        }
        RegistryFact::ChannelTooLow { image, version, wanted: None } => {
            format!("has a release channel that points to v{version}, which is older than all known releases: {image}")
        }
    }
    .into()
}

pub(super) fn means(fact: &RegistryFact) -> Option<Sentence> {
    let text = match fact {
        RegistryFact::LoginRefused { .. } => {
            "the platform finds no new releases, and nodes cannot pull images".to_owned()
        }
        RegistryFact::Untrusted { .. } => {
            "this was checked from this machine only: if the registry presents the same certificate to the cluster, the platform \
             finds no new releases and nodes cannot pull images, because they trust only the CA in the field `ca` of the Secret"
                .to_owned()
        }
        RegistryFact::TagsDenied { .. }
        | RegistryFact::NoReleaseChannels { .. }
        | RegistryFact::NoReleaseTags { .. } => {
            "the platform lists the tags of release-channel to find the releases between the deployed one and the \
             one that the channel points to; without this list it does not find them".to_owned()
        }
        RegistryFact::TagsIncomplete { .. } => {
            "the registry is a proxy cache that lists only the tags that were requested through it; the platform uses this list \
             to find releases"
                .to_owned()
        }
        RegistryFact::NoAccess { from_here, .. } => {
            format!("the platform finds no new releases until it can access the registry; {}", seen(*from_here))
        }
        RegistryFact::Switching { .. } => {
            "during the switch, nodes may be unable to pull images, and the platform's pod restarts; start the update when the switch is done"
                .to_owned()
        }
        RegistryFact::NotInNoProxy { .. } => {
            "the platform and the nodes use the proxy for the registry; a registry in the internal network usually cannot be \
             reached that way"
                .to_owned()
        }
        RegistryFact::MinorsMissing { deployed, channel, .. } => format!(
            "v{deployed} is deployed and the release channel points to v{channel}; minor versions are deployed one by one, so \
             the controller creates no release after a missing one"
        ),
        RegistryFact::ImagesMissing { .. } | RegistryFact::ImagesNotChecked { .. } => return None,
        RegistryFact::ReleaseIncomplete { .. } => {
            "after the update, nodes cannot pull these images".to_owned()
        }
        RegistryFact::OtherEdition { .. } => {
            "an update to another edition stops the modules that this edition does not have".to_owned()
        }
        RegistryFact::ChannelMissing { .. } => "without it the controller finds no release".to_owned(),
        RegistryFact::ChannelSuspended { .. } => "the vendor has suspended this release, and the controller skips it".to_owned(),
        RegistryFact::ChannelTooLow { .. } => {
            "the controller deletes waiting releases that are newer than what the release channel points to".to_owned()
        }
    };
    Some(text.into())
}

fn seen(from_here: FromHere) -> &'static str {
    match from_here {
        FromHere::Accepted => {
            "from this machine the registry accepts the same login, so the network of the pod is broken, or the failure was \
             temporary"
        }
        FromHere::Refused => "from this machine the registry also refuses the login",
        FromHere::Untrusted => "from this machine the certificate of the registry is not trusted either",
        FromHere::NotAsked => "the registry was not checked from this machine",
    }
}
