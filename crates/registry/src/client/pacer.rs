//! How fast requests are sent to a registry that limits their rate.
//!
//! A rate limiter rejects what comes too fast (429; nginx's `limit_req` by default 503) and does not say which rate it
//! allows. At full speed most requests would be rejected again and again, however often each is retried. So the first
//! rejection limits the rate of all requests to the host to that of the recent successes. Later rejections lower it,
//! successes raise it: fast while no limit is known, slowly close to the rate at which requests were rejected last,
//! and faster again if nothing is rejected there, since a limit may have been lifted.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// A rejection lowers the rate to this share of itself.
const BACK_OFF: f64 = 0.75;
/// Up to this share of the rate that was rejected last, the rate is raised quickly.
const NEAR: f64 = 0.95;
/// By how much one success raises the rate: while no limit is known, below the last rejected rate, and near it.
const FAST: f64 = 0.50;
const MEDIUM: f64 = 0.02;
const SLOW: f64 = 0.0002;
/// The logarithm of the most that a rate grows within a second: a burst that a limiter allows must not end the limit.
const GROWTH: f64 = 1.4;
/// Requests per second after the first rejection, at least, since little is known after a few requests.
const FIRST: f64 = 10.0;
/// Near the last rejected rate, so many successes without a rejection double the raise.
const CONFIDENCE: u32 = 40;
/// Requests per second, at least.
const LOWEST: f64 = 0.2;
/// From this rate on, in requests per second, there is no need for a limit.
const UNLIMITED: f64 = 1000.0;
/// Successes are counted over this time to learn the rate before the first rejection.
const WINDOW: Duration = Duration::from_secs(1);

/// The rate limit of one host, shared by all requests to it.
#[derive(Debug)]
pub(crate) struct Pacer {
    /// Requests wait in order: the one that holds this is the next to be sent.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: Option<Limit>,
    last_start: Instant,
    paused_until: Option<Instant>,
    recent: Recent,
}

/// A rate that is kept to.
#[derive(Debug)]
struct Limit {
    /// Requests per second.
    rate: f64,
    /// The rate at which a request was rejected last.
    ceiling: Option<f64>,
    /// Successes near the ceiling since the last rejection.
    successes: u32,
    lowered: Instant,
}

/// Successes of the window before and of this one.
#[derive(Debug)]
struct Recent {
    begun: Instant,
    count: u32,
    before: u32,
}

impl Pacer {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        let recent = Recent { begun: now, count: 0, before: 0 };
        let state = State { limit: None, last_start: now, paused_until: None, recent };
        Self { turn: tokio::sync::Mutex::new(()), state: Mutex::new(state) }
    }

    /// Waits until the next request may be sent, and returns the time at which it is.
    pub(crate) async fn start(&self) -> Instant {
        if !self.state.lock().is_limited() {
            return Instant::now();
        }
        let _turn = self.turn.lock().await;
        loop {
            let next = {
                let mut state = self.state.lock();
                let (now, next) = (Instant::now(), state.next_start());
                if next <= now {
                    state.last_start = now;
                    return now;
                }
                next
            };
            tokio::time::sleep_until(next).await;
        }
    }

    /// Records that the host answered a request.
    pub(crate) fn succeeded(&self) {
        let mut state = self.state.lock();
        state.recent.add(Instant::now());
        let Some(limit) = &mut state.limit else { return };
        limit.raise();
        if limit.rate > UNLIMITED {
            tracing::info!("the registry no longer limits requests");
            state.limit = None;
        }
    }

    /// Records that the host rejected a request that was sent at `sent`, and asked to wait for `wait`.
    ///
    /// Many requests may be rejected at the same moment; only those sent since the rate was last lowered count.
    pub(crate) fn rejected(&self, sent: Instant, wait: Option<Duration>) {
        let mut state = self.state.lock();
        let now = Instant::now();
        if let Some(wait) = wait {
            let until = now + wait;
            state.paused_until = Some(state.paused_until.map_or(until, |known| known.max(until)));
        }
        match &mut state.limit {
            Some(limit) if sent <= limit.lowered => return,
            Some(limit) => limit.lower(now),
            None => {
                let rate = (state.recent.rate(now) * BACK_OFF).max(FIRST);
                state.limit = Some(Limit { rate, ceiling: None, successes: 0, lowered: now });
                state.last_start = now;
            }
        }
        if let Some(limit) = &state.limit {
            tracing::info!(
                requests_per_second = format_args!("{:.1}", limit.rate),
                ?wait,
                "the registry limits requests"
            );
        }
    }

    #[cfg(test)]
    fn is_limited(&self) -> bool {
        self.state.lock().is_limited()
    }
}

impl State {
    fn is_limited(&self) -> bool {
        self.limit.is_some() || self.paused_until.is_some_and(|until| until > Instant::now())
    }

    fn next_start(&self) -> Instant {
        let spaced = match &self.limit {
            Some(limit) => self.last_start + Duration::from_secs_f64(1.0 / limit.rate),
            None => self.last_start,
        };
        self.paused_until.map_or(spaced, |until| until.max(spaced))
    }
}

impl Limit {
    fn raise(&mut self) {
        let share = match self.ceiling {
            None => FAST,
            Some(ceiling) if self.rate < NEAR * ceiling => MEDIUM,
            Some(ceiling) if self.rate < 2.0 * ceiling => {
                self.successes += 1;
                (SLOW * 2_f64.powf(f64::from(self.successes / CONFIDENCE))).min(FAST)
            }
            Some(_) => {
                self.ceiling = None;
                FAST
            }
        };
        self.rate *= 1.0 + share.min(GROWTH / self.rate);
    }

    fn lower(&mut self, now: Instant) {
        self.ceiling = Some(self.rate);
        self.successes = 0;
        self.rate = (self.rate * BACK_OFF).max(LOWEST);
        self.lowered = now;
    }
}

impl Recent {
    fn add(&mut self, now: Instant) {
        self.turn_over(now);
        self.count += 1;
    }

    /// Successes per second.
    fn rate(&mut self, now: Instant) -> f64 {
        self.turn_over(now);
        let elapsed = now.duration_since(self.begun).as_secs_f64();
        let share_of_before = (1.0 - elapsed / WINDOW.as_secs_f64()).max(0.0);
        (f64::from(self.count) + f64::from(self.before) * share_of_before) / WINDOW.as_secs_f64()
    }

    fn turn_over(&mut self, now: Instant) {
        let elapsed = now.duration_since(self.begun);
        if elapsed >= WINDOW {
            self.before = if elapsed < 2 * WINDOW { self.count } else { 0 };
            self.count = 0;
            self.begun = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    /// A leaky bucket, as nginx's `limit_req` has it (`ngx_http_limit_req_module.c`).
    struct Limiter {
        rate: f64,
        burst: f64,
        /// Whether requests within the burst are answered immediately.
        no_delay: bool,
        state: Mutex<(f64, Instant)>,
    }

    impl Limiter {
        /// Whether it takes a request, and after what delay it is answered.
        fn take(&self) -> Option<Duration> {
            let mut state = self.state.lock();
            let now = Instant::now();
            let drained = state.0 - self.rate * now.duration_since(state.1).as_secs_f64();
            let excess = (drained + 1.0).max(0.0);
            if excess > self.burst + 1e-9 {
                return None;
            }
            *state = (excess, now);
            Some(if self.no_delay { Duration::ZERO } else { Duration::from_secs_f64(excess / self.rate) })
        }
    }

    struct Outcome {
        seconds: f64,
        rejected: u32,
    }

    /// Sends `requests`, `concurrency` at the same time, until each was taken.
    async fn send(requests: u32, concurrency: u32, limiter: Limiter, wait: Option<Duration>) -> Outcome {
        let (pacer, limiter) = (Arc::new(Pacer::new()), Arc::new(limiter));
        let (left, rejected) = (Arc::new(AtomicU32::new(requests)), Arc::new(AtomicU32::new(0)));
        let begun = Instant::now();
        let workers = (0..concurrency).map(|_| {
            let (pacer, limiter) = (Arc::clone(&pacer), Arc::clone(&limiter));
            let (left, rejected) = (Arc::clone(&left), Arc::clone(&rejected));
            tokio::spawn(async move {
                while left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                    .is_ok()
                {
                    loop {
                        let sent = pacer.start().await;
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        if let Some(delay) = limiter.take() {
                            tokio::time::sleep(delay).await;
                            pacer.succeeded();
                            break;
                        }
                        rejected.fetch_add(1, Ordering::SeqCst);
                        pacer.rejected(sent, wait);
                    }
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
        Outcome { seconds: begun.elapsed().as_secs_f64(), rejected: rejected.load(Ordering::SeqCst) }
    }

    #[tokio::test(start_paused = true)]
    async fn close_to_what_a_limiter_allows() {
        let second = Some(Duration::from_secs(1));
        for (rate, burst, no_delay, wait, most) in [
            (50.0, 20.0, false, None, 1.1),
            (50.0, 20.0, true, None, 1.1),
            (50.0, 20.0, true, second, 1.8),
            (50.0, 0.0, true, None, 1.2),
            (20.0, 0.0, true, None, 1.2),
            (20.0, 5.0, true, second, 1.7),
            (5.0, 0.0, true, None, 1.2),
            (5.0, 0.0, true, second, 1.3),
            (1.0, 1.0, true, None, 1.2),
        ] {
            for concurrency in [1, 16, 80] {
                let limiter = Limiter { rate, burst, no_delay, state: Mutex::new((0.0, Instant::now())) };
                let outcome = send(500, concurrency, limiter, wait).await;
                let ratio = outcome.seconds / (500.0 / rate);
                let case = format!("{rate} per second, burst {burst}, {wait:?}, {concurrency} at a time");
                assert!(ratio < most, "{case}: {ratio:.2} x the ideal, {} rejected", outcome.rejected);
                assert!(outcome.rejected < 2 * concurrency + 50, "{case}: {} rejected", outcome.rejected);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_is_lifted_is_forgotten() {
        let pacer = Pacer::new();
        for _ in 0..30 {
            pacer.succeeded();
        }
        pacer.rejected(pacer.start().await, None);
        assert!(pacer.is_limited());
        let begun = Instant::now();
        while pacer.is_limited() {
            pacer.start().await;
            pacer.succeeded();
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn one_overload_lowers_the_rate_once() {
        let pacer = Pacer::new();
        for _ in 0..100 {
            pacer.succeeded();
        }
        let sent = pacer.start().await;
        tokio::time::advance(Duration::from_millis(5)).await;
        for _ in 0..10 {
            pacer.rejected(sent, None);
        }
        let rate = pacer.state.lock().limit.as_ref().unwrap().rate;
        assert!((70.0..80.0).contains(&rate), "{rate}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_requested_by_the_registry_delays_all_requests() {
        let pacer = Pacer::new();
        pacer.rejected(Instant::now(), Some(Duration::from_secs(30)));
        let begun = Instant::now();
        pacer.start().await;
        assert!(begun.elapsed() >= Duration::from_secs(30));
    }
}
