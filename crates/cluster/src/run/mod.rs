//! What `update run` does next, decided from the state of the cluster alone: nothing is remembered between runs.

mod blocked;
mod course;
mod hindrance;
mod step;

#[cfg(test)]
mod course_tests;
#[cfg(test)]
mod tests;

pub use blocked::Blocked;
pub use course::{Course, Move};
pub use step::{Step, next};
