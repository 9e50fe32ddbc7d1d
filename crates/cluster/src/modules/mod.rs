//! Modules that are updated on their own: which of their releases wait and why, whose turn it is, under which
//! policy, and whether their sources are in order.

mod order;
mod overview;
mod policy;
mod reason;
mod sources;
mod text;
mod turn;

pub use order::{Order, order};
pub use overview::{Overview, WaitingRelease, overview};
pub use policy::{Policy, PolicyOrigin, policy};
pub use sources::{SYNC_LIMIT, SourceHealth, sources};
pub use turn::{ModuleTurn, turn};
