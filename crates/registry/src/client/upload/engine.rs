//! Getting one blob into a repository, whatever breaks on the way.
//!
//! A session is opened, the bytes are streamed into it with one PATCH, and a PUT commits them: what
//! docker itself does, and so what every registry has been tried with. Small blobs are sent with the PUT,
//! which saves a round trip. A body that is refused for its size is sent in chunks from then on. After a
//! fault the registry is asked how much it has.

use std::{sync::Arc, time::Duration};

use egress::{NetworkFault, StallWatch, TrafficClass};
use http::{Method, header};
use oci::{BlobSource, Descriptor, Hasher};

use super::{
    session::{MAX_ANSWER, UploadSession, received},
    session_store::SessionLock,
};
use crate::client::{
    attempts::Attempts,
    blob::BlobState,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    location,
    reply::Reply,
    repository::Repository,
};

/// Up to this size a blob is sent with the request that commits it.
pub(super) const WHOLE: u64 = 8 * 1024 * 1024;

/// Longest wait for the answer to a commit: stores without rename copy the blob then.
const COMMIT: Duration = Duration::from_mins(5);

impl Repository {
    /// Uploads a blob: bytes of `source`, into `session` if there is one from [`Repository::mount_blob`].
    ///
    /// Whether the registry already has it is not checked. `progress` gets how many bytes of the blob
    /// the connection has taken so far; the number never goes down. The session of a large blob is kept on
    /// disk, if the client has a place for it; one that an earlier run left there goes before `session`.
    ///
    /// Gives the number of bytes that an earlier run had sent.
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
    ) -> Result<u64, Error> {
        let mut place = self.connection.bulk.acquire().await;
        let mut upload = Upload {
            repository: self,
            descriptor,
            source,
            session,
            lock: self.lock_session(descriptor),
            resumed: 0,
            attempts: self.attempts(),
            hashed: None,
            verified: false,
            chunk: self.connection.features.chunk(),
            broke_at: None,
            broke_before: None,
            restarts: 0,
            furthest: 0,
            reported: 0,
            progress,
        };
        upload.resume().await;
        loop {
            let fault = match upload.run().await {
                Ok(()) => {
                    self.connection.features.limit_chunk(upload.chunk);
                    place.completed();
                    upload.report(descriptor.size);
                    upload.forget();
                    return Ok(upload.resumed);
                }
                Err(fault) => fault,
            };
            if fault.kind.is_congestion() {
                place.congested();
            }
            if let Err(fault) = upload.recover(fault).await {
                let name = self.blob_name(&descriptor.digest);
                let error = upload.attempts.error("push blob", name, fault);
                upload.abandon(error.kind()).await;
                // Not before: the next upload would start to send what is no longer needed.
                drop(place);
                return Err(error);
            }
        }
    }
}

/// One upload under way.
pub(super) struct Upload<'a> {
    pub(super) repository: &'a Repository,
    pub(super) descriptor: &'a Descriptor,
    pub(super) source: Arc<dyn BlobSource>,
    pub(super) session: Option<UploadSession>,
    /// Where the session is kept for a later run.
    pub(super) lock: Option<SessionLock>,
    /// Bytes that an earlier run had sent into the present session.
    pub(super) resumed: u64,
    pub(super) attempts: Attempts,
    /// A hasher and how much of the source it has seen.
    pub(super) hashed: Option<(u64, Hasher)>,
    /// The whole source has been read since, and is what it should be.
    pub(super) verified: bool,
    pub(super) chunk: u64,
    /// Bytes of the last body that were sent before it broke off.
    pub(super) broke_at: Option<u64>,
    /// The same of the break before.
    pub(super) broke_before: Option<u64>,
    pub(super) restarts: u32,
    /// The most that the registry has ever had of it.
    pub(super) furthest: u64,
    pub(super) reported: u64,
    pub(super) progress: &'a (dyn Fn(u64) + Send + Sync),
}

impl Upload<'_> {
    /// Goes on from where the upload is, to its end.
    async fn run(&mut self) -> Result<(), Fault> {
        let mut session = self.ready_session().await?;
        let size = self.descriptor.size;
        let is_small = size <= WHOLE.min(self.chunk) && session.offset == Some(0);
        if is_small && self.repository.connection.features.takes_whole() {
            if self.put_whole(&session).await? {
                self.session = None;
                return Ok(());
            }
            self.repository.connection.features.refused_whole();
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
            Some(session) if session.offset.is_some_and(|offset| offset <= self.descriptor.size) => session,
            _ => {
                self.resumed = 0;
                self.repository.open_upload(&mut self.attempts).await?
            }
        };
        self.keep(&session);
        self.advanced(session.offset);
        // Whatever happens next, the registry must be asked before anything is sent again.
        self.session = Some(UploadSession { offset: None, ..session.clone() });
        Ok(session)
    }

    fn advanced(&mut self, offset: Option<u64>) {
        let offset = offset.unwrap_or(0);
        if offset > self.furthest {
            self.furthest = offset;
            self.broke_before = None;
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
                return if self.is_there().await { Ok(true) } else { Err(fault) };
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
        if !is_final && self.is_there().await { Ok(true) } else { Err(fault) }
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
        // The commit comes next: putting another file in place of the one there would cost more than it saves.
        if session.offset != Some(size) {
            self.keep(session);
        }
        self.session = Some(UploadSession { offset: None, ..session.clone() });
        Ok(())
    }

    async fn commit(&mut self, session: UploadSession) -> Result<(), Fault> {
        self.verify().await?;
        let url = location::with_digest(&session.location, &self.descriptor.digest);
        let outgoing =
            Outgoing { class: TrafficClass::Upload, ..Outgoing::new(Method::PUT, url.clone()).empty_body() };
        let scopes = self.repository.push();
        let ask =
            self.repository.connection.fetch_once(&outgoing, &scopes, MAX_ANSWER, self.attempts.number());
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

    /// Whether the blob has arrived although the registry said otherwise.
    async fn is_there(&self) -> bool {
        let state = self.repository.check_blob(&self.descriptor.digest, self.descriptor.size).await;
        matches!(state, Ok(BlobState::Readable | BlobState::SizeOnly))
    }
}

/// How far the registry is after a body for `offset..end`. Aliyun counts from the beginning of the chunk.
fn confirmed(reply: &Reply, offset: u64, end: u64) -> Result<u64, Fault> {
    match received(reply) {
        None => Ok(end),
        Some(at) if at == end || at == end - offset || (at == 0 && end == 1) => Ok(end),
        Some(at) if at > offset && at < end => Ok(at),
        Some(at) => Err(ErrorKind::Protocol(format!(
            "the registry reports {at} bytes received after bytes {offset} to {end} were sent"
        ))
        .into()),
    }
}
