//! An update window as a user types it: `Mon,Tue 22:00-23:30`.

use crate::objects::UpdateWindow;

/// Why a text is not an update window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not an update window: {why}; examples: 'Mon,Tue 22:00-23:30', '8:00-10:00' (UTC)")]
pub struct NoWindow {
    text: String,
    why: &'static str,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Reads `[DAYS ]FROM-TO`. The platform's schema takes hours with or without a leading zero, and wants the end after
/// the beginning (facts 2): a window over midnight is two.
pub fn parse_window(text: &str) -> Result<UpdateWindow, NoWindow> {
    let refused = |why| NoWindow { text: text.to_owned(), why };
    let (days, times) = text.trim().rsplit_once(' ').unwrap_or(("", text.trim()));
    let (from, to) =
        times.split_once('-').ok_or_else(|| refused("expected two times with '-' between them"))?;
    let begin = minutes(from).ok_or_else(|| refused("the start is not a time"))?;
    let end = minutes(to).ok_or_else(|| refused("the end is not a time"))?;
    if begin >= end {
        return Err(refused("the end must be after the start; for a window over midnight, give two windows"));
    }
    let days: Vec<String> = days.split([',', ' ']).filter(|day| !day.is_empty()).map(str::to_owned).collect();
    if !days.iter().all(|day| DAYS.contains(&day.as_str())) {
        return Err(refused("days are Mon, Tue, Wed, Thu, Fri, Sat, Sun"));
    }
    Ok(UpdateWindow { from: from.to_owned(), to: to.to_owned(), days })
}

/// By the pattern of the platform's schema: `^(?:\d|[01]\d|2[0-3]):[0-5]\d$`.
fn minutes(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    let (hours, minutes) = match (hours.len(), minutes.len()) {
        (1 | 2, 2) => (number(hours)?, number(minutes)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_in_the_format_of_the_platform() {
        for (text, from, to, days) in [
            ("Mon,Tue 22:00-23:30", "22:00", "23:30", &["Mon", "Tue"][..]),
            ("8:00-10:00", "8:00", "10:00", &[]),
            ("Sat Sun 00:00-23:59", "00:00", "23:59", &["Sat", "Sun"]),
        ] {
            let days = days.iter().map(|day| (*day).to_owned()).collect();
            let expected = UpdateWindow { from: from.to_owned(), to: to.to_owned(), days };
            assert_eq!(parse_window(text), Ok(expected), "{text}");
        }
        for (text, why) in [
            ("", "two times"),
            ("Mon", "two times"),
            ("22:00-6:00", "after the start"),
            ("8:00-8:00", "after the start"),
            ("24:00-24:30", "the start"),
            ("8:0-9:00", "the start"),
            ("8:00-9:60", "the end"),
            ("+8:00-9:00", "the start"),
            ("mon 8:00-9:00", "days"),
            ("Monday 8:00-9:00", "days"),
        ] {
            let error = parse_window(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
