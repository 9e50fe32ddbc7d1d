//! Modules that may be missing.

use std::collections::BTreeSet;

use crate::args::RequiredModulesArgs;

/// Their names.
pub(super) fn allowed(args: RequiredModulesArgs) -> BTreeSet<String> {
    args.allow_missing_module.into_iter().collect()
}
