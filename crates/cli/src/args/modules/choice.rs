//! Which modules a pull brings: the same flags in `mirror` and `mirror-modules`.

use clap::Args;
use deckhouse::{ModuleRule, module_rule};

/// The choice of modules.
#[derive(Debug, Clone, Args)]
pub struct ModuleChoiceArgs {
    /// Pull only the modules that are named with this flag, whether or not the source lists them (repeatable). NAME: the
    /// versions that its channels point to. NAME@^1.2 or 'NAME@>=1.2 <2': also the latest patch of each minor in the
    /// range. NAME@=v1.3.5: exactly that version. NAME@=v1.3.5+stable: also point that channel to it
    #[arg(long, value_name = "NAME[@CONSTRAINT]", help_heading = "Modules (pull)")]
    pub include_module: Vec<ModuleRule>,
    /// Leave out this module (repeatable)
    #[arg(
        conflicts_with_all = ["include_module", "modules_filter"],
        long,
        value_name = "NAME",
        value_parser = module_rule::module_name,
        help_heading = "Modules (pull)"
    )]
    pub exclude_module: Vec<String>,
    /// The older way to name modules, separated by ";". NAME:v1.2.3: every version from v1.2.3 on. NAME:CHANNEL: the
    /// version that this channel points to
    #[arg(
        short = 'f',
        long,
        value_name = "FILTER",
        value_parser = parse_filter,
        help_heading = "Modules (pull)"
    )]
    pub modules_filter: Option<ModuleFilter>,
}

/// The entries of `--modules-filter`.
#[derive(Debug, Clone)]
pub struct ModuleFilter(pub(crate) Vec<ModuleRule>);

fn parse_filter(text: &str) -> Result<ModuleFilter, deckhouse::ParseModuleRuleError> {
    module_rule::parse_filter(text).map(ModuleFilter)
}
