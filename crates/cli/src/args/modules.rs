//! Which modules a pull brings: the same flags in `mirror` and `mirror-modules`.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use deckhouse::{ModuleRule, VersionRule, module_rule};
use mirror::Modules;

/// The choice of modules.
#[derive(Debug, Clone, Args)]
pub struct ModuleChoiceArgs {
    /// Pull this module and no other that is not named, whether or not the source lists it (repeatable):
    /// NAME for what its channels point to; with a range, as NAME@^1.2 or 'NAME@>=1.2 <2', also the latest
    /// patch of each minor in it; NAME@=v1.3.5 for exactly that version, NAME@=v1.3.5+stable to let the
    /// channel point to it
    #[arg(
        conflicts_with = "registry",
        long,
        value_name = "NAME[@CONSTRAINT]",
        help_heading = "Choice of modules (pull)"
    )]
    pub include_module: Vec<ModuleRule>,
    /// Leave this module out (repeatable)
    #[arg(
        conflicts_with_all = ["registry", "include_module", "modules_filter"],
        long,
        value_name = "NAME",
        value_parser = module_rule::module_name,
        help_heading = "Choice of modules (pull)"
    )]
    pub exclude_module: Vec<String>,
    /// The older way to name modules: "NAME:v1.2.3" for every version from there upwards, "NAME:CHANNEL"
    /// for what that channel points to; several are separated by ";"
    #[arg(
        conflicts_with = "registry",
        short = 'f',
        long,
        value_name = "FILTER",
        value_parser = parse_filter,
        help_heading = "Choice of modules (pull)"
    )]
    pub modules_filter: Option<ModuleFilter>,
}

/// The entries of `--modules-filter`.
#[derive(Debug, Clone)]
pub struct ModuleFilter(Vec<ModuleRule>);

fn parse_filter(text: &str) -> Result<ModuleFilter, deckhouse::ParseModuleRuleError> {
    module_rule::parse_filter(text).map(ModuleFilter)
}

impl ModuleChoiceArgs {
    /// What the flags mean together.
    pub(crate) fn modules(&self) -> Modules {
        let filter = self.modules_filter.iter().flat_map(|filter| &filter.0);
        let mut named: BTreeMap<String, Vec<VersionRule>> = BTreeMap::new();
        for rule in self.include_module.iter().chain(filter) {
            named.entry(rule.name.clone()).or_default().push(rule.versions.clone());
        }
        if named.is_empty() {
            let except: BTreeSet<String> = self.exclude_module.iter().cloned().collect();
            return Modules::Listed { except };
        }
        Modules::Named(named)
    }
}
