//! What a user should know while requests are retried: a wait without a word looks like a hang.

use std::{fmt, sync::OnceLock, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

/// A `Retry-After` longer than this is reported; so is a host that answers nothing for as long.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// What a registry makes us wait for, and where it sends a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The registry limits the rate of requests, so they are sent more slowly from now on.
    RateLimited {
        /// The registry's answer.
        cause: String,
    },
    /// The registry asks to wait (`Retry-After`).
    LongWait {
        /// The registry's answer.
        cause: String,
        /// How long it asks to wait.
        asked: Duration,
        /// When the next request is sent anyway.
        next: Duration,
        /// After this time without a successful request the operation fails.
        limit: Duration,
    },
    /// No request has succeeded for some time.
    NoSuccess {
        /// The last failure.
        cause: String,
        /// For how long.
        elapsed: Duration,
        /// After this time without a successful request the operation fails.
        limit: Duration,
    },
    /// The registry accepts no uploads at present.
    ReadOnly {
        /// The registry's answer.
        cause: String,
        /// After this time without a successful upload the operation fails.
        limit: Duration,
    },
    /// The login goes to a token server at another address than the registry's.
    TokenServer {
        /// `HOST[:PORT]` of the token server.
        address: String,
    },
}

/// Who is informed.
type Listener = Box<dyn Fn(Notice) + Send + Sync>;

/// Passes on each notice once for as long as it holds: all transfers meet the same limit.
#[derive(Default)]
pub(crate) struct Notices {
    listener: OnceLock<Listener>,
    silent: Mutex<Silent>,
}

/// Until when a kind of notice is not repeated.
#[derive(Debug, Default)]
struct Silent {
    rate_limited: bool,
    long_wait: Option<Instant>,
    no_success: Option<Instant>,
    read_only: bool,
    /// Token servers that were named.
    token_servers: Vec<String>,
}

impl Notices {
    /// Informs `listener` from now on; only the first call counts.
    pub(crate) fn listen(&self, listener: Listener) {
        // A second listener would mean that the first is informed already.
        drop(self.listener.set(listener));
    }

    pub(crate) fn give(&self, notice: Notice) {
        tracing::info!(?notice, "notice");
        let is_new = self.silent.lock().is_new(&notice);
        if let Some(listener) = self.listener.get().filter(|_| is_new) {
            listener(notice);
        }
    }

    /// A write was accepted: the registry is no longer read-only.
    pub(crate) fn wrote(&self) {
        self.silent.lock().read_only = false;
    }
}

impl Silent {
    fn is_new(&mut self, notice: &Notice) -> bool {
        let now = Instant::now();
        let mut until = |silent: fn(&mut Self) -> &mut Option<Instant>, time: Duration| {
            let silent = silent(self);
            if silent.is_some_and(|until| now < until) {
                return false;
            }
            *silent = Some(now.checked_add(time).unwrap_or(now + Duration::from_hours(24)));
            true
        };
        match notice {
            Notice::RateLimited { .. } => !std::mem::replace(&mut self.rate_limited, true),
            Notice::LongWait { asked, .. } => until(|silent| &mut silent.long_wait, *asked),
            Notice::NoSuccess { .. } => until(|silent| &mut silent.no_success, Duration::from_mins(1)),
            Notice::ReadOnly { .. } => !std::mem::replace(&mut self.read_only, true),
            Notice::TokenServer { address } => {
                // A registry that names ever new ones need not be followed for long.
                let is_new = self.token_servers.len() < 16 && !self.token_servers.contains(address);
                if is_new {
                    self.token_servers.push(address.clone());
                }
                is_new
            }
        }
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").field("silent", &self.silent).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_notice_is_given_once_for_as_long_as_it_holds() {
        let given = Arc::new(Mutex::new(Vec::new()));
        let notices = Notices::default();
        let wait = |seconds| Notice::LongWait {
            cause: "too many requests".to_owned(),
            asked: Duration::from_secs(seconds),
            next: Duration::from_mins(5),
            limit: Duration::from_mins(5),
        };
        let read_only = || Notice::ReadOnly { cause: String::new(), limit: Duration::from_mins(5) };
        notices.give(wait(3600));
        let listened = given.clone();
        notices.listen(Box::new(move |notice| listened.lock().push(notice)));
        for (later, asked) in [(3600, 3600), (0, 3600), (300, 3600), (300, 7200), (3000, 3500)] {
            tokio::time::advance(Duration::from_secs(later)).await;
            notices.give(wait(asked));
        }
        notices.give(read_only());
        notices.give(read_only());
        notices.wrote();
        notices.give(read_only());
        assert_eq!(*given.lock(), [wait(3600), wait(3500), read_only(), read_only()]);
    }
}
