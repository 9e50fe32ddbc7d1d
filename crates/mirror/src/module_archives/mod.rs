//! Modules in archives of their own: what a pull would download, module by module, and writing the archives.
//!
//! A module that fails does not stop the others.

mod plan;
mod write;

pub use self::{
    plan::{FailedModule, ModulePlanner, PlannedModule, archive_name},
    write::{ModulesWritten, write},
};
