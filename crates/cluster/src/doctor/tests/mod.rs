//! The rules over whole clusters made by hand.

mod advice;
mod findings;
mod sample;

mod updating;
