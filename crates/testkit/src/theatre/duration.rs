//! Times of a scenario, as `300ms` or `2s`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

/// A time as scenarios write it.
pub(super) fn story_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no time such as 300ms or 2s")))
}

fn parse(text: &str) -> Option<Duration> {
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().ok().map(Duration::from_millis);
    }
    text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_milliseconds_or_seconds() {
        assert_eq!(parse("300ms"), Some(Duration::from_millis(300)));
        assert_eq!(parse("2s"), Some(Duration::from_secs(2)));
        assert_eq!([parse("2"), parse("2m"), parse("s")], [None; 3]);
    }
}
