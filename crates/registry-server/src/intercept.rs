//! Where a test may bend the server's behaviour: faults and quirks of real registries and networks.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::BodyExt as _;

use super::body::Body;

/// Sees every request before it is served.
pub trait Interceptor: Send + Sync + std::fmt::Debug {
    /// How this request is to be treated; the default value serves it as usual.
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment;
}

/// What an [`Interceptor`] sees.
#[derive(Debug, Clone, Copy)]
pub struct RequestInfo<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path without the query.
    pub path: &'a str,
    /// The query without the question mark; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Which request this is since the server started, counted from 1.
    pub count: u64,
}

/// How a request is treated. Everything that is set applies.
#[derive(Debug, Clone, Default)]
pub struct Treatment {
    /// Waits before anything else.
    pub delay: Duration,
    /// Closes the connection without an answer.
    pub disconnect: bool,
    /// Answers this instead of serving the request.
    pub answer: Option<Canned>,
    /// Serves the whole body with 200, as servers without ranges do.
    pub ignore_range: bool,
    /// Makes a relative `Location` absolute: at this origin (`http://host:port`), or, if it is empty,
    /// at the one that the request was sent to.
    pub location_origin: Option<String>,
    /// Headers of the answer to set, or to take away where the value is `None`.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// Cuts the connection after this many bytes of the answer's body.
    pub cut_after: Option<u64>,
    /// Sends this many bytes of the answer's body, then nothing more on an open connection.
    pub stall_after: Option<u64>,
    /// Inverts the byte at this offset of the answer's body.
    pub corrupt_at: Option<u64>,
    /// Answers 413 where the request's body is larger than this.
    pub request_limit: Option<u64>,
    /// Cuts the connection after this many bytes of the request's body; an upload keeps what it got.
    pub cut_request_after: Option<u64>,
}

/// A ready answer.
#[derive(Debug, Clone)]
pub struct Canned {
    /// The status.
    pub status: StatusCode,
    /// The headers; `Content-Length` is set from the body.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Treatment {
    /// Applies what concerns the answer. `origin` is where the request was sent to.
    pub(super) fn shape(&self, mut response: Response<Body>, origin: &str) -> Response<Body> {
        if let Some(wanted) = &self.location_origin
            && let Some(path) = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok())
            && path.starts_with('/')
        {
            let origin = if wanted.is_empty() { origin } else { wanted };
            if let Ok(value) = HeaderValue::try_from(format!("{origin}{path}")) {
                response.headers_mut().insert(header::LOCATION, value);
            }
        }
        for (name, value) in &self.headers {
            match value {
                Some(value) => response.headers_mut().insert(name, value.clone()),
                None => response.headers_mut().remove(name),
            };
        }
        if self.cut_after.is_none() && self.stall_after.is_none() && self.corrupt_at.is_none() {
            return response;
        }
        response.map(|inner| {
            Shaped {
                inner,
                sent: 0,
                cut_after: self.cut_after,
                stall_after: self.stall_after,
                corrupt_at: self.corrupt_at,
                has_waited: false,
            }
            .boxed_unsync()
        })
    }
}

struct Shaped {
    inner: Body,
    sent: u64,
    cut_after: Option<u64>,
    stall_after: Option<u64>,
    corrupt_at: Option<u64>,
    /// What was sent before the cut is on its way.
    has_waited: bool,
}

impl Shaped {
    fn pass(&mut self, mut data: Bytes) -> Bytes {
        let limit = self.cut_after.into_iter().chain(self.stall_after).min();
        if let Some(limit) = limit {
            let left = usize::try_from(limit.saturating_sub(self.sent)).unwrap_or(usize::MAX);
            data.truncate(left);
        }
        if let Some(offset) = self.corrupt_at
            && let Some(at) = offset.checked_sub(self.sent)
            && let Ok(at) = usize::try_from(at)
            && at < data.remaining()
        {
            let mut changed = data.to_vec();
            changed[at] = !changed[at];
            data = changed.into();
        }
        self.sent += data.len() as u64;
        data
    }
}

impl http_body::Body for Shaped {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.cut_after.is_some_and(|limit| self.sent >= limit) {
            if !std::mem::replace(&mut self.has_waited, true) {
                // The headers are flushed while the body is pending.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        if self.stall_after.is_some_and(|limit| self.sent >= limit) {
            return Poll::Pending;
        }
        Pin::new(&mut self.inner).poll_frame(context).map(|frame| {
            frame.map(|result| {
                result.map(|frame| match frame.into_data() {
                    Ok(data) => Frame::data(self.pass(data)),
                    Err(other) => other,
                })
            })
        })
    }
}
