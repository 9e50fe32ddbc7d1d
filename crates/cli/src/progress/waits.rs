//! Reporting what a registry makes us wait for, since a silent wait looks like a hang, and where it sends a login.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mirror::{Event, Observer as _};
use registry::client::{Client, Notice};

use super::{Progress, meter::duration};

impl Progress {
    /// Reports the notices of `client`: waits as notes, the rest with `--verbose`.
    pub(crate) fn report_notices_of(self: &Arc<Self>, client: &Client) {
        let (progress, host) = (Arc::clone(self), client.host().to_string());
        client.on_notice(move |notice| {
            let text = text(&host, &notice, SystemTime::now());
            let is_wait = !matches!(notice, Notice::TokenServer { .. });
            progress.event(if is_wait { Event::Note(text) } else { Event::Detail(text) });
        });
    }
}

fn text(host: &str, notice: &Notice, now: SystemTime) -> String {
    match notice {
        Notice::RateLimited { cause } => {
            format!("{host} limits the rate of requests ({cause}): slowing down")
        }
        Notice::LongWait { cause, asked, next, limit } => {
            let until = clock(now, *asked);
            let again = if next < asked {
                format!(
                    "; trying again in {} anyway, and giving up after {} without success (--retry-timeout)",
                    duration(Duration::from_secs(
                        next.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
                    )),
                    duration(*limit)
                )
            } else {
                String::new()
            };
            format!("{host} requests a wait of {}, until {until} ({cause}){again}", duration(*asked))
        }
        Notice::NoSuccess { cause, elapsed, limit } => format!(
            "no request to {host} has succeeded for {} ({cause}); giving up after {} (--retry-timeout)",
            duration(*elapsed),
            duration(*limit)
        ),
        Notice::TokenServer { address } => {
            format!("the login for {host} is sent to its token server {address}")
        }
        Notice::ReadOnly { cause, limit } => format!(
            "{host} accepts no uploads at present ({cause}); waiting, and giving up after {} (--retry-timeout)",
            duration(*limit)
        ),
    }
}

/// The time of day, in UTC: what zone the user lives in is not known without the system's files.
fn clock(now: SystemTime, later: Duration) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_add(later).as_secs();
    format!("{:02}:{:02} UTC", since / 3600 % 24, since / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_reported_with_reason_and_limit() {
        let (cause, limit) = ("too many requests".to_owned(), Duration::from_mins(5));
        let wait = |asked, next| Notice::LongWait {
            cause: cause.clone(),
            asked: Duration::from_secs(asked),
            next: Duration::from_secs(next),
            limit,
        };
        let now = UNIX_EPOCH + Duration::from_mins(23 * 60 + 30);
        for (notice, expected) in [
            (wait(120, 120), "r:5000 requests a wait of 2m00s, until 23:32 UTC (too many requests)"),
            (
                wait(3600, 300),
                "r:5000 requests a wait of 1h00m, until 00:30 UTC (too many requests); trying again in 5m00s anyway, and giving \
                 up after 5m00s without success (--retry-timeout)",
            ),
            (
                Notice::NoSuccess { cause: cause.clone(), elapsed: Duration::from_secs(31), limit },
                "no request to r:5000 has succeeded for 31s (too many requests); giving up after 5m00s (--retry-timeout)",
            ),
        ] {
            assert_eq!(text("r:5000", &notice, now), expected);
        }
    }
}
