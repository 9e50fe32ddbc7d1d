//! Plugins of the d8 CLI: what each requires, and which of them belong to a selection of modules.
//!
//! Each plugin has a repository below [`PLUGINS`](crate::repositories::PLUGINS), whose tags are its versions. The manifest
//! of a version has an annotation, its contract, which names the modules that the plugin is for and the plugins that it
//! needs (`internal/mirror/plugins` of deckhouse-cli).

mod catalog;
mod contract;
mod dependencies;
mod rejection;
mod select;
#[cfg(test)]
mod tests;

pub use self::{
    catalog::{ContractState, PluginCatalog, PluginLookup, plugin_version},
    contract::{ModuleGroup, PluginContract, PluginContractError, Required, annotation},
    dependencies::missing_plugins,
    rejection::PluginRejection,
    select::{
        PluginAnswer, PluginReason, PluginRequest, PluginSelection, PluginSelectionError, SelectedPlugin,
        select,
    },
};
