//! Watching an update: a live screen on a terminal, lines elsewhere, JSON for machines.

mod follow;
mod layout;
mod lines;
mod record;
mod screen;
mod show;
mod stages;
mod text;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use follow::{End, Limits, Observations, end, follow};
pub(crate) use show::Show;
