//! Modules that are updated separately from the platform: which of their releases are waiting and why, which one is
//! next, their update policy, and whether their sources have errors.

mod order;
mod overview;
mod policy;
mod reason;
mod sources;
mod turn;

pub use order::{Order, order};
pub use overview::{Overview, WaitingRelease, overview};
pub use policy::{Policy, PolicyOrigin, policy};
pub use reason::ModuleWait;
pub use sources::{SYNC_LIMIT, SourceHealth, sources};
pub use turn::{ModuleTurn, NotNext, turn};
