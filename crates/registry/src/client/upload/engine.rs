//! Getting one blob into a repository, whatever breaks on the way.
//!
//! A session is opened, the bytes are streamed into it with one PATCH, and a PUT commits them: what
//! docker itself does, and so what every registry has been tried with. Small blobs are sent with the PUT,
//! which saves a round trip. A body that is refused for its size is sent in chunks from then on. After a
//! fault the registry is asked how much it has.

use std::{sync::Arc, time::Duration};

use egress::{Lane, NetworkFault, StallWatch};
use http::{Method, StatusCode, header};
use oci::{BlobSource, Descriptor, Hasher};

use super::{
    feed::{Feed, hash_prefix},
    session::{MAX_ANSWER, UploadSession, received},
};
use crate::client::{
    attempts::Attempts,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    location,
    reply::Reply,
    repository::Repository,
};

/// Up to this size a blob is sent with the request that commits it.
const WHOLE: u64 = 8 * 1024 * 1024;

/// The first chunk size tried where a larger body was refused.
const FIRST_CHUNK: u64 = 64 * 1024 * 1024;

/// Chunks are never made smaller than this: the default limit of nginx.
const LAST_CHUNK: u64 = 1024 * 1024;

/// Longest time without a byte taken by the registry.
const STALL: Duration = Duration::from_secs(60);

/// Longest wait for the answer to a commit: stores without rename copy the blob then.
const COMMIT: Duration = Duration::from_secs(300);

/// How often a blob is begun again because the registry objects to what it has got.
const OBJECTIONS: u32 = 2;

/// Bodies broken off without anything kept after which chunks are tried.
const BREAKS: u32 = 2;

impl Repository {
    /// Uploads a blob: bytes of `source`, into `session` if there is one from [`Repository::mount_blob`].
    ///
    /// Whether the registry has it already is not asked. `progress` is told how many bytes of the blob
    /// the connection has taken so far; the number never goes down.
    ///
    /// # Errors
    /// [`ErrorKind::SourceMismatch`] if the bytes are not those of the descriptor's digest, and then
    /// nothing has been committed; [`ErrorKind::Source`]; [`ErrorKind::TooLarge`] if not even small chunks
    /// are taken; whatever else keeps the registry from taking the blob.
    pub async fn upload_blob(
        &self,
        descriptor: &Descriptor,
        source: Arc<dyn BlobSource>,
        session: Option<UploadSession>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Error> {
        let mut place = self.connection.bulk.enter().await;
        let mut upload = Upload {
            repository: self,
            descriptor,
            source,
            session,
            attempts: self.attempts(),
            hashed: None,
            verified: false,
            chunk: self.connection.habits.chunk(),
            breaks: 0,
            objections: 0,
            furthest: 0,
            reported: 0,
            progress,
        };
        loop {
            let fault = match upload.run().await {
                Ok(()) => {
                    self.connection.habits.limit_chunk(upload.chunk);
                    place.completed();
                    upload.report(descriptor.size);
                    return Ok(());
                }
                Err(fault) => fault,
            };
            if fault.kind.is_congestion() {
                place.congested();
            }
            if let Err(fault) = upload.recover(fault).await {
                drop(place);
                if let Some(session) = upload.session.take() {
                    self.cancel_upload(session).await;
                }
                let name = self.blob_name(&descriptor.digest);
                return Err(upload.attempts.error("push blob", name, fault));
            }
        }
    }
}

struct Upload<'a> {
    repository: &'a Repository,
    descriptor: &'a Descriptor,
    source: Arc<dyn BlobSource>,
    session: Option<UploadSession>,
    attempts: Attempts,
    /// A hasher and how much of the source it has seen.
    hashed: Option<(u64, Hasher)>,
    /// The whole source has been read since, and is what it should be.
    verified: bool,
    chunk: u64,
    breaks: u32,
    objections: u32,
    /// The most that the registry has ever had of it.
    furthest: u64,
    reported: u64,
    progress: &'a (dyn Fn(u64) + Send + Sync),
}

impl Upload<'_> {
    /// Goes on from where the upload is, to its end.
    async fn run(&mut self) -> Result<(), Fault> {
        let mut session = self.ready_session().await?;
        let size = self.descriptor.size;
        let is_small = size <= WHOLE.min(self.chunk) && session.offset == Some(0);
        if is_small && self.repository.connection.habits.takes_whole() {
            if self.put_whole(&session).await? {
                self.session = None;
                return Ok(());
            }
            self.repository.connection.habits.refused_whole();
            self.session = None;
            self.repository.cancel_upload(session).await;
            session = self.ready_session().await?;
        }
        while let Some(offset) = session.offset.filter(|offset| *offset < size) {
            self.patch(&mut session, offset).await?;
            self.advanced(session.offset);
        }
        self.commit(session).await
    }

    /// A session of which is known how far it is.
    async fn ready_session(&mut self) -> Result<UploadSession, Fault> {
        let session = match self.session.take() {
            Some(session) if session.offset.is_some() => Some(session),
            Some(session) => self.repository.revisit(session, &mut self.attempts).await?,
            None => None,
        };
        let session = match session {
            Some(session)
                if session
                    .offset
                    .is_some_and(|offset| offset <= self.descriptor.size) =>
            {
                session
            }
            _ => self.repository.open_upload(&mut self.attempts).await?,
        };
        self.advanced(session.offset);
        // Whatever happens next, the registry must be asked before anything is sent again.
        self.session = Some(UploadSession {
            offset: None,
            ..session.clone()
        });
        Ok(session)
    }

    fn advanced(&mut self, offset: Option<u64>) {
        let offset = offset.unwrap_or(0);
        if offset > self.furthest {
            self.furthest = offset;
            self.breaks = 0;
            self.attempts.progress();
        }
    }

    /// Sends the blob with the request that commits it; `false` if the registry does not take it so.
    async fn put_whole(&mut self, session: &UploadSession) -> Result<bool, Fault> {
        let url = location::with_digest(&session.location, &self.descriptor.digest);
        let outgoing = Outgoing::new(Method::PUT, url);
        let reply = match self.send(outgoing, 0..self.descriptor.size).await {
            Ok(reply) if reply.status.is_success() => return Ok(true),
            Ok(reply) => reply,
            Err(fault) if matches!(fault.kind, ErrorKind::Network(_)) => {
                return if self.is_there().await {
                    Ok(true)
                } else {
                    Err(fault)
                };
            }
            Err(fault) => return Err(fault),
        };
        let fault = reply.refusal(Missing::Repository);
        let is_final = matches!(
            fault.kind,
            ErrorKind::Unauthorized { .. } | ErrorKind::Denied { .. } | ErrorKind::TooLarge { .. }
        );
        if reply.status.is_client_error() && !is_final && !fault.kind.is_transient() {
            return Ok(false);
        }
        if !is_final && self.is_there().await {
            Ok(true)
        } else {
            Err(fault)
        }
    }

    /// Sends the bytes from `offset`: all of them, or a chunk.
    async fn patch(&mut self, session: &mut UploadSession, offset: u64) -> Result<(), Fault> {
        let size = self.descriptor.size;
        let end = offset.saturating_add(self.chunk.max(session.min_chunk)).min(size);
        let mut outgoing = Outgoing::new(Method::PATCH, session.location.clone())
            .header(header::CONTENT_TYPE, "application/octet-stream");
        // One request for all is the oldest way, and needs no range.
        if offset > 0 || end < size {
            outgoing = outgoing.header(header::CONTENT_RANGE, &format!("{offset}-{}", end - 1));
        }
        let reply = self.send(outgoing, offset..end).await?;
        if !reply.status.is_success() {
            return Err(reply.refusal(Missing::Repository));
        }
        session.follow(&reply)?;
        session.offset = Some(confirmed(&reply, offset, end)?);
        self.session = Some(UploadSession {
            offset: None,
            ..session.clone()
        });
        Ok(())
    }

    async fn commit(&mut self, session: UploadSession) -> Result<(), Fault> {
        self.verify().await?;
        let url = location::with_digest(&session.location, &self.descriptor.digest);
        let outgoing = Outgoing {
            lane: Lane::Upload,
            ..Outgoing::new(Method::PUT, url.clone()).empty_body()
        };
        let scopes = self.repository.push();
        let ask = self
            .repository
            .connection
            .fetch_once(&outgoing, &scopes, MAX_ANSWER);
        let outcome = match StallWatch::new(COMMIT).guard(ask).await {
            Ok(outcome) => outcome,
            Err(stalled) => Err(ErrorKind::Network(NetworkFault::stalled(&url, stalled)).into()),
        };
        let fault = match outcome {
            Ok(reply) if reply.status.is_success() => None,
            Ok(reply) => Some(reply.refusal(Missing::Repository)),
            Err(fault) => Some(fault),
        };
        // The answer to an earlier commit may have been lost, or a proxy before the registry have erred.
        match fault {
            Some(fault) if !self.is_there().await => Err(fault),
            _ => {
                self.session = None;
                Ok(())
            }
        }
    }

    /// Sends a body made of `range` of the source.
    async fn send(
        &mut self,
        mut outgoing: Outgoing<'_>,
        range: std::ops::Range<u64>,
    ) -> Result<Reply, Fault> {
        let size = self.descriptor.size;
        let hasher = self.hashed_to(range.start).await?;
        let connection = Arc::clone(&self.repository.connection);
        let expected = (range.end == size).then_some(self.descriptor.digest);
        let watch = StallWatch::new(STALL);
        let source = Arc::clone(&self.source);
        let feed = Feed::new(connection, source, range.clone(), hasher, expected, watch.clone());
        let body = || feed.body();
        outgoing.body = Some(&body);
        outgoing.lane = Lane::Upload;
        let scopes = self.repository.push();
        let request = self
            .repository
            .connection
            .fetch_once(&outgoing, &scopes, MAX_ANSWER);
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
        outcome.unwrap_or_else(|stalled| {
            Err(ErrorKind::Network(NetworkFault::stalled(&outgoing.url, stalled)).into())
        })
    }

    /// The hasher after the first `offset` bytes: at hand after a chunk, else made by reading them again.
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
    async fn verify(&mut self) -> Result<(), Fault> {
        if self.verified {
            return Ok(());
        }
        let actual = self.hashed_to(self.descriptor.size).await?.finish();
        if actual != self.descriptor.digest {
            return Err(ErrorKind::SourceMismatch { actual }.into());
        }
        self.verified = true;
        Ok(())
    }

    /// Whether the blob has arrived although the registry said otherwise.
    async fn is_there(&self) -> bool {
        let size = self.repository.blob_size(&self.descriptor.digest).await;
        matches!(size, Ok(Some(size)) if size == self.descriptor.size)
    }

    /// Makes ready for another try after `fault`, or gives it back.
    async fn recover(&mut self, fault: Fault) -> Result<(), Fault> {
        let size = self.descriptor.size;
        match &fault.kind {
            ErrorKind::TooLarge { .. } => self.step_down(fault),
            ErrorKind::NotFound { .. } | ErrorKind::Protocol(_) => self.begin_again(fault),
            ErrorKind::Server { status, .. } if is_objection(*status) => self.begin_again(fault),
            ErrorKind::Network(_) if fault.kind.is_transient() => {
                self.breaks += 1;
                if self.breaks >= BREAKS && size.min(self.chunk) > LAST_CHUNK {
                    self.chunk = smaller(size.min(self.chunk));
                    self.breaks = 0;
                }
                self.attempts.again(fault).await
            }
            _ => self.attempts.again(fault).await,
        }
    }

    /// Smaller chunks, for good. The session has not seen the refused body.
    fn step_down(&mut self, fault: Fault) -> Result<(), Fault> {
        let refused = self.descriptor.size.min(self.chunk);
        if refused <= LAST_CHUNK {
            return Err(fault);
        }
        self.chunk = smaller(refused);
        self.repository.connection.habits.limit_chunk(self.chunk);
        tracing::debug!(
            chunk = self.chunk,
            "the registry refuses large bodies: sending chunks"
        );
        Ok(())
    }

    /// A new session, since the registry objects to this one.
    fn begin_again(&mut self, fault: Fault) -> Result<(), Fault> {
        self.objections += 1;
        if self.objections > OBJECTIONS || self.session.is_none() {
            return Err(fault);
        }
        tracing::debug!(cause = %fault.kind, "beginning an upload again");
        self.session = None;
        self.furthest = 0;
        Ok(())
    }

    fn report(&mut self, sent: u64) {
        if sent > self.reported {
            self.reported = sent;
            (self.progress)(sent);
        }
    }
}

/// Answers that are about what has come so far, and not about the blob or the caller.
fn is_objection(status: u16) -> bool {
    [
        StatusCode::BAD_REQUEST,
        StatusCode::CONFLICT,
        StatusCode::GONE,
        StatusCode::RANGE_NOT_SATISFIABLE,
    ]
    .iter()
    .any(|objection| objection.as_u16() == status)
}

fn smaller(refused: u64) -> u64 {
    (refused / 2).clamp(LAST_CHUNK, FIRST_CHUNK)
}

/// How far the registry is after a body for `offset..end`. Aliyun counts from the beginning of the chunk.
fn confirmed(reply: &Reply, offset: u64, end: u64) -> Result<u64, Fault> {
    match received(reply) {
        None => Ok(end),
        Some(at) if at == end || at == end - offset || (at == 0 && end == 1) => Ok(end),
        Some(at) if at > offset && at < end => Ok(at),
        Some(at) => Err(ErrorKind::Protocol(format!(
            "the registry says that it has {at} bytes after {offset} to {end} were sent"
        ))
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_shrink_to_the_floor() {
        let mut sizes = vec![smaller(u64::MAX)];
        while let Some(&last) = sizes.last().filter(|last| **last > LAST_CHUNK) {
            sizes.push(smaller(last));
        }
        let mib: Vec<_> = sizes.iter().map(|size| size >> 20).collect();
        assert_eq!(mib, [64, 32, 16, 8, 4, 2, 1]);
        assert_eq!(smaller(3 << 20), 3 << 19);
    }
}
