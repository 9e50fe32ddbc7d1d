//! Sending part of the source as one request, with its digest, its progress and its stalls in view.

use std::{ops::Range, sync::Arc};

use egress::{NetworkFault, StallWatch, TrafficClass};
use oci::Hasher;

use super::{
    engine::Upload,
    feed::{Feed, hash_prefix},
    session::MAX_ANSWER,
};
use crate::client::{
    error::{ErrorKind, Fault},
    exchange::Outgoing,
    reply::Reply,
};

impl Upload<'_> {
    /// Sends a body made of `range` of the source.
    pub(super) async fn send(
        &mut self,
        mut outgoing: Outgoing<'_>,
        range: Range<u64>,
    ) -> Result<Reply, Fault> {
        let size = self.descriptor.size;
        let hasher = self.hashed_to(range.start).await?;
        let connection = Arc::clone(&self.repository.connection);
        let expected = (range.end == size).then_some(self.descriptor.digest);
        let watch = StallWatch::new(connection.http.stall_timeout());
        let source = Arc::clone(&self.source);
        let feed = Feed::new(connection, source, range.clone(), hasher, expected, watch.clone());
        let body = || feed.body();
        outgoing.body = Some(&body);
        outgoing.class = TrafficClass::Upload;
        let scopes = self.repository.push();
        let attempt = self.attempts.number();
        let request = self.repository.connection.fetch_once(&outgoing, &scopes, MAX_ANSWER, attempt);
        let outcome = {
            let mut request = std::pin::pin!(watch.guard(request));
            loop {
                tokio::select! {
                    outcome = &mut request => break outcome,
                    () = feed.moved() => self.report(range.start + feed.handed()),
                }
            }
        };
        match feed.end() {
            Some(Err(kind)) => return Err(kind.into()),
            Some(Ok(hasher)) => {
                self.verified |= range.end == size;
                self.hashed = Some((range.end, hasher));
            }
            None => self.hashed = None,
        }
        let outcome = outcome.unwrap_or_else(|stalled| {
            Err(ErrorKind::Network(NetworkFault::stalled(&outgoing.url, stalled)).into())
        });
        if outcome.is_err() {
            self.broke_at = Some(feed.handed());
        }
        outcome
    }

    /// The hasher after the first `offset` bytes: kept after a chunk, else computed by reading them again.
    async fn hashed_to(&mut self, offset: u64) -> Result<Hasher, Fault> {
        match self.hashed.take() {
            Some((at, hasher)) if at == offset => return Ok(hasher),
            _ => {}
        }
        let hasher = self.descriptor.digest.hasher();
        if offset == 0 {
            return Ok(hasher);
        }
        let source = Arc::clone(&self.source);
        let hashing = tokio::task::spawn_blocking(move || hash_prefix(source.as_ref(), hasher, offset));
        let outcome = hashing
            .await
            .unwrap_or_else(|error| Err(ErrorKind::Source(Arc::new(std::io::Error::other(error)))));
        Ok(outcome?)
    }

    /// Makes sure that the source is what it should be, if sending it has not shown that already.
    pub(super) async fn verify(&mut self) -> Result<(), Fault> {
        if self.verified {
            return Ok(());
        }
        let actual = self.hashed_to(self.descriptor.size).await?.finish();
        if actual != self.descriptor.digest {
            return Err(ErrorKind::SourceMismatch { actual: actual.into() }.into());
        }
        self.verified = true;
        Ok(())
    }

    pub(super) fn report(&mut self, sent: u64) {
        if sent > self.reported {
            self.reported = sent;
            (self.progress)(sent);
        }
    }
}
