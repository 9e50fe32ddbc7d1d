//! The platform's own Deployment.

use commands::Sentence;
use problems::DeploymentFact;

pub(super) fn predicate(fact: &DeploymentFact) -> Sentence {
    match fact {
        DeploymentFact::OtherVersion { tag, wanted } => {
            format!("has the image tag {tag}; waiting for v{wanted}").into()
        }
        DeploymentFact::MovingTag { tag: Some(tag), .. } => {
            format!("has an image with the moving tag '{tag}', so the running version is unknown").into()
        }
        DeploymentFact::MovingTag { image, tag: None } => {
            format!("has the image {image} without a tag, so the running version is unknown").into()
        }
        DeploymentFact::RollingOut { ready, wanted } => {
            format!("is rolling out: {ready} of {wanted} pods are new and ready").into()
        }
        DeploymentFact::ChangeNotObserved => "has a change that Kubernetes has not processed yet".into(),
        DeploymentFact::VersionAnnotation { written, wanted } => format!(
            "still has the annotation core.deckhouse.io/version {written}; waiting for the new controller to set it \
             to v{wanted}"
        )
        .into(),
        DeploymentFact::ScaledToZero => "is scaled to 0 replicas".into(),
        DeploymentFact::PodRejected { reason } => format!("cannot create its pod: {reason}").into(),
        DeploymentFact::NoPod => "has no pod".into(),
        DeploymentFact::ImageMissing { image } => {
            format!("runs the image {image}, which is missing from the registry").into()
        }
        DeploymentFact::WebhookDown => {
            "is not available: approvals and changes to ModuleConfigs fail with `failed calling webhook`"
                .into()
        }
    }
}

pub(super) fn means(fact: &DeploymentFact) -> Option<Sentence> {
    match fact {
        DeploymentFact::MovingTag { tag: Some(_), .. } => {
            Some("each push to this tag updates the platform without a release and without approval".into())
        }
        DeploymentFact::ScaledToZero => Some("no controller is running, so nothing is updated".into()),
        DeploymentFact::PodRejected { .. } => Some("an admission rule or a quota rejects the pod".into()),
        DeploymentFact::NoPod => {
            Some("kube-controller-manager, which creates this pod, may not be running".into())
        }
        DeploymentFact::ImageMissing { .. } => Some(
            "the platform runs only as long as its node keeps the image; on another node its pod would not start".into(),
        ),
        DeploymentFact::WebhookDown => Some(
            "the platform's pod serves this webhook, and no pod is ready; during an update this is normal".into(),
        ),
        _ => None,
    }
}
