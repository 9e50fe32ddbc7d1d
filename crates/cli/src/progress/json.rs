//! One JSON object per line on standard error.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{draw::Draw, meter::Meter};
use crate::printer;

const EVERY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Json {
    last: Option<Instant>,
}

impl Json {
    fn figures(event: &str, meter: &Meter, now: Instant) {
        let line = json!({
            "event": event,
            "stage": meter.stage,
            "bytes": meter.bytes,
            "total_bytes": meter.total_bytes,
            "items": meter.items,
            "total_items": meter.total_items,
            "bytes_per_second": meter.rate(now),
            "seconds": meter.elapsed(now).as_secs(),
            "seconds_left": meter.left(now).map(|left| left.as_secs()),
        });
        printer::note(&line.to_string());
    }
}

impl Draw for Json {
    fn begin(&mut self, meter: &Meter, now: Instant) {
        self.last = Some(now);
        Self::figures("began", meter, now);
    }

    fn update(&mut self, meter: &Meter, now: Instant) {
        if self.last.is_none_or(|last| now.duration_since(last) >= EVERY) {
            self.last = Some(now);
            Self::figures("progress", meter, now);
        }
    }

    fn end(&mut self, meter: &Meter, now: Instant) {
        Self::figures("ended", meter, now);
    }

    fn abandon(&mut self) {}

    fn say(&mut self, kind: &'static str, text: &str) {
        printer::note(&json!({"event": kind, "text": text}).to_string());
    }
}
