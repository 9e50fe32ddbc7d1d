//! Steps about the platform's own Deployment and pod.

use commands::Kubectl;
use problems::{OnNode, PlatformAdvice, Restart};

use super::with;
use crate::words::Step;

pub(super) fn step(advice: &PlatformAdvice) -> Step {
    match advice {
        PlatformAdvice::Restart(reason) => {
            let text = match reason {
                Restart::ToReadLogin => {
                    "restart the platform's pod, because it still has the old settings in memory"
                }
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
            "if the registry refuses the node again, correct the login by hand in the imagePullSecrets of the pod that \
             cannot start: the platform updates them from Secret/deckhouse-registry only when pod deckhouse restarts",
        ),
        PlatformAdvice::ChangeNode(OnNode::Ca) => Step::here(
            "normally the platform's pod distributes the CA to the nodes; if this pod is down, add the CA to the \
             trust store of the node by hand",
        ),
        PlatformAdvice::ChangeNode(OnNode::Proxy) => Step::here(
            "normally the platform's pod distributes proxy.noProxy to the nodes; if this pod is down, change the \
             proxy settings of containerd on the node by hand",
        ),
        PlatformAdvice::RestoreImage { image } => with(
            "or, only if no pod of the new version has ever been ready, roll back (the new release is then still marked \
             Deployed; run this command again for the next step)",
            Kubectl::SetPlatformImage(image.clone()),
        ),
        PlatformAdvice::SetFixedTag => Step::here(
            "in the image of Deployment/deckhouse, replace the tag with that of the running version, vX.Y.Z (see the annotation core.deckhouse.io/version of the Deployment)",
        ),
        PlatformAdvice::FreeControlPlaneNode => Step::here(
            "make one control-plane node available: it must be ready and schedulable, and have free resources",
        ),
        PlatformAdvice::WaitForPod => Step::here("wait until the platform's pod is ready"),
        PlatformAdvice::BackUpEtcd { command, is_seen: true } => {
            with("back up etcd, and wait until the job is complete", command.clone())
        }
        PlatformAdvice::BackUpEtcd { command, is_seen: false } => with(
            "back up etcd, then run this command again without --require-backup, because dhctl cannot find this backup in the cluster",
            command.clone(),
        ),
        PlatformAdvice::FixPod => {
            Step::here("fix the problem with the platform's pod that this report shows")
        }
    }
}
