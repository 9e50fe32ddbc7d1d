//! Telling of a long wait that a registry imposes: in silence it would look like a hang.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mirror::{Event, Observer as _};
use registry::client::{Client, LongWait};

use super::{Progress, meter::duration};

impl Progress {
    /// Notes what `client` waits for, if it is long.
    pub(crate) fn tell_waits_of(self: &Arc<Self>, client: &Client) {
        let (progress, host) = (Arc::clone(self), client.host().to_string());
        client.on_long_wait(move |wait| progress.event(Event::Note(text(&host, &wait, SystemTime::now()))));
    }
}

fn text(host: &str, wait: &LongWait, now: SystemTime) -> String {
    let LongWait { cause, asked, next, attempts } = wait;
    let again = if next < asked {
        format!("; dhctl retries in {} anyway, at most {attempts} times in a row", duration(*next))
    } else {
        String::new()
    };
    format!("{host} asks to wait {}, until {}: {cause}{again}", duration(*asked), clock(now, *asked))
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
    fn says_how_long_and_until_when() {
        let now = UNIX_EPOCH + Duration::from_mins(23 * 60 + 30);
        let wait = |asked, next| LongWait {
            cause: "too many requests".to_owned(),
            asked: Duration::from_secs(asked),
            next: Duration::from_secs(next),
            attempts: 6,
        };
        assert_eq!(
            text("r.example", &wait(3600, 300), now),
            "r.example asks to wait 1h00m, until 00:30 UTC: too many requests; dhctl retries in 5m00s anyway, \
             at most 6 times in a row"
        );
        assert_eq!(
            text("r.example", &wait(120, 121), now),
            "r.example asks to wait 2m00s, until 23:32 UTC: too many requests"
        );
    }
}
