//! Modules that are updated separately from the platform: which of their releases are waiting and why, which one is
//! next, their update policy, and whether their sources have errors.

mod note;
mod offered;
mod order;
mod overview;
mod policy;
mod reason;
mod sources;
mod turn;
mod update_for;

#[cfg(test)]
mod properties;

pub use note::{ModuleNote, notes};
pub use offered::offered;
pub use order::{Order, order};
pub use overview::{Overview, WaitingRelease, overview};
pub use policy::{Policy, PolicyOrigin, policy};
pub use reason::ModuleWait;
pub use sources::{SYNC_LIMIT, SourceHealth, sources};
pub use turn::{ModuleTurn, NotNext, turn};
pub(crate) use update_for::{against_constraint, update_for};
