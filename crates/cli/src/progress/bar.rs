//! One line on a terminal that is redrawn in place.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::{meter::Meter, sink::Draw};

#[derive(Default)]
pub(super) struct Bar {
    bar: Option<ProgressBar>,
}

impl Draw for Bar {
    fn begin(&mut self, meter: &Meter, now: Instant) {
        let length = if meter.total_bytes > 0 { meter.total_bytes } else { meter.total_items };
        let template =
            if length > 0 { "{bar:30} {percent:>3}% {msg}" } else { "{spinner} {msg} ({elapsed})" };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(length).with_style(style.progress_chars("=> "));
        bar.set_message(meter.line(now));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn update(&mut self, meter: &Meter, now: Instant) {
        if let Some(bar) = &self.bar {
            bar.set_position(if meter.total_bytes > 0 { meter.bytes } else { meter.items });
            bar.set_message(meter.line(now));
        }
    }

    fn end(&mut self, _: &Meter, _: Instant) {
        self.abandon();
    }

    fn abandon(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn say(&mut self, kind: &'static str, text: &str) {
        let line = format!("{kind}: {text}");
        match &self.bar {
            Some(bar) => bar.println(line),
            None => crate::printer::note(&line),
        }
    }
}
