//! What `update run` does next, decided from the state of the cluster alone: nothing is remembered between runs.

mod step;

#[cfg(test)]
mod tests;

pub use step::{Blocked, Step, next};
