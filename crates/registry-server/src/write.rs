//! The half of the protocol that writes: upload sessions, mounts, manifests.
//!
//! Locations carry a `_state` that changes with every step and must be sent back, as those of Docker
//! distribution do: a client that builds its own addresses fails here as it would there.

use std::pin::{Pin, pin};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use oci::{Digest, RawManifest, Referrer, RepositoryName, TagOrDigest, manifest::MAX_SIZE};
use registry::envelope::Code;

use super::{
    answer::{CONTENT_DIGEST, empty, missing, problem, set},
    body::Body,
    intercept::Treatment,
    request::{Dropped, RequestBody},
    session::Sessions,
    store::StoreWriter,
};
use crate::route::UploadStep;

/// One write request.
pub(super) struct Write<'a> {
    pub(super) writer: &'a dyn StoreWriter,
    pub(super) sessions: &'a Sessions,
    pub(super) repository: &'a RepositoryName,
    pub(super) query: &'a [(String, String)],
    pub(super) headers: &'a HeaderMap,
    pub(super) treatment: &'a Treatment,
    /// Whether the server has the referrers API.
    pub(super) referrers: bool,
}

impl Write<'_> {
    /// `POST`: mounts, takes the whole blob in one request, or begins a session.
    pub(super) async fn start(&self, body: impl RequestBody) -> Result<Response<Body>, Dropped> {
        let digest = |name| self.parameter(name).and_then(|text| text.parse::<Digest>().ok());
        let repository = self.repository.as_str();
        if let (Some(digest), Some(from)) = (digest("mount"), self.parameter("from"))
            && self.writer.link_blob(repository, &digest, from)
        {
            return Ok(self.created("blobs", &digest));
        }
        let id = self.sessions.begin(repository);
        if self.parameter("digest").is_some() {
            return self.finish(&id, body).await;
        }
        Ok(self.progress(StatusCode::ACCEPTED, &id, 0))
    }

    /// A step of a session.
    pub(super) async fn upload(
        &self,
        id: &str,
        step: UploadStep,
        body: impl RequestBody,
    ) -> Result<Response<Body>, Dropped> {
        let Some(received) = self.sessions.received(self.repository.as_str(), id) else {
            return Ok(unknown_upload());
        };
        match step {
            UploadStep::Status => return Ok(self.progress(StatusCode::NO_CONTENT, id, received)),
            UploadStep::Cancel => {
                self.sessions.end(self.repository.as_str(), id);
                return Ok(empty(StatusCode::NO_CONTENT));
            }
            UploadStep::Append | UploadStep::Finish => {}
        }
        if self.parameter("_state") != Some(received.to_string().as_str()) {
            return Ok(problem(
                StatusCode::BAD_REQUEST,
                Code::BlobUploadInvalid,
                "the _state of the location is missing or not the last one",
            ));
        }
        if let Some(start) = self.range_start()
            && start != received
        {
            return Ok(self.progress(StatusCode::RANGE_NOT_SATISFIABLE, id, received));
        }
        if step == UploadStep::Finish {
            return self.finish(id, body).await;
        }
        if let Some(refused) = self.receive(id, body).await? {
            return Ok(refused);
        }
        let received = self.sessions.received(self.repository.as_str(), id);
        Ok(self.progress(StatusCode::ACCEPTED, id, received.unwrap_or_default()))
    }

    /// `PUT` of a manifest.
    pub(super) async fn manifest(
        &self,
        reference: &TagOrDigest,
        body: impl RequestBody,
    ) -> Result<Response<Body>, Dropped> {
        let limit = usize::try_from(MAX_SIZE).unwrap_or(usize::MAX);
        let bytes = match Limited::new(body, limit).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return Ok(problem(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    Code::SizeInvalid,
                    "the manifest is larger than 4 MiB",
                ));
            }
            Err(_) => return Err(Dropped),
        };
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let manifest = match RawManifest::new(content_type, bytes) {
            Ok(manifest) => manifest,
            Err(error) => {
                let message = error.to_string();
                return Ok(problem(StatusCode::BAD_REQUEST, Code::ManifestInvalid, &message));
            }
        };
        if let TagOrDigest::Digest(digest) = reference
            && digest.same_algorithm_of(manifest.bytes()) != *digest
        {
            return Ok(digest_mismatch(digest));
        }
        let digest = manifest.digest();
        let subject = Referrer::of(&manifest).subject.filter(|_| self.referrers);
        Ok(match self.writer.put_manifest(self.repository.as_str(), reference, manifest) {
            Ok(()) => {
                let mut created = self.created("manifests", &digest);
                if let Some(subject) = subject {
                    set(&mut created, "oci-subject", &subject.to_string());
                }
                created
            }
            Err(error) => missing(&error),
        })
    }

    async fn finish(&self, id: &str, body: impl RequestBody) -> Result<Response<Body>, Dropped> {
        let Some(Ok(digest)) = self.parameter("digest").map(str::parse::<Digest>) else {
            return Ok(problem(
                StatusCode::BAD_REQUEST,
                Code::DigestInvalid,
                "the digest of the upload is missing or is none",
            ));
        };
        if let Some(refused) = self.receive(id, body).await? {
            return Ok(refused);
        }
        let Some(bytes) = self.sessions.end(self.repository.as_str(), id) else {
            return Ok(unknown_upload());
        };
        let (bytes, actual) = hash(bytes, digest).await;
        if actual != Some(digest) {
            return Ok(digest_mismatch(&digest));
        }
        self.writer.put_blob(self.repository.as_str(), digest, bytes);
        Ok(self.created("blobs", &digest))
    }

    /// Takes the request's body into the session; gives an answer only where it is refused.
    async fn receive(&self, id: &str, body: impl RequestBody) -> Result<Option<Response<Body>>, Dropped> {
        let limit = self.treatment.request_limit.unwrap_or(u64::MAX);
        let cut = self.treatment.cut_request_after.unwrap_or(u64::MAX);
        let too_large = || {
            Some(problem(StatusCode::PAYLOAD_TOO_LARGE, Code::SizeInvalid, "the request body is too large"))
        };
        let mut body = pin!(body);
        if body.size_hint().lower() > limit {
            drain(body).await?;
            return Ok(too_large());
        }
        let mut taken = 0;
        while let Some(frame) = body.frame().await {
            let Ok(mut data) = frame.map_err(|_| Dropped)?.into_data() else {
                continue;
            };
            if taken + data.len() as u64 > limit {
                drain(body).await?;
                return Ok(too_large());
            }
            data.truncate(usize::try_from(cut - taken).unwrap_or(usize::MAX));
            taken += data.remaining() as u64;
            self.sessions.append(self.repository.as_str(), id, &data);
            if taken == cut {
                return Err(Dropped);
            }
        }
        Ok(None)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// First byte of a `Content-Range`, in the specification's form (`0-99`) or HTTP's (`bytes 0-99/*`).
    fn range_start(&self) -> Option<u64> {
        let range = self.headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
        let range = range.strip_prefix("bytes ").unwrap_or(range);
        range.split_once('-')?.0.trim().parse().ok()
    }

    fn created(&self, kind: &str, digest: &Digest) -> Response<Body> {
        let mut response = empty(StatusCode::CREATED);
        let location = format!("/v2/{}/{kind}/{digest}", self.repository);
        set(&mut response, header::LOCATION, &location);
        set(&mut response, CONTENT_DIGEST, &digest.to_string());
        response
    }

    fn progress(&self, status: StatusCode, id: &str, received: u64) -> Response<Body> {
        let mut response = empty(status);
        let location = format!("/v2/{}/blobs/uploads/{id}?_state={received}", self.repository);
        set(&mut response, header::LOCATION, &location);
        // Docker distribution says `0-0` for nothing and for one byte alike; clients must cope.
        let range = format!("0-{}", received.saturating_sub(1));
        set(&mut response, header::RANGE, &range);
        set(&mut response, "docker-upload-uuid", id);
        response
    }
}

/// Reads the rest of a refused body, as nginx does (`lingering_close`): closing the connection with bytes
/// unread would reset it, and the refusal could be lost on its way to the client.
async fn drain(mut body: Pin<&mut impl RequestBody>) -> Result<(), Dropped> {
    while let Some(frame) = body.frame().await {
        frame.map_err(|_| Dropped)?;
    }
    Ok(())
}

fn unknown_upload() -> Response<Body> {
    problem(StatusCode::NOT_FOUND, Code::BlobUploadUnknown, "there is no such upload")
}

fn digest_mismatch(digest: &Digest) -> Response<Body> {
    problem(StatusCode::BAD_REQUEST, Code::DigestInvalid, &format!("the content does not match {digest}"))
}

async fn hash(bytes: Bytes, digest: Digest) -> (Bytes, Option<Digest>) {
    let copy = bytes.clone();
    let hashing = tokio::task::spawn_blocking(move || digest.same_algorithm_of(&copy));
    (bytes, hashing.await.ok())
}
