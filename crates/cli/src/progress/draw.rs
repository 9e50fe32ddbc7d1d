//! How the progress of a stage is shown: what bar, lines and JSON have in common.

use std::time::Instant;

use super::meter::Meter;

/// Shows the figures of a stage.
pub(super) trait Draw: Send {
    fn begin(&mut self, meter: &Meter, now: Instant);
    fn update(&mut self, meter: &Meter, now: Instant);
    fn end(&mut self, meter: &Meter, now: Instant);
    /// The stage failed; the error says why.
    fn abandon(&mut self);
    /// A line for the user that must not be torn by what is being drawn.
    fn say(&mut self, kind: &'static str, text: &str);
}
