//! Modules that may be missing: the same flag wherever a bundle is written or read.

use clap::Args;
use deckhouse::module_rule;

/// Modules that may be missing.
#[derive(Debug, Clone, Args)]
pub struct RequiredModulesArgs {
    /// Accept that this module is missing, although a release (migratedModules) or another module requires it: it is
    /// disabled in your clusters, or your registry has it already (repeatable)
    #[arg(long, value_name = "NAME", value_parser = module_rule::module_name)]
    pub allow_missing_module: Vec<String>,
}
