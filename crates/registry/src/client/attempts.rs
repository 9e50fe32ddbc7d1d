//! Counting tries: whether, and after what wait, something is tried again.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    error::{Error, ErrorKind, Fault},
    patience::{LongWait, Patience},
};

/// The tries of one operation.
#[derive(Debug)]
pub(crate) struct Attempts {
    patience: Patience,
    /// Failed tries since something last got better.
    fruitless: u32,
    total: u32,
    started: Instant,
}

impl Attempts {
    pub(crate) fn new(patience: &Patience) -> Self {
        Self { patience: patience.clone(), fruitless: 0, total: 1, started: Instant::now() }
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
        if self.fruitless + 1 >= self.patience.policy.attempts.min(limit) {
            return Err(fault);
        }
        let delay = self.patience.policy.delay(self.fruitless, fault.retry_after);
        if let Some(asked) = fault.retry_after {
            let cause = fault.kind.to_string();
            self.patience.waits(LongWait {
                cause,
                asked,
                next: delay,
                attempts: self.patience.policy.attempts,
            });
        }
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
