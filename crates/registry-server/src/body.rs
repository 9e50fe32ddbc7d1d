//! Bodies of answers: short texts, blobs from memory without a copy, blobs read as they are sent.

use std::{io, ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use oci::BlobSource;

use super::store::Blob;

/// The body of every answer.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Bytes per read of a blob that is not in memory.
const CHUNK: u64 = 256 * 1024;

/// Reads in progress at the same time per body: one is sent while the next is read.
const AHEAD: usize = 2;

/// A body of bytes in memory.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Part of a blob. `range` is inside the blob.
pub(super) fn of_blob(blob: Blob, range: Range<u64>) -> Body {
    match blob {
        Blob::Bytes(bytes) => {
            let index = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            full(bytes.slice(index(range.start)..index(range.end)))
        }
        Blob::Source(source) => of_source(source, range),
    }
}

fn of_source(source: Arc<dyn BlobSource>, range: Range<u64>) -> Body {
    let starts = (range.start..range.end).step_by(usize::try_from(CHUNK).unwrap_or(usize::MAX));
    let chunks = stream::iter(starts)
        .map(move |start| read(Arc::clone(&source), start..range.end.min(start + CHUNK)))
        .buffered(AHEAD)
        .map(|chunk| chunk.map(Frame::data));
    StreamBody::new(chunks).boxed_unsync()
}

async fn read(source: Arc<dyn BlobSource>, range: Range<u64>) -> io::Result<Bytes> {
    let reading = tokio::task::spawn_blocking(move || {
        let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        let mut buffer = vec![0; length];
        if source.read_at(range.start, &mut buffer)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Bytes::from(buffer))
    });
    reading.await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_kinds_of_blob_give_the_same_bytes() {
        let bytes: Bytes = (0..700_000_u32).map(|i| i.to_le_bytes()[0]).collect();
        let source: Arc<dyn BlobSource> = Arc::new(bytes.clone());
        for (start, end) in [(0, 700_000), (1, 262_145), (262_144, 699_999), (5, 5)] {
            let expected = &bytes[start..end];
            let range = start as u64..end as u64;
            for blob in [Blob::from(bytes.clone()), Blob::from(Arc::clone(&source))] {
                let body = of_blob(blob, range.clone()).collect().await.unwrap().to_bytes();
                assert!(body == expected, "{start}..{end}");
            }
        }
    }
}
