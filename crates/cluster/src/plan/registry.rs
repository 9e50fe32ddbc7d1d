//! What a registry holds of the releases that lie ahead: the cluster makes its objects of what it finds there, and
//! runs their images.

use std::collections::BTreeMap;

use commands::{Mirror, Sentence};
use deckhouse::{Channel, release_list::DeliveredRelease, repositories::RELEASE_CHANNEL};
use semver::Version;
use serde::Serialize;

use super::Step;
use crate::{ChannelRelease, RegistryAnswer, chain::Range};

/// What a registry said.
#[derive(Debug, Clone)]
pub struct RegistryOffer {
    /// The registry, as `HOST/PATH`.
    pub registry: String,
    /// The channel that was asked for; `None`: the cluster follows none that is known.
    pub channel: Option<Channel>,
    /// What its tag leads to.
    pub leads_to: RegistryAnswer<ChannelRelease>,
    /// The releases that `release-channel` lists.
    pub listed: RegistryAnswer<Vec<Version>>,
    /// What there is of single releases, as far as it was asked.
    pub releases: BTreeMap<Version, ReleaseInRegistry>,
}

/// What a registry has of one release.
#[derive(Debug, Clone)]
pub struct ReleaseInRegistry {
    /// The image of the platform, `:vX.Y.Z`.
    pub image: RegistryAnswer<()>,
    /// What `release-channel:vX.Y.Z` says of it, as `spec` of its object.
    pub description: RegistryAnswer<DeliveredRelease>,
}

/// The registry that a plan was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanRegistry {
    /// The registry, as `HOST/PATH`.
    pub registry: String,
    /// The channel that the cluster follows, by its tag.
    pub channel: Option<&'static str>,
    /// What that leads to, as `v1.69.2`.
    pub leads_to: Option<String>,
    /// Where the cluster itself pulls from, if that is another address.
    pub cluster_pulls_from: Option<String>,
}

/// Whether a registry has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It has.
    There,
    /// It has not.
    Missing,
    /// It cannot be told; why is said once for the whole plan.
    Unknown,
}

/// What the registry has of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepInRegistry {
    /// The image of the platform.
    pub image: Presence,
    /// Its description in `release-channel`.
    pub description: Presence,
}

impl RegistryOffer {
    /// What the release channel leads to, if that is known.
    pub(super) fn highest(&self) -> Option<&Version> {
        self.leads_to.found().map(|channel| &channel.version)
    }

    /// The releases of which the platform makes objects by itself: on the channel LTS only the one that it leads to
    /// (facts 2).
    pub(super) fn versions(&self, lts: bool) -> Vec<Version> {
        let highest = self.highest().cloned();
        let listed = self.listed.found().filter(|_| !lts).into_iter().flatten().cloned();
        listed.chain(highest).collect()
    }

    pub(super) fn of_release(&self, version: &Version) -> Option<StepInRegistry> {
        let release = self.releases.get(version)?;
        Some(StepInRegistry { image: presence(&release.image), description: presence(&release.description) })
    }

    pub(super) fn description(&self, version: &Version) -> Option<&DeliveredRelease> {
        self.releases.get(version)?.description.found()
    }

    fn channel_image(&self) -> String {
        let channel = self.channel.map_or("?", Channel::name);
        format!("{}/{RELEASE_CHANNEL}:{channel}", self.registry)
    }

    /// What blocks. `all_above`: there are releases for the cluster, and all of them above what the channel leads to.
    pub(super) fn blocking(&self, steps: &[Step], range: Range<'_>, all_above: bool) -> Vec<Sentence> {
        let mut blocking = Vec::new();
        let push = |why: String, what: &str| {
            Sentence::from(format!("{why}; push a bundle with {what}: "))
                .command(Mirror::Push(self.registry.clone()))
        };
        let lacking: Vec<String> = steps.iter().filter_map(|step| self.lacking(step)).collect();
        if !lacking.is_empty() {
            let lacking = lacking.join(", ");
            blocking.push(push(format!("not in the registry: {lacking}"), "these releases"));
        }
        match &self.leads_to {
            RegistryAnswer::Missing if self.channel.is_some() => blocking.push(push(
                format!(
                    "{} is not in the registry, so the platform sees no release of the channel that it follows",
                    self.channel_image()
                ),
                "this channel",
            )),
            RegistryAnswer::Found(ChannelRelease { version, suspended: true })
                if steps.iter().any(|step| step.version == format!("v{version}")) =>
            {
                blocking.push(
                    format!(
                        "{} (v{version}) is marked as suspended: its vendor holds the release back, and the platform \
                         does not go on to it; pull another patch by its version, or pull again when the channel is \
                         free",
                        self.channel_image()
                    )
                    .into(),
                );
            }
            RegistryAnswer::Found(ChannelRelease { version, .. }) => {
                if let Some(to) = range.to.filter(|to| *to > version) {
                    blocking.push(push(
                        format!(
                            "v{to} cannot be had: {} leads to v{version}, and the platform takes back what waits above it",
                            self.channel_image()
                        ),
                        &format!("a channel that leads to v{to}"),
                    ));
                } else if all_above {
                    blocking.push(push(
                        format!(
                            "{} leads to v{version}, and the platform takes back what waits above it, which is all that \
                             lies ahead",
                            self.channel_image()
                        ),
                        "a channel that leads further",
                    ));
                }
            }
            RegistryAnswer::Missing | RegistryAnswer::Denied(_) | RegistryAnswer::Unknown(_) => {}
        }
        blocking
    }

    fn lacking(&self, step: &Step) -> Option<String> {
        let found = step.in_registry?;
        let names = [(found.image, ""), (found.description, "/release-channel")];
        let missing = names.into_iter().filter(|(presence, _)| *presence == Presence::Missing);
        let images: Vec<String> =
            missing.map(|(_, path)| format!("{}{path}:{}", self.registry, step.version)).collect();
        (!images.is_empty()).then(|| images.join(" and "))
    }

    /// What it did not tell, and why.
    pub(super) fn unknown(&self, steps: &[Step]) -> Vec<String> {
        let mut unknown = Vec::new();
        match (self.channel, self.leads_to.why_unknown()) {
            (None, _) => unknown.push(
                "what the release channel leads to: the cluster follows no channel that is known".to_owned(),
            ),
            (Some(_), Some(why)) => unknown.push(format!("{}: {why}", self.channel_image())),
            (Some(_), None) => {}
        }
        if let Some(why) = self.listed.why_unknown() {
            unknown.push(format!(
                "further releases in {}: its tags cannot be listed, and the platform needs that list too: {why}",
                self.registry
            ));
        }
        let ahead = self
            .releases
            .iter()
            .filter(|(version, _)| steps.iter().any(|step| step.version == format!("v{version}")));
        for (version, release) in ahead {
            let answers =
                [(release.image.why_unknown(), ""), (release.description.why_unknown(), "/release-channel")];
            for (why, path) in answers {
                unknown.extend(why.map(|why| format!("{}{path}:v{version}: {why}", self.registry)));
            }
        }
        unknown
    }

    /// What a plan says of it; `own`: where the cluster pulls from.
    pub(super) fn told(&self, own: Option<String>) -> PlanRegistry {
        PlanRegistry {
            registry: self.registry.clone(),
            channel: self.channel.map(Channel::name),
            leads_to: self.highest().map(|version| format!("v{version}")),
            cluster_pulls_from: own.filter(|own| *own != self.registry),
        }
    }
}

fn presence<T>(answer: &RegistryAnswer<T>) -> Presence {
    match answer {
        RegistryAnswer::Found(_) => Presence::There,
        RegistryAnswer::Missing => Presence::Missing,
        RegistryAnswer::Denied(_) | RegistryAnswer::Unknown(_) => Presence::Unknown,
    }
}
