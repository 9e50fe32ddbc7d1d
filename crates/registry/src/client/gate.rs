//! How many bulk transfers run at once: additive increase, multiplicative decrease.
//!
//! A registry or link that is pressed too hard answers with 429, 503, stalls and resets, often to all
//! transfers at the same moment. Ten such signs out of one overload must halve the limit once, not ten
//! times, so each transfer remembers the epoch that it began in, and only signs from the present epoch
//! count.

use std::sync::Arc;

use parking_lot::Mutex;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Concurrency that is tried before anything is known about the link.
const START: usize = 8;

/// The limiter, shared by all transfers of one client.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    cap: usize,
    limit: usize,
    /// Permits that are to be withdrawn as soon as their holders give them back.
    debt: usize,
    /// Decreases so far.
    epoch: u64,
    /// Transfers completed since the limit last changed.
    completed: usize,
}

/// The right to run one transfer. Dropping it gives the place to the next in line.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Gate,
    epoch: u64,
    held: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// A gate that never lets more than `cap` transfers run.
    pub(crate) fn new(cap: usize) -> Self {
        let cap = cap.max(1);
        let limit = cap.min(START);
        Self {
            permits: Arc::new(Semaphore::new(limit)),
            state: Arc::new(Mutex::new(State { cap, limit, debt: 0, epoch: 0, completed: 0 })),
        }
    }

    /// Waits, first come first served, for the right to run a transfer.
    pub(crate) async fn enter(&self) -> Permit {
        // The semaphore is never closed, so a missing permit cannot happen and would only mean no limit.
        let held = Arc::clone(&self.permits).acquire_owned().await.ok();
        Permit { gate: self.clone(), epoch: self.epoch(), held }
    }

    /// The present epoch, for requests that hold no permit but may meet congestion too.
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
    /// Reports congestion met by this transfer, which then goes on in the new epoch.
    pub(crate) fn congested(&mut self) {
        self.gate.congested(self.epoch);
        self.epoch = self.gate.epoch();
    }

    /// Reports success and gives the place back.
    pub(crate) fn completed(self) {
        self.gate.completed();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(permit) = self.held.take() else { return };
        let mut state = self.gate.lock();
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

    async fn enter_all(gate: &Gate, count: usize) -> Vec<Permit> {
        let mut permits = Vec::new();
        for _ in 0..count {
            permits.push(gate.enter().await);
        }
        permits
    }

    #[tokio::test(start_paused = true)]
    async fn grows_to_the_cap_and_no_further() {
        let gate = Gate::new(10);
        assert_eq!(gate.limit(), START);
        for _ in 0..20 {
            gate.enter().await.completed();
        }
        assert_eq!(gate.limit(), 10);
        let held = enter_all(&gate, 10).await;
        let eleventh = tokio::time::timeout(Duration::from_secs(1), gate.enter()).await;
        assert!(eleventh.is_err());
        drop(held);
    }

    #[tokio::test(start_paused = true)]
    async fn one_overload_halves_once() {
        let gate = Gate::new(16);
        let mut held = enter_all(&gate, 8).await;
        for permit in &mut held {
            permit.congested();
        }
        // The first report ended the epoch; each later one renewed its permit into the next.
        assert_eq!(gate.limit(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_overload_halves_again() {
        let gate = Gate::new(16);
        let mut first = gate.enter().await;
        first.congested();
        let mut second = gate.enter().await;
        second.congested();
        assert_eq!(gate.limit(), 2);
        for _ in 0..5 {
            gate.congested(gate.epoch());
        }
        assert_eq!(gate.limit(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn withdrawn_places_are_not_given_again() {
        let gate = Gate::new(8);
        let mut held = enter_all(&gate, 8).await;
        held[0].congested();
        let waiting = tokio::time::timeout(Duration::from_secs(1), gate.enter());
        held.truncate(4);
        assert!(waiting.await.is_err(), "four still run, and four is the limit");
        held.truncate(3);
        gate.enter().await.completed();
    }

    #[tokio::test(start_paused = true)]
    async fn recovers_one_per_round() {
        let gate = Gate::new(8);
        gate.congested(gate.epoch());
        for _ in 0..3 {
            gate.enter().await.completed();
        }
        assert_eq!(gate.limit(), 4);
        gate.enter().await.completed();
        assert_eq!(gate.limit(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn never_more_than_the_limit_at_once() {
        let gate = Gate::new(6);
        let running = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..40_u64)
            .map(|number| {
                let (gate, running) = (gate.clone(), Arc::clone(&running));
                tokio::spawn(async move {
                    let mut permit = gate.enter().await;
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
