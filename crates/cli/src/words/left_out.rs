//! Why releases are not taken.

use cluster::{Gap, LeftOutReason};

/// Why a release is not taken.
pub(crate) fn reason(reason: &LeftOutReason) -> String {
    match reason {
        LeftOutReason::Deployed => "already deployed".to_owned(),
        LeftOutReason::Below(deployed) => format!("older than the deployed v{deployed}"),
        LeftOutReason::PreRelease => "a pre-release, which the cluster refuses".to_owned(),
        LeftOutReason::AboveWanted(to) => format!("newer than v{to}, the version given with --to"),
        LeftOutReason::AboveChannel(channel) => format!(
            "newer than v{channel}, which the release channel points to; the controller deletes newer releases that are waiting"
        ),
        LeftOutReason::Suspended => "suspended by the vendor".to_owned(),
        LeftOutReason::Phase(phase) => {
            format!("{phase} in the cluster: the controller will not deploy it")
        }
        LeftOutReason::LaterPatch => "a newer patch of the same minor version replaces it".to_owned(),
        LeftOutReason::BeyondGap(gap) => self::gap(gap),
    }
}

/// What is missing between two releases.
fn gap(gap: &Gap) -> String {
    let Gap { before, after } = gap;
    match gap.missing_minors() {
        None => format!("v{after} has a different major version from v{before}"),
        Some((first, last)) => {
            let major = before.major;
            let missing = if first == last {
                format!("{major}.{first} is missing")
            } else {
                format!("{major}.{first} to {major}.{last} are missing")
            };
            format!("{missing} between v{before} and v{after}, and the cluster updates one minor at a time")
        }
    }
}
