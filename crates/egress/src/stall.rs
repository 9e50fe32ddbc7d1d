//! A stall, for transfers whose progress only the caller sees.
//!
//! The client's own timer counts the sending of a request's body as waiting for the answer: every
//! upload longer than the stall timeout would fail. [`TrafficClass::Upload`](crate::TrafficClass::Upload) therefore
//! has no such timer, and the one who feeds the body watches it with this.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use tokio::time::Instant;

/// Nothing moved for as long as the stall timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no data was transferred for {} s", limit.as_secs())]
pub struct Stalled {
    /// The stall timeout.
    pub limit: Duration,
}

/// Ends a future when nobody has noted progress for some time. Clones share the same clock.
#[derive(Debug, Clone)]
pub struct StallWatch {
    limit: Duration,
    last: Arc<Mutex<Instant>>,
}

impl StallWatch {
    /// A watch that gives up after `limit` without progress.
    pub fn new(limit: Duration) -> Self {
        Self { limit, last: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Notes progress: call it whenever the body hands out a chunk.
    pub fn moved(&self) {
        *self.last.lock() = Instant::now();
    }

    /// Runs `work`, and drops it if no progress was noted for the limit.
    pub async fn guard<F: Future>(&self, work: F) -> Result<F::Output, Stalled> {
        self.moved();
        let mut work = std::pin::pin!(work);
        loop {
            let deadline = *self.last.lock() + self.limit;
            if Instant::now() >= deadline {
                return Err(Stalled { limit: self.limit });
            }
            if let Ok(output) = tokio::time::timeout_at(deadline, work.as_mut()).await {
                return Ok(output);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn progress_keeps_a_transfer_alive_and_a_stall_ends_it() {
        let watch = StallWatch::new(Duration::from_mins(1));
        let body = watch.clone();
        let began = Instant::now();
        let slow = async move {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                body.moved();
            }
            "sent"
        };
        assert_eq!(watch.guard(slow).await, Ok("sent"));
        assert_eq!(began.elapsed(), Duration::from_secs(500));

        let began = Instant::now();
        let silent = watch.guard(std::future::pending::<()>()).await;
        assert_eq!(silent, Err(Stalled { limit: Duration::from_mins(1) }));
        assert_eq!(began.elapsed(), Duration::from_mins(1));
    }
}
