//! What the stand-in for Harbor checks before its registry gets a request: permissions to delete, proxy caches, rules for
//! immutable tags, quotas. The order and the words are those of Harbor 2.15.2.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use oci::Digest;
use registry_server::{Scope, Store as _, TokenVerifier as _};

use super::{
    front::{Answer, empty},
    harbor::{Shared, refused},
};

impl Shared {
    /// The answer to a request to the registry; none if the registry answers it. `path` is without `v2`.
    pub(super) fn before_registry(&self, request: &Request<Bytes>, path: &[&str]) -> Option<Answer> {
        let at = path.iter().position(|part| ["manifests", "blobs", "tags"].contains(part))?;
        let (repository, rest) = (path[..at].join("/"), &path[at..]);
        let (project, below) = repository.split_once('/')?;
        let method = request.method();
        match (method, rest) {
            (&Method::DELETE, _) if !self.allows(request, &repository, "delete") => {
                Some(self.deletion_denied(&repository))
            }
            (&Method::DELETE, ["manifests", digest]) => {
                Some(self.delete_manifest(project, &repository, digest))
            }
            (&Method::DELETE, ["blobs", digest]) => {
                let is_there =
                    digest.parse().is_ok_and(|it: Digest| self.store.remove_blob(&repository, &it));
                Some(deleted(is_there, "BLOB_UNKNOWN"))
            }
            // The registry asks for a token, or refuses it.
            _ if !self.allows(request, &repository, "push") => None,
            (&Method::POST, ["blobs", "uploads"]) | (&Method::PUT, ["manifests", _])
                if self.is_cache(project) =>
            {
                let message = format!("denied: can not push artifact to a proxy project: {project}");
                Some(refused(StatusCode::FORBIDDEN, "DENIED", &message))
            }
            (&Method::PUT, ["manifests", tag])
                if self.is_immutable(project) && self.store.tagged(&repository).contains_key(*tag) =>
            {
                let message =
                    format!("Failed to process request due to '{below}:{tag}' configured as immutable.");
                Some(refused(StatusCode::PRECONDITION_FAILED, "PRECONDITION", &message))
            }
            (&Method::PUT, ["manifests", _]) => self.take(project, request.body().len() as u64),
            (&Method::PATCH, ["blobs", "uploads", session]) => {
                let mut state = self.state.lock();
                *state.uploads.entry((*session).to_owned()).or_default() += request.body().len() as u64;
                None
            }
            (&Method::PUT, ["blobs", "uploads", session]) => {
                let earlier = self.state.lock().uploads.remove(*session).unwrap_or_default();
                self.take(project, earlier + request.body().len() as u64)
            }
            _ => None,
        }
    }

    /// Whether the token of a request allows this.
    fn allows(&self, request: &Request<Bytes>, repository: &str, action: &str) -> bool {
        let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
        let scope = Scope { repository: repository.to_owned(), actions: vec![action.to_owned()] };
        self.tokens.verify(token, &[scope]).is_ok()
    }

    fn deletion_denied(&self, repository: &str) -> Answer {
        let message = format!("unauthorized to access repository: {repository}, action: delete");
        let mut answer = refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", &message);
        let address = self.state.lock().address.clone();
        let challenge = format!(
            r#"Bearer realm="http://{address}/service/token",service="harbor-registry",scope="repository:{repository}:delete""#
        );
        if let Ok(challenge) = HeaderValue::try_from(challenge) {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer
    }

    fn delete_manifest(&self, project: &str, repository: &str, digest: &str) -> Answer {
        let tags = self.store.tagged(repository);
        let tag = tags.iter().find(|(_, it)| it.to_string() == digest).map(|(tag, _)| tag);
        if let Some(tag) = tag.filter(|_| self.is_immutable(project)) {
            let message = format!("the tag {tag} configured as immutable, cannot be deleted");
            return refused(StatusCode::PRECONDITION_FAILED, "PRECONDITION", &message);
        }
        let Ok(digest) = digest.parse::<Digest>() else { return deleted(false, "MANIFEST_UNKNOWN") };
        let is_tagged = |it: &Digest| tags.values().any(|tagged| tagged == it);
        if !is_tagged(&digest) && !self.indexes_of(repository, &digest).is_empty() {
            let message = "the deleting artifact is referenced by others";
            return refused(StatusCode::PRECONDITION_FAILED, "VIOLATE_FOREIGN_KEY_CONSTRAINT", message);
        }
        let children = self.children(repository, &digest);
        let is_there = self.store.remove_manifest(repository, &digest);
        for child in children.iter().filter(|it| !is_tagged(it)) {
            if self.indexes_of(repository, child).is_empty() {
                self.store.remove_manifest(repository, child);
            }
        }
        deleted(is_there, "MANIFEST_UNKNOWN")
    }

    /// The indexes that list a manifest.
    fn indexes_of(&self, repository: &str, digest: &Digest) -> Vec<Digest> {
        let all = self.store.manifests(repository).into_iter();
        all.filter(|index| self.children(repository, index).contains(digest)).collect()
    }

    fn children(&self, repository: &str, index: &Digest) -> Vec<Digest> {
        let manifest = self.store.manifest(repository, &(*index).into());
        let parsed = manifest.and_then(|it| it.parse().ok());
        parsed.iter().flat_map(oci::Manifest::children).map(|child| child.digest).collect()
    }

    fn is_cache(&self, project: &str) -> bool {
        let state = self.state.lock();
        state.projects.iter().any(|it| it["name"] == project && !it["registry_id"].is_null())
    }

    /// Rules belong to the first project, and hold for all of its tags.
    fn is_immutable(&self, project: &str) -> bool {
        let state = self.state.lock();
        !state.rules.is_empty() && state.project_at(project, true) == Some(0)
    }

    /// Counts this many bytes, or refuses them because of the quota.
    fn take(&self, project: &str, size: u64) -> Option<Answer> {
        let mut state = self.state.lock();
        let at = state.project_at(project, true)?;
        let (used, limit) = (state.used[at], state.quotas[at]);
        if u64::try_from(limit).is_ok_and(|limit| used + size > limit) {
            let message = format!(
                "adding {size} B of storage resource, which when updated to current usage of {used} B will exceed the \
                 configured upper limit of {limit} B."
            );
            return Some(refused(StatusCode::FORBIDDEN, "DENIED", &message));
        }
        state.used[at] += size;
        None
    }
}

fn deleted(is_there: bool, code: &str) -> Answer {
    if is_there { empty(StatusCode::ACCEPTED) } else { refused(StatusCode::NOT_FOUND, code, "not found") }
}
