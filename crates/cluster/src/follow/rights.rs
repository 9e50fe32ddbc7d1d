//! Whether a right is missing, or an API server that has just started does not know of it yet.
//!
//! Until it has read the roles again it refuses what it allowed before, with the same words as ever.

use std::{future::Future, time::Duration};

use kube::Client;
use tokio::time::Instant;

use crate::{Obstacle, Reading, read::exec_refused, wait_policy::GRACE};

/// Until the next question about a right that is missing; each time twice as long as before.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest such time: somebody may grant the right while it is waited for.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What is remembered of the refusals of one source.
#[derive(Debug, Default)]
pub(super) struct Rights {
    had: bool,
    refused_since: Option<Instant>,
    pause: Option<Duration>,
}

impl Rights {
    /// The source was read.
    pub(super) fn granted(&mut self) {
        *self = Self { had: true, ..Self::default() };
    }

    /// Whether it was ever read.
    pub(super) fn were_there(&self) -> bool {
        self.had
    }

    /// What `ask` reads by exec, judged. Where it is in doubt whether the account may, the API server is asked that first:
    /// an exec that is refused is a line in its audit log, and there would be one each second.
    pub(super) async fn exec<T, F: Future<Output = Reading<T>>>(
        &mut self,
        client: &Client,
        ask: impl FnOnce() -> F,
    ) -> Reading<T> {
        let in_doubt = !self.had || self.refused_since.is_some();
        let refused = if in_doubt { exec_refused(client).await } else { None };
        let reading = match refused {
            Some(obstacle) => Reading::Unreadable(obstacle),
            None => ask().await,
        };
        self.judge(reading)
    }

    /// How long to wait after this reading before the next question: each time longer while it is refused for good.
    pub(super) fn pause<T>(&mut self, last: &Reading<T>) -> Duration {
        if !matches!(last, Reading::Unreadable(Obstacle::Forbidden(_))) {
            return Duration::ZERO;
        }
        let pause = self.pause.map_or(FIRST_PAUSE, |before| (before * 2).min(LONGEST_PAUSE));
        self.pause = Some(pause);
        pause
    }

    /// The same reading, but for a refusal that may pass.
    pub(super) fn judge<T>(&mut self, reading: Reading<T>) -> Reading<T> {
        match reading {
            Reading::Unreadable(Obstacle::Forbidden(why)) if self.had => {
                let since = *self.refused_since.get_or_insert_with(Instant::now);
                if since.elapsed() < GRACE {
                    let why = format!("a permission was revoked: {why}");
                    return Reading::NotNow { last: None, why };
                }
                Reading::Unreadable(Obstacle::Forbidden(why))
            }
            Reading::Known(value) => {
                self.granted();
                Reading::Known(value)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_permission_is_checked_less_and_less_often() {
        let refused = Reading::<()>::Unreadable(Obstacle::Forbidden("exec".to_owned()));
        let mut rights = Rights::default();
        let waited = [(); 8].map(|()| rights.pause(&refused).as_secs());
        assert_eq!(waited, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(rights.pause(&Reading::Known(())), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_permission_that_existed_can_return() {
        let refused = || Reading::<()>::Unreadable(Obstacle::Forbidden("list nodes".to_owned()));
        let mut rights = Rights::default();
        assert_eq!(rights.judge(refused()), refused(), "never had");
        for _ in 0..2 {
            assert_eq!(rights.judge(Reading::Known(())), Reading::Known(()));
            for _ in 0..GRACE.as_secs() {
                let reading = rights.judge(refused());
                assert!(reading.passing().is_some_and(|why| why.contains("list nodes")), "{reading:?}");
                tokio::time::advance(Duration::from_secs(1)).await;
            }
            assert_eq!(rights.judge(refused()), refused());
        }
    }
}
