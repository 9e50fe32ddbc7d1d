//! The pull that needs no want list, for environments that no file may leave.

use std::collections::BTreeMap;

use commands::PullChain;
use deckhouse::want::{ModuleNeed, Needs};

/// A pull of at least the same releases and modules. It pulls what registries contain already too.
pub(super) fn equivalent(needs: &Needs) -> PullChain {
    let Needs { edition, chain, modules, packages, plugins, databases, .. } = needs;
    // A maximum and named channels together would leave out a target, so several kinds of targets have neither.
    let (max, channels) = match (chain.targets.last(), chain.channels.is_empty()) {
        (Some(target), true) => (Some(target.to_string()), Vec::new()),
        (None, false) => (None, chain.channels.iter().map(ToString::to_string).collect()),
        _ => (None, Vec::new()),
    };
    PullChain {
        edition: edition.as_ref().map(deckhouse::Edition::repository),
        min: chain.from.to_string(),
        max,
        channels,
        modules: own(modules),
        packages: own(packages),
        plugins: plugins.iter().cloned().collect(),
        no_security_db: !databases,
    }
}

/// Those of the platform's own source, each with its lowest version.
fn own(needs: &BTreeMap<String, ModuleNeed>) -> Vec<(String, Option<String>)> {
    let own = needs.iter().filter(|(_, need)| need.is_own);
    own.map(|(name, need)| (name.clone(), need.from.as_ref().map(ToString::to_string))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use commands::{Command, Mirror};
    use deckhouse::{Channel, Edition, select::Chain};
    use semver::Version;

    use super::*;

    #[test]
    fn as_a_line() {
        let need = |from, is_own| ModuleNeed { from, is_own, unversioned: BTreeSet::new() };
        let needs = |targets: &[(u64, u64)], channels: &[Channel]| Needs {
            edition: Edition::parse("SE-plus"),
            chain: Chain {
                from: Version::new(1, 68, 3),
                targets: targets.iter().map(|(minor, patch)| Version::new(1, *minor, *patch)).collect(),
                channels: channels.iter().copied().collect(),
                may_skip_minors: false,
            },
            modules: BTreeMap::from([
                ("billing".to_owned(), need(Some(Version::new(2, 0, 0)), false)),
                ("console".to_owned(), need(Some(Version::new(1, 2, 3)), true)),
                ("stronghold".to_owned(), need(None, true)),
            ]),
            embedded_modules: None,
            module_channels: BTreeSet::new(),
            packages: BTreeMap::new(),
            plugins: BTreeSet::new(),
            databases: true,
        };
        let none = Needs {
            edition: None,
            modules: BTreeMap::new(),
            packages: BTreeMap::from([("pg".to_owned(), need(Some(Version::new(1, 0, 0)), true))]),
            plugins: BTreeSet::from(["pg-ctl".to_owned()]),
            databases: false,
            ..needs(&[], &[Channel::Stable])
        };
        let begin = "dhctl mirror pull -i d8.tar --source registry.deckhouse.ru/deckhouse/se-plus --min-version 1.68.3";
        let modules = "--include-module console@1.2.3 --include-module stronghold --no-packages";
        for (needs, line) in [
            (needs(&[(70, 1), (72, 4)], &[]), format!("{begin} --max-version 1.72.4 {modules}")),
            (needs(&[], &[Channel::Stable, Channel::Beta]), format!("{begin} --channel beta --channel stable {modules}")),
            (needs(&[(70, 1)], &[Channel::Stable]), format!("{begin} {modules}")),
            (none, "dhctl mirror pull -i d8.tar --min-version 1.68.3 --channel stable --no-modules --include-package pg@1.0.0 --include-plugin pg-ctl --no-security-db".to_owned()),
        ] {
            assert_eq!(Command::from(Mirror::PullChain(Box::new(equivalent(&needs)))).to_string(), line);
        }
    }
}
