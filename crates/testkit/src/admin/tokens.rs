//! Tokens that a product issues for its own registry.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{Request, StatusCode};
use parking_lot::Mutex;
use registry_server::{Scope, TokenRefusal, TokenVerifier};
use serde_json::json;

use super::front::{Answer, json, query};

/// The tokens that were issued, with what they allow.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: Mutex<HashMap<String, Vec<Scope>>>,
    count: AtomicU64,
}

impl Tokens {
    /// Issues a token for what of the scopes in a request `allows`.
    pub(super) fn issue(&self, request: &Request<Bytes>, allows: impl Fn(&str, &str) -> bool) -> Answer {
        let asked = query(request).into_iter().filter(|(name, _)| name == "scope");
        let scopes =
            asked.flat_map(|(_, value)| value.split(' ').filter_map(Scope::parse).collect::<Vec<_>>());
        let granted = scopes.map(|mut scope| {
            scope.actions.retain(|action| allows(&scope.repository, action));
            scope
        });
        let granted = granted.collect();
        let token = format!("token-{}", self.count.fetch_add(1, Ordering::SeqCst));
        self.issued.lock().insert(token.clone(), granted);
        json(StatusCode::OK, &json!({"token": token, "access_token": token, "expires_in": 1800}))
    }
}

impl TokenVerifier for Tokens {
    fn verify(&self, token: &str, needed: &[Scope]) -> Result<(), TokenRefusal> {
        let issued = self.issued.lock();
        let granted = issued.get(token).ok_or(TokenRefusal::Invalid)?;
        let allows = |needed: &Scope, action: &String| {
            granted.iter().any(|it| it.repository == needed.repository && it.actions.contains(action))
        };
        let enough = needed.iter().all(|it| it.actions.iter().all(|action| allows(it, action)));
        if enough { Ok(()) } else { Err(TokenRefusal::InsufficientScope) }
    }
}
