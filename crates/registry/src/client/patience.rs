//! How often and how long something is tried again, and who is told of a long wait that a server imposes.
//!
//! A limit of requests that is lifted in an hour would otherwise be waited for in silence, and look like a hang.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use egress::RetryPolicy;
use tokio::time::Instant;

/// A `Retry-After` that is longer than this is told of; shorter waits are as those that we choose ourselves.
const LONG: Duration = Duration::from_secs(30);

/// A wait that a server asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongWait {
    /// Why, in the server's words.
    pub cause: String,
    /// How long it asks to wait.
    pub asked: Duration,
    /// When it is asked again all the same: nothing is waited for longer than five minutes at once.
    pub next: Duration,
    /// How often it is asked in a row before the operation is given up.
    pub attempts: u32,
}

/// Who is told.
type Listener = Box<dyn Fn(LongWait) + Send + Sync>;

/// The policy of one client's operations. Clones share who is told.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    pub(crate) policy: RetryPolicy,
    waits: Arc<Waits>,
}

#[derive(Default)]
struct Waits {
    listener: OnceLock<Listener>,
    /// The end of the wait that was told of last.
    told_until: Mutex<Option<Instant>>,
}

impl Patience {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self { policy, waits: Arc::default() }
    }

    /// Whom to tell from now on; only the first call counts.
    pub(crate) fn listen(&self, listener: Listener) {
        // A second listener would mean that the first is told already.
        drop(self.waits.listener.set(listener));
    }

    /// Tells of a wait, once for as long as it lasts: all transfers meet the same limit.
    pub(crate) fn waits(&self, wait: LongWait) {
        let Some(listener) = self.waits.listener.get().filter(|_| wait.asked > LONG) else { return };
        let now = Instant::now();
        let mut told_until = self.waits.told_until.lock().unwrap_or_else(PoisonError::into_inner);
        if told_until.is_some_and(|until| now < until) {
            return;
        }
        *told_until = Some(now.checked_add(wait.asked).unwrap_or(now + Duration::from_hours(24)));
        drop(told_until);
        listener(wait);
    }
}

impl fmt::Debug for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").field("told_until", &self.told_until).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_told_once_and_a_later_one_again() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let patience = Patience::new(RetryPolicy::default());
        let wait = |seconds| LongWait {
            cause: "too many requests".to_owned(),
            asked: Duration::from_secs(seconds),
            next: Duration::from_mins(5),
            attempts: 6,
        };
        patience.waits(wait(3600));
        let listened = told.clone();
        patience.listen(Box::new(move |wait| listened.lock().unwrap().push(wait.asked.as_secs())));
        let steps = [(0, 20), (0, 3600), (0, 3600), (300, 3600), (300, 7200), (3000, 3500), (1, u64::MAX)];
        for (later, asked) in steps {
            tokio::time::advance(Duration::from_secs(later)).await;
            patience.clone().waits(wait(asked));
        }
        assert_eq!(*told.lock().unwrap(), [3600, 3500]);
    }
}
