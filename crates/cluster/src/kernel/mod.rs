//! The kernel of the nodes of chosen groups: a script for the platform to run on them, and whether it has
//! happened.

mod carry_out;
mod check;
mod configuration;
mod nodes;
mod notes;
mod script;
mod version;

pub use carry_out::{KernelError, carry_out};
pub use check::{Lagging, lagging};
pub use configuration::{Configuration, ForeignConfiguration, changes, name_for, read};
pub use nodes::OnNodes;
pub use notes::{KernelNote, notes};
pub use version::{KernelVersion, NoKernelVersion};
