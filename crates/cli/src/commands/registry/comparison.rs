//! What is missing in a registry, and whether a cluster uses it.

use std::collections::BTreeSet;

use cluster::registry_use::RegistryUse;
use deckhouse::repositories::Component;
use mirror::{
    WantedBy,
    holdings::{Absent, Holdings, Request, Use},
};
use semver::Version;

/// What of the missing objects one cluster uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparison<'a> {
    pub(super) used: Vec<&'a Absent>,
    pub(super) unused: Vec<&'a Absent>,
}

/// What has to be read for comparisons with these clusters: what they use, listed or not.
pub(super) fn request<'a>(
    only: &BTreeSet<Version>,
    clusters: impl IntoIterator<Item = &'a RegistryUse>,
) -> Request {
    let mut request = Request { only: only.clone(), ..Request::default() };
    for used in clusters {
        request.releases.extend(used.releases().cloned());
        request.channels.extend(used.channel);
        for (name, versions) in &used.modules {
            let tags = versions.iter().filter_map(|version| version.parse().ok());
            request.modules.entry(name.clone()).or_default().extend(tags);
        }
    }
    request
}

impl<'a> Comparison<'a> {
    /// Compares a registry with a cluster.
    pub(super) fn of(holdings: &'a Holdings, cluster: &RegistryUse) -> Self {
        let leads_to = cluster.channel.and_then(|channel| holdings.channels.get(channel.name()));
        let leads_to = leads_to.and_then(|channel| channel.release.as_deref());
        let asked = &holdings.limited_to;
        let is_used = |absent: &&Absent| absent.uses.iter().any(|it| uses(cluster, leads_to, asked, it));
        let (used, unused) = holdings.missing.iter().partition(is_used);
        Self { used, unused }
    }
}

/// Whether the cluster needs an object for this. `leads_to` is the release that its channel points to, which it
/// downloads next; `asked`: the releases that the report is about.
fn uses(cluster: &RegistryUse, leads_to: Option<&str>, asked: &BTreeSet<Version>, it: &Use) -> bool {
    let is_on = it.name.as_deref().is_none_or(|name| cluster.uses_image(name));
    match &it.by {
        WantedBy::Release(version) => {
            let is_next = leads_to == Some(deckhouse::version::tag_of(version).as_str());
            // A release that was asked for is one that the cluster will run.
            let is_asked = asked.contains(version);
            is_on && (is_next || is_asked || cluster.releases().any(|it| it == version))
        }
        WantedBy::Channel(channel) => cluster.channel == Some(*channel),
        WantedBy::Component { component: Component::Module, name, version } => {
            cluster.modules.get(name).is_some_and(|versions| {
                version.as_ref().is_none_or(|version| versions.contains(version.as_str()))
            })
        }
        WantedBy::Database(_) => cluster.uses_databases(),
        WantedBy::Installer | WantedBy::ReleasesFile | WantedBy::LockFile | WantedBy::WantList { .. } => {
            false
        }
        // What a cluster uses of these cannot be read.
        WantedBy::Build(_)
        | WantedBy::Component { component: Component::Package, .. }
        | WantedBy::Plugin { .. }
        | WantedBy::Image(_)
        | WantedBy::Listed(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use deckhouse::Channel;

    use super::*;

    fn cluster() -> RegistryUse {
        RegistryUse {
            release: Version::new(1, 58, 3),
            waiting: BTreeSet::from([Version::new(1, 59, 4)]),
            channel: Some(Channel::Stable),
            modules: BTreeMap::from([("console".to_owned(), BTreeSet::from(["v1.2.3".to_owned()]))]),
            switched_off: BTreeSet::from(["cloud-provider-aws".to_owned(), "operator-trivy".to_owned()]),
        }
    }

    fn module(name: &str, version: Option<&str>) -> WantedBy {
        let version = version.map(|version| version.parse().unwrap());
        WantedBy::Component { component: Component::Module, name: name.to_owned(), version }
    }

    #[test]
    fn what_a_cluster_uses() {
        let release = |minor, patch| WantedBy::Release(Version::new(1, minor, patch));
        for (by, name, is_used) in [
            (release(58, 3), None, true),
            (release(58, 3), Some("common.proxy"), true),
            (release(58, 3), Some("cloudProviderAws.ccm"), false),
            (release(59, 4), Some("common.proxy"), true),
            (release(60, 0), None, true),
            (release(60, 0), Some("cloudProviderAws.ccm"), false),
            (release(57, 5), None, false),
            (WantedBy::Channel(Channel::Stable), None, true),
            (WantedBy::Channel(Channel::Alpha), None, false),
            (module("console", Some("v1.2.3")), Some("backend"), true),
            (module("console", None), None, true),
            (module("console", Some("v1.3.0")), None, false),
            (module("other", None), None, false),
            (WantedBy::Database("security/trivy-db".to_owned()), None, false),
            (WantedBy::Installer, None, false),
        ] {
            let it = Use { by, name: name.map(str::to_owned) };
            assert_eq!(uses(&cluster(), Some("v1.60.0"), &BTreeSet::new(), &it), is_used, "{it:?}");
        }
    }

    #[test]
    fn what_clusters_use_is_read_even_if_it_is_not_listed() {
        let cluster = cluster();
        let request = request(&BTreeSet::new(), [&cluster]);
        assert_eq!(request.releases, cluster.releases().cloned().collect());
        assert_eq!(request.channels, BTreeSet::from([Channel::Stable]));
        assert_eq!(
            request.modules["console"].iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["v1.2.3"]
        );
    }
    #[test]
    fn a_release_that_was_asked_for_is_used() {
        let asked = BTreeSet::from([Version::new(1, 57, 5)]);
        for (name, is_used) in
            [(None, true), (Some("common.proxy"), true), (Some("cloudProviderAws.ccm"), false)]
        {
            let by = WantedBy::Release(Version::new(1, 57, 5));
            let it = Use { by, name: name.map(str::to_owned) };
            assert_eq!(uses(&cluster(), None, &asked, &it), is_used, "{name:?}");
        }
    }
}
