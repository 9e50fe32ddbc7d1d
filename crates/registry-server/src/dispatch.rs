//! From a request to its answer: interception, authentication, routing.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_body_util::BodyExt as _;
use oci::RepositoryName;

use super::{
    answer::{self, json},
    auth,
    body::Body,
    intercept::{RequestInfo, Treatment},
    options::ServerOptions,
    read::{self, BlobRequest},
    request::{Dropped, RequestBody},
    session::Sessions,
    store::Store,
    write::Write,
};
use crate::route::{Refusal, Route, route};

/// How much of a body is read that an interceptor's answer is not about.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

/// Reads what is still coming, as nginx does before it ends a connection: a client that is still sending would find a
/// broken connection instead of the answer.
async fn drain(body: impl RequestBody) {
    let mut body = std::pin::pin!(body);
    let mut left = MAX_DRAINED;
    while let Some(Ok(frame)) = body.frame().await {
        let count = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(count) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// What all connections of a server share.
pub(super) struct Service {
    store: Arc<dyn Store>,
    options: ServerOptions,
    sessions: Arc<Sessions>,
    count: AtomicU64,
}

impl Service {
    pub(super) fn new(store: Arc<dyn Store>, options: ServerOptions) -> Self {
        Self { store, options, sessions: Arc::default(), count: AtomicU64::new(0) }
    }

    /// The upload sessions.
    pub(super) fn sessions(&self) -> Arc<Sessions> {
        Arc::clone(&self.sessions)
    }

    /// Answers one request.
    pub(super) async fn answer(&self, request: Request<impl RequestBody>) -> Result<Response<Body>, Dropped> {
        let (parts, body) = request.into_parts();
        let treatment = self.treatment(&parts);
        if !treatment.delay.is_zero() {
            tokio::time::sleep(treatment.delay).await;
        }
        if treatment.disconnect {
            return Err(Dropped);
        }
        let mut response = match &treatment.answer {
            Some(canned) => {
                drain(body).await;
                canned.response()
            }
            None => self.serve(&parts, body, &treatment).await?,
        };
        response
            .headers_mut()
            .insert("docker-distribution-api-version", HeaderValue::from_static("registry/2.0"));
        Ok(treatment.shape(response, &self.origin(&parts)))
    }

    fn treatment(&self, parts: &Parts) -> Treatment {
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        self.options
            .interceptor
            .as_ref()
            .map(|interceptor| {
                interceptor.intercept(&RequestInfo {
                    method: &parts.method,
                    path: parts.uri.path(),
                    query: parts.uri.query().unwrap_or_default(),
                    headers: &parts.headers,
                    count,
                })
            })
            .unwrap_or_default()
    }

    async fn serve(
        &self,
        parts: &Parts,
        body: impl RequestBody,
        treatment: &Treatment,
    ) -> Result<Response<Body>, Dropped> {
        let route = route(&parts.method, parts.uri.path());
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let from = query.iter().find(|(key, _)| key == "from");
        let needed = auth::needed(&parts.method, &route, from.map(|(_, value)| value.as_str()));
        if let Err(challenge) = self.options.auth.check(&parts.headers, &needed) {
            return Ok(answer::unauthorized(&challenge));
        }
        let store = &*self.store;
        Ok(match &route {
            Route::Version => json(StatusCode::OK, b"{}".to_vec()),
            Route::Refused(refusal) => answer::refused(refusal),
            Route::Tags { repository } => read::tags(store, repository, &query, self.options.page_size),
            Route::ReadManifest { repository, reference } => read::manifest(store, repository, reference),
            Route::Referrers { .. } if !self.options.referrers => answer::refused(&Refusal::NotFound),
            Route::Referrers { repository, subject } => {
                read::referrers(store, repository, subject, &query, self.options.page_size)
            }
            Route::ReadBlob { repository, digest } => {
                let request = BlobRequest {
                    repository,
                    digest,
                    method: &parts.method,
                    headers: &parts.headers,
                    ignore_range: treatment.ignore_range,
                };
                read::blob(store, &request)
            }
            Route::WriteManifest { repository, .. }
            | Route::StartUpload { repository }
            | Route::Upload { repository, .. } => {
                let Some(write) = self.write(parts, &query, repository, treatment) else {
                    return Ok(answer::read_only());
                };
                match &route {
                    Route::WriteManifest { reference, .. } => write.manifest(reference, body).await?,
                    Route::Upload { id, step, .. } => write.upload(id, *step, body).await?,
                    _ => write.start(body).await?,
                }
            }
        })
    }

    fn write<'a>(
        &'a self,
        parts: &'a Parts,
        query: &'a [(String, String)],
        repository: &'a RepositoryName,
        treatment: &'a Treatment,
    ) -> Option<Write<'a>> {
        Some(Write {
            writer: self.store.writer()?,
            sessions: &self.sessions,
            repository,
            query,
            headers: &parts.headers,
            treatment,
            referrers: self.options.referrers,
        })
    }

    /// Where the request was sent to: `http://host:port`.
    fn origin(&self, parts: &Parts) -> String {
        let scheme = if self.options.tls.is_some() { "https" } else { "http" };
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok())
            .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))
            .unwrap_or_default();
        format!("{scheme}://{host}")
    }
}
