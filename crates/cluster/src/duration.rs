//! Lengths of time as people read and type them: `90s`, `2h`, `1h30m`.

use std::time::Duration;

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

/// Reads `90s`, `2h`, `1h30m`: whole numbers, each with its unit, the larger first.
///
/// # Errors
/// Anything else, in words for whoever typed it.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a length of time as 90s, 15m, 2h or 1h30m".to_owned();
    let (mut total, mut number, mut below) = (0_u64, String::new(), u64::MAX);
    for letter in text.trim().chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let (_, unit) = *UNITS.iter().find(|(name, _)| *name == letter).ok_or_else(wrong)?;
        let count: u64 = number.parse().map_err(|_| wrong())?;
        if unit >= below {
            return Err(wrong());
        }
        total = count.checked_mul(unit).and_then(|it| it.checked_add(total)).ok_or_else(wrong)?;
        below = unit;
        number.clear();
    }
    if below == u64::MAX || !number.is_empty() || total > 10 * 365 * 86_400 {
        return Err(wrong());
    }
    Ok(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let cases = [
            ("0s", 0, "0s"),
            ("90s", 90, "1m30s"),
            ("2h", 7200, "2h"),
            ("1h30m", 5400, "1h30m"),
            ("2m5s", 125, "2m05s"),
            ("1d", 86_400, "1d"),
        ];
        for (typed, seconds, shown) in cases {
            assert_eq!(parse(typed), Ok(Duration::from_secs(seconds)), "{typed}");
            assert_eq!(text(Duration::from_secs(seconds)), shown);
        }
        assert_eq!(text(Duration::from_secs(3 * 3600 + 59)), "3h");
    }

    #[test]
    fn what_is_no_length() {
        for typed in
            ["", "5", "h", "1.5h", "-1s", "1m1h", "1m2m", "99999999999999999999s", "9999999d", "2 h", "1h 5"]
        {
            assert!(parse(typed).unwrap_err().contains("1h30m"), "{typed}");
        }
    }
}
