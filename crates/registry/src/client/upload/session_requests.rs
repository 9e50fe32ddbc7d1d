//! The requests that open, query and cancel an upload session.

use http::{Method, StatusCode};

use super::session::{MAX_ANSWER, UploadSession, received};
use crate::client::{
    attempts::Attempts,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    reply::Reply,
    repository::Repository,
    scope::Scopes,
};

impl Repository {
    /// Gives up an upload, so that the registry need not keep what it has of it. Best effort.
    pub async fn cancel_upload(&self, session: UploadSession) {
        let outgoing = Outgoing::new(Method::DELETE, session.location);
        let scopes = Scopes::delete(&self.name);
        if let Err(fault) = self.connection.fetch_once(&outgoing, &scopes, MAX_ANSWER, 1).await {
            tracing::debug!(cause = %fault.kind, "an upload could not be cancelled");
        }
    }

    /// Opens a session with a single request, for a check.
    pub(crate) async fn open_session(&self) -> Result<UploadSession, Error> {
        let ask = async {
            let outgoing = self.opening_request()?;
            let reply = self.connection.fetch_once(&outgoing, &self.push(), MAX_ANSWER, 1).await?;
            opened_session(&reply)
        };
        ask.await.map_err(|fault| self.attempts().error("upload to", self.full_name(), fault))
    }

    /// Opens a session.
    pub(super) async fn open_upload(&self, attempts: &mut Attempts) -> Result<UploadSession, Fault> {
        let outgoing = self.opening_request()?;
        let reply = self.connection.fetch(attempts, &outgoing, &self.push(), MAX_ANSWER).await?;
        opened_session(&reply)
    }

    fn opening_request(&self) -> Result<Outgoing<'static>, Fault> {
        let url = self.connection.url(&self.path("blobs/uploads/"))?;
        Ok(Outgoing::new(Method::POST, url).empty_body())
    }

    /// Asks how far a session has come; `None` if it is gone.
    ///
    /// Docker distribution refuses the address of an earlier step, whose state is outdated by then, but
    /// answers to the bare one.
    pub(super) async fn revisit(
        &self,
        session: UploadSession,
        attempts: &mut Attempts,
    ) -> Result<Option<UploadSession>, Fault> {
        let mut bare = session.location.clone();
        bare.set_query(None);
        for url in [session.location.clone(), bare] {
            let outgoing = Outgoing::new(Method::GET, url);
            let reply = self.connection.fetch(attempts, &outgoing, &self.push(), MAX_ANSWER).await?;
            if let (true, Some(offset)) = (reply.status.is_success(), received(&reply)) {
                let mut session = session;
                session.offset = Some(offset);
                session.follow(&reply)?;
                return Ok(Some(session));
            }
        }
        Ok(None)
    }
}

/// The session that the answer to an opening request names.
pub(crate) fn opened_session(reply: &Reply) -> Result<UploadSession, Fault> {
    if reply.status != StatusCode::ACCEPTED {
        return Err(if reply.status.is_success() {
            ErrorKind::Protocol(format!("status {} to the start of an upload", reply.status.as_u16())).into()
        } else {
            reply.refusal(Missing::Repository)
        });
    }
    UploadSession::opened(reply).ok_or_else(|| {
        ErrorKind::Protocol("the registry does not return an address for the upload".to_owned()).into()
    })
}
