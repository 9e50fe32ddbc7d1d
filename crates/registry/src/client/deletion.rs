//! Deleting manifests and blobs by digest.

use http::{Method, StatusCode};
use oci::Digest;

use super::{
    error::{Error, Missing},
    exchange::Outgoing,
    repository::Repository,
    scope::Scopes,
};

/// Answers to a deletion have no body worth reading.
const MAX_ANSWER: u64 = 64 * 1024;

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It is deleted.
    Deleted,
    /// It was not there.
    Absent,
}

impl Repository {
    /// Deletes a manifest, and with it every tag of this repository that points to it.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](super::ErrorKind::Refused) if the registry does not allow deletions; whatever else keeps it
    /// from deleting.
    pub async fn delete_manifest(&self, digest: &Digest) -> Result<Deletion, Error> {
        self.delete("delete manifest", &format!("manifests/{digest}"), digest, Missing::Manifest).await
    }

    /// Deletes a blob from this repository. Its bytes are freed by the registry's garbage collection.
    ///
    /// # Errors
    /// As [`Repository::delete_manifest`].
    pub async fn delete_blob(&self, digest: &Digest) -> Result<Deletion, Error> {
        self.delete("delete blob", &format!("blobs/{digest}"), digest, Missing::Blob).await
    }

    async fn delete(
        &self,
        operation: &'static str,
        path: &str,
        digest: &Digest,
        what: Missing,
    ) -> Result<Deletion, Error> {
        let mut attempts = self.attempts();
        let ask = async {
            let outgoing = Outgoing::new(Method::DELETE, self.connection.url(&self.path(path))?);
            let scopes = Scopes::delete(&self.name);
            let reply = self.connection.fetch(&mut attempts, &outgoing, &scopes, MAX_ANSWER).await?;
            match reply.status {
                status if status.is_success() => Ok(Deletion::Deleted),
                StatusCode::NOT_FOUND if reply.refusal(what).kind.is_not_found() => Ok(Deletion::Absent),
                _ => Err(reply.refusal(what)),
            }
        };
        let outcome = ask.await;
        outcome.map_err(|fault| attempts.error(operation, self.blob_name(digest), fault))
    }
}
