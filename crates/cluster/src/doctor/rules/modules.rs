//! Modules that are updated on their own.

use commands::{Kubectl, Objects, Output, Resource, Update};
use problems::{Kind, ModuleAdvice, ModuleError, ModuleFact, Object, Rule, See};

use crate::{
    doctor::{
        context::{Context, ControllerState, see},
        finding::{Finding, Severity},
        source::Source,
    },
    modules::{ModuleNote, ModuleTurn, ModuleWait, PolicyOrigin, SourceHealth, WaitingRelease, overview},
    safe_text::short,
    wait_reason::WaitReason,
};

/// How many modules with errors are named.
const NAMED: usize = 5;

/// Sources that are not read, or offer modules with errors.
pub(super) fn sources(context: &Context<'_>) -> Vec<Finding> {
    let sources = crate::modules::sources(context.state, context.now);
    let unhealthy = sources.known().into_iter().flatten().filter(|source| !source.is_healthy());
    unhealthy.filter_map(|source| of_source(context, source)).collect()
}

fn of_source(context: &Context<'_>, source: &SourceHealth) -> Option<Finding> {
    // While the platform's pod is down, no controller reads sources.
    let stale = source.stale && context.controller() == ControllerState::Ready;
    let fact = if !source.failed.is_empty() {
        let error = |error: &Option<_>| short(error.as_deref().unwrap_or_default());
        let modules = source.failed.iter().take(NAMED);
        ModuleFact::SourceModuleErrors {
            modules: modules
                .map(|module| ModuleError {
                    module: module.name.as_str().into(),
                    error: error(&module.error),
                })
                .collect(),
            failed: source.failed.len(),
            all: source.modules,
        }
    } else if !source.message.is_empty() {
        ModuleFact::SourceError { error: short(&source.message) }
    } else if stale && source.synced.is_none() {
        ModuleFact::SourceNeverRead
    } else if stale {
        ModuleFact::SourceStale
    } else {
        return None;
    };
    let repo = source.repo.as_str().into();
    let advice = if source.failed.is_empty() {
        ModuleAdvice::CheckSource { repo }
    } else {
        ModuleAdvice::CheckSourceModules { repo }
    };
    let status = Kubectl::Get(
        Objects::one(Resource::ModuleSource, &source.name),
        // The spec contains the registry's login.
        Output::JsonPath("{.status}"),
    );
    Some(
        Finding::new(
            Rule::ModuleSource,
            Severity::Slows,
            Object::new(Kind::ModuleSource, &source.name),
            fact,
        )
        .advise(advice)
        .advise(see(See::Status, status))
        .since(source.synced)
        .seen_in(Source::ModuleSources),
    )
}

/// Releases of modules that wait for something that does not happen automatically.
pub(super) fn releases(context: &Context<'_>) -> Vec<Finding> {
    let overview = overview(context.state, context.now);
    overview.waiting.known().into_iter().flatten().filter_map(of_release).collect()
}

fn of_release(release: &WaitingRelease) -> Option<Finding> {
    let finding = |rule, severity, fact: ModuleFact| {
        Finding::new(rule, severity, Object::new(Kind::ModuleRelease, &release.name), fact)
            .seen_in(Source::ModuleReleases)
    };
    let waits = |what: fn(&WaitReason) -> bool| release.waits_for.iter().any(what);
    let policies =
        || see(See::Policies, Kubectl::Get(Objects::all(Resource::ModuleUpdatePolicy), Output::Table));
    if let ModuleWait::Suspended(message) = &release.wait {
        let get = Kubectl::Get(Objects::one(Resource::ModuleRelease, &release.name), Output::Yaml);
        let fact = ModuleFact::ReleaseSuspended { message: message.clone() };
        return Some(
            finding(Rule::ModuleSuspended, Severity::Slows, fact)
                .advise(ModuleAdvice::OtherVersion { module: release.module.clone() })
                .advise(see(See::ModuleRelease, get)),
        );
    }
    if let PolicyOrigin::Missing(policy) = &release.policy.origin {
        let fact = ModuleFact::PolicyMissing { policy: policy.as_str().into() };
        return Some(
            finding(Rule::ModulePolicy, Severity::Slows, fact)
                .advise(policies())
                .advise(ModuleAdvice::CreatePolicy),
        );
    }
    if waits(|it| matches!(it, WaitReason::NoPolicy)) {
        return Some(
            finding(Rule::ModulePolicy, Severity::Slows, ModuleFact::NoPolicy)
                .advise(policies())
                .advise(ModuleAdvice::NamePolicy),
        );
    }
    if let ModuleWait::NotByThisController(
        ModuleNote::MinorZero { deployed } | ModuleNote::LtsStep { deployed, .. },
    ) = &release.wait
    {
        let fact = ModuleFact::NotByThisController { deployed: deployed.clone() };
        return Some(
            finding(Rule::ModuleSequence, Severity::Slows, fact)
                .advise(ModuleAdvice::UpdatePlatform)
                .advise(see(See::Plan, Update::Plan)),
        );
    }
    let is_gate = |it: &&WaitReason| {
        matches!(it, WaitReason::ValidationsFailed { .. } | WaitReason::MigrationsFailed { .. })
    };
    if let Some(reason) = release.waits_for.iter().find(is_gate) {
        let get = Kubectl::Get(Objects::one(Resource::ModuleRelease, &release.name), Output::Yaml);
        let is_migration = matches!(reason, WaitReason::MigrationsFailed { .. });
        let migration = release.failed_migration.clone().filter(|_| is_migration);
        let fact = ModuleFact::GateFailed { reason: reason.clone(), migration };
        return Some(
            finding(Rule::ModuleGate, Severity::Slows, fact)
                .advise(ModuleAdvice::CorrectGate)
                .advise(see(See::ModuleRelease, get)),
        );
    }
    if waits(WaitReason::is_requirement) {
        let unmet = release.waits_for.iter().filter(|it| it.is_requirement()).cloned().collect();
        let fact = ModuleFact::RequirementUnmet { unmet };
        return Some(
            finding(Rule::ModuleRequirement, Severity::Slows, fact)
                .advise(ModuleAdvice::MeetRequirement)
                .advise(see(See::Plan, Update::Plan)),
        );
    }
    (waits(|it| *it == WaitReason::Approval) && release.turn == ModuleTurn::Now).then(|| {
        let (module, version) = (release.module.clone(), release.version.clone());
        finding(Rule::ModuleApproval, Severity::Notable, ModuleFact::ReleaseNeedsApproval)
            .advise(ModuleAdvice::Approve { module, version })
    })
}

/// Modules whose image is set by hand.
pub(super) fn overrides(context: &Context<'_>) -> Vec<Finding> {
    let overrides = Context::list(&context.state.module_pull_overrides).iter();
    overrides
        .map(|it| {
            let object = Object::new(Kind::ModulePullOverride, &it.name);
            let fact = ModuleFact::Override { tag: it.image_tag.as_str().into() };
            Finding::new(Rule::ModuleOverride, Severity::Notable, object, fact)
                .advise(ModuleAdvice::RemoveOverride { name: it.name.clone() })
                .seen_in(Source::ModulePullOverrides)
        })
        .collect()
}

/// Enabled modules that report an error.
pub(super) fn errors(context: &Context<'_>) -> Vec<Finding> {
    let failed = Context::list(&context.state.modules).iter().filter(|module| {
        // The last failure of a module may still stand as the reason of a condition that is true again.
        module.enabled != Some(false)
            && module.has_failed()
            && !(module.without_properties && module.ready == Some(true))
    });
    failed
        .map(|module| {
            let object = Object::new(Kind::Module, &module.name);
            let fact = ModuleFact::NotReady { phase: module.phase.clone(), message: short(&module.message) };
            let get = Kubectl::Get(Objects::one(Resource::Module, &module.name), Output::Yaml);
            Finding::new(Rule::ModuleError, Severity::Slows, object, fact)
                .advise(see(See::Module, get))
                .advise(ModuleAdvice::FixModule)
                .seen_in(Source::Modules)
        })
        .collect()
}
