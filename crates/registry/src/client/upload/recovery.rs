//! What to do after a fault: smaller chunks, a new session, or the same again.

use http::StatusCode;

use super::engine::Upload;
use crate::client::error::{ErrorKind, Fault};

/// The first chunk size tried where a larger body was refused.
const FIRST_CHUNK: u64 = 64 * 1024 * 1024;

/// Chunks are never made smaller than this: the default limit of nginx.
const LAST_CHUNK: u64 = 1024 * 1024;

/// How often a blob is started over because the registry rejects the session.
const MAX_RESTARTS: u32 = 2;

/// Two breaks this close together, in bytes, are at the same place: socket buffers blur it.
const SAME_PLACE: u64 = 4 * 1024 * 1024;

impl Upload<'_> {
    /// Makes ready for another try after `fault`, or gives it back.
    pub(super) async fn recover(&mut self, fault: Fault) -> Result<(), Fault> {
        let fault = match self.remedy(fault).await {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        // What an earlier run left is never a reason to fail.
        if self.may_blame_earlier_session(&fault.kind) {
            self.drop_session(&fault);
            return Ok(());
        }
        Err(fault)
    }

    async fn remedy(&mut self, fault: Fault) -> Result<(), Fault> {
        match &fault.kind {
            ErrorKind::TooLarge { .. } => self.shrink_chunks(fault),
            // A registry without `http.secret` knows no upload from before its restart.
            ErrorKind::UploadLost { .. } | ErrorKind::NotFound { .. } | ErrorKind::Protocol(_) => {
                self.restart(fault)
            }
            ErrorKind::Server { status, .. } if is_about_session(*status) => self.restart(fault),
            ErrorKind::Network(_) if fault.kind.is_transient() => {
                self.suspect_a_limit();
                self.attempts.again(fault).await
            }
            _ => self.attempts.again(fault).await,
        }
    }

    /// Smaller chunks, for the rest of the run. The session has not seen the refused body.
    fn shrink_chunks(&mut self, fault: Fault) -> Result<(), Fault> {
        let refused = self.descriptor.size.min(self.chunk);
        if refused <= LAST_CHUNK {
            return Err(fault);
        }
        self.chunk = smaller(refused);
        self.repository.connection.features.limit_chunk(self.chunk);
        tracing::debug!(chunk = self.chunk, "the registry refuses large bodies: uploading in chunks");
        Ok(())
    }

    /// Some proxies refuse a large body by breaking the connection: twice at the same place is no
    /// accident, and chunks that end well before that place are worth a whole budget of tries.
    fn suspect_a_limit(&mut self) {
        let Some(place) = self.broke_at.take() else { return };
        let is_same = self.broke_before.is_some_and(|before| before.abs_diff(place) <= SAME_PLACE);
        let chunk = (place / 2).clamp(LAST_CHUNK, FIRST_CHUNK);
        self.broke_before = Some(place);
        if is_same && chunk < self.chunk.min(self.descriptor.size) {
            tracing::debug!(chunk, "the connection ends at the same offset: uploading in chunks");
            self.chunk = chunk;
            self.broke_before = None;
            self.attempts.progress();
        }
    }

    /// A new session, since the registry objects to this one.
    fn restart(&mut self, fault: Fault) -> Result<(), Fault> {
        self.restarts += 1;
        if self.restarts > MAX_RESTARTS || self.session.is_none() {
            return Err(fault);
        }
        self.drop_session(&fault);
        Ok(())
    }

    fn drop_session(&mut self, fault: &Fault) {
        tracing::debug!(cause = %fault.kind, "starting the upload over");
        if self.resumed > 0 {
            // What breaks of an earlier run's session seemed to tell of a limit was perhaps not about one.
            self.chunk = self.repository.connection.features.chunk();
        }
        self.session = None;
        self.furthest = 0;
        self.resumed = 0;
    }
}

/// Answers that are about what has come so far, and not about the blob or the caller.
fn is_about_session(status: u16) -> bool {
    [StatusCode::BAD_REQUEST, StatusCode::CONFLICT, StatusCode::GONE, StatusCode::RANGE_NOT_SATISFIABLE]
        .iter()
        .any(|objection| objection.as_u16() == status)
}

fn smaller(refused: u64) -> u64 {
    (refused / 2).clamp(LAST_CHUNK, FIRST_CHUNK)
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
