//! The body of a request, and a connection that ends before the answer.

use bytes::Bytes;

/// The body of a request.
pub(super) trait RequestBody:
    http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send
{
}

impl<B> RequestBody for B where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send
{
}

/// The connection ends without an answer: it broke, or an interceptor requests it.
#[derive(Debug, thiserror::Error)]
#[error("the connection was dropped")]
pub(super) struct Dropped;
