//! How far a stage is, how fast it goes, and how long it will take. Pure: time is passed in.

use std::time::{Duration, Instant};

use mirror::Stage;

/// The rate is an average over about this long, so that it follows the line and does not jump.
const WINDOW: Duration = Duration::from_secs(15);

/// The figures of one stage.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    pub(crate) stage: Stage,
    pub(crate) bytes: u64,
    pub(crate) total_bytes: u64,
    pub(crate) items: u64,
    pub(crate) total_items: u64,
    began: Instant,
    mark: (Instant, u64),
    previous: (Instant, u64),
}

impl Meter {
    pub(crate) fn new(stage: Stage, total_bytes: u64, total_items: u64, now: Instant) -> Self {
        let mark = (now, 0);
        Self { stage, bytes: 0, total_bytes, items: 0, total_items, began: now, mark, previous: mark }
    }

    pub(crate) fn add_bytes(&mut self, bytes: u64, now: Instant) {
        self.bytes += bytes;
        if now.duration_since(self.mark.0) >= WINDOW {
            self.previous = self.mark;
            self.mark = (now, self.bytes);
        }
    }

    /// Bytes a second over the last one to two windows; 0 before anything can be said.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rate for people"
    )]
    pub(crate) fn rate(&self, now: Instant) -> u64 {
        let seconds = now.duration_since(self.previous.0).as_secs_f64();
        if seconds < 0.2 { 0 } else { ((self.bytes - self.previous.1) as f64 / seconds) as u64 }
    }

    /// Time left at the present rate; `None` if that cannot be said, also while only small objects have been transferred:
    /// the time for these does not depend on their size.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
        if self.bytes < self.total_bytes / 100 && self.items > self.total_items / 10 {
            return None;
        }
        let missing = self.total_bytes.checked_sub(self.bytes)?;
        let rate = self.rate(now);
        (missing > 0 && rate > 0).then(|| Duration::from_secs(missing.div_ceil(rate)))
    }

    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.duration_since(self.began)
    }

    /// What the stage does, for people.
    pub(crate) fn label(&self) -> &'static str {
        match self.stage {
            Stage::Plan => "reading the source",
            Stage::List => "reading manifests",
            Stage::Download => "downloading",
            Stage::Inventory => "comparing with the registry",
            Stage::Upload => "uploading",
            Stage::Tags => "writing manifests and tags",
            Stage::ReadBack => "reading back",
            Stage::Delete => "deleting manifests",
            Stage::Copy => "copying",
            Stage::Check => "checking",
        }
    }

    /// The figures as one line: `downloading 1.2 GiB of 5.6 GiB, 45 MiB/s, 1m40s left, 80 of 310`.
    pub(crate) fn line(&self, now: Instant) -> String {
        use crate::format::human;
        let mut line = self.label().to_owned();
        if self.total_bytes > 0 {
            line += &format!(" {} of {}", human(self.bytes), human(self.total_bytes));
            line += &format!(", {}/s", human(self.rate(now)));
            if let Some(left) = self.left(now) {
                line += &format!(", {} left", duration(left));
            }
        }
        if self.total_items > 0 {
            let comma = if self.total_bytes > 0 { "," } else { "" };
            line += &format!("{comma} {} of {}", self.items, self.total_items);
        }
        line
    }
}

/// A duration in its two largest units.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_rate_and_time_left() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut meter = Meter::new(Stage::Download, 100 * 1024 * 1024, 10, start);
        assert_eq!(meter.left(at(0)), None);
        meter.add_bytes(20 * 1024 * 1024, at(10));
        assert_eq!(meter.line(at(10)), "downloading 20.0 MiB of 100 MiB, 2.00 MiB/s, 40s left, 0 of 10");
        // A tenth of the objects has almost no bytes.
        let mut small = Meter::new(Stage::ReadBack, 100 * 1024 * 1024, 100, start);
        small.add_bytes(1024, at(1));
        assert_eq!(small.left(at(1)).map(|left| left.as_secs() > 3600), Some(true));
        small.items = 11;
        assert_eq!(small.left(at(1)), None);
        // Nothing comes any more: after two windows the old speed is forgotten.
        for second in (15..60).step_by(15) {
            meter.add_bytes(0, at(second));
        }
        assert_eq!((meter.rate(at(60)), meter.left(at(60))), (0, None));
    }

    #[test]
    fn durations() {
        for (seconds, expected) in [(0, "0s"), (59, "59s"), (100, "1m40s"), (7260, "2h01m")] {
            assert_eq!(duration(Duration::from_secs(seconds)), expected);
        }
    }
}
