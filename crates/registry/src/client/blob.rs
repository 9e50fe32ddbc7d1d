//! Blobs: how large they are, and small ones whole.

use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use egress::Lane;
use http::{Method, StatusCode, header};
use oci::{Descriptor, Digest};

use super::{
    content_range::ContentRange,
    error::{Error, ErrorKind, Fault, Missing},
    exchange::Outgoing,
    reader::BlobReader,
    reply::Reply,
    repository::Repository,
};

/// Up to this size in bytes a blob that is read whole counts as metadata: the round trip outweighs it.
const SMALL: u64 = 1024 * 1024;

impl Repository {
    /// The size of a blob in bytes, as the registry states it; `None` if it does not have it.
    ///
    /// By HEAD, or where that is refused or says nothing by a GET of the first byte: storage behind a
    /// registry signs addresses for one method only.
    ///
    /// # Errors
    /// Whatever keeps an answer from coming; a refusal.
    pub async fn blob_size(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        let mut attempts = self.attempts();
        let ask = async {
            let head = self.blob_request(Method::HEAD, digest)?;
            let reply = self.connection.fetch(&mut attempts, &head, &self.pull(), 0).await?;
            match reply.status {
                StatusCode::NOT_FOUND => return Ok(None),
                StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => {}
                status if status.is_success() => {
                    if let Some(size) = content_length(&reply) {
                        return Ok(Some(size));
                    }
                }
                _ => return Err(reply.refusal(Missing::Blob)),
            }
            let first = self.blob_request(Method::GET, digest)?.header(header::RANGE, "bytes=0-0");
            loop {
                match self.size_by_range(&first).await {
                    Ok(size) => return Ok(size),
                    Err(fault) => attempts.again(fault).await?,
                }
            }
        };
        let outcome = ask.await;
        outcome.map_err(|fault| attempts.error("look for blob", self.blob_name(digest), fault))
    }

    async fn size_by_range(&self, first: &Outgoing<'_>) -> Result<Option<u64>, Fault> {
        let opened = self.connection.open(first, &self.pull()).await?;
        let headers = opened.response.headers();
        let silent =
            || ErrorKind::Protocol("the registry does not say how large the blob is".to_owned()).into();
        match opened.response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = headers.get(header::CONTENT_RANGE).and_then(ContentRange::parse);
                range.and_then(|range| range.total).map(Some).ok_or_else(silent)
            }
            // The whole blob is on its way; dropping the response ends that.
            StatusCode::OK => opened.response.content_length().map(Some).ok_or_else(silent),
            // Not even a first byte.
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Some(0)),
            _ => {
                let reply = opened.read(0).await?;
                match reply.refusal(Missing::Blob) {
                    Fault { kind: ErrorKind::NotFound { .. }, .. } => Ok(None),
                    fault => Err(fault),
                }
            }
        }
    }

    /// Reads a whole blob into memory and checks its size and digest.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] if the descriptor says more than `limit` bytes; [`ErrorKind::NotFound`];
    /// [`ErrorKind::SizeMismatch`]; [`ErrorKind::DigestMismatch`]; whatever keeps the bytes from coming.
    pub async fn blob_bytes(&self, descriptor: &Descriptor, limit: u64) -> Result<Bytes, Error> {
        let fail = |kind: ErrorKind| {
            let name = self.blob_name(&descriptor.digest);
            self.attempts().error("read blob", name, kind.into())
        };
        if descriptor.size > limit {
            return Err(fail(ErrorKind::TooLarge {
                limit: format!("{} bytes, where at most {limit} are expected", descriptor.size),
            }));
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
        let lane = if descriptor.size <= SMALL { Lane::Metadata } else { Lane::Bulk };
        let mut reader = BlobReader::new(self.clone(), descriptor.digest, descriptor.size, 0, lane);
        // Beyond that, grown as bytes come: the size is only a claim.
        let mut bytes = BytesMut::with_capacity(usize::try_from(descriptor.size.min(SMALL)).unwrap_or(0));
        while let Some(piece) = reader.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }

    /// A reader of a blob of `size` bytes from `offset` on. Nothing is asked before its first
    /// [`BlobReader::next`].
    pub fn read_blob(&self, digest: Digest, size: u64, offset: u64) -> BlobReader {
        BlobReader::new(self.clone(), digest, size, offset, Lane::Bulk)
    }

    pub(super) fn blob_request(&self, method: Method, digest: &Digest) -> Result<Outgoing<'static>, Fault> {
        let url = self.connection.url(&self.path(&format!("blobs/{digest}")))?;
        Ok(Outgoing::new(method, url))
    }

    pub(super) fn count_received(&self, bytes: usize) {
        self.connection.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// The length that a HEAD announces; the HTTP library's own idea of it is that of the empty body.
fn content_length(reply: &Reply) -> Option<u64> {
    reply.header(header::CONTENT_LENGTH)?.trim().parse().ok()
}
