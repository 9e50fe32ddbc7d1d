//! What a registry holds of the releases of a plan: the cluster creates its objects from what it finds there, and runs
//! their images.

use std::collections::BTreeMap;

use deckhouse::{Channel, Edition, release_list::DeliveredRelease, repositories::RELEASE_CHANNEL};
use problems::{Advice, Code, Kind, Object, Problem, RegistryAdvice, RegistryFact};
use semver::Version;
use serde::Serialize;

use super::{
    Step,
    unknown::{PlanSource, PlanUnknown},
};
use crate::{ChannelRelease, EditionMatch, RegistryAnswer, ReleaseList, chain::Range};

/// What a registry answered.
#[derive(Debug, Clone)]
pub struct RegistryOffer {
    /// The registry, as `HOST/PATH`.
    pub registry: String,
    /// The channel that was asked for; `None`: the cluster follows no known one.
    pub channel: Option<Channel>,
    /// The release that its tag points to.
    pub leads_to: RegistryAnswer<ChannelRelease>,
    /// The releases in `release-channel`.
    pub listed: RegistryAnswer<ReleaseList>,
    /// The edition of the first release of the plan.
    pub edition: RegistryAnswer<Edition>,
    /// What the registry has of each release that it was asked for.
    pub releases: BTreeMap<Version, ReleaseInRegistry>,
}

/// What a registry has of one release.
#[derive(Debug, Clone)]
pub struct ReleaseInRegistry {
    /// The image of the platform, `:vX.Y.Z`.
    pub image: RegistryAnswer<()>,
    /// The description in `release-channel:vX.Y.Z`, as `spec` of its object.
    pub description: RegistryAnswer<DeliveredRelease>,
}

/// The registry that a plan was made with, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanRegistry {
    /// The registry, as `HOST/PATH`.
    pub registry: String,
    /// The channel that the cluster follows, by its tag.
    pub channel: Option<&'static str>,
    /// The release that it points to, as `v1.69.2`.
    pub leads_to: Option<String>,
    /// Where the cluster itself pulls from, if that is another address.
    pub cluster_pulls_from: Option<String>,
    /// Whether it has the edition that the cluster runs.
    pub edition: EditionMatch,
}

/// Whether a registry has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It has.
    There,
    /// It does not.
    Missing,
    /// Unknown; the reason is in [`Plan::unknown`](super::Plan::unknown).
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
    /// The release that the channel points to, if that is known.
    pub(super) fn highest(&self) -> Option<&Version> {
        self.leads_to.found().map(|channel| &channel.version)
    }

    /// The releases for which the platform creates objects automatically: on the channel LTS only the one that it points
    /// to (facts 2).
    pub(super) fn versions(&self, lts: bool) -> Vec<Version> {
        let highest = self.highest().cloned();
        let listed = self.listed.found().filter(|_| !lts).into_iter().flat_map(ReleaseList::all);
        listed.cloned().chain(highest).collect()
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

    /// What blocks. `all_above`: there are releases for the cluster, and all of them are above what the channel points to.
    pub(super) fn blocking(&self, steps: &[Step], range: Range<'_>, all_above: bool) -> Vec<Problem> {
        let mut blocking = self.contents(steps, range, all_above);
        let unlisted = self.unlisted();
        if !unlisted.is_empty() {
            for problem in &mut blocking {
                problem.of_a_proxy_cache();
            }
        }
        let is_unlisted = |step: &&Step| unlisted.iter().any(|version| step.version == format!("v{version}"));
        // A release of the file is created from the file.
        let by_controller = |step: &&Step| !step.in_file && step.in_cluster.is_none();
        if steps.iter().filter(is_unlisted).any(|step| by_controller(&step)) {
            let fact = RegistryFact::TagsIncomplete { unlisted: unlisted.to_vec() };
            let problem = Problem::new(Code::Release, Object::new(Kind::Registry, &self.registry), fact);
            let (registry, deployed) = (self.registry.clone(), range.deployed);
            let (major, minor) = (deployed.major, deployed.minor);
            blocking.push(problem.advise(RegistryAdvice::CacheReleases { registry, major, minor }.into()));
        }
        blocking
    }

    /// The releases that it returns by name but does not list.
    fn unlisted(&self) -> &[Version] {
        self.listed.found().map_or(&[], |it| &it.unlisted)
    }

    /// What is missing, and where the channel does not lead to what is wanted.
    fn contents(&self, steps: &[Step], range: Range<'_>, all_above: bool) -> Vec<Problem> {
        let mut blocking = Vec::new();
        let (registry, image) = (self.registry.clone(), self.channel_image());
        let object = || Object::new(Kind::Registry, &self.registry);
        let images: Vec<String> = steps.iter().flat_map(|step| self.missing(step)).collect();
        if !images.is_empty() {
            let deployed = range.deployed;
            let problem = Problem::new(Code::Release, object(), RegistryFact::ImagesMissing { images });
            let pull = Advice::PullSince { major: deployed.major, minor: deployed.minor };
            blocking.push(problem.advise(pull).advise(Advice::Push { registry: registry.clone() }));
        }
        match &self.leads_to {
            RegistryAnswer::Missing if self.channel.is_some() => {
                let problem = Problem::new(Code::Channel, object(), RegistryFact::ChannelMissing { image });
                blocking.push(problem.advise(Advice::PushChannel { registry }));
            }
            RegistryAnswer::Found(ChannelRelease { version, suspended: true })
                if steps.iter().any(|step| step.version == format!("v{version}")) =>
            {
                let version = version.clone();
                let advice = Advice::PullOtherPatch(version.clone());
                let fact = RegistryFact::ChannelSuspended { image, version };
                let problem = Problem::new(Code::Suspended, object(), fact).advise(advice);
                blocking.push(problem.advise(Advice::Push { registry }));
            }
            RegistryAnswer::Found(ChannelRelease { version, .. }) => {
                let wanted = range.to.filter(|to| *to > version).cloned();
                if wanted.is_some() || all_above {
                    let pull = Advice::PullSince { major: version.major, minor: version.minor };
                    let fact = RegistryFact::ChannelTooLow { image, version: version.clone(), wanted };
                    let problem = Problem::new(Code::Channel, object(), fact).advise(pull);
                    blocking.push(problem.advise(Advice::PushChannel { registry }));
                }
            }
            RegistryAnswer::Missing | RegistryAnswer::Denied(_) | RegistryAnswer::Unknown(_) => {}
        }
        blocking
    }

    fn missing(&self, step: &Step) -> Vec<String> {
        let Some(found) = step.in_registry else { return Vec::new() };
        let names = [(found.image, ""), (found.description, "/release-channel")];
        let missing = names.into_iter().filter(|(presence, _)| *presence == Presence::Missing);
        missing.map(|(_, path)| format!("{}{path}:{}", self.registry, step.version)).collect()
    }

    /// What it did not answer, and why.
    pub(super) fn unknown(&self, steps: &[Step]) -> Vec<PlanUnknown> {
        let mut unknown = Vec::new();
        match (self.channel, self.leads_to.why_unknown()) {
            (None, _) => unknown.push(PlanUnknown { source: PlanSource::NoChannel, why: None }),
            (Some(_), Some(why)) => {
                unknown.push(PlanUnknown::new(PlanSource::Channel { image: self.channel_image() }, why));
            }
            (Some(_), None) => {}
        }
        if let Some(why) = self.listed.why_unknown() {
            unknown.push(PlanUnknown::new(PlanSource::Tags { registry: self.registry.clone() }, why));
        }
        let in_plan = self
            .releases
            .iter()
            .filter(|(version, _)| steps.iter().any(|step| step.version == format!("v{version}")));
        for (version, release) in in_plan {
            let answers =
                [(release.image.why_unknown(), ""), (release.description.why_unknown(), "/release-channel")];
            for (why, path) in answers {
                let image = format!("{}{path}:v{version}", self.registry);
                unknown.extend(why.map(|why| PlanUnknown::new(PlanSource::Image { image }, why)));
            }
        }
        unknown
    }

    /// That its edition is another one than the cluster's.
    pub(super) fn other_edition(&self, edition: &EditionMatch) -> Option<Problem> {
        let (problem, pull) = other_edition(edition, Object::new(Kind::Registry, &self.registry))?;
        let push = Advice::Push { registry: self.registry.clone() };
        Some(problem.advise(pull).advise(push).advise(RegistryAdvice::AllowEditionChange.into()))
    }

    /// What a plan reports of it; `own`: where the cluster pulls from.
    pub(super) fn summary(&self, own: Option<String>, edition: EditionMatch) -> PlanRegistry {
        PlanRegistry {
            registry: self.registry.clone(),
            channel: self.channel.map(Channel::name),
            leads_to: self.highest().map(|version| format!("v{version}")),
            cluster_pulls_from: own.filter(|own| *own != self.registry),
            edition,
        }
    }
}

/// That a registry or a bundle has another edition than the cluster's, and how to get the cluster's.
pub(super) fn other_edition(edition: &EditionMatch, object: Object) -> Option<(Problem, Advice)> {
    let EditionMatch::Different { cluster, found } = edition else { return None };
    let fact = RegistryFact::OtherEdition { found: found.clone(), cluster: cluster.clone() };
    let pull = RegistryAdvice::PullEdition { edition: cluster.clone() };
    Some((Problem::new(Code::Release, object, fact), pull.into()))
}

fn presence<T>(answer: &RegistryAnswer<T>) -> Presence {
    match answer {
        RegistryAnswer::Found(_) => Presence::There,
        RegistryAnswer::Missing => Presence::Missing,
        RegistryAnswer::Denied(_) | RegistryAnswer::Unknown(_) => Presence::Unknown,
    }
}
