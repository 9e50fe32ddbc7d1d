//! Waiting out what passes by itself: an API server that restarts, a webhook that is away while the platform's
//! pod is replaced.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use crate::Error;

/// For so long after it was away an API server may refuse what is allowed: until it has read the roles again it says so with
/// the same words as ever.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// How long, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// After this the last refusal counts.
    pub limit: Duration,
    /// Between two attempts.
    pub pause: Duration,
}

impl Patience {
    /// This long, with an attempt every two seconds.
    pub fn new(limit: Duration) -> Self {
        Self { limit, pause: Duration::from_secs(2) }
    }

    /// Attempts until it works, is refused for good, or the limit is over. `tell` gets each new reason to wait.
    pub async fn wait_out<T, F: Future<Output = Result<T, Error>>>(
        self,
        tell: &mut (dyn FnMut(&str) + Send),
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let mut wait = self.begin();
        loop {
            match attempt().await {
                Err(error) if wait.out(&error, tell).await => {}
                result => return result,
            }
        }
    }

    /// For attempts that are more than one request.
    pub(crate) fn begin(self) -> Wait {
        Wait { end: Instant::now() + self.limit, pause: self.pause, told: String::new(), away: None }
    }
}

/// A wait that has begun.
#[derive(Debug)]
pub(crate) struct Wait {
    end: Instant,
    pause: Duration,
    told: String,
    away: Option<Instant>,
}

impl Wait {
    /// What is left of the patience.
    pub(crate) fn left(&self) -> Patience {
        Patience { limit: self.end.saturating_duration_since(Instant::now()), pause: self.pause }
    }

    /// Whether another attempt is due after this error; if so, after a pause.
    pub(crate) async fn out(&mut self, error: &Error, tell: &mut (dyn FnMut(&str) + Send)) -> bool {
        if !may_pass(error, &mut self.away) || Instant::now() + self.pause >= self.end {
            return false;
        }
        let why = error.to_string();
        if why != self.told {
            tell(&why);
            self.told = why;
        }
        sleep(self.pause).await;
        true
    }
}

/// Whether it passes by itself, and when the last of these that certainly does was met.
fn may_pass(error: &Error, away: &mut Option<Instant>) -> bool {
    if error.is_passing() {
        *away = Some(Instant::now());
        return true;
    }
    matches!(error, Error::Forbidden(_)) && away.is_some_and(|since| since.elapsed() < GRACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attempts(errors: Vec<Error>, limit: Duration) -> (Result<(), String>, Vec<String>) {
        let mut told = Vec::new();
        let mut errors = errors.into_iter();
        let patience = Patience { limit, pause: Duration::from_millis(1) };
        let result = patience
            .wait_out(&mut |why| told.push(why.to_owned()), || {
                let next = errors.next();
                async move { next.map_or(Ok(()), Err) }
            })
            .await;
        (result.map_err(|error| error.to_string()), told)
    }

    fn away(why: &str) -> Error {
        Error::NotNow(why.to_owned())
    }

    #[tokio::test]
    async fn a_temporary_failure_is_waited_for_and_reported_once() {
        let (result, told) = attempts(vec![away("a"), away("a"), away("b")], Duration::from_mins(1)).await;
        assert_eq!(result, Ok(()));
        assert_eq!(told, ["currently not possible: a", "currently not possible: b"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_permission_counts_as_missing_only_after_a_second_check() {
        let refused = || Error::Forbidden("patch".to_owned());
        let limit = Duration::from_mins(10);
        let begun = Instant::now();
        assert!(attempts(vec![refused()], limit).await.0.is_err());
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(attempts(vec![away("a"), refused(), refused()], limit).await.0, Ok(()));
        let begun = Instant::now();
        let endless = std::iter::once(away("a")).chain(std::iter::repeat_with(refused).take(100_000));
        let error = attempts(endless.collect(), limit).await.0.unwrap_err();
        assert_eq!(error, "no permission: patch");
        assert!((GRACE..GRACE * 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_refusal_or_the_limit_ends_the_wait() {
        let refused = vec![away("a"), Error::Refused("no".to_owned())];
        assert_eq!(attempts(refused, Duration::from_mins(1)).await.0.unwrap_err(), "the cluster refuses: no");
        let endless = (0..10_000).map(|_| away("a")).collect();
        assert_eq!(
            attempts(endless, Duration::from_millis(20)).await.0.unwrap_err(),
            "currently not possible: a"
        );
    }
}
