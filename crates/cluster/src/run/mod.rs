//! What `update run` does next, decided from the state of the cluster alone: nothing is remembered between runs.

mod blocked;
mod blockers;
mod runner;
mod step;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod runner_tests;
#[cfg(test)]
mod tests;

pub use blocked::Blocked;
pub use runner::{Move, Runner};
pub use step::{Step, next};
