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

    /// Time left at the present rate; `None` if that cannot be said.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
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
            Stage::Download => "downloading",
            Stage::Inventory => "comparing with the registry",
            Stage::Upload => "uploading",
            Stage::Tags => "writing manifests and tags",
            Stage::ReadBack => "reading back",
            Stage::Copy => "copying",
            Stage::Check => "checking",
        }
    }

    /// The figures as one line: `downloading 1.2 GiB of 5.6 GiB, 45 MiB/s, 1m40s left, 80 of 310`.
    pub(crate) fn line(&self, now: Instant) -> String {
        use crate::commands::human;
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

/// The longest bar, in columns.
const BAR: usize = 30;
/// A shorter bar shows nothing.
const SHORTEST_BAR: usize = 8;

/// What of the figures is on the line.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    left: bool,
    label: bool,
    rate: bool,
    bytes: bool,
    items: bool,
}

impl Meter {
    /// The figures as a line of at most `width` columns. The narrower it is, the less is said; what stays longest is the
    /// percentage, then the time left, the rate, the bytes, the items, and a bar.
    pub(crate) fn fit(&self, width: usize, now: Instant) -> String {
        let Some(percent) = self.percent() else {
            return self.unmeasured(width, now);
        };
        let mut shown = Parts::default();
        let fits = |parts: Parts| self.text(parts, percent, now).len() <= width;
        let left = Parts { left: true, ..shown };
        if fits(left) {
            shown = left;
            // The stage is no figure: it stands wherever there is room for it and the most important ones.
            shown.label = fits(Parts { label: true, ..shown });
            for next in [
                Parts { rate: true, ..shown },
                Parts { rate: true, bytes: true, ..shown },
                Parts { rate: true, bytes: true, items: true, ..shown },
            ] {
                if fits(next) {
                    shown = next;
                } else {
                    break;
                }
            }
        }
        let text = self.text(shown, percent, now);
        let room = width.saturating_sub(text.len() + 1).min(BAR);
        let is_all = shown.label && shown.items;
        if is_all && room >= SHORTEST_BAR {
            format!("{} {text}", bar(room, percent))
        } else {
            shortened(&text, width)
        }
    }

    /// What is shown of a stage whose size is unknown.
    fn unmeasured(&self, width: usize, now: Instant) -> String {
        let elapsed = self.elapsed(now);
        let turn = ["|", "/", "-", "\\"][usize::try_from(elapsed.as_millis() / 200 % 4).unwrap_or_default()];
        let line = format!("{turn} {}", self.label());
        let with_time = format!("{line} ({})", duration(elapsed));
        if with_time.len() <= width { with_time } else { shortened(&line, width) }
    }

    /// How much is done, 0 to 100; `None` if it is unknown how much there is to do.
    fn percent(&self) -> Option<u64> {
        let (done, all) = if self.total_bytes > 0 {
            (self.bytes, self.total_bytes)
        } else {
            (self.items, self.total_items)
        };
        let percent = u128::from(done) * 100 / u128::from(Some(all).filter(|all| *all > 0)?);
        Some(u64::try_from(percent).unwrap_or(100).min(100))
    }

    /// ` 42% downloading 1.2 GiB of 5.6 GiB, 45 MiB/s, 1m40s left, 80 of 310`, or less of it.
    fn text(&self, parts: Parts, percent: u64, now: Instant) -> String {
        use crate::commands::human;
        let mut figures = Vec::new();
        if self.total_bytes > 0 {
            if parts.bytes {
                figures.push(format!("{} of {}", human(self.bytes), human(self.total_bytes)));
            }
            if parts.rate {
                figures.push(format!("{}/s", human(self.rate(now))));
            }
            if let Some(left) = self.left(now).filter(|_| parts.left) {
                figures.push(format!("{} left", duration(left)));
            }
        }
        if parts.items && self.total_items > 0 {
            figures.push(format!("{} of {}", self.items, self.total_items));
        }
        let label = if parts.label { self.label() } else { "" };
        // As in the plain line: the first figure belongs to the label, but for the rate and the time.
        let comma = if label.is_empty() || figures.is_empty() || parts.bytes || self.total_bytes == 0 {
            ""
        } else {
            ","
        };
        let words = [format!("{percent:>3}%"), format!("{label}{comma}"), figures.join(", ")];
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        words.join(" ")
    }
}

/// A bar of `width` columns.
fn bar(width: usize, percent: u64) -> String {
    let done = width * usize::try_from(percent).unwrap_or(100) / 100;
    let head = if done < width { ">" } else { "" };
    format!("{:<width$}", "=".repeat(done) + head)
}

/// The beginning of a line, if it is longer than `width`. Its letters take a column each.
fn shortened(line: &str, width: usize) -> String {
    line.chars().take(width).collect()
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
    fn tells_rate_and_time_left() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut meter = Meter::new(Stage::Download, 100 * 1024 * 1024, 10, start);
        assert_eq!(meter.left(at(0)), None);
        meter.add_bytes(20 * 1024 * 1024, at(10));
        assert_eq!(meter.line(at(10)), "downloading 20.0 MiB of 100 MiB, 2.00 MiB/s, 40s left, 0 of 10");
        // Nothing comes any more: after two windows the old speed is forgotten.
        for second in (15..60).step_by(15) {
            meter.add_bytes(0, at(second));
        }
        assert_eq!((meter.rate(at(60)), meter.left(at(60))), (0, None));
    }

    const GIB: u64 = 1024 * 1024 * 1024;

    /// A download of 100 GiB after ten minutes, 42 of which are there.
    fn download(now: Instant) -> Meter {
        let mut meter = Meter::new(Stage::Download, 100 * GIB, 310, now);
        meter.add_bytes(42 * GIB, now + Duration::from_mins(10));
        meter.items = 80;
        meter
    }

    #[test]
    fn the_narrower_the_line_the_less_it_says() {
        let start = Instant::now();
        let now = start + Duration::from_mins(10);
        let download = download(start);
        let mut tags = Meter::new(Stage::Tags, 0, 4000, start);
        tags.items = 4000;
        let plan = Meter::new(Stage::Plan, 0, 0, start);
        for (meter, width, expected) in [
            (
                &download,
                199,
                "============>                   42% downloading 42.0 GiB of 100 GiB, 71.7 MiB/s, 13m49s left, 80 of 310",
            ),
            (&download, 79, " 42% downloading 42.0 GiB of 100 GiB, 71.7 MiB/s, 13m49s left, 80 of 310"),
            (&download, 71, " 42% downloading 42.0 GiB of 100 GiB, 71.7 MiB/s, 13m49s left"),
            (&download, 50, " 42% downloading, 71.7 MiB/s, 13m49s left"),
            (&download, 29, " 42% downloading, 13m49s left"),
            (&download, 19, " 42% 13m49s left"),
            (&download, 15, " 42%"),
            (&download, 4, " 42%"),
            (&download, 2, " 4"),
            (&download, 0, ""),
            (&tags, 79, "============================== 100% writing manifests and tags 4000 of 4000"),
            (&tags, 39, "100% writing manifests and tags"),
            (&tags, 19, "100% 4000 of 4000"),
            (&plan, 79, "| reading the source (10m00s)"),
            (&plan, 20, "| reading the source"),
            (&plan, 10, "| reading "),
        ] {
            assert_eq!(meter.fit(width, now), expected, "{width}");
        }
    }

    #[test]
    fn no_line_is_wider_than_it_may_be_and_what_matters_most_stays_longest() {
        let start = Instant::now();
        let stages = [
            Stage::Plan,
            Stage::Download,
            Stage::Inventory,
            Stage::Upload,
            Stage::Tags,
            Stage::ReadBack,
            Stage::Copy,
            Stage::Check,
        ];
        for (stage, bytes, items, done, minutes) in stages.iter().flat_map(|stage| {
            [(0, 0, 0, 1), (0, 9, 3, 1), (5 * GIB, 0, GIB, 1), (900 * GIB, 90_000, GIB, 9000), (1, 1, 1, 0)]
                .map(|(bytes, items, done, minutes)| (*stage, bytes, items, done, minutes))
        }) {
            let now = start + Duration::from_mins(minutes);
            let mut meter = Meter::new(stage, bytes, items, start);
            if bytes > 0 {
                meter.add_bytes(done, now);
            }
            let full = meter.fit(1000, now);
            for width in 0..240 {
                let line = meter.fit(width, now);
                assert!(line.chars().count() <= width, "{stage:?} {width}: '{line}'");
                let figures = ["%", " left", "/s", "iB of"].into_iter().filter(|what| full.contains(what));
                let there: Vec<bool> = figures.map(|what| line.contains(what)).collect();
                assert!(there.is_sorted_by(|more, less| more >= less), "{stage:?} {width}: '{line}'");
            }
        }
    }

    #[test]
    fn durations() {
        for (seconds, expected) in [(0, "0s"), (59, "59s"), (100, "1m40s"), (7260, "2h01m")] {
            assert_eq!(duration(Duration::from_secs(seconds)), expected);
        }
    }
}
