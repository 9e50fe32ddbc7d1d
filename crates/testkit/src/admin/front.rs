//! A server that answers an admin API, and passes the distribution protocol on to a registry.

use std::{convert::Infallible, fmt::Debug, io, net::SocketAddr, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use serde_json::Value;
use tokio::{task::AbortHandle, task::JoinSet};

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// What a stand-in answers.
pub(super) trait Answers: Send + Sync + Debug + 'static {
    /// The answer; none if the request is for the registry.
    fn answer(&self, request: &Request<Bytes>) -> Option<Answer>;

    /// The registry behind it.
    fn registry(&self) -> Option<SocketAddr>;

    /// The header `Server` of all answers.
    fn server(&self) -> Option<HeaderValue> {
        None
    }
}

/// A running server; it ends when dropped.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) address: SocketAddr,
    task: AbortHandle,
}

impl Front {
    /// Listens on a port of this machine; 0 takes a free one. Must be called inside a Tokio runtime.
    pub(super) fn listen(port: u16) -> io::Result<(SocketAddr, std::net::TcpListener)> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        Ok((listener.local_addr()?, listener))
    }

    /// Answers on this port from now on.
    pub(super) fn start(listener: std::net::TcpListener, answers: Arc<dyn Answers>) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener, answers)).abort_handle();
        Ok(Self { address, task })
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: tokio::net::TcpListener, answers: Arc<dyn Answers>) {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (answers, client) = (Arc::clone(&answers), client.clone());
        connections.spawn(async move {
            let answer = service_fn(move |request: Request<Incoming>| {
                let (answers, client) = (Arc::clone(&answers), client.clone());
                async move {
                    let mut answer = answer(&*answers, &client, request).await;
                    if let Some(server) = answers.server() {
                        answer.headers_mut().insert(header::SERVER, server);
                    }
                    Ok::<_, Infallible>(answer)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            // A caller who goes away early is no fault of the server.
            let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

async fn answer(
    answers: &dyn Answers,
    client: &Client<HttpConnector, Full<Bytes>>,
    request: Request<Incoming>,
) -> Answer {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let request = Request::from_parts(parts, body);
    if let Some(answer) = answers.answer(&request) {
        return answer;
    }
    let Some(registry) = answers.registry() else { return empty(StatusCode::NOT_FOUND) };
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("http://{registry}{path}").parse() else { return empty(StatusCode::BAD_REQUEST) };
    parts.uri = uri;
    match client.request(Request::from_parts(parts, Full::from(body))).await {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            Response::from_parts(parts, Full::from(body))
        }
        Err(_) => empty(StatusCode::BAD_GATEWAY),
    }
}

/// Without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// With a JSON document.
pub(super) fn json(status: StatusCode, document: &Value) -> Answer {
    let mut response = empty(status);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = Full::from(document.to_string());
    response
}

/// With plain text.
pub(super) fn text(status: StatusCode, body: &str) -> Answer {
    let mut response = empty(status);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    *response.body_mut() = Full::from(body.to_owned());
    response
}

/// Login and password of a request.
pub(super) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// The parts of a path, decoded.
pub(super) fn segments(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    // A form decoder would take `+` for a blank.
    let decode = |part: &str| {
        let pair = format!("x={}", part.replace('+', "%2B"));
        let value = url::form_urlencoded::parse(pair.as_bytes()).next();
        value.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    parts.map(decode).collect()
}

/// The values of a query.
pub(super) fn query(request: &Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// One value of a query; empty if it is not set.
pub(super) fn query_value(request: &Request<Bytes>, name: &str) -> String {
    query(request).into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}
