//! Why an update does not go on, and what to do about it.
//!
//! Rules over the state and the evidence; each is a pure function. A cluster in the middle of an update is busy
//! and not ill: where time tells the two apart, a rule has a limit (`limits.rs`).

mod clock;
mod diagnosis;
mod evidence;
mod finding;
mod gather;
mod limits;
mod log;
mod look;
mod questions;
mod rules;
#[cfg(test)]
mod tests;
mod text;

pub use clock::clock;
pub use diagnosis::{Diagnosis, NotLookedAt, Verdict, examine};
pub use evidence::{
    Answer, Answers, ChannelRelease, DeploymentCondition, Evidence, ImageAnswer, LogError, PodEvent, Probe,
    WaitingPod,
};
pub use finding::{Finding, Severity};
pub use gather::gather;
pub use questions::{Questions, questions};
