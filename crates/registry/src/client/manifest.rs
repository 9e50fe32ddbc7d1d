//! Manifests: reading them byte for byte, asking for them, and putting them.

use egress::TrafficClass;
use http::{Method, StatusCode, header};
use oci::{Digest, RawManifest, TagOrDigest, manifest::MAX_SIZE, media_type};

use super::{
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    reply::Reply,
    repository::Repository,
};

/// The header in which a registry says the digest of what it sends or took.
const DIGEST_HEADER: &str = "docker-content-digest";

/// Whether something exists, as far as the registry reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// The registry does not say: some answer 403 for what does not exist.
    Unknown,
}

impl Repository {
    /// Reads a manifest: by digest, its bytes are checked against that digest; by tag, against the
    /// digest that the registry states, if it does.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] only if it is certainly not there; [`ErrorKind::DigestMismatch`];
    /// [`ErrorKind::OverLimit`] above [`MAX_SIZE`]; [`ErrorKind::NotARegistry`]; and whatever keeps an
    /// answer from coming.
    pub async fn manifest(&self, reference: &TagOrDigest) -> Result<RawManifest, Error> {
        let mut attempts = self.attempts();
        let read = async {
            let outgoing = self.manifest_request(Method::GET, reference)?;
            let mut is_second = false;
            loop {
                let reply = self.connection.fetch(&mut attempts, &outgoing, &self.pull(), MAX_SIZE).await?;
                if !reply.status.is_success() {
                    return Err(reply.refusal(Missing::Manifest));
                }
                match checked_manifest(&reply, reference) {
                    // Something on the way may have spoiled it.
                    Err(ErrorKind::DigestMismatch { .. }) if !is_second => is_second = true,
                    checked => return checked.map_err(Fault::from),
                }
            }
        };
        let outcome = read.await;
        outcome.map_err(|fault| attempts.error("read manifest", self.manifest_name(reference), fault))
    }

    /// Reads a manifest as [`Repository::manifest`] does; `None` only if it is certainly not there.
    ///
    /// # Errors
    /// As [`Repository::manifest`], but for [`ErrorKind::NotFound`].
    pub async fn manifest_if_present(&self, reference: &TagOrDigest) -> Result<Option<RawManifest>, Error> {
        match self.manifest(reference).await {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks whether a manifest is there, by HEAD.
    ///
    /// # Errors
    /// Whatever keeps an answer from coming; refused credentials.
    pub async fn manifest_exists(&self, reference: &TagOrDigest) -> Result<Existence, Error> {
        let mut attempts = self.attempts();
        let ask = async {
            let outgoing = self.manifest_request(Method::HEAD, reference)?;
            let reply = self.connection.fetch(&mut attempts, &outgoing, &self.pull(), 0).await?;
            match reply.status {
                status if status.is_success() => Ok(Existence::Present),
                StatusCode::NOT_FOUND => Ok(Existence::Absent),
                StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => Ok(Existence::Unknown),
                _ => Err(reply.refusal(Missing::Manifest)),
            }
        };
        let outcome = ask.await;
        outcome.map_err(|fault| attempts.error("look for manifest", self.manifest_name(reference), fault))
    }

    /// Puts a manifest, its bytes unchanged, under a tag or its digest. What it refers to must be there
    /// already.
    ///
    /// # Errors
    /// What the registry objects to; [`ErrorKind::DigestMismatch`] if it took something else.
    pub async fn put_manifest(&self, reference: &TagOrDigest, manifest: &RawManifest) -> Result<(), Error> {
        let mut attempts = self.attempts();
        let bytes = manifest.bytes().clone();
        let body = || reqwest::Body::from(bytes.clone());
        let put = async {
            let url = self.connection.url(&self.path(&format!("manifests/{reference}")))?;
            let outgoing = Outgoing::new(Method::PUT, url)
                .header(header::CONTENT_TYPE, manifest.media_type())
                .body(TrafficClass::Metadata, &body);
            let reply = self.connection.fetch(&mut attempts, &outgoing, &self.push(), MAX_SIZE).await?;
            if !reply.status.is_success() {
                return Err(reply.refusal(Missing::Repository));
            }
            let taken =
                stated_digest(&reply).filter(|taken| taken.algorithm() == manifest.digest().algorithm());
            match taken {
                Some(actual) if actual != manifest.digest() => Err(ErrorKind::DigestMismatch {
                    expected: manifest.digest().into(),
                    actual: actual.into(),
                }
                .into()),
                _ => Ok(()),
            }
        };
        let outcome = put.await;
        outcome.map_err(|fault| attempts.error("push manifest", self.manifest_name(reference), fault))
    }

    fn manifest_request(&self, method: Method, reference: &TagOrDigest) -> Result<Outgoing<'static>, Fault> {
        let url = self.connection.url(&self.path(&format!("manifests/{reference}")))?;
        Ok(Outgoing::new(method, url).header(header::ACCEPT, &media_type::MANIFESTS.join(", ")))
    }
}

fn checked_manifest(reply: &Reply, reference: &TagOrDigest) -> Result<RawManifest, ErrorKind> {
    let content_type = reply.header(header::CONTENT_TYPE);
    if is_schema_1(content_type, &reply.body) {
        let reason = "it is a Docker manifest of schema 1, which is obsolete and cannot be copied by digest"
            .to_owned();
        return Err(ErrorKind::BadManifest { reason });
    }
    let expected = match reference {
        TagOrDigest::Digest(digest) => Some(*digest),
        TagOrDigest::Tag(_) => stated_digest(reply),
    };
    if let Some(expected) = expected {
        let actual = expected.same_algorithm_of(&reply.body);
        if actual != expected {
            return Err(if reply.is_page() {
                not_a_manifest(reply)
            } else {
                ErrorKind::DigestMismatch { expected: expected.into(), actual: actual.into() }
            });
        }
    }
    let manifest = match reference {
        TagOrDigest::Digest(digest) => RawManifest::with_digest(content_type, reply.body.clone(), *digest),
        TagOrDigest::Tag(_) => RawManifest::new(content_type, reply.body.clone()),
    };
    manifest.map_err(|error| {
        if reply.is_page() {
            not_a_manifest(reply)
        } else {
            ErrorKind::BadManifest { reason: error.to_string() }
        }
    })
}

/// Whether this is a manifest of Docker's first schema. The signed ones have signatures in them that their digest does
/// not cover, so this must be known before digests are compared.
fn is_schema_1(content_type: Option<&str>, body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Versioned {
        schema_version: u64,
    }
    let content_type = content_type.unwrap_or_default().trim();
    if media_type::MANIFESTS.contains(&content_type) {
        return false;
    }
    content_type.starts_with("application/vnd.docker.distribution.manifest.v1+")
        || serde_json::from_slice::<Versioned>(body).is_ok_and(|manifest| manifest.schema_version == 1)
}

fn not_a_manifest(reply: &Reply) -> ErrorKind {
    ErrorKind::NotARegistry { answer: reply.describe() }
}

/// Absent, empty or of an unknown algorithm: then the registry has said nothing.
fn stated_digest(reply: &Reply) -> Option<Digest> {
    reply.header(DIGEST_HEADER)?.parse().ok()
}
