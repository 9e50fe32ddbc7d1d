//! When an update is done: a machine that is shown a cluster again and again, and says how far it is.
//!
//! The object of a release says `Deployed` when the image was switched, which is the start. "Done" is said
//! only when everything that an update moves has been quiet for a while (facts/cluster.md §4).

mod calm;
mod clock;
mod failure;
mod machine;
mod report;
mod restarts;
mod settings;
mod signal;
mod sources;
mod stall;
mod subject;
mod surroundings;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod scenes;
#[cfg(test)]
mod tests;

pub(crate) use clock::{LONGEST_GAP, between};
pub use machine::Machine;
pub use report::{Call, Diagnosis, Stage, Unknown, Verdict, Waiting};
pub use settings::Settings;
pub(crate) use sources::rights;
pub use sources::were_tried;
pub use surroundings::is_of_an_update;
