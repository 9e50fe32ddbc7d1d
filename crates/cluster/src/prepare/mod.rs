//! Getting a cluster ready for an update, as the platform's documentation has it: a fixed image tag, the update
//! mode, the releases, the channel.
//!
//! What is left to do is a pure function of the state, so a run that was stopped anywhere is gone on with by
//! deciding once more. A second run finds nothing to do.

mod carry_out;
mod channel_note;
mod idle;
mod preflight;
mod refusal;
mod releases;
mod settings;
mod steps;
#[cfg(test)]
mod tests;
mod twins;
mod window;

pub use carry_out::{Tell, Told, carry_out, come_to_rest, decide};
pub use channel_note::{CHANNEL_NOTE, followed_channel};
pub use idle::{POLLS, wait_until_idle};
pub use refusal::PrepareError;
pub use steps::{Preparation, Step, Wish, steps};
pub use window::{NoWindow, parse_window};

pub(crate) use channel_note::{
    channel_is_unset, interrupted_preparation, noted_channel, set_channel, unset_channel,
};
