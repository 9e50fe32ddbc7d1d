//! Resuming an upload that an earlier run started, and recording it for the next one.
//!
//! An earlier session saves time and nothing else: if anything about it is wrong, the blob is sent from the start.
//!
//! The bytes of a request that breaks stay at GitLab and at Docker distribution 3. Distribution 2.8 loses
//! the session with the request, how many whole ones came before it notwithstanding, and some registries
//! lose all but the first. So next to nothing is gained by sending a blob in several.

use std::{io, time::Duration};

use super::{
    engine::{Upload, WHOLE},
    session::UploadSession,
    session_store::SessionLock,
};
use crate::client::{
    Client,
    error::{ErrorKind, Fault},
    repository::Repository,
};

/// Up to this size in bytes a blob has no session that outlives its run: it is sent with the request that
/// commits it, and as quickly sent again.
pub const RESUME_THRESHOLD: u64 = WHOLE;

/// What the kernel still had of a killed run continues to arrive. A session that has not grown for
/// so long is at rest.
const SETTLE_TIME: Duration = Duration::from_millis(300);

/// Together half a minute, in which even a slow line delivers what a socket holds.
const MAX_QUERIES: u32 = 100;

impl Client {
    /// Makes ready the directory in which the sessions of uploads are kept. Without it uploads work as
    /// well, but one that is interrupted begins that blob again.
    ///
    /// # Errors
    /// If no directory was given, or it cannot be written or has no locks.
    pub fn prepare_sessions(&self) -> io::Result<()> {
        match &self.connection().sessions {
            Some(sessions) => sessions.prepare(),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no directory is set")),
        }
    }
}

impl Repository {
    /// The lock on the recorded session of an upload of this blob.
    pub(super) fn lock_session(&self, descriptor: &oci::Descriptor) -> Option<SessionLock> {
        let sessions = self.connection.sessions.as_ref().filter(|_| descriptor.size > RESUME_THRESHOLD)?;
        sessions.lock(self.blob_name(&descriptor.digest))
    }

    /// Asks how far a session has come, until the answer stays the same.
    async fn find_settled(&self, kept: UploadSession) -> Result<Option<UploadSession>, Fault> {
        let mut attempts = self.attempts();
        let mut found = self.revisit(kept, &mut attempts).await?;
        for _ in 0..MAX_QUERIES {
            let Some(before) = found else { break };
            tokio::time::sleep(SETTLE_TIME).await;
            let offset = before.offset;
            found = self.revisit(before, &mut attempts).await?;
            if found.as_ref().is_some_and(|now| now.offset == offset) {
                break;
            }
        }
        Ok(found)
    }
}

impl Upload<'_> {
    /// Resumes the session that an earlier run recorded, if the registry still has it and bytes in it.
    pub(super) async fn resume(&mut self) {
        let home = &self.repository.connection.home;
        let Some(lock) = self.lock.as_mut().filter(|lock| lock.has_session()) else { return };
        let found = match lock.session(home) {
            Some(kept) => self.repository.find_settled(kept).await,
            None => Ok(None),
        };
        let usable = |session: &UploadSession| {
            session.offset.is_some_and(|offset| (1..=self.descriptor.size).contains(&offset))
        };
        match found {
            Ok(Some(session)) if usable(&session) => {
                self.resumed = session.offset.unwrap_or(0);
                tracing::debug!(offset = self.resumed, "resuming an earlier upload");
                if let Some(opened) = self.session.replace(session) {
                    self.repository.cancel_upload(opened).await;
                }
            }
            _ => lock.forget(),
        }
    }

    /// Records the session for a later run.
    pub(super) fn keep(&mut self, session: &UploadSession) {
        if let Some(lock) = &mut self.lock {
            lock.keep(session);
        }
    }

    /// Ends the upload after a fault of this kind: leaves its session to a later run if that may help,
    /// else cancels it.
    pub(super) async fn abandon(mut self, kind: &ErrorKind) {
        let is_kept = self.lock.as_ref().is_some_and(SessionLock::has_session);
        if is_kept && may_continue_later(kind) {
            return;
        }
        self.forget();
        // Over a dead line, giving up would take as long as trying again.
        let is_reachable = !matches!(kind, ErrorKind::Network(_));
        if let Some(session) = self.session.take().filter(|_| is_reachable) {
            self.repository.cancel_upload(session).await;
        }
    }

    /// Whether another session may get on where the one that an earlier run left has met this.
    pub(super) fn may_blame_earlier_session(&self, kind: &ErrorKind) -> bool {
        let is_elsewhere = match kind {
            ErrorKind::RateLimited { .. } | ErrorKind::Source(_) | ErrorKind::SourceMismatch { .. } => true,
            // A registry may also break the connection because it does not like what comes.
            ErrorKind::Network(_) => self.furthest > self.resumed,
            _ => false,
        };
        self.resumed > 0 && !is_elsewhere
    }

    /// Removes what was kept: the blob is there, or the session of no use.
    pub(super) fn forget(&mut self) {
        if let Some(lock) = &mut self.lock {
            lock.forget();
        }
    }
}

/// Whether the session may be as good as before once the cause is out of the way.
fn may_continue_later(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::Network(_)
        | ErrorKind::RateLimited { .. }
        | ErrorKind::Source(_)
        | ErrorKind::Unauthorized { .. }
        | ErrorKind::Denied { .. } => true,
        ErrorKind::Server { .. } => kind.is_transient(),
        _ => false,
    }
}
