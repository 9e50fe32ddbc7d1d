//! Mounting a blob from another repository of the registry, without sending it.

use http::{Method, StatusCode};
use oci::{Digest, RepositoryName};

use super::{
    error::{Error, ErrorKind, Fault},
    exchange::Outgoing,
    repository::Repository,
    scope::Scopes,
    upload::UploadSession,
};

/// Answers to a mount have no body worth reading.
const MAX_ANSWER: u64 = 64 * 1024;

/// What became of a mount.
#[derive(Debug)]
pub enum Mount {
    /// The blob is in this repository now.
    Mounted,
    /// The registry needs the bytes, and has opened this session for them.
    Upload(UploadSession),
    /// The registry does not mount; upload the blob.
    Refused,
}

impl Repository {
    /// Asks the registry to mount a blob from the repository `from` of the same registry.
    ///
    /// # Errors
    /// Only if there is no answer; a refusal of any kind is [`Mount::Refused`].
    pub async fn mount_blob(&self, digest: &Digest, from: &RepositoryName) -> Result<Mount, Error> {
        let mut attempts = self.attempts();
        let ask = async {
            let outgoing = self.mount_request(digest, from)?;
            let scopes = Scopes::mount(&self.name, from);
            let reply = self.connection.fetch(&mut attempts, &outgoing, &scopes, MAX_ANSWER).await?;
            Ok(match reply.status {
                StatusCode::CREATED => Mount::Mounted,
                // A session that cannot be found again is not used.
                StatusCode::ACCEPTED => UploadSession::opened(&reply).map_or(Mount::Refused, Mount::Upload),
                _ => Mount::Refused,
            })
        };
        let outcome = ask.await.or_else(|fault: Fault| match fault.kind {
            // Token servers refuse a token for two repositories where they could just leave one out.
            ErrorKind::Unauthorized { .. } | ErrorKind::Denied { .. } | ErrorKind::Server { .. } => {
                Ok(Mount::Refused)
            }
            _ => Err(fault),
        });
        outcome.map_err(|fault| attempts.error("mount blob", self.blob_name(digest), fault))
    }

    /// The request for a mount.
    pub(crate) fn mount_request(
        &self,
        digest: &Digest,
        from: &RepositoryName,
    ) -> Result<Outgoing<'static>, Fault> {
        let mut url = self.connection.url(&self.path("blobs/uploads/"))?;
        url.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from.as_str());
        Ok(Outgoing::new(Method::POST, url).empty_body())
    }
}
