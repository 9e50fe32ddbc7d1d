//! An upload session: its address at the registry, and how many bytes the registry has.

use http::header;
use url::Url;

use crate::client::{
    error::{ErrorKind, Fault},
    location,
    reply::Reply,
};

/// Answers about sessions have no body worth reading.
pub(super) const MAX_ANSWER: u64 = 64 * 1024;

/// By this header a registry asks for chunks of at least so many bytes.
const MIN_CHUNK_HEADER: &str = "oci-chunk-min-length";

/// A session opened by a registry, into which a blob is to be sent.
#[derive(Clone)]
pub struct UploadSession {
    pub(crate) location: Url,
    /// Bytes that the registry has; `None` if it must be asked first.
    pub(super) offset: Option<u64>,
    pub(super) min_chunk: u64,
}

impl UploadSession {
    /// The session that an answer to POST opened, if it says where.
    pub(crate) fn opened(reply: &Reply) -> Option<Self> {
        let location = location::resolve(&reply.url, reply.header(header::LOCATION)?)?;
        let min_chunk = reply.header(MIN_CHUNK_HEADER).and_then(|value| value.trim().parse().ok());
        Some(Self { location, offset: Some(0), min_chunk: min_chunk.unwrap_or(0) })
    }

    /// Stores the address for the next step. It may contain the state of the session, so an older address is useless.
    pub(super) fn follow(&mut self, reply: &Reply) -> Result<(), Fault> {
        if let Some(value) = reply.header(header::LOCATION) {
            self.location = location::resolve(&reply.url, value).ok_or_else(|| {
                ErrorKind::Protocol(
                    "the registry sends the upload to an address that cannot be used".to_owned(),
                )
            })?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for UploadSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadSession")
            .field("location", &egress::SafeUrl::new(&self.location))
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// Bytes that a `Range` header says a session has. `0-0` is what registries say of an empty one.
pub(super) fn received(reply: &Reply) -> Option<u64> {
    let range = reply.header(header::RANGE)?.trim();
    let (start, end) = range.strip_prefix("bytes=").unwrap_or(range).split_once('-')?;
    let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
    (start <= end && end < u64::MAX).then(|| if end == 0 { 0 } else { end + 1 })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method, StatusCode};

    use super::*;

    fn reply(headers: &[(&'static str, &str)]) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Reply {
            method: Method::POST,
            status: StatusCode::ACCEPTED,
            headers: map,
            url: "http://r:5000/v2/a/blobs/uploads/".parse().unwrap(),
            body: Bytes::new(),
            identity: crate::client::identity::Identity::Unknown,
            sent: tokio::time::Instant::now(),
            other_host: None,
            certificate: None,
        }
    }

    #[test]
    fn ranges() {
        for (value, expected) in [
            ("0-0", Some(0)),
            ("0-1023", Some(1024)),
            ("bytes=0-9", Some(10)),
            ("9-0", None),
            ("0-18446744073709551615", None),
            ("x", None),
        ] {
            assert_eq!(received(&reply(&[("range", value)])), expected, "{value}");
        }
        assert_eq!(received(&reply(&[])), None);
    }

    #[test]
    fn the_address_is_kept_to_the_byte_but_not_shown() {
        let opened = reply(&[
            ("location", "/v2/a/blobs/uploads/7?_state=a%2Bb%3D%3D"),
            ("oci-chunk-min-length", "5000"),
        ]);
        let session = UploadSession::opened(&opened).unwrap();
        assert_eq!(session.location.as_str(), "http://r:5000/v2/a/blobs/uploads/7?_state=a%2Bb%3D%3D");
        assert_eq!(session.min_chunk, 5000);
        assert!(!format!("{session:?}").contains("a%2Bb"));
    }
}
