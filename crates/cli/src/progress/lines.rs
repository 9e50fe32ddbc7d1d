//! Plain lines for consoles, logs and CI: one when a stage begins, one every few seconds, one at its end.

use std::time::{Duration, Instant};

use super::{
    draw::Draw,
    meter::{Meter, duration},
};
use crate::{format::human, printer};

const EVERY: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Lines {
    last: Option<Instant>,
}

impl Draw for Lines {
    fn begin(&mut self, meter: &Meter, now: Instant) {
        self.last = Some(now);
        let total =
            if meter.total_bytes > 0 { format!(": {}", human(meter.total_bytes)) } else { String::new() };
        printer::note(&format!("{}{total}", meter.label()));
    }

    fn update(&mut self, meter: &Meter, now: Instant) {
        if self.last.is_none_or(|last| now.duration_since(last) >= EVERY) {
            self.last = Some(now);
            printer::note(&meter.line(now));
        }
    }

    fn end(&mut self, meter: &Meter, now: Instant) {
        printer::note(&format!("{}: finished after {}", meter.label(), duration(meter.elapsed(now))));
    }

    fn abandon(&mut self) {}

    fn say(&mut self, kind: &'static str, text: &str) {
        printer::note(&if kind == "detail" { format!("  {text}") } else { format!("{kind}: {text}") });
    }
}
