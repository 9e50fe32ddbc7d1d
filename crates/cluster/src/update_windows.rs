//! When the next update window opens.
//!
//! The controller's message leaves out a window later today and names that of tomorrow (cluster-2026.md, 1.7), so the time
//! is computed from the settings.

use std::cmp::Reverse;

use jiff::{Timestamp, ToSpan as _, civil::Time, tz::TimeZone};

use crate::objects::{UpdateSettings, UpdateWindow};
use crate::wait_reason::WaitReason;

/// The reasons, with the time of a window from the settings where they have windows. If one is open, until when: the
/// controller is about to notice it.
pub(crate) fn with_time(
    mut reasons: Vec<WaitReason>,
    settings: Option<&UpdateSettings>,
    now: Timestamp,
) -> Vec<WaitReason> {
    let Some((opens, closes)) = settings.and_then(|settings| next_opening(&settings.windows, now)) else {
        return reasons;
    };
    let text = |time: Timestamp| time.to_zoned(TimeZone::UTC).strftime("%d %b %Y %H:%M UTC").to_string();
    let (text, open_until) = if opens > now { (Some(text(opens)), None) } else { (None, Some(text(closes))) };
    let windows = reasons.iter().filter_map(|it| match it {
        WaitReason::Window { until } => Some(until.clone()),
        _ => None,
    });
    let written: Vec<Option<String>> = windows.collect();
    for reason in &mut reasons {
        // The controller reports a window as a postponement too.
        if let WaitReason::Window { until } | WaitReason::Postponed { until } = reason
            && written.contains(until)
        {
            until.clone_from(&text);
        }
        if let (WaitReason::Window { .. }, Some(until)) = (&*reason, &open_until) {
            *reason = WaitReason::WindowOpen { until: until.clone() };
        }
    }
    reasons
}

/// When the next window opens, or `now` if one is open, and when it closes. `None` without windows, or if one of them is not understood.
fn next_opening(windows: &[UpdateWindow], now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut openings = Vec::new();
    for window in windows {
        let (from, to) = (time(&window.from)?, time(&window.to)?);
        // A window of one day a week that is over today opens again in seven days.
        for days in 0..=7 {
            let day = today.checked_add(days.days()).ok()?;
            let name = day.strftime("%a").to_string();
            if !window.days.is_empty() && !window.days.contains(&name) {
                continue;
            }
            let at = |time: Time| day.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
            let (opens, closes) = (at(from)?, at(to)?);
            if closes > now {
                openings.push((opens.max(now), closes));
            }
        }
    }
    // Of several that are open, the last one to close counts.
    openings.into_iter().min_by_key(|(opens, closes)| (*opens, Reverse(*closes)))
}

/// `8:00` or `08:00`.
fn time(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    Time::new(hours.parse().ok()?, minutes.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: &str, to: &str, days: &[&str]) -> UpdateWindow {
        let days = days.iter().map(|day| (*day).to_owned()).collect();
        UpdateWindow { from: from.to_owned(), to: to.to_owned(), days }
    }

    /// What is said at noon of a Sunday where the controller names a window of tomorrow.
    fn said(windows: &[UpdateWindow]) -> Option<String> {
        let settings = UpdateSettings { windows: windows.to_vec(), ..UpdateSettings::default() };
        let message = || vec![WaitReason::Window { until: Some("30 Nov 2026 22:00 UTC".to_owned()) }];
        let now = "2026-11-29T12:00:00Z".parse().unwrap();
        match with_time(message(), Some(&settings), now).remove(0) {
            WaitReason::Window { until } => until,
            WaitReason::WindowOpen { until } => Some(format!("open until {until}")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_next_window_by_the_settings() {
        for (windows, expected) in [
            // Later today, which the controller leaves out.
            (&[window("22:00", "23:30", &[])][..], Some("29 Nov 2026 22:00 UTC")),
            (&[window("8:00", "10:00", &[])], Some("30 Nov 2026 08:00 UTC")),
            (
                &[window("8:00", "10:00", &["Mon"]), window("18:00", "19:00", &["Sun"])],
                Some("29 Nov 2026 18:00 UTC"),
            ),
            (&[window("8:00", "10:00", &["Sun"])], Some("06 Dec 2026 08:00 UTC")),
            (&[window("8:00", "10:00", &["Wed", "Tue"])], Some("01 Dec 2026 08:00 UTC")),
            // Open.
            (&[window("11:00", "13:00", &[])], Some("open until 29 Nov 2026 13:00 UTC")),
            (&[window("12:00", "13:00", &["Sun"])], Some("open until 29 Nov 2026 13:00 UTC")),
            // Without windows, or with one that is not understood, the controller's time stays.
            (&[], Some("30 Nov 2026 22:00 UTC")),
            (&[window("never", "13:00", &[])], Some("30 Nov 2026 22:00 UTC")),
        ] {
            assert_eq!(said(windows).as_deref(), expected, "{windows:?}");
        }
        let approval = vec![WaitReason::Approval];
        // Of the postponement, the time is the same; a wave of a rollout has its own.
        let at = |time: &str| Some(time.to_owned());
        let message = vec![
            WaitReason::Window { until: at("tomorrow") },
            WaitReason::Postponed { until: at("tomorrow") },
            WaitReason::Postponed { until: at("next week") },
        ];
        let tonight =
            UpdateSettings { windows: vec![window("22:00", "23:00", &[])], ..UpdateSettings::default() };
        let noon = "2026-11-29T12:00:00Z".parse().unwrap();
        let opens = || at("29 Nov 2026 22:00 UTC");
        assert_eq!(
            with_time(message, Some(&tonight), noon),
            [
                WaitReason::Window { until: opens() },
                WaitReason::Postponed { until: opens() },
                WaitReason::Postponed { until: at("next week") },
            ]
        );
        let settings =
            UpdateSettings { windows: vec![window("1:00", "2:00", &[])], ..UpdateSettings::default() };
        assert_eq!(with_time(approval.clone(), Some(&settings), Timestamp::UNIX_EPOCH), approval);
    }
}
