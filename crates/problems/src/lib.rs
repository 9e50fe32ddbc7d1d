//! What can be reported about a cluster or a registry, as data.
//!
//! A [`Problem`] names an object, what is so ([`Fact`]) and what to do ([`Advice`]). There is no text here: `cli::words`
//! is the only place that words a fact or an advice, so that the same symptom reads the same in every command.

mod advice;
mod code;
mod fact;
mod object;
mod rule;
mod wait_reason;

pub use advice::{
    Advice, Contents, LicenseAdvice, ModuleAdvice, NodeAdvice, OnNode, PackageAdvice, PlatformAdvice,
    PrepareFor, RegistryAdvice, ReleaseAdvice, Restart, See, SettingsAdvice,
};
pub use code::Code;
pub use fact::{
    AlertFact, AlertKind, ApiUse, ChannelFact, ClusterFact, ConvergeFact, DeploymentFact, Fact, FromHere,
    LicenseFact, LicenseState, ModuleError, ModuleFact, ModuleImagePulls, NodeFact, NodeValue, PackageFact,
    PodFact, PodState, PullCause, QueueFact, QueuedTask, RegistryFact, ReleaseFact, SettingsFact, SourceFact,
    Unfinished,
};
pub use object::{Kind, Object};
pub use rule::Rule;
pub use wait_reason::{RequirementCause, WaitReason};

/// Something that is reported: a fault, or something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Its kind, as a stable word for programs.
    pub code: Code,
    /// The object that shows it.
    pub object: Object,
    /// What is so.
    pub fact: Fact,
    /// What to do about it, in order; empty where nothing is to be done.
    pub advice: Vec<Advice>,
}

impl Problem {
    /// One without advice.
    pub fn new(code: Code, object: Object, fact: impl Into<Fact>) -> Self {
        Self { code, object, fact: fact.into(), advice: Vec::new() }
    }

    /// The same with this as its next step.
    #[must_use]
    pub fn advise(mut self, advice: Advice) -> Self {
        self.advice.push(advice);
        self
    }

    /// Replaces the steps that pull and push bundles: nothing can be pushed to a proxy cache.
    pub fn of_a_proxy_cache(&mut self) {
        if let Some(first) = self.advice.iter().position(Advice::is_for_contents) {
            self.advice.retain(|advice| !advice.is_for_contents());
            self.advice.insert(first, RegistryAdvice::CheckUpstream.into());
        }
    }

    /// The same with these as its next steps.
    #[must_use]
    pub fn advise_all(mut self, advice: impl IntoIterator<Item = Advice>) -> Self {
        self.advice.extend(advice);
        self
    }
}

#[cfg(test)]
mod tests;
