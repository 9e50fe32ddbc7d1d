//! Answers in the form that the distribution specification gives them.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use registry::envelope::{Code, Envelope, Problem};

use super::{
    body::{Body, full},
    intercept::Canned,
    store::MissingContent,
};
use crate::route::Refusal;

/// Name of the header that carries the digest of a manifest or blob.
pub(super) const CONTENT_DIGEST: &str = "docker-content-digest";

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// An answer with a JSON document.
pub(super) fn json(status: StatusCode, document: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(full(document));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "application/json");
    response
}

/// An error document with one entry.
pub(super) fn problem(status: StatusCode, code: Code, message: &str) -> Response<Body> {
    json(status, Envelope::of(code, message).to_bytes())
}

/// The answer to a path or method that is not served.
pub(super) fn refused(refusal: &Refusal) -> Response<Body> {
    match refusal {
        Refusal::NotFound => problem(StatusCode::NOT_FOUND, Code::Unknown, "no such path"),
        Refusal::Name(name) => {
            problem(StatusCode::BAD_REQUEST, Code::NameInvalid, &format!("'{name}' is no repository name"))
        }
        Refusal::Reference(text) => problem(
            StatusCode::BAD_REQUEST,
            Code::ManifestInvalid,
            &format!("'{text}' is neither a tag nor a digest"),
        ),
        Refusal::Digest(text) => {
            problem(StatusCode::BAD_REQUEST, Code::DigestInvalid, &format!("'{text}' is no digest"))
        }
        Refusal::Method(allowed) => {
            let mut response = problem(
                StatusCode::METHOD_NOT_ALLOWED,
                Code::Unsupported,
                "the method is not supported here",
            );
            set(&mut response, header::ALLOW, allowed);
            response
        }
    }
}

/// The answer to a write where nothing can be written.
pub(super) fn read_only() -> Response<Body> {
    let mut response =
        problem(StatusCode::METHOD_NOT_ALLOWED, Code::Unsupported, "this registry is read-only");
    set(&mut response, header::ALLOW, "GET, HEAD");
    response
}

/// The answer to a caller who is not let in.
pub(super) fn unauthorized(challenge: &str) -> Response<Body> {
    let mut response = problem(StatusCode::UNAUTHORIZED, Code::Unauthorized, "authentication required");
    set(&mut response, header::WWW_AUTHENTICATE, challenge);
    response
}

/// The answer to a manifest whose content is not there.
pub(super) fn missing(missing: &MissingContent) -> Response<Body> {
    let errors = missing.digests.iter().map(|digest| Problem {
        detail: serde_json::json!({ "digest": digest }),
        ..Problem::new(Code::ManifestBlobUnknown, "blob unknown to registry")
    });
    let envelope = Envelope { errors: errors.collect() };
    json(StatusCode::BAD_REQUEST, envelope.to_bytes())
}

/// Sets a header; a value that no header may have is left out.
pub(super) fn set(response: &mut Response<Body>, name: impl header::IntoHeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

impl Canned {
    /// The answer itself.
    pub(super) fn response(&self) -> Response<Body> {
        let mut response = Response::new(full(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}
