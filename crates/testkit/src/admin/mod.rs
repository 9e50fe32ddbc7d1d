//! Stand-ins for products with an admin API, in memory and on free ports. What they answer was recorded from real ones.

mod front;
pub mod harbor;
mod harbor_registry;
pub mod nexus;
mod tokens;
