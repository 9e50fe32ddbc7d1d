//! The rules over whole clusters made by hand.

mod busy;
mod commands;
mod ills;
mod sample;
mod words;
