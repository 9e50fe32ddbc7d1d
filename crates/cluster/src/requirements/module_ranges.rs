//! What modules require of the platform and of Kubernetes, from their objects and from their deployed releases.

use super::{Product, known};
use crate::{
    ClusterState, Reading, Unknown,
    objects::{Module, ModuleRelease, Phase},
};

/// What an enabled module requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModuleRange<'a> {
    /// The module.
    pub(super) module: &'a Module,
    /// The versions that it works with.
    pub(super) range: &'a str,
}

/// The ranges of all modules that are not disabled. The second value says why some may be unknown: the modules' objects of
/// newer platforms do not contain them ([`Module::without_properties`]), and there is no deployed release that does.
pub(super) fn ranges(
    state: &ClusterState,
    product: Product,
) -> Result<(Vec<ModuleRange<'_>>, Option<Unknown>), Unknown> {
    let modules = known(&state.modules, "modules")?;
    let releases = match &state.module_releases {
        Reading::Absent(_) => Ok(&[][..]),
        other => known(other, "releases of modules").map(Vec::as_slice),
    };
    let (mut ranges, mut unread) = (Vec::new(), None);
    for module in modules.iter().filter(|it| it.enabled != Some(false)) {
        let own = match product {
            Product::Platform => module.requires_deckhouse.as_deref(),
            Product::Kubernetes => module.requires_kubernetes.as_deref(),
        };
        match &releases {
            Ok(releases) => {
                let deployed: Vec<&ModuleRelease> =
                    releases.iter().filter(|it| is_deployed(it, module)).collect();
                if is_silent(state, module, &deployed, product) {
                    unread = Some(silent(module));
                }
                let of_releases = deployed.into_iter().filter_map(|it| required(it, product));
                let mut all: Vec<&str> = own.into_iter().chain(of_releases).collect();
                all.sort_unstable();
                all.dedup();
                ranges.extend(all.into_iter().map(|range| ModuleRange { module, range }));
            }
            Err(why) => {
                ranges.extend(own.map(|range| ModuleRange { module, range }));
                if own.is_none() && !module.is_embedded() {
                    unread = Some(why.clone());
                } else if is_silent(state, module, &[], product) {
                    unread = Some(silent(module));
                }
            }
        }
    }
    Ok((ranges, unread))
}

/// Whether nothing that was read says what a module requires.
fn is_silent(state: &ClusterState, module: &Module, deployed: &[&ModuleRelease], product: Product) -> bool {
    if !module.without_properties || !module.may_be_installed() {
        return false;
    }
    if module.is_embedded() {
        // Each release of the platform contains its own version of it, so what this one requires of the platform does not
        // concern the next. It concerns a new Kubernetes, which the running version installs.
        return product == Product::Kubernetes;
    }
    // The image of an override is another one than that of the deployed release.
    let overridden = match &state.module_pull_overrides {
        Reading::Absent(_) => false,
        other => other.known().is_none_or(|all| all.iter().any(|it| it.name == module.name)),
    };
    deployed.is_empty() || overridden
}

fn silent(module: &Module) -> Unknown {
    Unknown {
        what: "requirements of modules",
        why: format!("the object Module/{} of this platform version does not contain them", module.name),
        forbidden: false,
    }
}

fn is_deployed(release: &ModuleRelease, module: &Module) -> bool {
    release.module == module.name && release.phase == Some(Phase::Deployed)
}

/// What a release of a module requires of the product.
pub(super) fn required(release: &ModuleRelease, product: Product) -> Option<&str> {
    let key = match product {
        Product::Platform => "deckhouse",
        Product::Kubernetes => "kubernetes",
    };
    release.requirements.get(key).map(String::as_str)
}
