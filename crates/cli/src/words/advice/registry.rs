//! Steps about the registry.

use commands::{Kubectl, Mirror, Sentence, Update};
use problems::{Contents, RegistryAdvice};

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &RegistryAdvice) -> Step {
    match advice {
        RegistryAdvice::Pull(contents) => Step::outside(pull(contents)),
        RegistryAdvice::CheckPath => with(
            "check that the path in the Secret is the one that the bundle was pushed to",
            Kubectl::EditRegistry,
        ),
        RegistryAdvice::CacheReleases { registry, major, minor } => with(
            "request the releases by name, so that the cache lists them",
            Mirror::ListThroughCache { registry: registry.clone(), major: *major, minor: *minor },
        ),
        RegistryAdvice::CheckUpstream => Step::here(
            "check that the upstream of the proxy cache can be reached and has what is missing; nothing can be pushed to a proxy cache",
        ),
        RegistryAdvice::CheckWhereReachable => {
            Step::here("run this command on a machine that can reach the cluster's registry")
        }
        RegistryAdvice::SkipImageCheck => {
            Step::here("or, if the registry is inside the cluster, run this command without --check-images")
        }
        RegistryAdvice::PullEdition { edition } => Step::outside(
            Sentence::from(format!("pull a bundle of the edition {edition}: "))
                .command(Mirror::PullEdition(edition.to_ascii_lowercase())),
        ),
        RegistryAdvice::AllowEditionChange => Step::here(
            "if you want to change the edition, run this command again with --allow-edition-change",
        ),
        RegistryAdvice::AllowListing => Step::here(
            "allow the login to list tags; in Nexus: the privilege `browse` of the repository, in addition to `read`",
        ),
        RegistryAdvice::AllowReading => Step::here("allow the cluster's login to read this repository"),
        RegistryAdvice::CheckAccess => {
            Step::here("check DNS, proxy.noProxy, and the login and the CA in the Secret")
        }
    }
}

fn pull(contents: &Contents) -> Sentence {
    match contents {
        Contents::Release(version) => Sentence::from(format!("pull a bundle that contains v{version}: "))
            .command(Mirror::PullRelease(Some(format!("v{version}")))),
        Contents::Image(image) => Sentence::from(format!(
            "pull the release that the platform runs, which contains the image {image} ("
        ))
        .quoted(Update::Status)
        .text(" shows the version): ")
        .command(Mirror::PullRelease(None)),
        Contents::DeployedRelease => Sentence::from("pull the deployed release (")
            .quoted(Update::Status)
            .text(" shows its version): ")
            .command(Mirror::PullRelease(None)),
        Contents::Channel(Some(deployed)) => Sentence::from(
            "pull a bundle that contains all releases up to the one that the channel points to: ",
        )
        .command(Mirror::PullSince { major: deployed.major, minor: deployed.minor }),
        Contents::Channel(None) => Sentence::from(
            "pull a bundle that contains all releases from the deployed minor version (MAJOR.MINOR) up to the one that \
             the channel points to: ",
        )
        .command(Mirror::PullSinceUnknown),
        Contents::NewerChannel { deployed } => Sentence::from(
            "to update, pull a new bundle when the release channel points to a newer release in the source registry: ",
        )
        .command(Mirror::PullSince { major: deployed.major, minor: deployed.minor }),
        Contents::Modules => Sentence::from("pull a bundle that contains these modules: ")
            .command(Mirror::PullModule("NAME".to_owned())),
    }
}
