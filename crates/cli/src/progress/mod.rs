//! Showing the progress of a command: a bar on a terminal, lines elsewhere, JSON for machines.

mod bar;
mod draw;
mod fitted;
mod json;
mod lines;
mod meter;
mod sink;
mod waits;

pub(crate) use sink::Progress;
