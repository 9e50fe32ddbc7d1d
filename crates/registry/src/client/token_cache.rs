//! Cached tokens, by what they allow; each is fetched by one task while the others wait for it.
//!
//! A token is renewed a little before it expires, by the clock of this machine. The margin must be
//! smaller than the life of the token: a tool that renews tokens 15 minutes ahead where they live for
//! five fetches one for every request.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;

use egress::Secret;
use tokio::time::Instant;

use super::{error::Fault, scope::Scopes};

/// A bearer token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) value: Secret,
    pub(crate) renew_at: Instant,
    asked: Instant,
    /// How long it is valid, from when it was requested.
    pub(crate) lifetime: Duration,
}

impl Token {
    /// A token asked for at `asked` that lives `life` from then on.
    pub(crate) fn new(value: Secret, asked: Instant, life: Duration) -> Self {
        let margin = (life / 10).max(Duration::from_secs(5)).min(life / 2);
        Self { value, renew_at: asked + life.saturating_sub(margin), asked, lifetime: life }
    }

    /// Time since it was asked for.
    pub(crate) fn age(&self) -> Duration {
        self.asked.elapsed()
    }

    fn is_fresh(&self) -> bool {
        Instant::now() < self.renew_at
    }
}

/// The tokens of one registry and one identity.
#[derive(Debug, Default)]
pub(crate) struct TokenCache {
    slots: Mutex<HashMap<Vec<String>, Arc<Slot>>>,
}

#[derive(Debug, Default)]
struct Slot {
    fetches: AtomicU64,
    held: tokio::sync::Mutex<Option<Result<Token, Fault>>>,
}

impl TokenCache {
    /// The token for `scopes`: a cached one, else the result of `fetch`.
    ///
    /// A failure is returned to all that waited for the same fetch; later callers start a new one.
    pub(crate) async fn get<F>(&self, scopes: &Scopes, fetch: F) -> Result<Token, Fault>
    where
        F: Future<Output = Result<Token, Fault>>,
    {
        if let Some(token) = scopes.wider().and_then(|wider| self.in_hand(&wider)) {
            return Ok(token);
        }
        let slot = self.slot(scopes);
        let seen = slot.fetches.load(Ordering::Acquire);
        let mut held = slot.held.lock().await;
        match &*held {
            Some(Ok(token)) if token.is_fresh() => return Ok(token.clone()),
            Some(Err(fault)) if slot.fetches.load(Ordering::Acquire) != seen => return Err(fault.clone()),
            _ => {}
        }
        let outcome = fetch.await;
        slot.fetches.fetch_add(1, Ordering::Release);
        *held = Some(outcome.clone());
        outcome
    }

    /// Forgets a token that the registry refused, unless it has been replaced already.
    pub(crate) async fn discard(&self, scopes: &Scopes, refused: &Token) {
        for scopes in [Some(scopes.clone()), scopes.wider()].into_iter().flatten() {
            let slot = self.slot(&scopes);
            let mut held = slot.held.lock().await;
            if matches!(&*held, Some(Ok(token)) if token.value == refused.value) {
                *held = None;
            }
        }
    }

    fn in_hand(&self, scopes: &Scopes) -> Option<Token> {
        let slot = self.lock().get(&scopes.key()).cloned()?;
        let held = slot.held.try_lock().ok()?;
        match &*held {
            Some(Ok(token)) if token.is_fresh() => Some(token.clone()),
            _ => None,
        }
    }

    fn slot(&self, scopes: &Scopes) -> Arc<Slot> {
        Arc::clone(self.lock().entry(scopes.key()).or_default())
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, HashMap<Vec<String>, Arc<Slot>>> {
        self.slots.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::error::ErrorKind;

    fn token(value: &str, life: u64) -> Token {
        Token::new(Secret::new(value), Instant::now(), Duration::from_secs(life))
    }

    fn pull(name: &str) -> Scopes {
        Scopes::pull(&name.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn margins_fit_the_life() {
        for (life, renewed_after) in [(300, 270), (60, 54), (30, 25), (8, 4), (1, 0), (0, 0)] {
            let renewed = token("x", life).renew_at - Instant::now();
            assert_eq!(renewed.as_secs(), renewed_after, "{life}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_fetch_for_many_and_another_after_expiry() {
        let cache = Arc::new(TokenCache::default());
        let fetches = Arc::new(AtomicU64::new(0));
        for (waiting, expected) in [(0, 1), (53, 1), (2, 2)] {
            tokio::time::advance(Duration::from_secs(waiting)).await;
            let tasks: Vec<_> = (0..10)
                .map(|_| {
                    let (cache, fetches) = (Arc::clone(&cache), Arc::clone(&fetches));
                    tokio::spawn(async move {
                        let fetch = async {
                            let token = token("x", 60);
                            tokio::time::sleep(Duration::from_millis(10)).await;
                            fetches.fetch_add(1, Ordering::SeqCst);
                            Ok(token)
                        };
                        cache.get(&pull("a"), fetch).await
                    })
                })
                .collect();
            for task in tasks {
                assert!(task.await.unwrap().is_ok());
            }
            assert_eq!(fetches.load(Ordering::SeqCst), expected, "{waiting}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_shared_by_those_who_waited_and_not_kept() {
        let cache = TokenCache::default();
        let fetches = AtomicU64::new(0);
        let fail = || async {
            fetches.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            Err(ErrorKind::Protocol("no".to_owned()).into())
        };
        let scopes = pull("a");
        let (first, second) = tokio::join!(cache.get(&scopes, fail()), cache.get(&scopes, fail()));
        assert!(first.is_err() && second.is_err());
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
        assert!(cache.get(&scopes, async { Ok(token("x", 60)) }).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_push_token_allows_pulls_and_discarded_tokens_are_removed() {
        let cache = TokenCache::default();
        let push = Scopes::push(&"a".parse().unwrap());
        let pushing = cache.get(&push, async { Ok(token("push", 60)) }).await.unwrap();
        let pulling = cache.get(&pull("a"), async { Ok(token("pull", 60)) }).await.unwrap();
        assert_eq!(pulling.value, pushing.value);
        cache.discard(&pull("a"), &pulling).await;
        let pulling = cache.get(&pull("a"), async { Ok(token("pull", 60)) }).await.unwrap();
        assert_eq!(pulling.value.expose(), "pull");
        cache.discard(&pull("a"), &pushing).await;
        let kept = cache.get(&pull("a"), async { Ok(token("other", 60)) }).await.unwrap();
        assert_eq!(kept.value.expose(), "pull");
    }
}
