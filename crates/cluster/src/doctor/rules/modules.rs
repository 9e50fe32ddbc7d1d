//! Modules that are updated on their own.

use commands::{Approve, Kubectl, Objects, Output, Resource, Update};

use crate::safe_text::short;
use crate::{
    doctor::{
        finding::{Finding, Severity},
        look::{Controller, Look},
    },
    interim,
    modules::{ModuleTurn, ModuleWait, PolicyOrigin, WaitingRelease, overview},
    wait_reason::WaitReason,
};

/// Sources that are not read, or offer modules with errors.
pub(super) fn sources(look: &Look<'_>) -> Vec<Finding> {
    let sources = crate::modules::sources(look.state, look.now);
    let ill = sources.known().into_iter().flatten().filter(|source| !source.is_healthy());
    ill.filter_map(|source| {
        let failed: Vec<String> = source
            .failed
            .iter()
            .take(5)
            .map(|module| format!("{}: {}", module.name, short(module.error.as_deref().unwrap_or_default())))
            .collect();
        // The controller that reads sources is away with the pod.
        let stale = source.stale && look.controller() == Controller::Up;
        let what = match (&failed[..], source.message.as_str()) {
            ([], "") if stale && source.synced.is_none() => "it was never read".to_owned(),
            ([], "") if stale => "it has not been read for more than an hour".to_owned(),
            ([], "") => return None,
            ([], message) => short(message),
            (failed, _) => format!("{} of {} modules have errors: {}", source.failed.len(), source.modules, failed.join("; ")),
        };
        Some(
            Finding::new("module-source", Severity::Slows, format!("ModuleSource/{}", source.name), what)
                .why(if failed.is_empty() {
                    "as long as it is not read, no module from it gets a new release"
                } else {
                    "modules with errors get no new releases; a platform release that lists one in migratedModules does not go on"
                })
                .remedy(if failed.is_empty() {
                    format!("see that {} answers the platform's pod; where no modules come from there, it may be left as it is", source.repo)
                } else {
                    format!("see that {} holds these modules, and that the login may read them; push them with the bundle", source.repo)
                })
                // Its spec has the registry's login in it.
                .command(Kubectl::Get(
                    Objects::one(Resource::ModuleSource, &source.name),
                    Output::JsonPath("{.status}"),
                ))
                .since(source.synced)
                .seen_in("ModuleSources"),
        )
    })
    .collect()
}

/// Releases of modules that wait for what nobody does by himself.
pub(super) fn releases(look: &Look<'_>) -> Vec<Finding> {
    let overview = overview(look.state, look.now);
    overview.waiting.known().into_iter().flatten().filter_map(of_release).collect()
}

fn of_release(release: &WaitingRelease) -> Option<Finding> {
    let finding = |rule, severity, what: String| {
        Finding::new(rule, severity, format!("ModuleRelease/{}", release.name), what)
            .seen_in("ModuleReleases")
    };
    let waits = |what: fn(&WaitReason) -> bool| release.waits_for.iter().any(what);
    let says = || short(&release.waits_for.iter().map(interim::wait_reason).collect::<Vec<_>>().join("; "));
    if let ModuleWait::Suspended(message) = &release.wait {
        let what = if message.is_empty() { "suspended".to_owned() } else { format!("suspended: {message}") };
        return Some(
            finding("module-suspended", Severity::Slows, short(&what))
                .why("its vendor has withdrawn it, or it did not come up")
                .remedy("pull another version of the module, and push it")
                .command(Kubectl::Get(Objects::one(Resource::ModuleRelease, &release.name), Output::Yaml)),
        );
    }
    if let PolicyOrigin::Missing(policy) = &release.policy.origin {
        return Some(
            finding(
                "module-policy",
                Severity::Slows,
                format!("its policy ModuleUpdatePolicy/{policy} does not exist"),
            )
            .why("a release without a policy waits forever")
            .remedy("create the policy, or name another one in the ModuleConfig")
            .command(Kubectl::Get(Objects::all(Resource::ModuleUpdatePolicy), Output::Table)),
        );
    }
    if waits(|it| matches!(it, WaitReason::NoPolicy)) {
        return Some(
            finding("module-policy", Severity::Slows, says())
                .why("a release without a policy waits forever")
                .remedy("name a ModuleUpdatePolicy; there are")
                .command(Kubectl::Get(Objects::all(Resource::ModuleUpdatePolicy), Output::Table)),
        );
    }
    if waits(WaitReason::is_requirement) {
        return Some(
            finding("module-requirement", Severity::Slows, says())
                .why("the module stays at its release; the platform does not wait for it")
                .remedy("meet the requirement; where it is the platform's version, update that first")
                .command(Update::Plan),
        );
    }
    (waits(|it| *it == WaitReason::Approval) && release.turn == ModuleTurn::Now).then(|| {
        finding("module-approval", Severity::Notable, "it waits for your approval".to_owned())
            .why("its update policy requires an approval")
            .remedy("approve it when it suits")
            .command(Approve::Module { module: release.module.clone(), version: release.version.clone() })
    })
}

/// Modules whose image is set by hand.
pub(super) fn overrides(look: &Look<'_>) -> Vec<Finding> {
    let overrides = Look::all(&look.state.module_pull_overrides).iter();
    overrides
        .map(|it| {
            Finding::new(
                "module-override",
                Severity::Notable,
                format!("ModulePullOverride/{}", it.name),
                format!("the module runs the image tag {}", it.image_tag),
            )
            .why("it is meant for development; releases of this module are not looked at")
            .remedy("remove it, and the module follows its releases again")
            .command(Kubectl::Delete(Resource::ModulePullOverride, vec![it.name.clone()]))
            .seen_in("ModulePullOverrides")
        })
        .collect()
}

/// Enabled modules that report an error.
pub(super) fn errors(look: &Look<'_>) -> Vec<Finding> {
    let modules = Look::all(&look.state.modules).iter();
    let ill = modules.filter(|module| {
        module.enabled != Some(false)
            && matches!(module.phase.as_str(), "Error" | "DownloadingError" | "Conflict")
    });
    ill.map(|module| {
        Finding::new(
            "module-error",
            Severity::Slows,
            format!("Module/{}", module.name),
            format!("its phase is {}: {}", module.phase, short(&module.message)),
        )
        .why("an update is not done while an enabled module is in this phase")
        .remedy("see what it says; mostly its settings, its source, or what it installs")
        .command(Kubectl::Get(Objects::one(Resource::Module, &module.name), Output::Yaml))
        .seen_in("modules")
    })
    .collect()
}
