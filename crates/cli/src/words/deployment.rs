//! The platform's own Deployment.

use commands::Sentence;
use problems::DeploymentFact;

pub(super) fn predicate(fact: &DeploymentFact) -> Sentence {
    match fact {
        DeploymentFact::OtherVersion { tag, wanted } => {
            format!("has the image tag {tag}; waiting for v{wanted}").into()
        }
        DeploymentFact::MovingTag { tag: Some(tag), .. } => {
            format!("has an image with the moving tag {tag}, which does not say which version is running")
                .into()
        }
        DeploymentFact::MovingTag { image, tag: None } => {
            format!("has the image {image} without a tag, which does not say which version is running").into()
        }
        DeploymentFact::RollingOut { ready, wanted } => {
            format!("is rolling out: {ready} of {wanted} pods are new and ready").into()
        }
        DeploymentFact::ChangeNotObserved => "has a change that Kubernetes has not processed yet".into(),
        DeploymentFact::VersionAnnotation { written, wanted } => format!(
            "still has the annotation core.deckhouse.io/version {written}; waiting for v{wanted} to write it"
        )
        .into(),
    }
}

pub(super) fn means(fact: &DeploymentFact) -> Option<Sentence> {
    match fact {
        DeploymentFact::MovingTag { tag: Some(_), .. } => {
            Some("each push to this tag updates the platform without a release and without approval".into())
        }
        _ => None,
    }
}
