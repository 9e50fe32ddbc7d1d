//! Finds out why an update does not proceed, and what to do about it.
//!
//! Rules over [`ClusterState`](crate::ClusterState) and [`Details`], each a pure function. A cluster in the middle of an
//! update is busy, not unhealthy: where only time distinguishes the two, a rule has a limit (`limits.rs`).

mod context;
mod details;
mod finding;
mod limits;
mod log;
mod questions;
mod read;
mod report;
mod rules;
mod server_time;
mod source;
#[cfg(test)]
mod tests;

pub use details::{
    ChannelRelease, DeploymentCondition, Details, FailedPull, ImageAnswer, LogError, PodEvent,
    RegistryAnswer, RegistryAnswers, RegistryCheck, ReleaseList,
};
pub use finding::{Finding, Severity};
pub(crate) use limits::TASK_FAILURES_BLOCK;
pub use questions::{ImageQuestion, Questions, questions};
pub use read::read;
pub use report::{Conclusion, DoctorReport, NotChecked, diagnose};
pub use server_time::server_time;
pub use source::Source;
