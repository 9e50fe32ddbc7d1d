//! Blobs: whether they are readable, and small ones whole.

use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use egress::TrafficClass;
use http::{Method, StatusCode, header};
use oci::{Descriptor, Digest};

use super::{
    attempts::Attempts,
    content_range::ContentRange,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    reader::BlobReader,
    reply::{Opened, Reply, is_page},
    repository::Repository,
};

/// Up to this size in bytes a blob that is read whole counts as metadata: the round trip outweighs it.
const SMALL: u64 = 1024 * 1024;

/// What a registry has of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobState {
    /// It is there and readable to its last byte.
    Readable,
    /// It is there with the right size. The registry ignores `Range`, so that no byte of it was read.
    SizeOnly,
    /// It is not there.
    Absent,
    /// It is there with this size in bytes, which is not the right one.
    OtherSize(u64),
}

/// Up to this size in bytes a blob is read to its end where the registry ignores `Range`.
const READ_WHOLE: u64 = 64 * 1024;

/// How often the last byte of a blob is asked for when it does not come.
const LAST_BYTE_ATTEMPTS: u32 = 3;

impl Repository {
    /// Whether the registry can deliver a blob of `size` bytes, by reading its last byte.
    ///
    /// What a registry says of a blob is not enough: Docker distribution answers HEAD from a cache for blobs whose
    /// files are gone, empty or too short, and GET by 206 without a body.
    ///
    /// # Errors
    /// [`ErrorKind::Truncated`] if the blob is announced and its last byte does not come; [`ErrorKind::DigestMismatch`]
    /// if the whole was read and is damaged; whatever keeps an answer from coming; a refusal.
    pub async fn check_blob(&self, digest: &Digest, size: u64) -> Result<BlobState, Error> {
        let mut attempts = self.attempts();
        let mut truncated = 0;
        let fault = loop {
            let state = if size > READ_WHOLE && self.connection.ignores_range.load(Ordering::Relaxed) {
                self.size_by_head(&mut attempts, digest, size).await
            } else {
                self.last_byte(digest, size, attempts.number()).await
            };
            let fault = match state {
                Ok(state) => return Ok(state),
                Err(fault) => fault,
            };
            truncated += u32::from(matches!(fault.kind, ErrorKind::Truncated));
            if truncated == LAST_BYTE_ATTEMPTS {
                break fault;
            }
            if let Err(fault) = attempts.again(fault).await {
                break fault;
            }
        };
        Err(attempts.error("read blob", self.blob_name(digest), fault))
    }

    async fn last_byte(&self, digest: &Digest, size: u64, attempt: u32) -> Result<BlobState, Fault> {
        let _permit = self.connection.metadata_permit().await;
        let mut request = self.blob_request(Method::GET, digest)?;
        if let Some(last) = size.checked_sub(1) {
            request = request.header(header::RANGE, &format!("bytes={last}-{last}"));
        }
        let mut opened = self.connection.open(&request, &self.pull(), attempt).await?;
        let status = opened.response.status();
        let range = opened.response.headers().get(header::CONTENT_RANGE).and_then(ContentRange::parse);
        let other = |found: Option<u64>| found.filter(|found| *found != size).map(BlobState::OtherSize);
        let state = match status {
            StatusCode::PARTIAL_CONTENT => match (other(range.as_ref().and_then(|range| range.total)), range)
            {
                (Some(other), _) => other,
                (None, Some(range)) if Some(range.start) == size.checked_sub(1) => {
                    if count_body(&mut opened, 1).await != Some(1) {
                        return Err(ErrorKind::Truncated.into());
                    }
                    BlobState::Readable
                }
                _ => {
                    let what = "the response contains another part of the blob than requested";
                    return Err(ErrorKind::Protocol(what.to_owned()).into());
                }
            },
            StatusCode::OK => match other(opened.response.content_length()) {
                Some(_) if is_page(opened.response.headers()) => {
                    let reply = opened.read(MAX_PAGE).await?;
                    let answer = format!("status 200 with {}", reply.describe());
                    return Err(ErrorKind::NotARegistry { answer }.into());
                }
                Some(other) => other,
                None if size > READ_WHOLE => {
                    self.connection.ignores_range.store(true, Ordering::Relaxed);
                    BlobState::SizeOnly
                }
                None => {
                    if size > 0 {
                        self.connection.ignores_range.store(true, Ordering::Relaxed);
                    }
                    whole_body(&mut opened, digest, size).await?
                }
            },
            StatusCode::RANGE_NOT_SATISFIABLE => BlobState::OtherSize(unsatisfied_size(&opened).unwrap_or(0)),
            _ => {
                let fault = opened.read(0).await?.refusal(Missing::Blob);
                match fault.kind {
                    ErrorKind::NotFound { .. } => BlobState::Absent,
                    _ => return Err(fault),
                }
            }
        };
        self.connection.answered(&Method::GET, status);
        Ok(state)
    }

    /// The state of a large blob where the registry ignores `Range`: by HEAD, or by the headers of a GET. Object stores that
    /// sign addresses for one method only refuse HEAD, and a proxy cache of Harbor returns 404 to it for each blob that it
    /// has not cached (seen on 2.15.2).
    async fn size_by_head(
        &self,
        attempts: &mut Attempts,
        digest: &Digest,
        size: u64,
    ) -> Result<BlobState, Fault> {
        let head = self.blob_request(Method::HEAD, digest)?;
        let reply = self.connection.fetch(attempts, &head, &self.pull(), 0).await?;
        let by_size = |found| if found == size { BlobState::SizeOnly } else { BlobState::OtherSize(found) };
        match reply.status {
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => {}
            status if status.is_success() => {
                if let Some(found) = content_length(&reply) {
                    return Ok(by_size(found));
                }
            }
            _ => return Err(reply.refusal(Missing::Blob)),
        }
        self.last_byte(digest, size, attempts.number()).await
    }

    /// Reads a whole blob into memory and checks its size and digest.
    ///
    /// # Errors
    /// [`ErrorKind::OverLimit`] if the descriptor says more than `limit` bytes; [`ErrorKind::NotFound`];
    /// [`ErrorKind::SizeMismatch`]; [`ErrorKind::DigestMismatch`]; whatever keeps the bytes from coming.
    pub async fn blob_bytes(&self, descriptor: &Descriptor, limit: u64) -> Result<Bytes, Error> {
        let fail = |kind: ErrorKind| {
            let name = self.blob_name(&descriptor.digest);
            self.attempts().error("read blob", name, kind.into())
        };
        if descriptor.size > limit {
            let what = format!("the blob has {} bytes, of which at most {limit} are read", descriptor.size);
            return Err(fail(ErrorKind::OverLimit { what }));
        }
        let mut actual = descriptor.digest;
        // Twice, since something on the way may have spoiled it.
        for _ in 0..2 {
            let bytes = self.whole_blob(descriptor).await?;
            actual = descriptor.digest.same_algorithm_of(&bytes);
            if actual == descriptor.digest {
                return Ok(bytes);
            }
        }
        Err(fail(ErrorKind::DigestMismatch { expected: descriptor.digest.into(), actual: actual.into() }))
    }

    async fn whole_blob(&self, descriptor: &Descriptor) -> Result<Bytes, Error> {
        let class = if descriptor.size <= SMALL { TrafficClass::Metadata } else { TrafficClass::Bulk };
        let mut reader = BlobReader::new(self.clone(), descriptor.digest, descriptor.size, 0, class);
        // Beyond that, grown as bytes come: the size is only announced.
        let mut bytes = BytesMut::with_capacity(usize::try_from(descriptor.size.min(SMALL)).unwrap_or(0));
        while let Some(piece) = reader.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }

    /// A reader of a blob of `size` bytes from `offset` on. Nothing is asked before its first
    /// [`BlobReader::next`].
    pub fn read_blob(&self, digest: Digest, size: u64, offset: u64) -> BlobReader {
        BlobReader::new(self.clone(), digest, size, offset, TrafficClass::Bulk)
    }

    pub(super) fn blob_request(&self, method: Method, digest: &Digest) -> Result<Outgoing<'static>, Fault> {
        let url = self.connection.url(&self.path(&format!("blobs/{digest}")))?;
        Ok(Outgoing::new(method, url))
    }

    pub(super) fn count_received(&self, bytes: usize) {
        self.connection.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// More of a web page than its title needs.
const MAX_PAGE: u64 = 1024 * 1024;

/// Bytes of the body, up to one more than `limit`; `None` if it breaks off.
async fn count_body(opened: &mut Opened, limit: u64) -> Option<u64> {
    let mut count = 0;
    while count <= limit {
        match opened.response.chunk().await {
            Ok(Some(piece)) => {
                opened.log.received(piece.len());
                count += piece.len() as u64;
            }
            Ok(None) => return Some(count),
            Err(_) => return None,
        }
    }
    Some(count)
}

/// Reads a small blob that comes whole.
async fn whole_body(opened: &mut Opened, digest: &Digest, size: u64) -> Result<BlobState, Fault> {
    let mut body = BytesMut::new();
    while (body.len() as u64) <= size {
        match opened.response.chunk().await {
            Ok(Some(piece)) => {
                opened.log.received(piece.len());
                body.extend_from_slice(&piece);
            }
            Ok(None) => break,
            Err(_) => return Err(ErrorKind::Truncated.into()),
        }
    }
    if (body.len() as u64) < size {
        return Err(ErrorKind::Truncated.into());
    }
    let actual = digest.same_algorithm_of(&body);
    if actual == *digest {
        return Ok(BlobState::Readable);
    }
    Err(ErrorKind::DigestMismatch { expected: (*digest).into(), actual: actual.into() }.into())
}

/// The size that a registry states when a range is beyond the end: `bytes */SIZE`.
fn unsatisfied_size(opened: &Opened) -> Option<u64> {
    let value = opened.response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    value.rsplit_once('/')?.1.trim().parse().ok()
}

/// The length that a HEAD announces; the HTTP library's own idea of it is that of the empty body.
fn content_length(reply: &Reply) -> Option<u64> {
    reply.header(header::CONTENT_LENGTH)?.trim().parse().ok()
}
