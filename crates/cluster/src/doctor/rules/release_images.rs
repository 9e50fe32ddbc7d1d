//! Whether the images that releases run are in the registry.

use problems::{Contents, DeploymentFact, Kind, Object, RegistryAdvice, ReleaseAdvice, ReleaseFact, Rule};

use super::registry::repo;
use crate::{
    doctor::{
        context::{Context, ControllerState, object, tag, version_of},
        details::{RegistryAnswer, RegistryCheck},
        finding::{Finding, Severity},
        source::Source,
    },
    objects::Release,
};

/// The image of a release, as the Deployment would name it.
pub(in crate::doctor) fn image(context: &Context<'_>, release: &Release) -> Option<String> {
    Some(format!("{}:{}", repo(context)?, tag(release)))
}

/// Approving a release whose image is missing would stop the platform.
pub(super) fn next(context: &Context<'_>) -> Vec<Finding> {
    let Some(release) = context.next_release() else { return Vec::new() };
    let Some(image) = missing(context, release) else { return Vec::new() };
    let fact = ReleaseFact::ImageMissing { image };
    vec![
        Finding::new(Rule::NextImageMissing, Severity::Blocks, object(release), fact)
            .advise(ReleaseAdvice::DoNotApprove)
            .advise(RegistryAdvice::Pull(Contents::Release(version_of(release))))
            .advise(context.push())
            .seen_in(Source::Registry),
    ]
}

/// The image that runs should stay in the registry.
pub(super) fn deployed(context: &Context<'_>) -> Vec<Finding> {
    let Some(release) = context.deployed() else { return Vec::new() };
    // Otherwise it is reported for the pod, which may be waiting for it.
    if context.controller() != ControllerState::Ready {
        return Vec::new();
    }
    let Some(image) = missing(context, release) else { return Vec::new() };
    let object = Object::new(Kind::Deployment, "deckhouse");
    let fact = DeploymentFact::ImageMissing { image };
    vec![
        Finding::new(Rule::DeployedImageMissing, Severity::Slows, object, fact)
            .advise(RegistryAdvice::Pull(Contents::Release(version_of(release))))
            .advise(context.push())
            .seen_in(Source::Registry),
    ]
}

fn missing(context: &Context<'_>, release: &Release) -> Option<String> {
    let RegistryCheck::Answered(answers) = &context.details.registry else { return None };
    let image = image(context, release)?;
    matches!(answers.image(&image), Some(RegistryAnswer::Missing)).then_some(image)
}
