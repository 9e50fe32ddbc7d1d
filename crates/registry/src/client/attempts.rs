//! Counting tries: whether, and after what wait, something is tried again.

use std::time::Duration;

use egress::RetryPolicy;
use tokio::time::Instant;

use super::error::{Error, ErrorKind, Fault};

/// The tries of one operation.
#[derive(Debug)]
pub(crate) struct Attempts {
    policy: RetryPolicy,
    /// Failed tries since something last got better.
    fruitless: u32,
    total: u32,
    started: Instant,
}

impl Attempts {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self { policy: policy.clone(), fruitless: 0, total: 1, started: Instant::now() }
    }

    /// Notes that the operation got further, which gives it the whole budget again.
    pub(crate) fn progress(&mut self) {
        self.fruitless = 0;
    }

    /// Waits as long as is fit before another try after `fault`; gives the fault back if there is to be
    /// none.
    pub(crate) async fn again(&mut self, fault: Fault) -> Result<(), Fault> {
        if fault.kind.is_transient() { self.wait(fault).await } else { Err(fault) }
    }

    /// As [`Attempts::again`], whatever the fault.
    pub(crate) async fn wait(&mut self, fault: Fault) -> Result<(), Fault> {
        let limit = match &fault.kind {
            ErrorKind::Network(fault) => fault.attempts_limit().unwrap_or(u32::MAX),
            _ => u32::MAX,
        };
        if self.fruitless + 1 >= self.policy.attempts.min(limit) {
            return Err(fault);
        }
        let delay = self.policy.delay(self.fruitless, fault.retry_after);
        tracing::debug!(cause = %fault.kind, ?delay, "trying again");
        self.fruitless += 1;
        self.total += 1;
        tokio::time::sleep(delay).await;
        Ok(())
    }

    /// The error of this operation.
    pub(crate) fn error(&self, operation: &'static str, object: String, fault: Fault) -> Error {
        Error::new(operation, object, fault, self.total, self.elapsed())
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
