//! When an update is done: a state machine that gets consecutive observations of a cluster and decides how far the update is.
//!
//! The object of a release says `Deployed` when the image was switched, which is the start. The update is done only when
//! everything that it changes has been healthy for the settle time.

mod at_rest;
mod clock;
mod failure;
mod machine;
mod progress;
mod queues;
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
pub(crate) mod scenes;
#[cfg(test)]
mod tests;

pub(crate) use at_rest::{busy_queue, unreadable, unsettled};
pub(crate) use clock::{LONGEST_GAP, between};
pub use machine::Machine;
pub use report::{Call, Source, Stage, UnknownSource, Unread, Verdict};
pub use settings::Settings;
pub use sources::were_tried;
pub use surroundings::is_of_an_update;
