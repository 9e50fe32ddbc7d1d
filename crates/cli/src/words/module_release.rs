//! Releases of modules, and their sources.

use cluster::modules::{ModuleNote, ModuleWait, NotNext, Order, Policy, PolicyOrigin};
use problems::WaitReason;

use super::release;

/// Why a release of a module cannot be approved now.
pub(crate) fn not_next(reason: &NotNext) -> String {
    match reason {
        NotNext::Duplicate { one, other } => {
            format!("ModuleRelease/{one} and ModuleRelease/{other} have the same version; delete one of them")
        }
        NotNext::Suspended => "the vendor has suspended it".to_owned(),
        NotNext::Skipped => "the controller has skipped it because a newer release exists".to_owned(),
        NotNext::Superseded => "it was deployed before, and a newer release is deployed now".to_owned(),
        NotNext::Phase(phase) => format!("its phase is {phase}"),
        NotNext::NotProcessed => "the controller has not processed it yet".to_owned(),
        NotNext::Overridden { name, tag } => {
            format!("ModulePullOverride/{name} (tag {tag}) is set: releases of the module are ignored")
        }
        NotNext::TwoDeployed { lower, higher } => {
            format!(
                "v{lower} and v{higher} are both Deployed: an update has just started, or was interrupted"
            )
        }
        NotNext::LaterDeployed(later) => format!("a newer release, v{later}, is deployed"),
        NotNext::HigherPatch(higher) => {
            format!("v{higher}, a newer patch of the same minor, is waiting: approve that one")
        }
        NotNext::After(first) => format!("v{first} comes first"),
        NotNext::Gap { deployed, release } => format!(
            "releases between the deployed v{deployed} and v{release} are missing from the cluster: pull the module again \
             from v{deployed} on, and push it"
        ),
        NotNext::OtherMajor { deployed } => {
            format!(
                "it has a different major version from the deployed v{deployed}: the controller does not deploy it"
            )
        }
        NotNext::NotAVersion(text) => format!("'{text}' is not a version"),
    }
}

/// Why a release of a module is waiting.
pub(crate) fn wait(wait: &ModuleWait) -> String {
    match wait {
        ModuleWait::Suspended(message) if message.is_empty() => "suspended".to_owned(),
        ModuleWait::Suspended(message) => format!("suspended: {message}"),
        ModuleWait::NotNext(reason) => not_next(reason),
        ModuleWait::NoReason => "waiting; the controller gives no reason".to_owned(),
        ModuleWait::Approval => "waits for approval".to_owned(),
        ModuleWait::ApprovalLater(reason) => format!("cannot be approved yet: {}", not_next(reason)),
        ModuleWait::Approved => "approved; waiting for the controller to start it".to_owned(),
        ModuleWait::NotByThisController(doubt) => {
            format!("waits, although no release before it is missing: {}", not_by_this_controller(doubt))
        }
        ModuleWait::Controller(reasons) => reasons.iter().map(controller).collect::<Vec<_>>().join("; "),
    }
}

/// What to know about a release that may be approved.
pub(crate) fn note(note: &ModuleNote) -> String {
    match note {
        ModuleNote::Direct { from, skipped } if skipped.is_empty() => {
            format!("the module updates from v{from} directly to this release")
        }
        ModuleNote::Direct { from, skipped } => {
            let skipped: Vec<String> = skipped.iter().map(|it| format!("v{it}")).collect();
            format!(
                "the module updates from v{from} directly to this release; skipped: {}",
                skipped.join(", ")
            )
        }
        ModuleNote::DirectPossible { to } => {
            format!("the module can also be updated directly to v{to}, without this release")
        }
        ModuleNote::MinorZero { deployed } => format!(
            "some platform versions do not update a module from v{deployed} to a version X.0.Z such as this one, and \
             dhctl cannot determine whether the running version does; if the release keeps waiting, update the platform \
             first"
        ),
        ModuleNote::LtsStep { deployed, over_limit } => {
            let limit = if *over_limit { ", or only up to 10 minor versions" } else { "" };
            format!(
                "this release skips minor versions after v{deployed}, which the channel LTS allows; older platform \
                 versions do not allow it for modules{limit}; if the release keeps waiting, update the platform first"
            )
        }
        ModuleNote::HigherPatchNotWaiting { version, phase } => format!(
            "v{version}, a newer patch of the same minor, is {phase}: the controller may skip this release"
        ),
    }
}

/// What the controller of the running version does not do.
fn not_by_this_controller(doubt: &ModuleNote) -> String {
    const PLATFORM_FIRST: &str = "; update the platform first";
    match doubt {
        ModuleNote::MinorZero { deployed } => format!(
            "this platform version does not update a module from v{deployed} to a version X.0.Z{PLATFORM_FIRST}"
        ),
        ModuleNote::LtsStep { deployed, .. } => format!(
            "this platform version does not skip minor versions of modules (v{deployed} is deployed), although the \
             channel is LTS{PLATFORM_FIRST}"
        ),
        other => note(other),
    }
}

fn controller(reason: &WaitReason) -> String {
    match reason {
        WaitReason::NoPolicy => {
            "has no update policy, which older versions of the platform require: label the release with \
                                 modules.deckhouse.io/update-policy=NAME"
                .to_owned()
        }
        other => release::wait_reason(other),
    }
}

/// What comes first.
pub(crate) fn order(order: &Order) -> String {
    match order {
        Order::OnlyModules => "no release of the platform is waiting".to_owned(),
        Order::PlatformFirst => "update the platform first, then the modules".to_owned(),
        Order::TheseFirst(modules) => format!(
            "before the platform can be updated to its next release, a ModuleSource must offer these modules \
             and report no error for them: {}",
            modules.join(", ")
        ),
    }
}

/// `ModuleUpdatePolicy/slow (Manual)`
pub(crate) fn policy(policy: &Policy) -> String {
    let mode = policy.mode.as_ref().map_or(String::new(), |mode| format!(" ({})", mode.name()));
    match &policy.origin {
        PolicyOrigin::Platform => format!("the platform's{mode}"),
        PolicyOrigin::Named(name) => format!("ModuleUpdatePolicy/{name}{mode}"),
        PolicyOrigin::Missing(name) => format!("ModuleUpdatePolicy/{name}, which does not exist"),
    }
}
