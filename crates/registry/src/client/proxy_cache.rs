//! Whether a "not found" from a proxy cache is reliable.
//!
//! A proxy project of Harbor that cannot reach its upstream, or gets a 502 from it, does not say so. It
//! answers for its own store, 404 for what happens not to be cached. That "not found"
//! proves nothing, and its words are those of an ordinary project. Where the upstream itself has nothing, the
//! words are others. So both kinds from one source show that one of them is not to be believed.
//!
//! Seen on Harbor 2.15.2; in its source since 2.2, `server/middleware/repoproxy` and `controller/proxy`.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{
    error::{ErrorKind, Fault, Missing},
    reply::Reply,
};

/// What is known of the host as a proxy cache.
#[derive(Debug, Default)]
pub(crate) struct ProxyCache {
    /// It is one: it was configured, or it said what its upstream does not have.
    is_there: AtomicBool,
    /// It said what it does not have itself.
    was_not_asked: AtomicBool,
}

/// Who says that something is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Responder {
    Upstream,
    Harbor,
    Other,
}

impl ProxyCache {
    /// Treats the host as a proxy cache from now on.
    pub(crate) fn assume(&self) {
        self.is_there.store(true, Ordering::SeqCst);
    }

    /// The fault for a "not found" that may not be the upstream's. A retry may bring another
    /// answer.
    pub(crate) fn uncertain_not_found(&self, reply: &Reply) -> Option<Fault> {
        let ErrorKind::NotFound { message, .. } = reply.refusal(Missing::Manifest).kind else {
            return None;
        };
        let is_doubtful = match responder(&message) {
            Responder::Other => false,
            Responder::Upstream => {
                self.is_there.store(true, Ordering::SeqCst);
                self.was_not_asked.load(Ordering::SeqCst)
            }
            Responder::Harbor => {
                self.was_not_asked.store(true, Ordering::SeqCst);
                self.is_there.load(Ordering::SeqCst)
            }
        };
        is_doubtful.then(|| ErrorKind::UpstreamNotAsked { message }.into())
    }
}

/// By the words of Harbor's error document, code first.
fn responder(message: &str) -> Responder {
    let Some(words) = message.strip_prefix("NOT_FOUND: ").filter(|words| words.ends_with(" not found"))
    else {
        return Responder::Other;
    };
    if words.starts_with("resource not found: repo ") {
        Responder::Upstream
    } else if words.starts_with("artifact ") || words.starts_with("repository ") {
        Responder::Harbor
    } else {
        Responder::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_harbor() {
        for (message, expected) in [
            (
                "NOT_FOUND: resource not found: repo cache/ee/install, tag v1.58.4 not found",
                Responder::Upstream,
            ),
            ("NOT_FOUND: resource not found: repo cache/ee/install, tag  not found", Responder::Upstream),
            ("NOT_FOUND: artifact cache/ee/install:v1.58.4 not found", Responder::Harbor),
            ("NOT_FOUND: repository cache/ee/install not found", Responder::Harbor),
            ("UNKNOWN: artifact cache/ee/install:v1.58.4 not found", Responder::Other),
            ("MANIFEST_UNKNOWN: manifest unknown", Responder::Other),
            ("NAME_UNKNOWN", Responder::Other),
            ("", Responder::Other),
        ] {
            assert_eq!(responder(message), expected, "{message}");
        }
    }
}
