//! Whether the images that the next step and the present one run from are in the registry.

use commands::Sentence;

use super::registry::repo;
use crate::{
    doctor::{
        evidence::{Answer, Probe},
        finding::{Finding, Severity},
        look::{Controller, Look, tag},
    },
    objects::Release,
};

/// The image of a release, as the Deployment would name it.
pub(in crate::doctor) fn image(look: &Look<'_>, release: &Release) -> Option<String> {
    look.state.registry.known()?;
    Some(format!("{}:{}", repo(look), tag(release)))
}

/// An approval of a release whose image is not there would stop the platform.
pub(super) fn next(look: &Look<'_>) -> Vec<Finding> {
    let Some(release) = look.upcoming() else { return Vec::new() };
    missing(look, release).map_or_else(Vec::new, |image| {
        vec![
            Finding::new(
                "next-image-missing",
                Severity::Blocks,
                format!("DeckhouseRelease/{}", release.name),
                format!("its image {image} is not in the registry"),
            )
            .why(
                "once this release is applied the platform's old pod is gone and the new one waits for its image; \
                 nothing in the cluster can mend that then",
            )
            .remedy(
                Sentence::from(format!("do not approve it; push a bundle with {} first: ", tag(release)))
                    .command(look.push()),
            )
            .seen_in("registry, with the cluster's login"),
        ]
    })
}

/// The image that runs should stay in the registry.
pub(super) fn present(look: &Look<'_>) -> Vec<Finding> {
    let Some(release) = look.deployed() else { return Vec::new() };
    // Otherwise it is said of the pod, which may be waiting for it.
    if look.controller() != Controller::Up {
        return Vec::new();
    }
    missing(look, release).map_or_else(Vec::new, |image| {
        vec![
            Finding::new(
                "deployed-image-missing",
                Severity::Slows,
                "Deployment/deckhouse",
                format!("the image of the deployed release, {image}, is not in the registry"),
            )
            .why("the platform runs as long as its node keeps the image; on another node its pod would not start")
            .remedy(Sentence::from(format!("push a bundle with {}: ", tag(release))).command(look.push()))
            .seen_in("registry, with the cluster's login"),
        ]
    })
}

fn missing(look: &Look<'_>, release: &Release) -> Option<String> {
    let Probe::Answered(answers) = &look.evidence.registry else { return None };
    let image = image(look, release)?;
    matches!(answers.image(&image), Some(Answer::Missing)).then_some(image)
}
