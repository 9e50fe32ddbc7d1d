//! Preparing a cluster for an update as the platform's documentation describes it: a fixed image tag, the update mode,
//! the releases, the channel.
//!
//! What is left to do is a pure function of the state, so an interrupted run is resumed by deciding again. A second run
//! finds nothing to do.

mod carry_out;
mod channel_note;
mod duplicates;
mod idle;
mod preflight;
mod refusal;
mod releases;
mod steps;
#[cfg(test)]
mod tests;
mod touch;
mod update_settings;
mod window;

pub use carry_out::{OnEvent, PrepareEvent, carry_out, decide, wait_if_busy};
pub use channel_note::{CHANNEL_NOTE, followed_channel};
pub use idle::{POLLS, wait_until_idle};
pub use refusal::{PrepareError, QueueState};
pub use steps::{Preparation, PrepareNote, PrepareSettings, Step, steps};
pub use window::{NoWindow, parse_window};

pub(crate) use channel_note::{channel_is_unset, noted_channel, unset_channel};
pub(crate) use touch::touch_mark;
