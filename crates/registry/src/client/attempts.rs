//! The attempts of one operation: whether, and after what wait, it is retried.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    error::{Error, ErrorKind, Fault},
    host_state::{HostState, Retry},
    notices::{LONG, Notice},
};

/// The longest single wait that a server can impose.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// The longest wait between two looks at whether a registry accepts writes again.
const READ_ONLY_WAIT: Duration = Duration::from_secs(10);
/// The longest wait before a request that was never sent is sent again.
const UNSENT_WAIT: Duration = Duration::from_millis(500);
/// The longest wait between two attempts to reach a host.
const UNREACHABLE_WAIT: Duration = Duration::from_secs(5);
/// An operation that is unavailable for so long, so often, while so many others succeeded is at fault itself.
const OBJECT_TIME: Duration = Duration::from_mins(1);
const OBJECT_TRIES: u32 = 12;
const OBJECT_SUCCESSES: u64 = 60;

/// The attempts of one operation.
#[derive(Debug)]
pub(crate) struct Attempts {
    host: Arc<HostState>,
    operation: u64,
    /// Tries that failed since something last got better, and count.
    failed: u32,
    /// The first failure since something last got better, and how many requests of others had succeeded then.
    failing: Option<Failing>,
    total: u32,
    started: Instant,
    /// Whether the headers of an answer have come in this try.
    is_answered: bool,
}

#[derive(Debug, Clone, Copy)]
struct Failing {
    since: Instant,
    successes: u64,
    tries: u32,
    /// Tries in which the headers of an answer came.
    answered: u32,
}

impl Attempts {
    pub(crate) fn new(host: &Arc<HostState>) -> Self {
        Self {
            host: Arc::clone(host),
            operation: host.operation(),
            failed: 0,
            failing: None,
            total: 1,
            started: Instant::now(),
            is_answered: false,
        }
    }

    /// The number of the current try, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.total
    }

    /// Records that the host has begun to answer this try: if its body breaks off each time, the object is at fault.
    pub(crate) fn answered(&mut self) {
        self.is_answered = true;
    }

    /// Records progress of the operation, which gives it all tries again.
    pub(crate) fn progress(&mut self) {
        self.failed = 0;
        self.failing = None;
    }

    /// Waits until the operation may be retried after `fault`; returns the fault if it may not.
    pub(crate) async fn again(&mut self, fault: Fault) -> Result<(), Fault> {
        let failing = self.failing();
        let retry = self.host.retry(&fault, self.operation);
        let wait = match retry {
            Retry::Never => return Err(fault),
            Retry::Counted => return self.count(fault).await,
            Retry::WithTheHost => self.wait_for_the_host(&fault, failing),
            Retry::Unsent => self.wait_to_send(failing),
            Retry::WhenWritable => self.wait_to_write(&fault, failing),
            Retry::WhenReachable => self.wait_to_reach(&fault, failing),
        };
        let Some(wait) = wait else { return Err(fault) };
        self.retry_after(&fault, wait).await;
        Ok(())
    }

    /// As [`Attempts::again`] for a fault that counts, whatever it is.
    pub(crate) async fn wait(&mut self, fault: Fault) -> Result<(), Fault> {
        self.failing();
        self.count(fault).await
    }

    async fn count(&mut self, fault: Fault) -> Result<(), Fault> {
        let policy = &self.host.policy;
        let limit = match &fault.kind {
            ErrorKind::Network(fault) => fault.attempts_limit().unwrap_or(u32::MAX),
            _ => u32::MAX,
        };
        if self.failed + 1 >= policy.attempts.min(limit) {
            return Err(fault);
        }
        let asked = fault.retry_after.map(|asked| asked.min(LONGEST_WAIT));
        let delay = policy.delay(self.failed, asked);
        self.failed += 1;
        self.retry_after(&fault, delay).await;
        Ok(())
    }

    async fn retry_after(&mut self, fault: &Fault, delay: Duration) {
        tracing::info!(cause = %fault.kind, attempt = self.total, ?delay, "retrying");
        self.total += 1;
        tokio::time::sleep(delay).await;
    }

    /// Notes that one more try has failed.
    fn failing(&mut self) -> Failing {
        let host = &self.host;
        let failing = self.failing.get_or_insert_with(|| Failing {
            since: Instant::now(),
            successes: host.successes(),
            tries: 0,
            answered: 0,
        });
        failing.tries += 1;
        failing.answered += u32::from(std::mem::take(&mut self.is_answered));
        *failing
    }

    /// The host rejects requests: the pacer makes this operation wait for its turn.
    fn wait_for_the_host(&self, fault: &Fault, failing: Failing) -> Option<Duration> {
        let left = self.left(self.host.last_success(), failing)?;
        if self.is_alone(fault, failing) {
            return None;
        }
        let (cause, limit) = (fault.kind.to_string(), self.host.policy.give_up_after);
        let wait = fault.retry_after.map(|asked| asked.min(left).min(LONGEST_WAIT));
        self.host.rejected(fault.sent.unwrap_or_else(Instant::now), wait);
        let notices = &self.host.notices;
        notices.give(Notice::RateLimited { cause: cause.clone() });
        match (fault.retry_after, wait) {
            (Some(asked), Some(next)) if asked > LONG => {
                notices.give(Notice::LongWait { cause, asked, next, limit });
            }
            _ => self.notice_no_success(cause, failing),
        }
        Some(Duration::ZERO)
    }

    fn wait_to_send(&self, failing: Failing) -> Option<Duration> {
        self.left(self.host.last_success(), failing)?;
        // The first time immediately: the next connection takes it.
        let tries = failing.tries - 1;
        Some(if tries == 0 {
            Duration::ZERO
        } else {
            self.host.policy.delay(tries.min(16), None).min(UNSENT_WAIT)
        })
    }

    fn wait_to_write(&self, fault: &Fault, failing: Failing) -> Option<Duration> {
        let left = self.left(self.host.last_write(), failing)?;
        let (cause, limit) = (fault.kind.to_string(), self.host.policy.give_up_after);
        self.host.notices.give(Notice::ReadOnly { cause, limit });
        let delay = self.host.policy.base.saturating_mul(1 << failing.tries.min(10));
        Some(fault.retry_after.unwrap_or(delay).min(READ_ONLY_WAIT).min(left))
    }

    fn wait_to_reach(&self, fault: &Fault, failing: Failing) -> Option<Duration> {
        let left = self.host.unreachable()?;
        if self.is_alone(fault, failing) {
            return None;
        }
        self.notice_no_success(fault.kind.to_string(), failing);
        Some(self.host.policy.delay(failing.tries.min(16), None).min(UNREACHABLE_WAIT).min(left))
    }

    /// Whether the object of this operation is at fault: it is unavailable again and again while others are not.
    fn is_alone(&self, fault: &Fault, failing: Failing) -> bool {
        matches!(fault.kind, ErrorKind::Server { .. } | ErrorKind::Network(_))
            && failing.tries >= OBJECT_TRIES
            && failing.since.elapsed() >= OBJECT_TIME
            && self.host.successes() - failing.successes >= OBJECT_SUCCESSES
    }

    fn notice_no_success(&self, cause: String, failing: Failing) {
        let elapsed = self.host.last_success().max(failing.since).elapsed();
        if elapsed >= LONG {
            let limit = self.host.policy.give_up_after;
            self.host.notices.give(Notice::NoSuccess { cause, elapsed, limit });
        }
    }

    /// The time that is left for the next success, after one at `last`; `None` if it is over.
    fn left(&self, last: Instant, failing: Failing) -> Option<Duration> {
        let left = self.host.policy.give_up_after.checked_sub(last.max(failing.since).elapsed())?;
        (!left.is_zero()).then_some(left)
    }

    /// Whether requests of other operations succeeded while this one kept failing, or the host began to answer each
    /// time.
    fn is_isolated(&self) -> bool {
        self.failing.is_some_and(|failing| {
            self.host.successes() > failing.successes || failing.answered == failing.tries
        })
    }

    /// The error of this operation.
    pub(crate) fn error(&self, operation: &'static str, object: String, fault: Fault) -> Error {
        let is_unreachable = matches!(&fault.kind, ErrorKind::Network(network) if network.is_unreachable())
            && fault.other_host.is_none();
        let isolated = fault.kind.may_be_about_one_object() && !is_unreachable && self.is_isolated();
        Error::new(operation, object, fault, self.total, self.started.elapsed()).isolated(isolated)
    }
}

#[cfg(test)]
mod tests {
    use egress::RetryPolicy;

    use super::*;

    /// Tries an operation until it is given up; `answered` says in which tries the headers of an answer came.
    async fn given_up(host: &Arc<HostState>, answered: impl Fn(u32) -> bool, others: bool) -> (u32, bool) {
        let mut attempts = Attempts::new(host);
        loop {
            if answered(attempts.number()) {
                attempts.answered();
            }
            if others {
                host.succeeded(false);
            }
            let fault = ErrorKind::SizeMismatch { expected: 2, actual: 1 }.into();
            if let Err(fault) = attempts.wait(fault).await {
                let error = attempts.error("read blob", "r/a@sha256:ab".to_owned(), fault);
                return (attempts.number(), error.is_isolated());
            }
            let fault = ErrorKind::Server { status: 500, code: String::new(), message: String::new() }.into();
            if answered(attempts.number()) {
                attempts.answered();
            }
            if let Err(fault) = attempts.again(fault).await {
                let error = attempts.error("read blob", "r/a@sha256:ab".to_owned(), fault);
                return (attempts.number(), error.is_isolated());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_at_fault_if_the_host_answers_it_or_others() {
        for (answered, others, isolated) in [
            (&(|_| true) as &dyn Fn(u32) -> bool, false, true),
            (&|_| false, true, true),
            (&|_| false, false, false),
            (&|number| number != 3, false, false),
        ] {
            let host = Arc::new(HostState::new(RetryPolicy::default()));
            assert_eq!(given_up(&host, answered, others).await, (6, isolated));
        }
    }
}
