//! How many bulk transfers run at the same time: additive increase, multiplicative decrease (as TCP, RFC 5681).
//!
//! An overloaded registry or link answers with 429, 503, stalls and resets, often to all transfers at the same moment.
//! Ten such failures from one overload must halve the limit once, not ten times. So each transfer remembers the epoch
//! in which it began, and only failures from the current epoch count.

use std::sync::Arc;

use parking_lot::Mutex;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The first limit, before anything is known about the link.
const START: usize = 8;

/// The limiter, shared by all transfers of one client.
#[derive(Debug, Clone)]
pub(crate) struct TransferLimiter {
    permits: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    cap: usize,
    limit: usize,
    /// Permits to withdraw when their holders return them.
    debt: usize,
    /// Decreases so far.
    epoch: u64,
    /// Transfers completed since the limit last changed.
    completed: usize,
}

/// Permission to run one transfer. Dropping it lets the next one start.
#[derive(Debug)]
pub(crate) struct Permit {
    limiter: TransferLimiter,
    epoch: u64,
    held: Option<OwnedSemaphorePermit>,
}

impl TransferLimiter {
    /// A limiter that never allows more than `cap` transfers at the same time.
    pub(crate) fn new(cap: usize) -> Self {
        let cap = cap.max(1);
        let limit = cap.min(START);
        Self {
            permits: Arc::new(Semaphore::new(limit)),
            state: Arc::new(Mutex::new(State { cap, limit, debt: 0, epoch: 0, completed: 0 })),
        }
    }

    /// Waits until a transfer may run, in the order of the calls.
    pub(crate) async fn acquire(&self) -> Permit {
        // The semaphore is never closed, so a missing permit cannot happen and would only mean no limit.
        let held = Arc::clone(&self.permits).acquire_owned().await.ok();
        Permit { limiter: self.clone(), epoch: self.epoch(), held }
    }

    /// The current epoch, for requests without a permit that may also meet congestion.
    pub(crate) fn epoch(&self) -> u64 {
        self.lock().epoch
    }

    /// Reports congestion met by something that began in `epoch`.
    pub(crate) fn congested(&self, epoch: u64) {
        let mut state = self.lock();
        if epoch != state.epoch {
            return;
        }
        state.epoch += 1;
        state.completed = 0;
        let limit = (state.limit / 2).max(1);
        let surplus = state.limit - limit;
        state.limit = limit;
        state.debt += surplus - self.permits.forget_permits(surplus);
        tracing::debug!(limit, "congestion: fewer transfers at the same time");
    }

    fn completed(&self) {
        let mut state = self.lock();
        state.completed += 1;
        // Until the first congestion one more per transfer finds the capacity quickly; after it, one more
        // per round of transfers.
        let round = if state.epoch == 0 { 1 } else { state.limit };
        if state.limit == state.cap || state.completed < round {
            return;
        }
        state.completed = 0;
        state.limit += 1;
        if state.debt > 0 {
            state.debt -= 1;
        } else {
            self.permits.add_permits(1);
        }
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, State> {
        self.state.lock()
    }

    #[cfg(test)]
    fn limit(&self) -> usize {
        self.lock().limit
    }
}

impl Permit {
    /// Reports congestion met by this transfer, which then continues in the new epoch.
    pub(crate) fn congested(&mut self) {
        self.limiter.congested(self.epoch);
        self.epoch = self.limiter.epoch();
    }

    /// Reports success and returns the permit.
    pub(crate) fn completed(self) {
        self.limiter.completed();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(permit) = self.held.take() else { return };
        let mut state = self.limiter.lock();
        if state.debt > 0 {
            state.debt -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;

    async fn acquire_all(limiter: &TransferLimiter, count: usize) -> Vec<Permit> {
        let mut permits = Vec::new();
        for _ in 0..count {
            permits.push(limiter.acquire().await);
        }
        permits
    }

    #[tokio::test(start_paused = true)]
    async fn grows_to_the_cap_and_no_further() {
        let limiter = TransferLimiter::new(10);
        assert_eq!(limiter.limit(), START);
        for _ in 0..20 {
            limiter.acquire().await.completed();
        }
        assert_eq!(limiter.limit(), 10);
        let held = acquire_all(&limiter, 10).await;
        let eleventh = tokio::time::timeout(Duration::from_secs(1), limiter.acquire()).await;
        assert!(eleventh.is_err());
        drop(held);
    }

    #[tokio::test(start_paused = true)]
    async fn one_overload_halves_once() {
        let limiter = TransferLimiter::new(16);
        let mut held = acquire_all(&limiter, 8).await;
        for permit in &mut held {
            permit.congested();
        }
        // The first report ended the epoch; each later one renewed its permit into the next.
        assert_eq!(limiter.limit(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_overload_halves_again() {
        let limiter = TransferLimiter::new(16);
        let mut first = limiter.acquire().await;
        first.congested();
        let mut second = limiter.acquire().await;
        second.congested();
        assert_eq!(limiter.limit(), 2);
        for _ in 0..5 {
            limiter.congested(limiter.epoch());
        }
        assert_eq!(limiter.limit(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn withdrawn_permits_are_not_issued_again() {
        let limiter = TransferLimiter::new(8);
        let mut held = acquire_all(&limiter, 8).await;
        held[0].congested();
        let waiting = tokio::time::timeout(Duration::from_secs(1), limiter.acquire());
        held.truncate(4);
        assert!(waiting.await.is_err(), "four still run, and four is the limit");
        held.truncate(3);
        limiter.acquire().await.completed();
    }

    #[tokio::test(start_paused = true)]
    async fn recovers_one_per_round() {
        let limiter = TransferLimiter::new(8);
        limiter.congested(limiter.epoch());
        for _ in 0..3 {
            limiter.acquire().await.completed();
        }
        assert_eq!(limiter.limit(), 4);
        limiter.acquire().await.completed();
        assert_eq!(limiter.limit(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn never_more_than_the_limit_concurrently() {
        let limiter = TransferLimiter::new(6);
        let running = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..40_u64)
            .map(|number| {
                let (limiter, running) = (limiter.clone(), Arc::clone(&running));
                tokio::spawn(async move {
                    let mut permit = limiter.acquire().await;
                    assert!(running.fetch_add(1, Ordering::SeqCst) < 6);
                    tokio::time::sleep(Duration::from_millis(10 + number % 7)).await;
                    if number % 11 == 0 {
                        permit.congested();
                    }
                    running.fetch_sub(1, Ordering::SeqCst);
                    permit.completed();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
}
