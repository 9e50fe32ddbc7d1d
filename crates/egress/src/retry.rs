//! Retries: how often, how long to wait, and what a server requests (`Retry-After`).

use std::time::{Duration, SystemTime};

/// The longest wait that a server can impose.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// Exponential backoff with full jitter, so that parallel workers do not all retry at the same time.
///
/// ```
/// use std::time::Duration;
///
/// use egress::RetryPolicy;
///
/// let policy = RetryPolicy::default();
/// assert!(policy.delay(0, None) <= policy.base);
/// assert!(policy.delay(0, Some(Duration::from_secs(7))) >= Duration::from_secs(7));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many attempts a request gets in total. Default: 6.
    pub attempts: u32,
    /// Upper bound of the first wait; each later one doubles it. Default: 300 ms.
    pub base: Duration,
    /// Upper bound of every wait, unless the server asks for more. Default: 20 s.
    pub max: Duration,
    /// How long a host is waited for that rejects all requests (429, 503, read-only) since the last success, or that
    /// cannot be reached any more. Default: 5 min.
    pub give_up_after: Duration,
    /// How long reading one small answer (a manifest, a page of tags, a token) may take. The stall timeout does not
    /// cover a body that comes byte by byte. Default: 5 min.
    pub answer_timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 6,
            base: Duration::from_millis(300),
            max: Duration::from_secs(20),
            give_up_after: Duration::from_mins(5),
            answer_timeout: Duration::from_mins(5),
        }
    }
}

impl RetryPolicy {
    /// How long to wait after the failed try number `attempt` (from 0).
    ///
    /// With `retry_after` the wait is never shorter than the server asks for, up to five minutes.
    pub fn delay(&self, attempt: u32, retry_after: Option<Duration>) -> Duration {
        self.delay_from(attempt, retry_after, fastrand::u64(..))
    }

    fn delay_from(&self, attempt: u32, retry_after: Option<Duration>, random: u64) -> Duration {
        let bound = self.base.saturating_mul(2_u32.saturating_pow(attempt)).min(self.max);
        let bound = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
        let share = (u128::from(bound) * u128::from(random)) >> 64;
        let jitter = Duration::from_micros(u64::try_from(share).unwrap_or(bound));
        match retry_after {
            // Jitter on top: all workers got the same time.
            Some(asked) => asked.min(LONGEST_RETRY_AFTER) + jitter,
            None => jitter,
        }
    }
}

/// Reads the `Retry-After` header: whole seconds or an HTTP date (RFC 9110 §10.2.3).
///
/// A moment that has passed gives zero; anything else that cannot be read gives `None`.
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let moment = httpdate::parse_http_date(value).ok()?;
    Some(moment.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_within_limits_and_respect_the_server() {
        let policy = RetryPolicy::default();
        let ms = Duration::from_millis;
        for (attempt, retry_after, random, expected) in [
            (0, None, 0, ms(0)),
            (0, None, u64::MAX / 2 + 1, ms(150)),
            (3, None, u64::MAX / 2 + 1, ms(1200)),
            (7, None, u64::MAX / 2 + 1, ms(10_000)),
            (4_000_000, None, u64::MAX / 2 + 1, ms(10_000)),
            (0, Some(ms(2000)), 0, ms(2000)),
            (0, Some(ms(2000)), u64::MAX / 2 + 1, ms(2150)),
            (0, Some(Duration::MAX), 0, Duration::from_mins(5)),
        ] {
            assert_eq!(
                policy.delay_from(attempt, retry_after, random),
                expected,
                "{attempt} {retry_after:?}"
            );
        }
        for attempt in 0..64 {
            assert!(policy.delay(attempt, None) <= policy.max, "{attempt}");
        }
    }

    #[test]
    fn retry_after_in_both_forms() {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10)),
            ("Sun Nov  6 08:49:38 1994", Some(1)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(parse_retry_after(value, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
