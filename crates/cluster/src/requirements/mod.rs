//! Whether a cluster has what a release requires: an advance report, by the values that the cluster has now.
//!
//! What is required under which key, how it is compared and where it is read: facts 3; cluster-source.md. The
//! controller of the running version judges in the end, so what cannot be decided here is unknown and not unmet.

mod components;
mod kubernetes;
mod loose;
mod module_ranges;
mod modules;
mod nodes;
mod reports;
mod unmet;

use semver::Version;

use crate::{ClusterState, Reading, Unknown};

pub(crate) use loose::version as loose_version;
pub use modules::module_constraints;
pub(crate) use modules::{MODULES, fix as module_fix, is_configured, works_with};
pub use unmet::{Fix, FoundRuntime, Holder, Product, Runtime, SetKubernetes, Shortfall, Unmet, WhyUnknown};

/// One requirement of a release, and whether the cluster meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its key in `spec.requirements`.
    pub key: String,
    /// The value there.
    pub needed: String,
    /// Whether the cluster meets it.
    pub outcome: Outcome,
}

impl Requirement {
    /// Of a release whose description cannot be read.
    pub(crate) fn without_description() -> Self {
        let outcome = Outcome::Unknown(WhyUnknown::NoDescription);
        Self { key: "requirements".to_owned(), needed: String::new(), outcome }
    }

    /// For the release that is next: no earlier release can bring what it needs.
    pub(crate) fn must_be_met_now(&mut self) {
        if let Outcome::Unmet(reasons) = &mut self.outcome {
            for reason in reasons {
                reason.may_change = false;
            }
        }
    }
}

/// Whether a cluster has what is required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has.
    Met,
    /// It does not; why.
    Unmet(Vec<Unmet>),
    /// That is unknown.
    Unknown(WhyUnknown),
}

/// All reasons, none if it is met; `Err` says why that is unknown.
type Answer = Result<Vec<Unmet>, WhyUnknown>;

/// Checks one requirement of a release.
pub fn check(state: &ClusterState, key: &str, needed: &str) -> Requirement {
    let answer = match key {
        "k8s" => kubernetes::nodes_version(state, needed),
        "autoK8sVersion" => kubernetes::automatic(state, needed),
        "kubernetesVersionMigrated" => kubernetes::migrated(state),
        "nodesMinimalOSVersionUbuntu" => nodes::system(state, "Ubuntu", needed),
        "nodesMinimalOSVersionDebian" => nodes::system(state, "Debian", needed),
        "nodesMinimalLinuxKernelVersion" => nodes::kernel(state, needed),
        "containerdOnAllNodes" if is_asked(needed) => nodes::no_docker(state),
        "checkContainerdV1NodesPresent" if is_asked(needed) => nodes::no_old_containerd(state),
        "ingressNginx" => components::ingress(state, needed),
        "istioMinimalVersion" => components::istio(state, needed),
        "disabledModules" => modules::disabled(state, needed),
        "migratedModules" => modules::migrated(state, needed),
        "unmetCloudConditions" if is_asked(needed) => reports::cloud_conditions(state),
        "cniConfigurationSettled" => reports::cni(state),
        "metallbHasStandardConfiguration" => reports::metallb(state),
        "containerdOnAllNodes" | "checkContainerdV1NodesPresent" | "unmetCloudConditions" => Ok(Vec::new()),
        "checkCloudProviderConfig"
        | "checkAdditionalPropertiesDhctlConfigs"
        | "yandexHasDeprecatedZoneInConfig"
        | "yandexHasDeprecatedZoneInNodes" => Err(WhyUnknown::NotRead),
        _ => Err(WhyUnknown::NotSupported),
    };
    Requirement { key: key.to_owned(), needed: needed.to_owned(), outcome: Outcome::from(answer) }
}

/// Whether a requirement that is a switch is on: `"true"` is, `"false"` and an empty value are not.
fn is_asked(needed: &str) -> bool {
    !matches!(needed.trim(), "" | "false")
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        match answer {
            Ok(reasons) if reasons.is_empty() => Self::Met,
            Ok(reasons) => Self::Unmet(reasons),
            Err(why) => Self::Unknown(why),
        }
    }
}

impl Outcome {
    /// Whether it is unmet, and no earlier release may change that.
    pub fn blocks(&self) -> bool {
        matches!(self, Self::Unmet(reasons) if reasons.iter().any(|reason| !reason.may_change))
    }
}

/// The value of a source; `Err` says why it is not known.
fn known<'a, T>(reading: &'a Reading<T>, what: &'static str) -> Result<&'a T, Unknown> {
    reading.required(what)
}

/// The same of a source that a cluster may be without.
fn known_or_absent<'a, T>(reading: &'a Reading<T>, what: &'static str) -> Result<Option<&'a T>, Unknown> {
    match reading {
        Reading::Absent(_) => Ok(None),
        other => known(other, what).map(Some),
    }
}

/// A required version.
fn required_version(needed: &str) -> Result<Version, WhyUnknown> {
    loose::version(needed).ok_or_else(|| WhyUnknown::NeededNotAVersion(needed.to_owned()))
}

/// Checks of a module are left out while it is off (facts 3).
fn is_off(state: &ClusterState, module: &str) -> bool {
    let modules = state.modules.known().into_iter().flatten();
    modules.into_iter().any(|it| it.name == module && it.enabled == Some(false))
}

#[cfg(test)]
mod tests;
