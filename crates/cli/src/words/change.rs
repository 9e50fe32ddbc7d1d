//! What a change of a cluster is for.

use cluster::{change::Purpose, objects::UpdateMode, prepare::CHANNEL_NOTE};

/// What was done: the imperative without the reason.
pub(crate) fn done(purpose: &Purpose) -> String {
    match purpose {
        Purpose::UnsetChannel { channel } => format!("unset the release channel {channel}"),
        other => self::purpose(other),
    }
}

/// An imperative: `approve release v1.71.4`.
pub(crate) fn purpose(purpose: &Purpose) -> String {
    match purpose {
        Purpose::UnsetChannel { channel } => format!(
            "unset the release channel {channel} until the update mode is set, because platform versions before v1.70 apply \
             patches automatically in every mode (the annotation {CHANNEL_NOTE} stores the channel)"
        ),
        Purpose::SetMode { mode, windows } => {
            let meaning = match mode {
                UpdateMode::Manual => " (every release needs an approval)",
                UpdateMode::AutoPatch => " (minor releases need an approval, patches do not)",
                UpdateMode::Auto => " (no release needs an approval)",
                UpdateMode::Other(_) => "",
            };
            let windows = if *windows { "set the update windows, and " } else { "" };
            format!("{windows}set the update mode to {}{meaning}", mode.name())
        }
        Purpose::SetChannel { channel, restored: true } => {
            format!("set the release channel to {channel} again")
        }
        Purpose::SetChannel { channel, restored: false } => format!("set the release channel to {channel}"),
        Purpose::RemoveChannelNote => format!(
            "remove the annotation {CHANNEL_NOTE}, left by an interrupted run: the release channel is already set"
        ),
        Purpose::CreateRelease { version } => format!("create release v{version} (unapproved)"),
        Purpose::TouchRelease { name } => format!(
            "annotate release {name}, so that the controller processes it: it has no phase, and may have been created while no release channel was \
             set"
        ),
        Purpose::DeleteDuplicate { version } => {
            format!(
                "delete the duplicate object of release {version}, which an old version of the platform created"
            )
        }
        Purpose::ApproveRelease { version, apply_now: false } => format!("approve release v{version}"),
        Purpose::ApproveRelease { version, apply_now: true } => {
            format!("approve release v{version}, to be deployed immediately")
        }
        Purpose::ApplyApproved { version } => format!("deploy the approved release v{version} immediately"),
        Purpose::ApproveDisruptions { version } => format!("approve the disruptions of release v{version}"),
        Purpose::ApproveModuleRelease { module, version, apply_now } => {
            let now = if *apply_now { ", to be deployed immediately" } else { "" };
            format!("approve release {version} of module {module}{now}")
        }
        Purpose::ApproveNode { node } => {
            format!("allow the platform to drain and reboot node {node} for its update")
        }
        Purpose::InstallKernel { group, kernel } => format!(
            "install kernel {kernel} on the nodes of NodeGroup/{group}, one node after another; each node reboots"
        ),
        Purpose::DisableModule => "disable the module".to_owned(),
        Purpose::SetKubernetes => "set the version of Kubernetes".to_owned(),
    }
}
