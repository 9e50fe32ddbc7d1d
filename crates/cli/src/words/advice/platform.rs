//! Steps about the platform's own Deployment and pod.

use commands::Kubectl;
use problems::{OnNode, PlatformAdvice, Restart};

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &PlatformAdvice) -> Step {
    match advice {
        PlatformAdvice::Restart(reason) => {
            let text = match reason {
                Restart::ToReadLogin => "restart the platform's pod, which keeps the old settings in memory",
                Restart::IfUnchanged => "if nothing changes, restart the platform's pod",
                Restart::ToRestoreRelease => {
                    "restart the platform's pod, which restores the release object of the running version"
                }
                Restart::BecauseItHangs => "restart the platform's pod",
            };
            with(text, Kubectl::RestartPlatform)
        }
        PlatformAdvice::Scale => with("scale it to one replica", Kubectl::ScalePlatform),
        PlatformAdvice::CorrectPullSecrets => Step::here(
            "if the node is refused again, correct the login in the pod's imagePullSecrets: the platform copies them from \
             Secret/deckhouse-registry when its pod restarts",
        ),
        PlatformAdvice::ChangeNode(OnNode::Ca) => Step::here(
            "if the platform's pod is down, which distributes the CA, add the CA to the trust store of the node",
        ),
        PlatformAdvice::ChangeNode(OnNode::Proxy) => Step::here(
            "if the platform's pod is down, which distributes proxy.noProxy, change the proxy of containerd on the node",
        ),
        PlatformAdvice::RestoreImage { image } => with(
            "or go back to the previous version, if the new one has never run; its release stays marked Deployed",
            Kubectl::SetPlatformImage(image.clone()),
        ),
        PlatformAdvice::SetFixedTag => {
            Step::here("set the tag vX.Y.Z of the running version as the image of Deployment/deckhouse")
        }
        PlatformAdvice::FreeControlPlaneNode => {
            Step::here("make one of them available: it must be ready, schedulable and have free resources")
        }
        PlatformAdvice::WaitForPod => Step::here("wait until the platform's pod is ready"),
        PlatformAdvice::FixPod => Step::here("fix what is reported about the platform's pod"),
    }
}
