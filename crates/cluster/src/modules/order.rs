//! What comes first, the platform or its modules.

use serde::Serialize;

use crate::{ClusterState, objects::Release};

/// The order of the platform's next release and of the modules' releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "order", content = "modules")]
pub enum Order {
    /// No release of the platform is waiting.
    OnlyModules,
    /// The platform's releases first, then those of modules, whose requirements they may be.
    PlatformFirst,
    /// A source must offer these modules without an error before the platform's next release (requirement
    /// `migratedModules`).
    TheseFirst(Vec<String>),
}

/// What comes first; `None` if the platform's releases are unknown.
pub fn order(state: &ClusterState) -> Option<Order> {
    let releases = state.releases.known()?;
    let waiting = releases.iter().filter(|release| release.is_waiting() && release.version.is_some());
    let Some(next) = waiting.min_by_key(|release| release.version.as_ref()) else {
        return Some(Order::OnlyModules);
    };
    let migrated = migrated(next);
    Some(if migrated.is_empty() { Order::PlatformFirst } else { Order::TheseFirst(migrated) })
}

fn migrated(release: &Release) -> Vec<String> {
    let names = release.requirements.get("migratedModules").map_or("", String::as_str);
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;
    use crate::{Reading, objects::Phase};

    #[test]
    fn the_platform_comes_first_unless_it_requires_modules() {
        let release = |minor: u64, phase: &str, migrated: Option<&str>| Release {
            version: Some(Version::new(1, minor, 0)),
            phase: Phase::parse(phase),
            requirements: migrated
                .map(|it| ("migratedModules".to_owned(), it.to_owned()))
                .into_iter()
                .collect(),
            ..Release::default()
        };
        let these = Order::TheseFirst(vec!["a".to_owned(), "b".to_owned()]);
        for (releases, expected) in [
            (vec![], Order::OnlyModules),
            (vec![release(1, "Deployed", Some("a"))], Order::OnlyModules),
            (vec![release(3, "Pending", Some("c")), release(2, "Pending", None)], Order::PlatformFirst),
            (vec![release(3, "Pending", None), release(2, "", Some("a, b"))], these),
            (vec![release(2, "Pending", Some(""))], Order::PlatformFirst),
        ] {
            let state = ClusterState { releases: Reading::Known(releases), ..ClusterState::default() };
            assert_eq!(order(&state), Some(expected));
        }
        assert_eq!(order(&ClusterState::default()), None);
    }
}
