//! Durations as users type and read them: `90s`, `2h`, `1h30m`.

use std::time::Duration;

use jiff::{SpanRelativeTo, fmt::friendly::SpanParser};

static PARSER: SpanParser = SpanParser::new();

/// Ten years.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// The units, largest first, in seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// `1h30m`, `2m05s`, `12s`: at most two units, rounded down.
pub fn text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let first = UNITS.iter().position(|(_, unit)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let (name, unit) = UNITS[first];
    let rest = UNITS.get(first + 1).map(|(name, smaller)| (seconds % unit / smaller, name));
    match rest {
        Some((count, smaller)) if count > 0 => format!("{}{name}{count:02}{smaller}", seconds / unit),
        _ => format!("{}{name}", seconds / unit),
    }
}

/// Reads `90s`, `2h`, `1h30m` and other forms of jiff's friendly format, such as `1.5h` or `2 hours`: the larger unit first,
/// at most ten years.
///
/// # Errors
/// Anything else, as a message for the user.
pub fn parse(text: &str) -> Result<Duration, String> {
    let span = PARSER.parse_span(text.trim()).ok();
    // Days of 24 hours; months and years have no fixed length, and are refused.
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| "expected a duration such as 90s, 15m, 2h or 1h30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [
            ("0s", 0, "0s"),
            ("90s", 90, "1m30s"),
            ("2h", 7200, "2h"),
            ("1h30m", 5400, "1h30m"),
            ("2m5s", 125, "2m05s"),
            ("1.5h", 5400, "1h30m"),
            ("2 hours", 7200, "2h"),
            ("1d", 86_400, "1d"),
        ];
        for (typed, seconds, shown) in cases {
            assert_eq!(parse(typed), Ok(Duration::from_secs(seconds)), "{typed}");
            assert_eq!(text(Duration::from_secs(seconds)), shown);
        }
        assert_eq!(text(Duration::from_secs(3 * 3600 + 59)), "3h");
    }

    #[test]
    fn what_is_not_a_duration() {
        for typed in [
            "",
            "5",
            "h",
            "-1s",
            "1h ago",
            "1m1h",
            "1m2m",
            "99999999999999999999s",
            "9999999d",
            "1mo",
            "1h 5",
        ] {
            assert!(parse(typed).unwrap_err().contains("1h30m"), "{typed}");
        }
    }
}
