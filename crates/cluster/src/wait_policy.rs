//! Repeating requests that fail temporarily: the API server restarts, or a webhook is unavailable while the platform's
//! pod is replaced.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use crate::Error;

/// For this long after it was unavailable, an API server may refuse what is allowed, until it has read the roles again. Its
/// message is the same as for a missing permission.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// How long and how often a request is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitPolicy {
    /// After this time the last error is returned.
    pub limit: Duration,
    /// The time between two attempts.
    pub pause: Duration,
}

impl WaitPolicy {
    /// Attempts every two seconds for the time of `limit`.
    pub fn new(limit: Duration) -> Self {
        Self { limit, pause: Duration::from_secs(2) }
    }

    /// Repeats the attempt until it succeeds, fails permanently, or the limit is reached. `report` gets each new reason to
    /// wait.
    pub async fn retry<T, F: Future<Output = Result<T, Error>>>(
        self,
        report: &mut (dyn FnMut(&str) + Send),
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let mut wait = self.start();
        loop {
            match attempt().await {
                Err(error) if wait.out(&error, report).await => {}
                result => return result,
            }
        }
    }

    /// For attempts of more than one request.
    pub(crate) fn start(self) -> Wait {
        Wait {
            end: Instant::now() + self.limit,
            pause: self.pause,
            reported: String::new(),
            unavailable: None,
        }
    }
}

/// A wait that has started.
#[derive(Debug)]
pub(crate) struct Wait {
    end: Instant,
    pause: Duration,
    reported: String,
    unavailable: Option<Instant>,
}

impl Wait {
    /// The policy for the rest of the time.
    pub(crate) fn left(&self) -> WaitPolicy {
        WaitPolicy { limit: self.end.saturating_duration_since(Instant::now()), pause: self.pause }
    }

    /// Whether another attempt is due after this error; if so, after a pause.
    pub(crate) async fn out(&mut self, error: &Error, report: &mut (dyn FnMut(&str) + Send)) -> bool {
        if !may_be_temporary(error, &mut self.unavailable) || Instant::now() + self.pause >= self.end {
            return false;
        }
        let why = error.to_string();
        if why != self.reported {
            report(&why);
            self.reported = why;
        }
        sleep(self.pause).await;
        true
    }
}

/// Whether the failure may be temporary. Records when the last failure was that is certainly temporary.
fn may_be_temporary(error: &Error, unavailable: &mut Option<Instant>) -> bool {
    if error.is_passing() {
        *unavailable = Some(Instant::now());
        return true;
    }
    matches!(error, Error::Forbidden(_)) && unavailable.is_some_and(|since| since.elapsed() < GRACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn attempts(errors: Vec<Error>, limit: Duration) -> (Result<(), String>, Vec<String>) {
        let mut reported = Vec::new();
        let mut errors = errors.into_iter();
        let policy = WaitPolicy { limit, pause: Duration::from_millis(1) };
        let result = policy
            .retry(&mut |why| reported.push(why.to_owned()), || {
                let next = errors.next();
                async move { next.map_or(Ok(()), Err) }
            })
            .await;
        (result.map_err(|error| error.to_string()), reported)
    }

    fn unavailable(why: &str) -> Error {
        Error::NotNow(why.to_owned())
    }

    #[tokio::test]
    async fn a_temporary_failure_is_waited_for_and_reported_once() {
        let (result, reported) =
            attempts(vec![unavailable("a"), unavailable("a"), unavailable("b")], Duration::from_mins(1))
                .await;
        assert_eq!(result, Ok(()));
        assert_eq!(reported, ["currently not possible: a", "currently not possible: b"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_permission_counts_as_missing_only_after_a_second_check() {
        let refused = || Error::Forbidden("patch".to_owned());
        let limit = Duration::from_mins(10);
        let start = Instant::now();
        assert!(attempts(vec![refused()], limit).await.0.is_err());
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(attempts(vec![unavailable("a"), refused(), refused()], limit).await.0, Ok(()));
        let start = Instant::now();
        let endless = std::iter::once(unavailable("a")).chain(std::iter::repeat_with(refused).take(100_000));
        let error = attempts(endless.collect(), limit).await.0.unwrap_err();
        assert_eq!(error, "no permission: patch");
        assert!((GRACE..GRACE * 2).contains(&start.elapsed()), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_refusal_or_the_limit_ends_the_wait() {
        let refused = vec![unavailable("a"), Error::Refused("no".to_owned())];
        assert_eq!(attempts(refused, Duration::from_mins(1)).await.0.unwrap_err(), "the cluster refuses: no");
        let endless = (0..10_000).map(|_| unavailable("a")).collect();
        assert_eq!(
            attempts(endless, Duration::from_millis(20)).await.0.unwrap_err(),
            "currently not possible: a"
        );
    }
}
