//! What is known of a registry's host while requests to it are under way, and what a failure of one of them means:
//! whether this object, or the whole host, is at fault decides what is waited for and for how long.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use egress::RetryPolicy;
use parking_lot::Mutex;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    error::{ErrorKind, Fault, Refusal},
    notices::Notices,
    pacer::Pacer,
};

/// So many operations that get 502, 503 or 504 within [`RECENTLY`] mean that the host, not an object, is unavailable.
const MANY: usize = 3;
const RECENTLY: Duration = Duration::from_secs(10);
/// Longer than the time between two attempts to reach a host: a connect timeout and a wait.
const FORGOTTEN: Duration = Duration::from_mins(2);
/// Large answers that are read at the same time.
const LARGE_ANSWERS: usize = 8;
/// So many requests that were never sent are no accident.
const UNSENT: u64 = 3;

/// How a failed request is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Not at all: the answer is final.
    Never,
    /// A limited number of times: the fault may be that of this object.
    Counted,
    /// Whenever the host allows it: it rejects requests, whatever they are about.
    WithTheHost,
    /// Immediately: it was never sent.
    Unsent,
    /// When the registry accepts writes again.
    WhenWritable,
    /// When the host can be reached again: it has answered before.
    WhenReachable,
}

/// The state of one host, shared by all operations on it.
#[derive(Debug)]
pub(crate) struct HostState {
    pub(crate) policy: RetryPolicy,
    pacer: Pacer,
    pub(crate) notices: Notices,
    health: Mutex<Health>,
    operations: AtomicU64,
    /// Requests that were never sent, since their connection ended.
    unsent: AtomicU64,
    /// Places for large answers, which are kept in memory: many small requests run at the same
    /// time, and a host decides how large their answers are.
    pub(crate) large_answers: Arc<Semaphore>,
}

#[derive(Debug)]
struct Health {
    last_success: Instant,
    last_write: Instant,
    successes: u64,
    /// The first rejection, or the first time that the host could not be reached, since the last success.
    failing_since: Option<Instant>,
    /// When the host could not be reached last.
    unreachable_last: Option<Instant>,
    /// Operations that got 502, 503 or 504, and when.
    unavailable: VecDeque<(Instant, u64)>,
}

impl HostState {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        let now = Instant::now();
        let health = Health {
            last_success: now,
            last_write: now,
            successes: 0,
            failing_since: None,
            unreachable_last: None,
            unavailable: VecDeque::new(),
        };
        Self {
            policy,
            pacer: Pacer::new(),
            notices: Notices::default(),
            health: Mutex::new(health),
            operations: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            large_answers: Arc::new(Semaphore::new(LARGE_ANSWERS)),
        }
    }

    /// The number of a new operation.
    pub(crate) fn operation(&self) -> u64 {
        self.operations.fetch_add(1, Ordering::Relaxed)
    }

    /// Records that the host did what a request asked for, or refused it finally; `wrote` if it changed something.
    pub(crate) fn succeeded(&self, wrote: bool) {
        {
            let mut health = self.health.lock();
            let now = Instant::now();
            health.last_success = now;
            health.successes += 1;
            health.failing_since = None;
            if wrote {
                health.last_write = now;
            }
        }
        if wrote {
            self.notices.wrote();
        }
        self.pacer.succeeded();
    }

    /// Waits until the next request may be sent, and returns the time at which it is. Nobody waits beyond the time after
    /// which a host is given up: the request is sent then, for the last time.
    pub(crate) async fn start(&self) -> Instant {
        let mut start = std::pin::pin!(self.pacer.start());
        loop {
            let deadline = self.health.lock().failing_since.map(|since| since + self.policy.give_up_after);
            let Some(deadline) = deadline else {
                // A rejection may come while this waits.
                match tokio::time::timeout(self.policy.give_up_after, &mut start).await {
                    Ok(started) => return started,
                    Err(_) => continue,
                }
            };
            if deadline <= Instant::now() {
                return Instant::now();
            }
            if let Ok(started) = tokio::time::timeout_at(deadline, &mut start).await {
                return started;
            }
        }
    }

    /// Records that the host rejected a request that was sent at `sent`, and is to be left alone for `wait`.
    pub(crate) fn rejected(&self, sent: Instant, wait: Option<Duration>) {
        self.health.lock().failing_since.get_or_insert_with(Instant::now);
        self.pacer.rejected(sent, wait);
    }

    /// Records that the host could not be reached. Returns the time that is left for the next success; `None` if it is over.
    pub(crate) fn unreachable(&self) -> Option<Duration> {
        let mut health = self.health.lock();
        let now = Instant::now();
        // What began after a pause is waited for anew.
        if health.unreachable_last.is_some_and(|last| now.duration_since(last) > FORGOTTEN) {
            health.failing_since = None;
        }
        health.unreachable_last = Some(now);
        let since = *health.failing_since.get_or_insert(now);
        self.policy.give_up_after.checked_sub(since.elapsed()).filter(|left| !left.is_zero())
    }

    /// When a request succeeded last; the start if none did.
    pub(crate) fn last_success(&self) -> Instant {
        self.health.lock().last_success
    }

    /// When a write succeeded last; the start if none did.
    pub(crate) fn last_write(&self) -> Instant {
        self.health.lock().last_write
    }

    /// Requests that have succeeded so far.
    pub(crate) fn successes(&self) -> u64 {
        self.health.lock().successes
    }

    /// Whether connections end again and again before requests were sent on them. HTTP/2 serves such a host badly: a
    /// request may even get lost in a connection that ends, which shows only after the stall timeout.
    pub(crate) fn ends_connections(&self) -> bool {
        self.unsent.load(Ordering::Relaxed) >= UNSENT
    }

    /// How to retry an operation after this fault.
    pub(crate) fn retry(&self, fault: &Fault, operation: u64) -> Retry {
        match &fault.kind {
            ErrorKind::RateLimited { .. } => Retry::WithTheHost,
            ErrorKind::Refused { reason: Refusal::ReadOnly, .. } => Retry::WhenWritable,
            // A server that requires a client certificate ends every connection like this; then nothing ever succeeds.
            ErrorKind::Network(network) if network.is_unsent() && self.successes() > 0 => {
                self.unsent.fetch_add(1, Ordering::Relaxed);
                Retry::Unsent
            }
            // Another host, such as the storage that a registry redirects to, may be one that nothing ever reaches.
            ErrorKind::Network(network)
                if network.is_unreachable() && fault.other_host.is_none() && self.successes() > 0 =>
            {
                Retry::WhenReachable
            }
            ErrorKind::Server { status: 503, .. } if self.is_unavailable(operation) => Retry::WithTheHost,
            // A reverse proxy in front of a registry that is being restarted.
            ErrorKind::Server { status: 502 | 504, .. }
                if fault.other_host.is_none() && self.successes() > 0 && self.is_unavailable(operation) =>
            {
                Retry::WhenReachable
            }
            kind if kind.is_transient() => Retry::Counted,
            _ => Retry::Never,
        }
    }

    /// Records a 502, 503 or 504; whether so many operations got one that it is about the host.
    fn is_unavailable(&self, operation: u64) -> bool {
        let mut health = self.health.lock();
        let now = Instant::now();
        health.unavailable.retain(|(at, other)| now.duration_since(*at) < RECENTLY && *other != operation);
        health.unavailable.push_back((now, operation));
        health.unavailable.len() >= MANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::error::OtherHost;

    fn server(status: u16) -> Fault {
        ErrorKind::Server { status, code: String::new(), message: String::new() }.into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_503_is_about_the_host_when_many_objects_get_it() {
        let host = HostState::new(RetryPolicy::default());
        let retry = |operation| host.retry(&server(503), operation);
        assert_eq!([retry(1), retry(1), retry(2), retry(2)], [Retry::Counted; 4]);
        assert_eq!([retry(3), retry(1)], [Retry::WithTheHost; 2]);
        tokio::time::advance(RECENTLY).await;
        assert_eq!([retry(1), retry(4)], [Retry::Counted; 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_502_is_about_the_host_when_many_objects_get_it_after_a_success() {
        for status in [502, 504] {
            let host = HostState::new(RetryPolicy::default());
            let retry = |operation| host.retry(&server(status), operation);
            assert_eq!([retry(1), retry(2), retry(3)], [Retry::Counted; 3]);
            host.succeeded(false);
            assert_eq!([retry(1), retry(2)], [Retry::Counted; 2]);
            assert_eq!([retry(3), retry(1)], [Retry::WhenReachable; 2]);
            let elsewhere = Some(OtherHost::Redirect { host: "s3:9000".to_owned() });
            let of_storage = Fault { other_host: elsewhere, ..server(status) };
            assert_eq!(host.retry(&of_storage, 1), Retry::Counted);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_given_up_when_nothing_succeeded_for_so_long() {
        let host = HostState::new(RetryPolicy::default());
        let limit = host.policy.give_up_after;
        tokio::time::advance(limit).await;
        assert_eq!(host.unreachable(), Some(limit));
        tokio::time::advance(limit / 4).await;
        assert_eq!(host.unreachable(), Some(3 * limit / 4));
        host.succeeded(false);
        assert_eq!(host.unreachable(), Some(limit));
        for _ in 0..4 {
            tokio::time::advance(limit / 4).await;
            host.unreachable();
        }
        assert_eq!(host.unreachable(), None);
        tokio::time::advance(2 * FORGOTTEN).await;
        assert_eq!(host.unreachable(), Some(limit));
    }

    #[tokio::test(start_paused = true)]
    async fn each_fault_is_retried_in_its_own_way() {
        let host = HostState::new(RetryPolicy::default());
        let message = String::new;
        let refused = |reason| ErrorKind::Refused { reason, status: 405, message: message() };
        for (kind, expected) in [
            (ErrorKind::RateLimited { message: message() }, Retry::WithTheHost),
            (refused(Refusal::ReadOnly), Retry::WhenWritable),
            (refused(Refusal::Quota), Retry::Never),
            (ErrorKind::Denied { message: message() }, Retry::Never),
            (server(500).kind, Retry::Counted),
            (server(501).kind, Retry::Never),
            (server(400).kind, Retry::Never),
        ] {
            assert_eq!(host.retry(&kind.clone().into(), 1), expected, "{kind}");
        }
    }
}
