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
/// newer platforms do not contain them (`Module` v1alpha2), and their releases cannot be read.
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
                let of_releases = releases.iter().filter(|it| is_deployed(it, module));
                let of_releases = of_releases.filter_map(|it| required(it, product));
                let mut all: Vec<&str> = own.into_iter().chain(of_releases).collect();
                all.sort_unstable();
                all.dedup();
                ranges.extend(all.into_iter().map(|range| ModuleRange { module, range }));
            }
            Err(why) => {
                ranges.extend(own.map(|range| ModuleRange { module, range }));
                if own.is_none() && !module.is_embedded() {
                    unread = Some(why.clone());
                }
            }
        }
    }
    Ok((ranges, unread))
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
