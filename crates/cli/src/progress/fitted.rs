//! The figures of a stage on one line of a terminal, whatever its width. Pure: width and time are passed in.

use std::time::Instant;

use super::meter::{Meter, duration};
use crate::format::human;

/// The longest bar, in columns.
const BAR: usize = 30;
/// A shorter bar shows nothing.
const SHORTEST_BAR: usize = 8;

/// How many of the figures are on the line: those up to this one. What comes first stays longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum UpTo {
    Percent,
    Left,
    Rate,
    Bytes,
    Items,
}

impl Meter {
    /// The figures as a line of at most `width` columns. The narrower it is, the less is said; what stays longest is the
    /// percentage, then the time left, the rate, the bytes, the items, and a bar.
    pub(crate) fn fit(&self, width: usize, now: Instant) -> String {
        let Some(percent) = self.percent() else {
            return self.unmeasured(width, now);
        };
        let fits = |figures: UpTo, label: bool| self.text(figures, label, percent, now).len() <= width;
        // The stage is no figure: it stands wherever there is room for it and the time left.
        let label = fits(UpTo::Left, true);
        let most = [UpTo::Items, UpTo::Bytes, UpTo::Rate, UpTo::Left].into_iter().find(|it| fits(*it, label));
        let figures = most.unwrap_or(UpTo::Percent);
        let text = self.text(figures, label, percent, now);
        let room = width.saturating_sub(text.len() + 1).min(BAR);
        if label && figures == UpTo::Items && room >= SHORTEST_BAR {
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
    fn text(&self, up_to: UpTo, label: bool, percent: u64, now: Instant) -> String {
        let mut figures = Vec::new();
        if self.total_bytes > 0 {
            if up_to >= UpTo::Bytes {
                figures.push(format!("{} of {}", human(self.bytes), human(self.total_bytes)));
            }
            if up_to >= UpTo::Rate {
                figures.push(format!("{}/s", human(self.rate(now))));
            }
            if let Some(left) = self.left(now).filter(|_| up_to >= UpTo::Left) {
                figures.push(format!("{} left", duration(left)));
            }
        }
        if up_to >= UpTo::Items && self.total_items > 0 {
            figures.push(format!("{} of {}", self.items, self.total_items));
        }
        let label = if label { self.label() } else { "" };
        // As in the plain line: the first figure belongs to the label, but for the rate and the time.
        let comma = if label.is_empty() || figures.is_empty() || up_to >= UpTo::Bytes || self.total_bytes == 0
        {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mirror::Stage;

    use super::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    /// A download of 100 GiB after ten minutes, 42 of which are there.
    fn download(now: Instant) -> Meter {
        let mut meter = Meter::new(Stage::Download, 100 * GIB, 310, now);
        meter.add_bytes(42 * GIB, now + Duration::from_mins(10));
        meter.items = 80;
        meter
    }

    #[test]
    fn a_narrower_line_shows_less() {
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
    fn no_line_is_too_wide_and_the_most_important_fields_stay_longest() {
        let start = Instant::now();
        let stages = [
            Stage::Plan,
            Stage::List,
            Stage::Download,
            Stage::Inventory,
            Stage::Upload,
            Stage::Tags,
            Stage::ReadBack,
            Stage::Delete,
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
}
